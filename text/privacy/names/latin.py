"""Names in Latin letters: capitalised words of which the first is a listed first name.

Public entry: `listed_names(form)`. A frequent English or romanised Persian name counts alone, any
other listed one with a last name behind it. Words that are names too ("May", "Will", "Georgia")
count for nothing here; the words around tell those (`context`).
"""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from text.privacy.names.lexicon import DATA
from text.privacy.names.words import listed

_CAPITAL = r"[A-Z\u00c0-\u00de\u0100-\u024f][\w'’-]*[a-z\u00df-\u024f]"
_RUN: Final = re.compile(
    rf"(?<![\w@./:#_-]){_CAPITAL}(?:[ ](?:[A-Z]\.[ ])?{_CAPITAL}){{0,4}}(?![\w@:/])"
)
_WORD: Final = re.compile(rf"{_CAPITAL}")
FREQUENT: Final = "2"

_WORDS_TOO: Final = listed(
    """
    Mark Will Rose Grace Hope May April June August Art Bill Frank Faith Joy Angel Chase
    Christian Summer Autumn Winter Amber Ruby Jade Crystal Dawn Eve Ivy Lily Daisy Iris Violet
    Olive Pearl Opal Penny Ginger Jasmine Holly Heather Hazel Melody Harmony Carol Mercy Charity
    Patience Prudence Virginia Georgia Carolina Dakota Madison Austin Houston Dallas Denver
    London Paris Sydney Victoria Jordan Israel Chad India China Asia America Kenya Ireland
    Brittany Florence Milan Sierra Savannah Chelsea Brooklyn Bronx Cairo Boston Lincoln
    Washington Jackson Jefferson Windows Apple Sky Star Sunny Stormy Rain River Ocean Rocky
    Cliff Dale Glen Forest Heath Ray Rich Rob Pat Sue Drew Grant Lance Miles Chance Major King
    Prince Duke Earl Baron Royal Noble Price Cash Gold Silver Sterling Diamond Destiny Trinity
    Genesis Heaven Justice Liberty Freedom Unique Precious Princess Queen Lucky Happy Sandy
    Dusty Rusty Buddy Guy Gene Jean Dean Don Max Alexa Siri Cortana Casey Page Paige Sage Basil
    Pepper Reed Reid Brook Brooks Ford Mercedes Lexus Kia Porsche Tesla Chrome Jenkins Maven
    Julia Ada Perl Pascal Dart Swift Rust Elm Kotlin Android Linus Tor Norton Avast Alpha Delta
    Son Man See An The My So In On Long Young Kind Best Dear Sunday Monday Tuesday Wednesday
    Thursday Friday Saturday January February March July September October November December
    Persian Iran Tehran English German French Spanish Italian Polish Dutch Swedish Turkish
    Arabic Hebrew Ukrainian Russian Chinese Japanese Korean Europe Germany France Spain Italy
    Poland Turkey Sweden Norway Denmark Finland Canada Mexico Brazil Australia Online Link Case
    Order Model Mobile Web Site Support Team Love Bliss Blue Sonny Said Ok Okay Hi Hello Thanks
    Are Is It Can Do Has An At As If Or Not Any All Mail Chat Sim Tap Laken Story Storm Legend
    Legacy Reign Saint Messiah Maverick Ace Blaze Titan Atlas Phoenix Orion Apollo Zeus Venus
    Mars Luna Aurora Nova Stella Vista Mint Debian Ubuntu Fedora Redis Django Flask Laravel
    Angular React Vue Ember Aria Echo Nexus Pixel Galaxy Note Edge Opera Safari Bash Git Docker
    Santa San Saint Los Las New North South East West Great United Royal Bank Baby Mister Lord
    Lady Sir Madam Miss Doctor Captain General Sergeant Marshall Marshal Bishop Deacon Pope
    Parker Porter Carter Cooper Mason Tanner Taylor Hunter Fisher Archer Gardener Cook Baker
    Sawyer Tyler Walker Domain Server Host Ram Rom Api Ai Vi Emacs Ti Ty Le La De Du Al El Von
    Van Ben-Gurion Persepolis Unknown Add Mac Less Press Enter Skip True False Meta Arch Animal
    Lamini Stanford Bot Dolly Camera Print Media Data Access Office Teams Outlook Zoom Slack
    Skype Viber Signal Telegram Kazheh
    """
)


def listed_names(form: str) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(form):
        words = list(_WORD.finditer(form, run.start(), run.end()))
        for place, word in enumerate(words):
            level = _level(word.group())
            if level is None:
                continue
            after = words[place + 1 : place + 3]
            last = word
            for other in after:
                if other.group() in _NEVER_LAST or other.group() in _BEFORE:
                    break
                last = other
            # Behind a capitalised word that is no greeting ("Visual Jasper") it is a title's part.
            begins = place == 0 or words[place - 1].group() in _BEFORE
            alone = begins and level == FREQUENT
            if alone or (begins and last is not word):
                yield word.start(), last.end()
                break
            if last is not word:
                break


def begins_listed(name: str) -> bool:
    """Does it begin with a listed first name?"""
    return _level(name.split()[0]) is not None


def could_begin(name: str) -> bool:
    """Does it begin with a first name, be that a word too ("Grace")?"""
    return name.split()[0] in _names()


_LAST_TOO: Final = listed(
    """
    Parker Porter Carter Cooper Mason Tanner Taylor Hunter Fisher Archer Cook Baker Sawyer Tyler
    Walker King Price Grant Jackson Lincoln Washington Jefferson Young Long Ford Reed Reid
    Brooks Marshall Bishop Jenkins Norton Frank Jordan Love Austin Chase Dean Page Sterling Noble
    Rich Forest Heath
    """
)
_NEVER_LAST: Final = _WORDS_TOO - _LAST_TOO
_BEFORE: Final = listed(
    "Hi Hello Hey Dear Mr Mrs Ms Dr Thanks Thank Regards And Sincerely Cheers Best Ask Call Contact"
    " Tell Email From By To For With Customer Client Agent Manager Holder Recipient Attn Cc Is"
)


def _level(word: str) -> str | None:
    return None if word in _WORDS_TOO else _names().get(word)


@cache
def _names() -> dict[str, str]:
    with gzip.open(DATA / "first_names.txt.gz", "rt", encoding="utf-8") as lines:
        return {line[1:].rstrip("\n"): line[0] for line in lines}
