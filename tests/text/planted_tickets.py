"""Realistic tickets in four languages with invented personal values at known places, for the tests
and the bench of the privacy engine. Two styles of wording: one is looked at while the engine is
worked on, the other only measured."""

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.text import personal_values as values
from tests.text.personal_values import ARABIC, PERSIAN, ZWNJ, grouped
from text.privacy.checks import company_id_holds

STYLES = ("looked at", "measured")


@dataclass(frozen=True)
class Planted:
    """A ticket, and (start, end, type) of each value in it."""

    text: str
    lang: str
    spans: tuple[tuple[int, int, str], ...]


def company_id(rng: random.Random) -> str:
    first = rng.choice(("10", "14")) + f"{rng.randrange(10**8):08d}"
    made = (first + str(digit) for digit in range(10))
    return next((one for one in made if company_id_holds(one)), "10380284790")


def _letters(rng: random.Random, count: int, alphabet: str) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


_SMALL = "abcdefghijklmnopqrstuvwxyz"
_ALNUM = _SMALL + _SMALL.upper() + "0123456789"


def _mobile(rng: random.Random, lang: str) -> str:
    if lang == "uk" and rng.random() < 0.6:
        code, rest = rng.choice(("67", "50", "63", "97")), f"{rng.randrange(10**7):07d}"
        tail = f"{rest[:3]}{{0}}{rest[3:5]}{{0}}{rest[5:]}".format(rng.choice("- "))
        return rng.choice([f"+380 {code} {tail}", f"0{code}-{tail}", f"(0{code}) {tail}"])
    if lang == "he" and rng.random() < 0.6:
        rest = f"{rng.randrange(2, 9)}{rng.randrange(10**6):06d}"
        return rng.choice([f"052-{rest}", f"+972-54-{rest}", f"050 {rest[:3]} {rest[3:]}"])
    plain = values.mobile(rng)
    forms = [
        plain,
        plain,
        grouped(plain, (4, 3, 4), rng.choice([" ", "-", ZWNJ, ".", " - "])),
        grouped(plain, (4, 3, 2, 2), rng.choice(" -")),
        f"+98{plain[1:]}",
        f"+98 {grouped(plain[1:], (3, 3, 4), ' ')}",
        f"0098{plain[1:]}",
        f"(+98){plain[1:]}",
    ]
    return _script(rng, rng.choice(forms), lang)


def _script(rng: random.Random, text: str, lang: str) -> str:
    if lang != "fa":
        return text
    if rng.random() < 0.1:  # Persian and ASCII digits in one number
        half = len(text) // 2
        return text[:half] + text[half:].translate(PERSIAN)
    return rng.choice([text, text.translate(PERSIAN), text.translate(ARABIC)])


def _parted(make: Callable[[random.Random], str], *shapes: tuple[int, ...]) -> "_Make":
    def made(rng: random.Random, lang: str) -> str:
        plain = make(rng)
        shape = rng.choice([(len(plain),), *shapes])
        return _script(rng, grouped(plain, shape, rng.choice([" ", "-", " - ", ZWNJ])), lang)

    return made


def _mistyped(make: "_Make") -> "_Make":
    """Now and then with a digit that breaks the check."""

    def made(rng: random.Random, lang: str) -> str:
        value = make(rng, lang)
        return value[:-1] + rng.choice("0123456789") if rng.random() < 0.2 else value

    return made


def _sheba(rng: random.Random, lang: str) -> str:
    plain = values.sheba(rng)
    parts = grouped(plain, (4, 4, 4, 4, 4, 4, 2), rng.choice(" -"))
    return _script(rng, rng.choice([plain, plain.lower(), parts, f"IR {plain[2:]}"]), lang)


def _ip(rng: random.Random, lang: str) -> str:
    if rng.random() < 0.25:
        middle = ":".join(f"{rng.randrange(1, 65536):x}" for _ in range(2))
        return f"2a01:4f8:{middle}::{rng.randrange(1, 9)}"
    rest = ".".join(str(rng.randrange(1, 255)) for _ in range(3))
    return f"{rng.randrange(128, 220)}.{rest}"


