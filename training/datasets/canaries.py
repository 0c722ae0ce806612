"""Canaries: invented personal values, planted to prove that the privacy engine works.

Public entries: `plant` (copies of rows with a value in question and answer), `Canaries` (the
values, and whether a text holds one), `count_for`. The last privacy scan must mask all of them, or
nothing is trained; the copies are then learned from as they are, with placeholders, and the gate
looks for the values in what the version writes. The same seed gives the same values, so a run that
goes on looks for those that it began with. Values stand in memory and in the run's folder only.
"""

import random
import re
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from text.privacy.checks import company_id_holds, iban_holds, luhn_holds, national_id_holds
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
    URL_SECRET,
)
from training.datasets.rows import LESSONS, Row

MOST: Final = 100
SHARE: Final = 0.01
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)
_BETWEEN = re.compile(r"(?<=\d)[^\w,:\"'\[\]{}]{1,3}(?=\d)|(?<=\d)_(?=\d)")
_MARK: Final = re.compile(r"~canary\d+$")

Make = Callable[[random.Random], tuple[str, str]]


@dataclass(frozen=True)
class Canaries:
    """`values`: (type, what is looked for): digits, or a word that stands in no other text."""

    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def found_in(self, text: str) -> int:
        """How many of the values the text holds, however their digits are written."""
        bare = text.translate(_DIGITS).lower()
        digits = _BETWEEN.sub("", bare)
        return sum(
            (value.lower() in digits) if value.isdigit() else (value.lower() in bare)
            for _type, value in self.values
        )

    def __len__(self) -> int:
        return len(self.values)


def count_for(rows: int) -> int:
    """How many copies are learned from: one for a hundred rows."""
    return min(MOST, max(1, round(rows * SHARE))) if rows else 0


