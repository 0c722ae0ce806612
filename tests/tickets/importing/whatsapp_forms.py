"""How phones of many languages write a chat: a writer for tests, one `Form` a language and system.

`Form.write(messages)` gives the text of an export. Messages are (minute, name, text).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import jdatetime

LRM = "\u200e"
RLM = "\u200f"
NNBSP = "\u202f"
_PERSIAN = {ord("0") + digit: "۰۱۲۳۴۵۶۷۸۹"[digit] for digit in range(10)}
_ARABIC = {ord("0") + digit: "٠١٢٣٤٥٦٧٨٩"[digit] for digit in range(10)}
_DEVANAGARI = {ord("0") + digit: "०१२३४५६७८९"[digit] for digit in range(10)}

Said = tuple[datetime, str, str]


@dataclass(frozen=True)
class Form:
    name: str
    header: Callable[[datetime], str]
    media: str
    encryption: str = "Messages and calls are end-to-end encrypted. Tap to learn more."
    seconds: bool = False

    def write(self, messages: Iterable[Said]) -> str:
        return "".join(f"{self.header(at)}{name}: {text}\n" for at, name, text in messages)

    def notice(self, at: datetime) -> str:
        return f"{self.header(at)}{self.encryption}\n"


def _android(pattern: str, dash: str = " - ") -> Callable[[datetime], str]:
    return lambda at: _filled(pattern, at) + dash


def _ios(pattern: str, lead: str = "") -> Callable[[datetime], str]:
    return lambda at: f"{lead}[{_filled(pattern, at)}] "


def _digits(header: Callable[[datetime], str], table: dict[int, str]) -> Callable[[datetime], str]:
    return lambda at: header(at).translate(table)


def _filled(pattern: str, at: datetime) -> str:
    """{D} {M} {Y} {h} without leading zeros, {DD} … with; {yy}; {j…} Jalali; {I} of 12 hours."""
    jalali = jdatetime.date.fromgregorian(date=at.date())
    hour12 = at.hour % 12 or 12
    return pattern.format(
        D=at.day, DD=f"{at.day:02}", M=at.month, MM=f"{at.month:02}",
        Y=at.year, yy=f"{at.year % 100:02}", B=at.year + 543,
        jD=jalali.day, jDD=f"{jalali.day:02}", jM=jalali.month, jMM=f"{jalali.month:02}",
        jY=jalali.year,
        H=at.hour, HH=f"{at.hour:02}", I=hour12, II=f"{hour12:02}",
        m=f"{at.minute:02}", s=f"{at.second:02}",
        AP="AM" if at.hour < 12 else "PM", ap="am" if at.hour < 12 else "pm",
        half=at.hour >= 12,
    )  # fmt: skip


def _halves(pattern: str, am: str, pm: str) -> Callable[[datetime], str]:
    def header(at: datetime) -> str:
        return _filled(pattern.replace("{x}", am if at.hour < 12 else pm), at)

    return header


def _named(pattern: str) -> Callable[[datetime], str]:
    return lambda at: _filled(pattern.replace("{name}", at.strftime("%B")), at)


FORMS = [
    Form("en-US android", _android(f"{{M}}/{{D}}/{{yy}}, {{I}}:{{m}}{NNBSP}{{AP}}"),
         "<Media omitted>"),
    Form("en-US android old space", _android("{M}/{D}/{yy}, {I}:{m} {AP}"), "<Media omitted>"),
    Form("en-US ios", _ios(f"{{M}}/{{D}}/{{yy}}, {{I}}:{{m}}:{{s}}{NNBSP}{{AP}}"),
         f"{LRM}image omitted", seconds=True),
    Form("en-GB android", _android("{DD}/{MM}/{Y}, {HH}:{m}"), "<Media omitted>"),
    Form("en-GB ios", _ios("{DD}/{MM}/{Y}, {HH}:{m}:{s}"), f"{LRM}audio omitted", seconds=True),
    Form("en-CA android", _halves("{Y}-{MM}-{DD}, {I}:{m} {x} - ", "a.m.", "p.m."),
         "<Media omitted>"),
    Form("en-ZA android", _android("{Y}/{MM}/{DD}, {HH}:{m}"), "<Media omitted>"),
    Form("en-IN android", _android("{DD}/{MM}/{yy}, {I}:{m} {ap}"), "<Media omitted>"),
    Form("de android", _android("{DD}.{MM}.{yy}, {HH}:{m}"), "<Medien ausgeschlossen>"),
    Form("de ios", _ios("{DD}.{MM}.{yy}, {HH}:{m}:{s}"), f"{LRM}Bild weggelassen", seconds=True),
    Form("de-CH android um", _android("{DD}.{MM}.{yy} um {HH}:{m} Uhr"), "<Medien ausgeschlossen>"),
    Form("fr android", _android("{DD}/{MM}/{Y} à {HH}:{m}"), "<Médias omis>"),
    Form("fr-CA android", _android("{Y}-{MM}-{DD} {HH}:{m}"), "<Médias omis>"),
    Form("fr ios", _ios("{DD}/{MM}/{Y} {HH}:{m}:{s}"), f"{LRM}image absente", seconds=True),
    Form("es android", _android("{D}/{M}/{yy}, {H}:{m}"), "<Multimedia omitido>"),
    Form("es-CO android", _halves("{D}/{M}/{Y}, {I}:{m} {x} - ", "a. m.", "p. m."),
         "<Multimedia omitido>"),
    Form("es ios", _ios("{D}/{M}/{yy}, {H}:{m}:{s}"), f"{LRM}imagen omitida", seconds=True),
    Form("it android", _android("{DD}/{MM}/{yy}, {HH}:{m}"), "<Media omessi>"),
    Form("it ios", _ios("{DD}/{MM}/{yy}, {HH}:{m}:{s}"), f"{LRM}immagine omessa", seconds=True),
    Form("pt-BR android", _android("{DD}/{MM}/{Y} {HH}:{m}"), "<Mídia oculta>"),
    Form("pt-BR ios", _ios("{DD}/{MM}/{Y}, {HH}:{m}:{s}"), f"{LRM}imagem ocultada", seconds=True),
    Form("ru android", _android("{DD}.{MM}.{Y}, {HH}:{m}"), "<Без медиафайлов>"),
    Form("ru ios", _ios("{DD}.{MM}.{Y}, {HH}:{m}:{s}"), f"{LRM}изображение отсутствует",
         seconds=True),
    Form("uk android", _android("{DD}.{MM}.{yy}, {HH}:{m}"), "<Медіа пропущено>"),
    Form("uk ios 12h", _halves("[{DD}.{MM}.{yy}, {I}:{m}:{s} {x}] ", "дп", "пп"),
         f"{LRM}зображення пропущено", seconds=True),
    Form("tr android", _android("{DD}.{MM}.{Y} {HH}:{m}"), "<Medya dahil edilmedi>"),
    Form("tr ios", _halves("[{D}.{MM}.{Y} {x} {I}:{m}:{s}] ", "ÖÖ", "ÖS"),
         f"{LRM}görüntü dahil edilmedi", seconds=True),
    Form("fa android", _digits(_android(f"{{Y}}/{{M}}/{{D}}،{RLM} {{HH}}:{{m}}"), _PERSIAN),
         "<رسانه حذف شد>", "پیام‌ها و تماس‌ها سرتاسر رمزگذاری شده‌اند."),
    Form("fa android jalali", _digits(_android("{jY}/{jM}/{jD}، {HH}:{m}"), _PERSIAN),
         "<رسانه حذف شد>"),
    Form("fa android jalali 12h",
         _digits(_halves("{jY}/{jMM}/{jDD}، {I}:{m} {x} - ", "ق.ظ.", "ب.ظ."), _PERSIAN),
         "<رسانه حذف شد>"),
    Form("fa ios jalali ascii", _ios("{jY}/{jMM}/{jDD}, {HH}:{m}:{s}", lead=RLM),
         f"{LRM}تصویر حذف شد", seconds=True),
    Form("fa ios 12h", _digits(_halves("[{Y}/{M}/{D}, {I}:{m}:{s} {x}] ",
         "قبل‌ازظهر", "بعدازظهر"), _PERSIAN), f"{LRM}تصویر حذف شد", seconds=True),
    Form("ar android", _digits(_halves(f"{{D}}{RLM}/{{M}}{RLM}/{{Y}}، {{I}}:{{m}} {{x}} - ",
         "ص", "م"), _ARABIC), "<تم استبعاد الوسائط>",
         "الرسائل والمكالمات مشفرة تمامًا بين الطرفين."),
    Form("ar ios", _halves(f"{RLM}[{{D}}{RLM}/{{M}}{RLM}/{{Y}}, {{I}}:{{m}}:{{s}} {{x}}] ",
         "ص", "م"), f"{LRM}تم استبعاد الصورة", seconds=True),
    Form("he android", _android("{D}.{M}.{Y}, {H}:{m}"), "<המדיה לא נכללה>"),
    Form("he ios", _ios("{D}.{M}.{Y}, {H}:{m}:{s}", lead=LRM + RLM), f"{LRM}התמונה הושמטה",
         seconds=True),
    Form("hi android", _android("{D}/{M}/{yy}, {I}:{m} {ap}"), "<मीडिया शामिल नहीं है>"),
    Form("hi android devanagari", _digits(_android("{D}/{M}/{Y}, {HH}:{m}"), _DEVANAGARI),
         "<मीडिया शामिल नहीं है>"),
    Form("nl android", _android("{DD}-{MM}-{Y} {HH}:{m}"), "<Media weggelaten>"),
    Form("nl ios", _ios("{DD}-{MM}-{Y} {HH}:{m}:{s}"), f"{LRM}afbeelding weggelaten", seconds=True),
    Form("pl android", _android("{D}.{MM}.{Y}, {HH}:{m}"), "<pominięto multimedia>"),
    Form("cs android", _android("{DD}.{MM}.{yy} {H}:{m}"), "<Média vynechány>"),
    Form("cs ios", _ios("{DD}.{MM}.{yy} {H}:{m}:{s}"), f"{LRM}obrázek vynechán", seconds=True),
    Form("sk android", _android("{D}. {M}. {Y}, {H}:{m}"), "<Médiá vynechané>"),
    Form("sv android", _android("{Y}-{MM}-{DD} {HH}:{m}"), "<Mediefiler utelämnade>"),
    Form("sv ios kl", _ios("{Y}-{MM}-{DD} kl. {HH}:{m}:{s}"), f"{LRM}bild utelämnad", seconds=True),
    Form("fi android", _android("{D}.{M}.{Y} klo {H}.{m}"), "<Media jätettiin pois>"),
    Form("fi ios", _ios("{D}.{M}.{Y} klo {H}.{m}.{s}"), f"{LRM}kuva jätettiin pois", seconds=True),
    Form("da android", _android("{DD}.{MM}.{Y} {HH}.{m}"), "<Mediefil udeladt>"),
    Form("ja android", _android("{Y}/{MM}/{DD} {H}:{m}"), "<メディアは含まれていません>"),
    Form("ja ios 12h", _halves("[{Y}/{M}/{D} {x}{I}:{m}:{s}] ", "午前", "午後"),
         f"{LRM}画像は含まれていません", seconds=True),
    Form("ko android", _halves("{Y}. {M}. {D}. {x} {I}:{m} - ", "오전", "오후"),
         "<미디어 파일을 제외한 대화내용>"),
    Form("ko ios", _halves("[{Y}. {M}. {D}. {x} {I}:{m}:{s}] ", "오전", "오후"),
         f"{LRM}생략된 사진", seconds=True),
    Form("zh-CN android", _android("{Y}/{M}/{D} {HH}:{m}"), "<省略媒体文件>"),
    Form("zh-TW ios", _halves("[{Y}/{M}/{D} {x}{I}:{m}:{s}] ", "上午", "下午"),
         f"{LRM}忽略圖片", seconds=True),
    Form("zh kanji", _android("{Y}年{M}月{D}日 {HH}:{m}"), "<省略媒体文件>"),
    Form("id android", _android("{DD}/{MM}/{yy} {HH}.{m}"), "<Media tidak disertakan>"),
    Form("id ios", _ios("{DD}/{MM}/{yy} {HH}.{m}.{s}"), f"{LRM}gambar tidak disertakan",
         seconds=True),
    Form("vi android", _halves("{DD}/{MM}/{Y}, {I}:{m} {x} - ", "SA", "CH"),
         "<Bỏ qua tệp phương tiện>"),
    Form("hu android", _android("{Y}. {MM}. {DD}. {H}:{m}"), "<Média kihagyva>"),
    Form("el android", _halves("{D}/{M}/{yy}, {I}:{m} {x} - ", "π.μ.", "μ.μ."),
         "<Εξαίρεση πολυμέσων>"),
    Form("th android buddhist", _android("{D}/{M}/{B} {HH}:{m}"), "<ไม่รวมสื่อ>"),
    Form("bg android", _android("{D}.{MM}.{yy} г., {H}:{m} ч."), "<Мултимедията е изключена>"),
    Form("web copied", lambda at: _filled("[{HH}:{m}, {DD}/{MM}/{Y}] ", at), "<Media omitted>"),
    Form("unknown halves", _halves("{D}/{M}/{Y}, {I}:{m} {x} - ", "quz", "vox"), "<Zorp blick>"),
    Form("month by name", _named("{D} {name} {Y}, {HH}:{m} - "), "<Media omitted>"),
    Form("month by name first", _named("{name} {D}, {Y} at {HH}:{m} - "), "<Media omitted>"),
    Form("month by name ios", _named("[{D}. {name} {Y}, {HH}:{m}:{s}] "), f"{LRM}image omitted",
         seconds=True),
    Form("unknown signs", _android("{DD}¦{MM}¦{Y}, {HH}:{m}", dash=" » "), "<Zorp blick>"),
    Form("en dash", _android("{DD}/{MM}/{Y}, {HH}:{m}", dash=" – "), "<Media omitted>"),
]  # fmt: skip
