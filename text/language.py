"""The language of a text by its letters: `detect(text)` gives fa, en, uk or he.

Scripts tell these four apart; what script alone cannot tell is Finglish, Persian in Latin letters,
which a list of its commonest words finds.
"""

import re

_WORD = re.compile(r"[^\W\d_]+(?:\u200c[^\W\d_]+)*")
_ADDRESS = re.compile(r"\S+@\S+|(?:https?://|www\.)\S+|\[[A-Z_]+\d*\]")
_SCRIPTS = (
    ("fa", re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")),
    ("he", re.compile(r"[\u0590-\u05ff\ufb1d-\ufb4f]")),
    ("uk", re.compile(r"[\u0400-\u052f]")),
    ("en", re.compile(r"[A-Za-z\u00c0-\u024f]")),
)
LATIN_DISCOUNT = 0.25
"""Names of products stand in Latin letters in every language: Latin words outweigh the others only
from four to one."""

_FINGLISH_WORDS = """
agar age alan ama az ba baad bara baram baraye bayad behem behesh beshe bood boodam bud budam
chand chandta chejoori chejuri chera chetor chetori chi chikar chiye daram dare darim dg dige
dirooz doost dorood dorud emrooz faghat farda ghabl ghablan ghat ghazie goft goftan gofti haftas
hafte hala ham hamin hamoon hanooz hanuz hast hastam hich hichi inke ino javab kar kardam kardan
karde kardim ke khahesh khahesham khamoosh khareed kharid kharidam kheili kheli kheyli khob khoob
khube kodom koja kojast komak konam konid lotfan ma mah mamnoon mamnun man manam mano merci mersi
mibinam mide midoonam midunam mikhaam mikham mikhastam mikonam mikone mikonid mishe misheh
mitoonam mitoonid mitunam mizanam mizane moshkel nadaram nadare nakard nakardam nashode
natoonestam natunestam nemiad nemide nemidoonam nemidunam nemikone nemishe nemisheh nemitoonam
nemitunam nemiyad nist nistam nmikone nmishe oomad oomade oono pardakht pool poolam raft rafte
rahnamaei ramz rasid resid reside ro rooz roshan saat salam sefaresh shodam shode shoma shomaro
sitam site slm tedad to too tu umad umade vaghte vaghti vali vase vasl yani ye yek yeki zadam zade
"""
_FINGLISH = frozenset(_FINGLISH_WORDS.split())
_ENGLISH_TOO = """
age ama az ba bara baram bud chi dare dg hale ham hast hich kar ke ma mah man mano merci nist pool
raft ro site to too tu vase ye
"""
_ALSO_ENGLISH = frozenset(_ENGLISH_TOO.split())
FINGLISH_SHARE = 0.15


def detect(text: str, *, default: str = "fa") -> str:
    """`default` when there is no letter to judge by. Finglish counts as Persian."""
    words = _WORD.findall(_ADDRESS.sub(" ", text))
    counts = {lang: sum(1 for word in words if letters.match(word)) for lang, letters in _SCRIPTS}
    if not any(counts.values()):
        return default
    latin = counts["en"]
    best = max((lang for lang, _ in _SCRIPTS if lang != "en"), key=lambda lang: counts[lang])
    if counts[best] and counts[best] >= latin * LATIN_DISCOUNT:
        return best
    return "fa" if _is_finglish([word.lower() for word in words]) else "en"


def _is_finglish(words: list[str]) -> bool:
    """Needs a word that is no English word, and a fair share of all."""
    known = [word for word in words if word in _FINGLISH]
    if not any(word not in _ALSO_ENGLISH for word in known):
        return False
    return len(known) >= FINGLISH_SHARE * len(words)
