"""Spellings of placeholders as models write them, and texts that only look like one. Seeded."""

import html
import random
from collections.abc import Callable

KNOWN = {
    "[PHONE_1]": "0912 345 6789",
    "[PHONE_2]": "0935 111 2233",
    "[PHONE_12]": "+98 921 000 0012",
    "[EMAIL_1]": "a_b@mail.test",
    "[EMAIL_3]": "[PHONE_1]",
    "[NATIONAL_ID_1]": "0013542419",
    "[BANK_CARD_2]": "6037-9977-5039-1196",
    "[IP_1]": "10.1.2.3",
    "[URL_SECRET_1]": r"a\1&lt;b",
    "[POSTAL_CODE_10]": "11369-11111",
    "[ORDER_4]": "KZ-48213",
}
OWN_TYPES = ("ORDER",)
"""A company's: they keep underscore and square brackets, or are not read."""

BIDI = "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u061c"
JOINERS = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
SPACES = " \u00a0\u202f\u2009\u3000\t\n"
SQUARE = ["［］", "【】", "〔〕", "〖〗", "〚〛", "⟦⟧", "⁅⁆", "❲❳", "﹝﹞"]
POINTED = ["()", "（）", "{}", "｛｝", "<>", "＜＞", "⟨⟩", "«»", "《》", "「」", "⌈⌉"]
DIGITS = ["۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९", "⁰¹²³⁴⁵⁶⁷⁸⁹"]
CYRILLIC = str.maketrans("ABEKMHOPCTXI", "АВЕКМНОРСТХІ")
WIDE = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}

Change = Callable[[random.Random, str], str]


def _inside(change: Callable[[str], str]) -> Change:
    return lambda rng, name: f"[{change(name[1:-1])}]"


def _sprinkled(signs: str) -> Change:
    def change(rng: random.Random, name: str) -> str:
        for _ in range(rng.randint(1, 3)):
            place = rng.randint(0, len(name))
            name = name[:place] + rng.choice(signs) + name[place:]
        return name

    return change


def _spaced(rng: random.Random, name: str) -> str:
    """White space at the edges and around underscores."""
    around = [f"{rng.choice(SPACES)}_", f"_{rng.choice(SPACES)}", f" _{rng.choice(SPACES)}", "_"]
    inside = name[1:-1].replace("_", rng.choice(around))
    edge = rng.choice(SPACES)
    return rng.choice([f"[{edge}{inside}]", f"[{inside}{edge}]", f"[{edge}{inside} ]"])


def _digits(rng: random.Random, name: str) -> str:
    table = str.maketrans("0123456789", rng.choice(DIGITS))
    return name.translate(table)


def _case(rng: random.Random, name: str) -> str:
    mixed = "".join(rng.choice([letter.lower(), letter.upper()]) for letter in name)
    return rng.choice([name.lower(), name.title(), mixed])


def _brackets(pairs: list[str]) -> Change:
    def change(rng: random.Random, name: str) -> str:
        pair = rng.choice(pairs)
        return f"{pair[0]}{name[1:-1]}{pair[1]}"

    return change


def _entities(rng: random.Random, name: str) -> str:
    forms = {
        "[": ["&#91;", "&#x5B;", "&lsqb;", "&lbrack;", "&amp;#91;", "%5B"],
        "]": ["&#93;", "&#x5d;", "&rsqb;", "&rbrack;", "&amp;#93;", "%5D"],
    }
    which = rng.randrange(6)
    line = rng.choice(["_", "_", "&#95;", "&lowbar;", "%5F"])
    inside = name[1:-1].replace("_", line)
    return forms["["][which] + inside + forms["]"][which]


ANY_TYPE: list[Change] = [
    lambda rng, name: name,
    _case,
    _digits,
    _sprinkled(BIDI),
    _sprinkled(JOINERS),
    _spaced,
    _brackets(SQUARE),
    _entities,
    lambda rng, name: name.replace("_", rng.choice(["\\_", "\\\\_", "\\_", "__", "＿"])),
    lambda rng, name: rf"\[{name[1:-1]}\]".replace("_", rng.choice(["_", "\\_"])),
    lambda rng, name: name.translate(WIDE),
    lambda rng, name: name.translate(CYRILLIC),
    _inside(lambda inside: f"**{inside}**"),
    _inside(lambda inside: f"`{inside}`"),
    lambda rng, name: html.escape(name),
]
ENGINES_TYPES: list[Change] = [
    lambda rng, name: name.replace("_", rng.choice([" ", "-", "–", "\u200c", ".", "\u00a0"])),
    lambda rng, name: "[" + name[1:-1].replace("_", rng.choice([" ", "-"])).lower() + "]",
    lambda rng, name: "_".join(name.rsplit("_", 1)[:1]) + name.rsplit("_", 1)[1],
    _brackets(POINTED),
]
AFTER: list[Change] = [_sprinkled(BIDI), _sprinkled(JOINERS), _digits, _case]


def spelled(rng: random.Random) -> tuple[str, str]:
    """(a spelling, the placeholder that it spells): one change, often two."""
    name = rng.choice(list(KNOWN))
    own = name[1:-1].rpartition("_")[0] in OWN_TYPES
    change = rng.choice(ANY_TYPE if own else ANY_TYPE + ENGINES_TYPES)
    spelling = change(rng, name)
    if "&" not in spelling and "%" not in spelling and rng.random() < 0.5:
        spelling = rng.choice(AFTER)(rng, spelling)
    return spelling, name


LOOK_LIKE_ONE = [
    *("[PHONE_3]", "[PHONE_11]", "[PHONE_121]", "[EMAIL_2]", "[IP_12]", "[LANDLINE_1]"),
    *("[PHONE_0]", "[PHONE_-]", "[PHONE_]", "[PHONE]", "[_1]", "[1]", "[PHONE_1-2]", "[PHONE_1,2]"),
    *("[PHONE_1.5]", "[PHONE_1 2]", "[PHONE_1_2]", "[PHONE_1_EMAIL_1]", "[PHONE_1?]", "[PHONE_A1]"),
    *("phone 1", "PHONE_1", "(PHONE 1)", "(PHONE-1)", "（PHONE－1）", '"PHONE_1"', "«phone 1»"),
    *("[شماره ۱]", "[تلفن_۱]", "[PHONE", "PHONE_1]", "[PHONE_1", "[TELEPHONE_1]", "[PHONES_1]"),
    *(
        "[NATIONAL_1]",
        "[ID_1]",
        "[CARD_2]",
        "[POSTAL_CODE_1]",
        "[ORDER 4]",
        "{ORDER_4}",
        "<ORDER 4>",
    ),
    *("{phone 1}", "<phone 1>", "[PHONE_1000000001]", "[PHONE_1;]", "[PHONE+1]", "[PHONE_=1]"),
    *("[EMAIL_PHONE_1]", "[PHONE_EMAIL_1]", "array[1]", "[item_1]", "[RFC-2616]", "[PHONE (1)]"),
    *("&#91PHONE_1&#93", "[PH0NE_1]", "[PHONE_l]", "[PHONE_I]", "[\u202e1_ENOHP\u202c]"),
]