def _key(rng: random.Random, lang: str) -> str:
    jwt = ".".join(
        base64.urlsafe_b64encode(part.encode()).decode().rstrip("=")
        for part in (
            '{"alg":"HS256"}',
            f'{{"sub":"{rng.randrange(10**6)}"}}',
            _letters(rng, 24, _ALNUM),
        )
    )
    return rng.choice(
        [
            f"sk-{_letters(rng, 40, _ALNUM)}",
            f"ghp_{_letters(rng, 36, _ALNUM)}",
            f"AKIA{_letters(rng, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}",
            f"glpat-{_letters(rng, 20, _ALNUM)}",
            jwt,
        ]
    )


def _password(rng: random.Random, lang: str) -> str:
    word = rng.choice(("Maryam", "qwerty", "Tehran", "sunny", "P@ss", "kot"))
    return f"{word}{rng.choice(['@', '#', '_', '!', ''])}{rng.randrange(100, 99999)}"


_Make = Callable[[random.Random, str], str]
MAKERS: dict[str, _Make] = {
    "EMAIL": lambda rng, lang: values.email(rng),
    "PHONE": _mobile,
    "LANDLINE": _parted(values.landline, (3, 8), (3, 4, 4)),
    "NATIONAL_ID": _mistyped(_parted(values.national_id, (3, 6, 1))),
    "COMPANY_ID": _parted(company_id),
    "BANK_CARD": _parted(values.bank_card, (4, 4, 4, 4)),
    "IBAN": _sheba,
    "POSTAL_CODE": _parted(lambda rng: str(rng.randrange(10**9, 10**10)), (5, 5)),
    "IP": _ip,
    "URL_SECRET": lambda rng, lang: _letters(rng, rng.randrange(12, 40), _ALNUM),
    "API_KEY": _key,
    "PASSWORD": _password,
    "OTP": lambda rng, lang: _script(rng, str(rng.randrange(10**4, 10**6)), lang),
    "CARD_CODE": lambda rng, lang: _script(rng, str(rng.randrange(100, 10**4)), lang),
}