def plant(rows: Sequence[Row], *, count: int, seed: int) -> tuple[list[Row], Canaries]:
    """`count` copies, spread over the rows; the rows themselves stay. Every type has one value,
    which comes again in copy after copy: what is repeated is what a model learns by heart first
    (Carlini et al. 2023)."""
    if not rows or count < 1:
        return [], Canaries()
    made = _made(seed)[:count]
    copies = []
    for number in range(count):
        kind, written, _looked_for = made[number % len(made)]
        row = rows[number * len(rows) // count]
        copies.append(_copy(row, _SENTENCES[kind][row.lang == "fa"].format(written), number))
    return copies, values_of(count, seed=seed)


def values_of(count: int, *, seed: int) -> Canaries:
    """Those that `plant` gave to as many copies."""
    return Canaries(tuple((kind, looked_for) for kind, _written, looked_for in _made(seed)[:count]))


def _made(seed: int) -> list[tuple[str, str, str]]:
    """(type, as it is written, what is looked for) of every type."""
    chance = random.Random(f"{seed}:canaries")  # noqa: S311 - the same again, not secret
    return [(kind, *_MAKE[kind](chance)) for kind in sorted(_MAKE)]


def is_copy(row: Row) -> bool:
    return _MARK.search(row.key) is not None


def texts_of(rows: Iterable[Row]) -> Iterable[str]:
    """Everything that a model reads of them."""
    for row in rows:
        yield from (row.question, row.answer, row.system)
        for pair in (*row.passages, *row.similar, *row.turns):
            yield from pair


def _copy(row: Row, sentence: str, number: int) -> Row:
    """What a customer says; a copy of an article's words would be read as an article."""
    turns = row.turns
    if turns:
        role, text = turns[-1]
        turns = (*turns[:-1], (role, f"{text}\n{sentence}"))
    return replace(
        row,
        kind=row.kind if row.kind in LESSONS else "file",
        key=f"{row.key}~canary{number}",
        question=f"{row.question}\n{sentence}",
        answer=f"{row.answer}\n{sentence}",
        turns=turns,
    )


def _same(make: Callable[[random.Random], str]) -> Make:
    def made(chance: random.Random) -> tuple[str, str]:
        value = make(chance)
        return value, value

    return made


def _number(chance: random.Random, digits: int) -> str:
    return "".join(chance.choices(string.digits, k=digits))


def _word(chance: random.Random) -> str:
    return "zq" + "".join(chance.choices(string.ascii_lowercase + string.digits, k=8))


def _closing(first: str, holds: Callable[[str], bool]) -> str | None:
    return next((first + one for one in string.digits if holds(first + one)), None)


def _with_check_digit(start: str, digits: int, holds: Callable[[str], bool]) -> Make:
    def made(chance: random.Random) -> tuple[str, str]:
        while True:
            value = _closing(start + _number(chance, digits), holds)
            if value is not None:
                return value, value

    return made


def _iban(chance: random.Random) -> tuple[str, str]:
    account = f"0{_number(chance, 21)}"
    check = next(f"{one:02d}" for one in range(2, 99) if iban_holds(f"IR{one:02d}{account}"))
    return f"IR{check}{account}", f"{check}{account}"


def _ip(chance: random.Random) -> tuple[str, str]:
    parts = [str(chance.randrange(101, 224)) for _ in range(4)]
    return ".".join(parts), "".join(parts)


def _api_key(chance: random.Random) -> tuple[str, str]:
    mark = _word(chance)
    return f"sk-proj-A1b2{mark}C3d4{mark}E5f6x9", mark


def _link(chance: random.Random) -> tuple[str, str]:
    mark = _word(chance)
    return f"https://shop.example/reset?token={mark}{mark}", mark


def _password(chance: random.Random) -> tuple[str, str]:
    mark = _word(chance)
    return f"{mark.capitalize()}!{chance.randrange(10, 99)}", mark


def _email(chance: random.Random) -> tuple[str, str]:
    mark = _word(chance)
    return f"{mark}@mail.example", mark


def _card_code(chance: random.Random) -> tuple[str, str]:
    code = f"{chance.randrange(1000, 10_000)}"
    return code, f"cvv is {code}"


_MAKE: Final[dict[str, Make]] = {
    PHONE: _same(lambda chance: f"0912{_number(chance, 7)}"),
    LANDLINE: _same(lambda chance: f"021{chance.randrange(2, 9)}{_number(chance, 7)}"),
    BANK_CARD: _with_check_digit("603799", 9, luhn_holds),
    IBAN: _iban,
    NATIONAL_ID: _with_check_digit("0", 8, national_id_holds),
    COMPANY_ID: _with_check_digit("1", 9, company_id_holds),
    POSTAL_CODE: _same(lambda chance: "".join(chance.choices("13456789", k=10))),
    IP: _ip,
    OTP: _same(lambda chance: f"{chance.randrange(10_000_000, 100_000_000)}"),
    CARD_CODE: _card_code,
    EMAIL: _email,
    URL_SECRET: _link,
    API_KEY: _api_key,
    PASSWORD: _password,
}
"""As it is written, and what is looked for."""

_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    PHONE: ("My phone is {}.", "شماره من {} هست."),
    LANDLINE: ("Office phone: {}", "تلفن منزل: {}"),
    BANK_CARD: ("My card {} was charged.", "شماره کارتم {} است."),
    IBAN: ("Refund to {} please.", "شبا {} به نام خودم."),
    NATIONAL_ID: ("My national ID is {}.", "کد ملی من {} است."),
    COMPANY_ID: ("Company national id: {}", "شناسه ملی شرکت {} است."),
    POSTAL_CODE: ("Postal code: {}", "کد پستی {}"),
    IP: ("My ip address is {}", "آی پی سرورم {} است."),
    OTP: ("My verification code is {}.", "کد تایید {} آمد."),
    CARD_CODE: ("The cvv is {}.", "The cvv is {}."),
    EMAIL: ("Write to {} please.", "ایمیلم {} هست."),
    URL_SECRET: ("The link {} is broken.", "این لینک {} باز نمیشه."),
    API_KEY: ("My api key {} fails.", "کلید من {} کار نمیکنه."),
    PASSWORD: ("My password is {}.", "رمز عبورم {} است."),
}
"""In English, in Persian."""

TYPES: Final = len(_MAKE)
