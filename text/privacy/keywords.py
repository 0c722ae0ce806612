"""Words that say what a number is, by category: Persian, Finglish, English, Ukrainian, Hebrew.

A gap in a keyword stands for a space, a ZWNJ, a dash or nothing, so "کد ملی" finds "کدملی" too.
Latin and Cyrillic keywords begin at a word's start; `$` at the end means that the word ends there
(other keywords also stand for their longer forms, as "تلفن" for "تلفنم").
"""

import re
from typing import Final

PHONE: Final = "phone"
CARD: Final = "card"
NATIONAL: Final = "national"
SHEBA: Final = "sheba"
COMPANY: Final = "company"
POSTAL: Final = "postal"
OTHER: Final = "other"
"""Called something that is not personal: an order, a price, a version."""

_WORDS: Final = {
    # The order matters where one keyword begins another: "کارت ملی" before "کارت".
    COMPANY: (
        "شناسه ملی شرکت, شناسهٔ ملی شرکت, شناسه شرکت, شناسه حقوقی, کد اقتصادی, شماره اقتصادی, "
        "شناسه اقتصادی, company id, company national id, company number, legal id, economic code, "
        "tax id, vat no, vat number, kod eghtesadi, code eghtesadi, єдрпоу, ח.פ"
    ),
    POSTAL: (
        "کد پستی, کد ی پستی, کدپستی, کد پستیم, postal code, post code, postcode, zip code, "
        "kod posti, kode posti, code posti"
    ),
    NATIONAL: (
        "کد ملی, کد ی ملی, کد ه ملی, شماره ملی, شمارهٔ ملی, شماره ی ملی, شناسه ملی, شناسهٔ ملی, "
        "شناسه ی ملی, کارت ملی, ملی ام$, ملی م$, شماره شناسنامه, کدِ ملی, کد ملّی, کدِ ملّی, "
        "kod meli, kod melli, kode meli, kode melli, code meli, code melli, cod meli, cod melli, "
        "codemeli, shomare meli, shomare melli, kart meli, kart melli, melim$, mellim$, "
        "national id, national code, national number, national no, national card, "
        "national identity, id card, id number, id no$, id code, identity number, identity card, "
        "personal id, personal code, personal number, ssn$, social security, "
        'ідентифікаційн, паспорт, рнокпп, іпн$, идентификационн, ת.ז, ת"ז, תעודת זהות, מספר זהות'
    ),
    SHEBA: "شبا, sheba, shaba$, iban$",
    CARD: (
        "کارت, عابر بانک, card$, cards$, kart$, karte$, kartam$, kartet$, kartm$, visa$, "
        "mastercard$, картк, карта$, карти$, карту$, כרטיס"
    ),
    PHONE: (
        "تلفن, تلفون, موبایل, مبایل, همراه, تماس, زنگ بزن, واتس اپ, واتس آپ, واتزاپ, تلگرام, فکس, "
        "نمابر, phone, telephone, mobile, mobil, mob$, cell$, cellphone, tel$, call$, call me, "
        "ring me, whatsapp, whats app, telegram$, fax$, sms$, tamas$, hamrah, telefon, "
        "телефон, тел$, мобільн, моб$, подзвон, дзвон, טלפון, נייד, פלאפון, וואטסאפ, "
        "شماره من, شمارم$, شماره م$, شماره ام$, روبیکا, ایتا$, my number, contact number, text me, "
        "reach me, viber, shomaram, shomare man, shomareye man, вайбер"
    ),
    OTHER: (
        "سفارش, فاکتور, رهگیری, پیگیری, تراکنش, ارجاع, مرجع, مرسوله, پستی, سریال, نسخه, ورژن, "
        "خطا, ارور, تیکت, تخفیف, مبلغ, قیمت, اقتصادی, شماره حساب, بارکد, "
        "order, invoice, tracking, ref$, reference, transaction, serial, version, build$, error$, "
        "ticket, price$, amount$, postal, post code, postcode, zip$, sku$, imei$, "
        "timestamp, epoch, unix time, pid$, uid$, gid$, thread id, session id, request id, "
        "trace id, process id, commit, checksum, sha256, md5, offset, bytes, "
        "sefaresh, peygiri, rahgiri, factor$, faktor$, "
        "замовлен, рахун, відправлен, накладн, помилк, версі, ціна$, ціни$, "
        "הזמנה, חשבונית, מעקב, שגיאה, גרסה, מחיר"
    ),
}
_GAP = r"[\s\u200c_-]{0,3}"


def _pattern(keyword: str) -> str:
    ends = keyword.endswith("$")
    words = [re.escape(word) for word in keyword.removesuffix("$").split()]
    begins = r"(?<!\w)" if keyword[0] < "\u0590" else ""
    return begins + _GAP.join(words) + (r"(?!\w)" if ends else "")


KEYWORD: Final = re.compile(
    "|".join(
        f"(?P<{category}>{'|'.join(_pattern(word.strip()) for word in words.split(','))})"
        for category, words in _WORDS.items()
    ),
    re.IGNORECASE,
)
"""One search finds all; the group's name is the category."""

UNIT: Final = re.compile(
    r"[\s\u200c]{0,2}(?:تومان|تومن|ریال|هزار|میلیون|درصد|گیگ|مگ|عدد|to{1,2}man|rials?\b|dollars?\b"
    r"|usd\b|eur\b|[%٪€$₴₪]|грн|[gmk]i?b\b|ms\b|px\b|kg\b)",
    re.IGNORECASE,
)
"""Right behind a number: it is an amount."""
MONEY_BEFORE: Final = re.compile(r"[$€₴₪]\s?$")