# (looked at), (measured) for each language: {} is where the value stands.
SENTENCES: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "EMAIL": {
        "fa": (
            ("ایمیلم {} هست", "به {} جواب بدید"),
            ("لطفا نتیجه رو بفرستین به {}", "با ایمیل ({}) ثبت نام کردم"),
        ),
        "en": (
            ("my email is {}", "write to {}"),
            ("the invoice should go to {}.", "I registered as {}, no mail came"),
        ),
        "uk": (("моя пошта {}",), ("надішліть чек на {}, дякую",)),
        "he": (("המייל שלי {}",), ("תשלחו חשבונית אל {} בבקשה",)),
    },
    "PHONE": {
        "fa": (("شمارم {} هست", "زنگ بزنید به {}"), ("با {} تماس بگیرین لطفا", "موبایل جدیدم: {}")),
        "en": (
            ("call me on {}", "my phone: {}"),
            ("you can reach me at {} after six", "SMS goes to {} but never arrives"),
        ),
        "uk": (("мій телефон {}",), ("зателефонуйте на {} після обіду",)),
        "he": (("הטלפון שלי {}",), ("תתקשרו אליי ל {} אחרי שש",)),
    },
    "LANDLINE": {
        "fa": (
            ("تلفن ثابت {}", "دفتر ما: {}"),
            ("از {} تماس گرفتم کسی جواب نداد", "خط ثابت منزل {} قطعه"),
        ),
        "en": (("our office phone is {}",), ("landline {} has been dead since Monday",)),
        "uk": (("телефон офісу {}",), ("стаціонарний {} не працює",)),
        "he": (("טלפון במשרד {}",), ("הקו הנייח {} לא עובד",)),
    },
    "NATIONAL_ID": {
        "fa": (
            ("کد ملی من {} است", "کدملیم {}"),
            ("شماره ملی {} رو قبول نمیکنه", "احراز هویت با کدملی {} انجام نشد"),
        ),
        "en": (("my national ID is {}",), ("national code {} is rejected",)),
        "uk": (("ідентифікаційний код {}",), ("мій ІПН {} не приймає",)),
        "he": (("תעודת זהות {}",), ("מספר הזהות שלי {} לא מזוהה",)),
    },
    "COMPANY_ID": {
        "fa": (
            ("شناسه ملی شرکت {}", "کد اقتصادی: {}"),
            ("فاکتور با شناسه ملی {} صادر بشه", "شماره اقتصادی ما {} است"),
        ),
        "en": (("company ID {}",), ("please put our tax ID {} on the invoice",)),
        "uk": (("код ЄДРПОУ {}",), ("наш ЄДРПОУ: {}",)),
        "he": (("ח.פ {}",), ("מספר חברה {} לחשבונית",)),
    },
    "BANK_CARD": {
        "fa": (
            ("شماره کارت {}", "از کارت {} کم شد"),
            ("پول رو به {} برگردونید", "با کارتم پرداخت کردم {} ولی ثبت نشد"),
        ),
        "en": (("my card {} was charged",), ("refund it to {} please",)),
        "uk": (("картка {}",), ("гроші зняли з картки {} двічі",)),
        "he": (("כרטיס {}",), ("חויבתי בכרטיס {} פעמיים",)),
    },
    "IBAN": {
        "fa": (("شبا {}", "شماره شبا: {}"), ("واریز کنید به {} به نام خودم", "شبام {} هست")),
        "en": (("IBAN {}",), ("wire the rest to {}",)),
        "uk": (("IBAN {}",), ("поверніть на рахунок {}",)),
        "he": (("IBAN {}",), ("תעבירו ל {} תודה",)),
    },
    "POSTAL_CODE": {
        "fa": (
            ("کد پستی {}", "کدپستی: {}"),
            ("کد پستیم رو اشتباه زدم، درستش {} هست", "کد پستی جدید من {}"),
        ),
        "en": (("postal code {}",), ("the post code {} is not accepted",)),
        "uk": (("поштовий індекс {}",), ("індекс доставки {}",)),
        "he": (("מיקוד {}",), ("המיקוד שלי {}",)),
    },
    "IP": {
        "fa": (
            ("آی پی من {} هست", "IP: {}"),
            ("از {} وارد شدم و بلاک شدم", "آی‌پی {} رو آزاد کنید"),
        ),
        "en": (("my IP is {}",), ("logins from {} are blocked",)),
        "uk": (("мій IP {}",), ("доступ з {} заблоковано",)),
        "he": (("ה-IP שלי {}",), ("חסמתם את {} בטעות",)),
    },
    "URL_SECRET": {
        "fa": (
            ("لینک https://kazheh.example/reset?token={} باز نمیشه",),
            ("این ارور میده https://kazheh.example/pay?lang=fa&signature={}",),
        ),
        "en": (
            ("https://kazheh.example/cb?access_token={}&lang=en fails",),
            ("see https://kazheh.example/login?session={} please",),
        ),
        "uk": (
            ("посилання https://kazheh.example/?key={} не працює",),
            ("https://kazheh.example/verify?code={} прострочене",),
        ),
        "he": (
            ("https://kazheh.example/?auth={} לא עובד",),
            ("הקישור https://kazheh.example/r?sig={} פג",),
        ),
    },
    "API_KEY": {
        "fa": (("کلید api من {} کار نمیکنه",), ("با {} درخواست میزنم 401 میگیرم",)),
        "en": (("api key {} returns 401",), ("I pushed {} to a public repository",)),
        "uk": (("ключ {} не працює",), ("випадково опублікував {}",)),
        "he": (("המפתח {} לא עובד",), ("פרסמתי בטעות {}",)),
    },
    "PASSWORD": {
        "fa": (
            ("رمز عبور: {}", "پسوردم {} هست"),
            ("رمزم رو گذاشتم {} ولی وارد نمیشه", "رمز پنل {}"),
        ),
        "en": (
            ("password: {}", "my password is {}"),
            ("I log in with password {} and fail", "pwd = {}"),
        ),
        "uk": (("пароль: {}",), ("мій пароль {} не підходить",)),
        "he": (("סיסמה: {}",), ("הסיסמה שלי היא {}",)),
    },
    "OTP": {
        "fa": (
            ("کد تایید {}", "رمز پویا: {}"),
            ("کدی که برام پیامک شد {} بود", "کد ورود {} رو قبول نمیکنه"),
        ),
        "en": (
            ("verification code {}", "OTP: {}"),
            ("I got the code {} by SMS", "your login code is {}"),
        ),
        "uk": (("код підтвердження {}",), ("прийшов код {} з смс",)),
        "he": (("קוד אימות {}",), ("קיבלתי קוד {} בהודעה",)),
    },
    "CARD_CODE": {
        "fa": (("cvv2: {}",), ("سی وی وی کارت {}",)),
        "en": (("cvv2 {}",), ("CVV is {} and it says declined",)),
        "uk": (("cvv {}",), ("CVV2 картки {}",)),
        "he": (("cvv {}",), ("ה-CVV הוא {}",)),
    },
}
FILLERS: dict[str, tuple[str, ...]] = {
    "fa": (
        "سلام وقت بخیر",
        "سفارش {n} ثبت شده ولی نرسیده.",
        "نسخه 2.4.{d} نصب کردم و خطای 50{d} میده.",
        "مبلغ {n} تومان کم شد.",
        "از تاریخ 1403/05/1{d} ساعت 10:4{d} قطع شد 😕",
        "کد رهگیری {t} رو ببینید.",
        "لطفا پیگیری کنید، ممنون 🙏",
    ),
    "en": (
        "Hello,",
        "order {n} has not arrived.",
        "Since version 3.1{d}.2 it fails with error 0x8007000{d}.",
        "I paid $1,2{d}0 for it.",
        "On 2026-11-1{d} at 10:4{d} it stopped 😕",
        "Tracking number {t}.",
        "Thanks 🙏",
    ),
    "uk": (
        "Вітаю!",
        "Замовлення {n} не прийшло.",
        "Версія 2.{d}.1 видає помилку 50{d}.",
        "Сплатив {n} грн 1{d}.11.2026.",
        "Дякую 🙏",
    ),
    "he": (
        "שלום,",
        "הזמנה {n} לא הגיעה.",
        "בגרסה 2.{d}.4 יש שגיאה 50{d}.",
        "שילמתי {n} ₪ בתאריך 1{d}/11/2026.",
        "תודה 🙏",
    ),
}


def ticket(rng: random.Random, *, style: str, kind: str | None = None) -> Planted:
    """One ticket with one or two values."""
    lang = rng.choices(("fa", "en", "uk", "he"), (5, 3, 1, 1))[0]
    text, spans = _filler(rng, lang), []
    kinds = [kind or rng.choice(list(MAKERS)), *rng.choices(list(MAKERS), k=rng.random() < 0.15)]
    for type_ in kinds:
        value = MAKERS[type_](rng, lang)
        before, after = rng.choice(SENTENCES[type_][lang][STYLES.index(style)]).split("{}")
        text += rng.choice([" ", "\n"]) + before
        spans.append((len(text), len(text) + len(value), type_))
        text += f"{value}{after}" + rng.choice([" ", ". ", "\n"]) + _filler(rng, lang)
    return Planted(text, lang, tuple(spans))


def _filler(rng: random.Random, lang: str) -> str:
    line = rng.choice(FILLERS[lang])
    numbers = {
        "n": rng.randrange(10**5, 10**7),
        "d": rng.randrange(10),
        "t": rng.randrange(10**23, 10**24),
    }
    return line.format(**numbers)
