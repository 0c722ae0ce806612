"""Months by their names, as Unicode's locale data (CLDR, in babel) has them: `month_number(word)`.

Phones write dates in digits nearly always; this is for the rest. The names are loaded when the
first such date is met.
"""

from functools import lru_cache
from typing import Final

from babel import Locale

_LANGUAGES: Final = """
    en de fr es it pt ru uk tr fa ar he hi nl pl cs sk sv fi da nb id vi hu el ro bg sr ca eu lt lv
    et sl th az kk ms
"""
_JALALI: Final = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند"


@lru_cache(maxsize=1024)
def month_number(word: str) -> int | None:
    """1 to 12; the calendar is the year's matter. None for a word that is no month."""
    return _numbers().get(word.lower().rstrip("."))


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    numbers: dict[str, int] = {}
    for language in _LANGUAGES.split():
        for forms in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms[width].items():
                    numbers.setdefault(name.lower().rstrip("."), number)
    return numbers | {name: number for number, name in enumerate(_JALALI.split(), 1)}
