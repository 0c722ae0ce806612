"""AM and PM in the languages that write them: `half_of(words)`.

Keys are letters only, small: what `headers` leaves of the words around a time.
"""

import re
from functools import lru_cache
from typing import Final, Literal

Half = Literal["am", "pm", "noon"]

_WORDS: Final[dict[Half, str]] = {
    "am": """
        am a ص صباحا صباحًا ق.ظ قبل‌ازظهر قبل_از_ظهر صبح öö дп утра до_полудня пр.об fm f.m ap dop
        de d.e πμ π.μ לפנה״צ לפנות_בוקר בבוקר पूर्वाह्न सुबह 오전 上午 凌晨 早上 清晨 午前 sa pg
        ก่อนเที่ยง e.paradites pd পূর্বাহ্ণ முற்பகல் ጥዋት priešpiet vorm mañana matin
        früh morgens vormittags
    """,
    "pm": """
        pm p م مساء مساءً ب.ظ بعدازظهر بعد_از_ظهر عصر شب ös пп вечера дня после_полудня сл.об em e.m
        ip odp du d.u μμ μ.μ אחה״צ בערב בצהריים अपराह्न शाम रात दोपहर 오후 下午 晚上 傍晚 午後 ch ptg
        หลังเที่ยง e.pasdites md অপরাহ্ণ பிற்பகல் ከሰዓት popiet nachm tarde noche soir
        nachmittags abends
    """,
    "noon": "中午 m mediodía ظهر",
}
_NO_LETTER = re.compile(r"[\W\d_]+")


@lru_cache(maxsize=1024)
def letters(text: str) -> str:
    return _NO_LETTER.sub("", text).lower()


_HALVES: Final[dict[str, Half]] = {
    letters(word): half for half, words in _WORDS.items() for word in words.split()
}


def half_of(words: str) -> Half | None:
    """None for words that no known language uses so. Others may stand before or behind
    (`em` and `PM`, the mark of an era)."""
    exact = _HALVES.get(words)
    if exact or len(words) < 2:
        return exact
    ends = [
        word for word in _HALVES if words.endswith(word) and (len(word) > 1 or not word.isascii())
    ]
    return _HALVES[max(ends, key=len)] if ends else None


def hour_of_day(hour: int, half: Half | None) -> int:
    if half == "am":
        return hour % 12
    if half == "pm":
        return hour % 12 + 12
    if half == "noon":
        return hour + 12 if hour < 6 else hour
    return hour % 24
