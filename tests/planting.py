"""Invented personal values by the thousand, and the search for them: for the leak test.

`Planter(seed)` writes texts in four languages with values of every structured type in them, and
remembers the values as `needles`. `Needles.found_in(text)` says which of them stand in a text: as
they were written, in other digits, or with other characters between their digits.
"""

import base64
import binascii
import random
import re
import string
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from tests.text.personal_values import (
    ARABIC,
    PERSIAN,
    ZWNJ,
    bank_card,
    grouped,
    landline,
    mobile,
    national_id,
    sheba,
)
from text.privacy.checks import company_id_holds
from text.privacy.spans import (
    API_KEY,
    BANK_CARD,
    CARD_CODE,
    COMPANY_ID,
    EMAIL,
    IBAN,
    IP,
    LANDLINE,
    NATIONAL_ID,
    OTP,
    PASSWORD,
    PHONE,
    POSTAL_CODE,
    STRUCTURED,
    URL_SECRET,
)

TAIL = 8
"""Digits by which a number is recognised before all of it is compared."""
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)
_BETWEEN = re.compile(r"(?<=\d)[^\w,:\"'\[\]{}]{1,3}(?=\d)|(?<=\d)_(?=\d)")
_RUN = re.compile(rf"\d{{{TAIL},}}")
_MARK = re.compile(r"zq[a-z0-9]{8}")
_TAG = re.compile(r"(zx[a-z]{8})\D{1,30}?(\d{3,8})(?!\d)")
_HASH = re.compile(r"[0-9a-f]{64}")
_DRAWN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{1,6}"  # a moment
    r"|(?<![\w.])\d{1,2}\.\d{11,}"  # how long something took
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")


