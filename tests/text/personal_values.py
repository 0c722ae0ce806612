"""Invented personal values in the forms that people write them: for the privacy tests."""

import random
from collections.abc import Callable

from text.privacy.checks import iban_holds, luhn_holds, national_id_holds

PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
ZWNJ = "\u200c"
BANKS = ("603799", "589210", "627412", "621986", "610433", "502229", "622106", "639347")
MOBILE_PREFIXES = ("912", "919", "935", "939", "901", "990", "921", "941")
AREAS = ("21", "26", "31", "41", "51", "71", "61", "34")
NAMES = ("ali", "sara.k", "m_rezaei", "nima-90", "info", "z.akbari+shop", "h.m.1375")
HOSTS = ("mail.example", "gmail.example", "sherkat.example", "post.test", "a-b.co.example")


def national_id(rng: random.Random) -> str:
    first = f"{rng.randrange(10**9):09d}"
    made = (first + str(digit) for digit in range(10))
    return next((one for one in made if national_id_holds(one)), "0012345679")


def bank_card(rng: random.Random) -> str:
    first = rng.choice(BANKS) + f"{rng.randrange(10**9):09d}"
    return next(first + str(digit) for digit in range(10) if luhn_holds(first + str(digit)))


def sheba(rng: random.Random) -> str:
    account = f"{rng.randrange(10**21):022d}"
    check = next(f"{n:02d}" for n in range(2, 99) if iban_holds(f"IR{n:02d}{account}"))
    return f"IR{check}{account}"


def mobile(rng: random.Random) -> str:
    return f"0{rng.choice(MOBILE_PREFIXES)}{rng.randrange(10**7):07d}"


def landline(rng: random.Random) -> str:
    return f"0{rng.choice(AREAS)}{rng.randrange(2, 10)}{rng.randrange(10**7):07d}"


def email(rng: random.Random) -> str:
    return f"{rng.choice(NAMES)}{rng.randrange(100)}@{rng.choice(HOSTS)}"


def grouped(digits: str, sizes: tuple[int, ...], joint: str) -> str:
    parts, start = [], 0
    for size in sizes:
        parts.append(digits[start : start + size])
        start += size
    return joint.join(parts)


def _any_digits(rng: random.Random, text: str) -> str:
    return rng.choice([text, text, text.translate(PERSIAN), text.translate(ARABIC)])


def written(rng: random.Random, kind: str) -> str:
    """One value of the kind in one of its forms."""
    return _any_digits(rng, FORMS[kind](rng)) if kind != "EMAIL" else FORMS[kind](rng)


def _phone_form(rng: random.Random) -> str:
    if rng.random() < 0.3:
        plain = landline(rng)
        return rng.choice(
            [
                plain,
                f"{plain[:3]}-{plain[3:]}",
                f"{plain[:3]} {plain[3:7]} {plain[7:]}",
                f"({plain[:3]}) {plain[3:]}",
                f"+98 {plain[1:3]} {plain[3:]}",
            ]
        )
    plain = mobile(rng)
    return rng.choice(
        [
            plain,
            grouped(plain, (4, 3, 4), " "),
            grouped(plain, (4, 3, 2, 2), " "),
            grouped(plain, (4, 3, 4), "-"),
            grouped(plain, (4, 3, 4), ZWNJ),
            grouped(plain, (4, 7), "."),
            grouped(plain, (4, 7), "/"),
            f"+98{plain[1:]}",
            f"+98 {grouped(plain[1:], (3, 3, 4), ' ')}",
            f"0098{plain[1:]}",
            f"98{plain[1:]}",
            plain[1:],
        ]
    )


def _card_form(rng: random.Random) -> str:
    joint = rng.choice(["", " ", "-", "  ", ZWNJ, ".", " - ", "_"])
    return grouped(bank_card(rng), (4, 4, 4, 4), joint)


def _sheba_form(rng: random.Random) -> str:
    plain = sheba(rng)
    return rng.choice(
        [
            plain,
            plain.lower(),
            grouped(plain, (4, 4, 4, 4, 4, 4, 2), " "),
            f"{plain[:2]} {plain[2:]}",
            f"{plain[:2]}-{grouped(plain[2:], (4, 4, 4, 4, 4, 4), '-')}",
            plain[2:],
        ]
    )


def _national_form(rng: random.Random) -> str:
    plain = national_id(rng)
    return rng.choice([plain, plain, grouped(plain, (3, 6, 1), "-")])


FORMS: dict[str, Callable[[random.Random], str]] = {
    "PHONE": _phone_form,
    "BANK_CARD": _card_form,
    "NATIONAL_ID": _national_form,
    "IBAN": _sheba_form,
    "EMAIL": email,
}
SENTENCES = {
    "PHONE": (
        "سلام شماره من {} هست لطفا زنگ بزنید",
        "تلفن: {}",
        "call me on {} please",
        "با {} ثبت نام کردم",
        "shomaram {} hast",
    ),
    "BANK_CARD": (
        "شماره کارتم {} به نام مریم",
        "پول از {} کم شد ولی سفارش ثبت نشد",
        "my card {} was charged",
        "{}",
    ),
    "NATIONAL_ID": (
        "کد ملی من {} است",
        "کدملی:{}",
        "code melli {} hast",
        "My national ID is {}.",
        "احراز هویت نشدم، {} رو چک کنید",
    ),
    "IBAN": ("شبا {} به نام خودم", "برگردونید به {} ممنون", "Refund to {} please"),
    "EMAIL": (
        "ایمیلم {} هست",
        "write to {}, thanks",
        "آدرس:{}، جواب بدید",
        "حساب ({}) باز نمیشه.",
    ),
}


def planted(rng: random.Random, kind: str) -> tuple[str, str]:
    """(a sentence, the value as it stands in it)."""
    value = written(rng, kind)
    return rng.choice(SENTENCES[kind]).format(value), value