@dataclass
class Needles:
    """`numbers`: by their last digits. `marks`: a word that stands in no other text. `tagged`:
    numbers too short to be looked for alone, by the word before them."""

    numbers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    tagged: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def found_in(self, text: str) -> set[tuple[str, str]]:
        """(type, the value's plain form) of each that stands in it. A keyed hash holds none, nor do
        a UUID, a moment and a duration: by chance one of so many numbers would stand in them."""
        if _HASH.fullmatch(text):
            return set()
        plain = _DRAWN.sub(",", text.translate(_DIGITS))
        found = {
            (self.marks[mark], mark) for mark in _MARK.findall(plain.lower()) if mark in self.marks
        }
        for match in _TAG.finditer(plain.lower()):
            if self.tagged.get(match[1]) == match[2]:
                found.add((OTP if len(match[2]) > 4 else CARD_CODE, match[1]))
        for run in _RUN.findall(_BETWEEN.sub("", plain)):
            for end in range(TAIL, len(run) + 1):
                for kind, digits in self.numbers.get(run[end - TAIL : end], ()):
                    if run.endswith(digits, 0, end):
                        found.add((kind, digits))
        for word in _BASE64.findall(text):
            found |= self._found_in_base64(word)
        return found

    def _found_in_base64(self, word: str) -> set[tuple[str, str]]:
        try:
            inside = base64.b64decode(word, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return set()
        return self.found_in(inside)


class Planter:
    """Every value is made once only."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._made: set[str] = set()
        self._kinds: Iterator[str] = self._in_turn()
        self.needles = Needles()

    def text(self, count: int = 6) -> str:
        """So many values, each in a sentence of its own, the types in turn."""
        return "\n".join(self.sentence(next(self._kinds)) for _ in range(count))

    def text_of(self, kinds: Collection[str]) -> str:
        """A value of each."""
        return "\n".join(self.sentence(kind) for kind in sorted(kinds))

    def line(self, count: int = 2) -> str:
        return "، ".join(self.sentence(next(self._kinds)) for _ in range(count))

    def sentence(self, kind: str) -> str:
        if kind in TAGGED:
            return self._tagged(kind)
        value = self.value(kind)
        return self._rng.choice(SENTENCES[kind]).format(value)

    def value(self, kind: str) -> str:
        """As somebody writes it."""
        if kind in MARKED:
            return self._marked(kind)
        while True:
            written, digits = NUMBERS[kind](self._rng)
            if digits not in self._made:
                break
        self._made.add(digits)
        self.needles.numbers.setdefault(digits[-TAIL:], []).append((kind, digits))
        self.needles.count += 1
        return self._in_any_digits(written)

    def _marked(self, kind: str) -> str:
        while (
            mark := "zq" + _word(self._rng, string.ascii_lowercase + string.digits)
        ) in self._made:
            pass
        self._made.add(mark)
        self.needles.marks[mark] = kind
        self.needles.count += 1
        return MARKED[kind](self._rng, mark)

    def _tagged(self, kind: str) -> str:
        tag = "zx" + _word(self._rng, string.ascii_lowercase)
        low, high = TAGGED[kind]
        code = f"{self._rng.randrange(low, high)}"
        self.needles.tagged[tag] = code
        self.needles.count += 1
        sentence = self._rng.choice(SENTENCES[kind]).format(self._in_any_digits(code))
        return f"{tag} {sentence}"

    def _in_any_digits(self, written: str) -> str:
        return self._rng.choice([written, written.translate(PERSIAN), written.translate(ARABIC)])

    def _in_turn(self) -> Iterator[str]:
        while True:
            yield from sorted(STRUCTURED)


def _word(rng: random.Random, letters: str) -> str:
    return "".join(rng.choices(letters, k=8))


def _phone(rng: random.Random) -> tuple[str, str]:
    plain = mobile(rng)
    written = rng.choice(
        [
            plain,
            grouped(plain, (4, 3, 4), " "),
            grouped(plain, (4, 3, 4), "-"),
            grouped(plain, (4, 3, 4), ZWNJ),
            f"+98{plain[1:]}",
            f"+98 {grouped(plain[1:], (3, 3, 4), ' ')}",
            f"0098{plain[1:]}",
        ]
    )
    return written, plain[1:]


def _landline(rng: random.Random) -> tuple[str, str]:
    plain = landline(rng)
    written = rng.choice([plain, f"{plain[:3]}-{plain[3:]}", f"({plain[:3]}) {plain[3:]}"])
    return written, plain[1:]


def _card(rng: random.Random) -> tuple[str, str]:
    plain = bank_card(rng)
    return grouped(plain, (4, 4, 4, 4), rng.choice(["", " ", "-", ZWNJ, "."])), plain


def _iban(rng: random.Random) -> tuple[str, str]:
    plain = sheba(rng)
    written = [plain, plain.lower(), grouped(plain, (4, 4, 4, 4, 4, 4, 2), " ")]
    return rng.choice(written), plain[2:]


def _national(rng: random.Random) -> tuple[str, str]:
    plain = national_id(rng)
    return rng.choice([plain, grouped(plain, (3, 6, 1), "-")]), plain


def _company(rng: random.Random) -> tuple[str, str]:
    while True:
        first = f"1{rng.randrange(10**9):09d}"
        for digit in range(10):
            if company_id_holds(f"{first}{digit}"):
                return f"{first}{digit}", f"{first}{digit}"


def _postal(rng: random.Random) -> tuple[str, str]:
    plain = "".join(rng.choices("13456789", k=10))
    return rng.choice([plain, f"{plain[:5]}-{plain[5:]}"]), plain


def _ip(rng: random.Random) -> tuple[str, str]:
    parts = [str(rng.randrange(100, 224)) for _ in range(4)]
    return ".".join(parts), "".join(parts)


Number = Callable[[random.Random], tuple[str, str]]
NUMBERS: dict[str, Number] = {
    PHONE: _phone,
    LANDLINE: _landline,
    BANK_CARD: _card,
    IBAN: _iban,
    NATIONAL_ID: _national,
    COMPANY_ID: _company,
    POSTAL_CODE: _postal,
    IP: _ip,
}
"""As it is written, and the digits by which it is known again."""

TAGGED = {OTP: (10_000, 10**8), CARD_CODE: (100, 10_000)}

MARKED: dict[str, Callable[[random.Random, str], str]] = {
    EMAIL: lambda rng, mark: rng.choice([f"{mark}@mail.example", f"m.{mark}@post.example.org"]),
    URL_SECRET: lambda rng, mark: f"https://shop.example/reset?token={mark}{mark}",
    API_KEY: lambda rng, mark: rng.choice(["sk-proj-", "ghp_"]) + f"A1b2{mark}C3d4{mark}E5f6x9",
    PASSWORD: lambda rng, mark: f"{mark.capitalize()}!{rng.randrange(10, 99)}",
}
SENTENCES: dict[str, tuple[str, ...]] = {
    PHONE: (
        "شماره من {} هست زنگ بزنید",
        "my phone is {} thanks",
        "мій телефон {}",
        "הטלפון שלי {}",
    ),
    LANDLINE: ("تلفن منزل: {}", "office phone: {}", "телефон: {}", "טלפון: {}"),
    BANK_CARD: ("شماره کارتم {} به نام مریم", "my card {} was charged", "картка {}", "כרטיס {}"),
    IBAN: ("شبا {} به نام خودم", "Refund to {} please", "IBAN: {}"),
    NATIONAL_ID: ("کد ملی من {} است", "My national ID is {}.", "ת.ז. {}"),
    COMPANY_ID: ("شناسه ملی شرکت {} است", "company national id: {}"),
    POSTAL_CODE: ("کد پستی {}", "postal code: {}", "поштовий індекс {}", "מיקוד {}"),
    IP: ("آی پی سرورم {} است", "my ip address is {}", "ip: {}"),
    OTP: ("کد تایید {} آمد", "my verification code is {}", "код підтвердження: {}"),
    CARD_CODE: ("cvv {} بود", "the cvv is {}", "cvv: {}"),
    EMAIL: ("ایمیلم {} هست", "write to {} please", "пишіть на {}", "המייל שלי {}"),
    URL_SECRET: ("این لینک {} باز نمیشه", "the link {} is broken", "посилання {}"),
    API_KEY: ("کلید من {} کار نمیکنه", "my api key {} fails", "ключ {}"),
    PASSWORD: ("رمز عبورم {} است", "my password is {}", "пароль: {}", "סיסמה: {}"),
}


def found_in_all(needles: Needles, texts: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """(where, type) of all that stand in (where, text); no value, so that a failing test tells
    none."""
    return {(where, kind) for where, text in texts for kind, _value in needles.found_in(text)}
