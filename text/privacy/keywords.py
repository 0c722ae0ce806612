"""Words that say what a number is, by category: Persian, Finglish, English, Ukrainian, Hebrew.

A space in a keyword stands for a space, a ZWNJ, a dash or nothing, so "کد ملی" finds "کدملی" too;
a Persian word in ه may have its ی behind it. `$` at the end means that the word ends
there (other keywords also stand for their longer forms, as "تلفن" for "تلفنم"). The longest keyword
at a place wins. Keywords begin at a word's start, or behind a particle.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

PHONE: Final = "phone"
LANDLINE: Final = "landline"
CARD: Final = "card"
NATIONAL: Final = "national"
NATIONAL_OR_COMPANY: Final = "national or company"
"""شناسه ملی: of eleven digits a company's, of ten a person's."""
SHEBA: Final = "sheba"
COMPANY: Final = "company"
POSTAL: Final = "postal"
NOTHING: Final = "nothing"
"""Holds a keyword and says nothing of a number: "سیم کارت"."""
OTHER: Final = "other"
"""Called something that is not personal: an order, a price, a version."""

_WORDS: Final = {
    NOTHING: (
        "سیم کارت, کارت هدیه, کارت گرافیک, کارت شبکه, کارت حافظه, کارت صدا, کارت ویزیت, "
        "پیگیری کنید, پیگیری کنین, پیگیری کن, پیگیری بشه, پیگیری شود, پیگیری بفرمایید, "
        "پیگیری لطفا, پیگیری فوری, in order to, "
        "sim card, gift card, "
        "call stack, call center, call log, phone book, social media, card reader, "
        "graphics card, sd card, memory card, video card, network card, "
        "sound card, сім карт, sim карт, відеокарт, כרטיס סים"
    ),
    COMPANY: (
        "company national id, company national code, company national number, "
        "ش.ملی شرکت, شناسه مودی, شماره ملی شرکت, شناسه ثبت, شماره ثبت$, کد شرکت, شناسه یکتای, "
        "شناسه یکتای مالیاتی, "
        "tax identification, employer identification, corporate id, enterprise code, edrpou, "
        "usreou, business number, ein$, company reg, registered number, registered no, "
        "vat reg, vat$, "
        "єдр$, код юрособи, код юридичної, реєстраційний номер, ипн компании, іпн платника, "
        "іпн платника пдв, код за єдрпоу, "
        'חפ$, ח"פ, ע.מ, ע"מ, ע״מ, עוסק$, עוסק פטור, מספר עוסק, תאגיד, מס חברה, '
        "מס' חברה, מס׳ חברה, מספר החברה, שותפות רשומה, עמותה$, "
        "company national identifier, national company id, "
        "شناسه ملی شرکت, شناسهٔ ملی شرکت, شناسه شرکت, شناسه حقوقی, شناسه ملی حقوقی, "
        "شناسه اشخاص حقوقی, شناسه ملی اشخاص حقوقی, شناسه ملی شخص حقوقی, کد ملی شرکت, "
        "شناسه کسب و کار, شناسه ملی کارفرما, شناسه مشتری حقوقی, "
        "کد اقتصادی, شماره اقتصادی, شناسه اقتصادی, شناسه مالیاتی, کد مالیاتی, شماره ثبت شرکت, "
        "company id, company national id, company code, company number, company no$, legal id, "
        "legal entity id, economic code, economic id, economic number, tax id, tax code, "
        "tax number, taxpayer id, vat no$, vat number, vat id, registration number, "
        "business id, shenase sherkat, shenase melli sherkat, shenase meli sherkat, "
        "shenase hoghoghi, shenaseye sherkat, kod eghtesadi, code eghtesadi, kode eghtesadi, "
        "shomare eghtesadi, єдрпоу, код єдрпоу, код компанії, ідентифікатор компанії, "
        "ідентифікатор юридичної особи, податковий номер компанії, код підприємства, "
        'номер компанії, едрпоу, ח.פ, ח"פ, ח״פ, מספר חברה, מספר תאגיד, עוסק מורשה, ח.פ., '
        "מזהה חברה, מספר החברה"
    ),
    POSTAL: (
        "کد پستی, ک پستی, ک پ$, ک.پ$, ک/پ$, پست کد, پستی:, پستی :, کد پست$, کد ی پستی, "
        "کد پستیم, کدِ پستی, postal code, post code, postcode, "
        "postal index, postal no$, plz$, postleitzahl, индекса$, індексу$, індексом$, індекса$, "
        "postal number, posti code, codeposti, "
        "zip code, zip$, zipcode, kod posti, kode posti, code posti, kod e posti, "
        "поштовий індекс, п/і$, п.і$, індекс відділення, поштового індексу, індекс$, индекс$, "
        "почтовый индекс, поштовий код, "
        "מיקוד, המיקוד, мікод"
    ),
    NATIONAL: (
        "کد ملی, ک ملی, شماره شناسایی, شناسایی ملی, ک م$, مليم$, ملی:, ملی :, شماره ملی, "
        "ش ملی$, ش.ملی, کدمیلی, ک.ملی, ک.م$, متولد, فرزند$, صادره, "
        "کد ی ملی, کد ه ملی, شماره ملی, شمارهٔ ملی, کارت ملی, ملی ام$, ملی م$, ملیم$, "
        "ملیش$, شماره شناسنامه, کدِ ملی, کد ملّی, کدِ ملّی, کد شناسایی, کد ملی ام, "
        "شماره کارت ملی, کد هویتی, سریال کارت ملی, "
        "kod meli, kod melli, kd meli, kd melli, codmeli, melli code, meli code, code meliye, "
        "kod meliye, kode meli, kode melli, code meli, code melli, cod meli, cod melli, "
        "code e melli, code e meli, kod e melli, kod e meli, shomareye melli, shomareye meli, "
        "shomare meli, shomare melli, kart meli, kart melli, karte melli, karte meli, melim$, "
        "mellim$, "
        "national id, national code, national number, national no$, national card, "
        "national identity, national identification, id card, id number, id no$, id code, "
        "identity number, identity card, identity code, identification number, "
        "identification code, id is$, my id$, "
        "personal id, personal code, personal number, personal identification, ssn$, "
        "social security, my social$, national insurance, nino$, ni number, ni no$, "
        " driver's license, driver license, driving licence, tax payer number, "
        "ідентифікаційн, ідент$, ідентиф$, унзр, паспорт, рнокпп, іпн$, идентификационн, "
        "податковий номер, "
        "інн$, инн$, код платника, номер платника, платника податк, податковий код, "
        "мій податковий, "
        "індивідуальний податков, номер посвідчення, посвідчення особи, національний номер, "
        "національний ідентиф, "
        "ת.ז, ת\"ז, ת״ז, תז$, מס' זהות, מס׳ זהות, מס זהות, מזהה אישי, ת ז$, ת.ז., תעודת זהות, "
        "תעודת הזהות, מספר זהות, מספר הזהות, מספר ת.ז, "
        "מזהה לאומי, מספר מזהה"
    ),
    NATIONAL_OR_COMPANY: (
        "شناسه ملی, شناسهٔ ملی, shenase melli, shenase meli, shenaseye melli, shenaseye meli, "
        "shenaseh meli, shenaseh melli"
    ),
    SHEBA: (
        "شبا, شماره شبا, sheba, shaba$, shabam$, shebam$, iban$, ібан, iban number, אייבן, "
        "iban номер, ібану"
    ),
    CARD: (
        "کارت, کارت بانکی, دبیت, debit$, дебетов, дебетк, דביט, כרטיס דביט, "
        " شماره کارت, عابر بانک, کارت به کارت, card$, cards$, card number, "
        "card no$, credit card, debit card, bank card, kart$, karte$, kartam$, kartet$, kartm$, "
        "shomare kart, shomareye kart, kart banki, kart e$, "
        "visa$, mastercard$, amex$, cc$, cc number, pan$, картк, карта$, карти$, карту$, картой$, "
        "карткою, כרטיס, כרטיס אשראי, הכרטיס"
    ),
    LANDLINE: (
        "تلفن ثابت, شماره ثابت, دورنگار, خط ثابت, تلفن منزل, تلفن مغاز, شماره خون, تلفن خون, "
        "شماره مغاز, شماره فروشگاه, تلفن خانه, تلفن خونه, تلفن دفتر, تلفن شرکت, "
        "تلفن محل کار, شماره دفتر, شماره خونه, شماره خانه, شماره منزل, شماره محل کار, "
        "ثابت$, landline, land line, home phone, office phone, fixed line, telephone sabet, "
        "telefon sabet, telefone sabet, sabet$, shomare sabet, "
        "стаціонарн, міський телефон, домашній телефон, טלפון קווי, קו נייח, טלפון נייח, "
        "טלפון בבית"
    ),
    PHONE: (
        "تلفن, تلفون, موبایل, مبایل, همراه, تماس, زنگ بزن, واتس اپ, واتس آپ, واتساپ, واتزاپ, "
        "تلگرام, فکس, تلفکس, تله فکس, تل$, ت:, ت :, ت.:, ت.$, ف:, ف :, "
        "نمابر, گوشی, خط$, خطم, شماره خط, اس ام اس, "
        "phone, ph$, ph no$, tele$, tel no$, telefax, telephone, "
        "mobile, mobil, mob$, cell$, cellphone, tel$, call$, call me, "
        "ring me, ring$, whatsapp, whats app, telegram$, fax$, sms$, tamas$, hamrah, telefon, "
        "mobayl, gushi, gooshi, "
        "телефон, тел$, тлф$, т.:, т:, т.$, телефакс, факс, "
        "мобільн, моб$, подзвон, дзвон, зателефон, передзвон, набер, вайбер, "
        "ватсап, мій номер, мій новий номер, новий номер$, старий номер$, номер для зв, "
        "контактний номер, контакт, "
        "טלפון, נייד, טל$, פקס, הפקס, הסים, תסמסו, לסמס, דברו איתי, תחזרו אלי, פלאפון, "
        "וואטסאפ, ווטסאפ, התקשר, להתקשר, תתקשרו, המספר שלי, מספר שלי, "
        "חייג, סלולרי, "
        "شماره من, شمارم$, شماره م$, شماره ام$, شمارمه, روبیکا, ایتا$, شماره تماس, "
        "my number, my old number, my new number, contact number, answering at, office$, "
        "desk$, call him, call her, call us, "
        "call on$, message me on$, "
        "text me, reach me, text him, text her, text us, reach$, contact$, contact me, dial$, "
        "viber, shomaram, shomare man, "
        "shomareye man, shomare tamas, zang bezan"
    ),
    OTHER: (
        "سفارش, فاکتور, رهگیری, رهگیری پستی, پیگیری پستی, مرسوله پستی, بسته پستی, صندوق پستی, "
        "سریال گوشی, پیگیری, تراکنش, ارجاع, مرجع, مرسوله, پستی, بسته, سریال, نسخه, "
        "ورژن, "
        "خطا, ارور, تیکت, تخفیف, مبلغ, قیمت, اقتصادی, شماره حساب, بارکد, موجودی, شناسه پرداخت, "
        "شناسه واریز, شناسه سفارش, شناسه تراکنش, شناسه کالا, کد کالا, کد محصول, مدل, پورت, "
        "شماره پرونده, شماره درخواست, کد پرواز, "
        "order, invoice, tracking, track$, parcel, shipment, ref$, refid, reference, transaction, "
        "txn$, trx$, serial, version, build$, error$, err$, errno, model$, part number, "
        "ticket, case$, case number, case no, price$, amount$, balance$, postal, zip file, "
        "sku$, imei$, imei گوشی, serial گوشی, gtin, gtin 13, package$, packages$, pkg$, isbn$, "
        "ean$, barcode, upc$, asin$, product code, product id, item$, item id, "
        "order id, order number, order no$, ticket number, ticket id, invoice number, "
        "invoice no$, tracking number, tracking code, tracking id, reference number, "
        "transaction id, payment id, receipt, receipt no$, "
        "timestamp, epoch, unix time, ts$, pid$, tid$, uid$, gid$, thread id, session id, "
        "request id, req$, "
        "trace id, trace$, process id, commit, checksum, sha256, sha1, md5, crc32, offset, bytes, "
        "size$, length$, count$, seq$, seed$, rows$, port$, address 0x, inode, sector, "
        "block$, job$, job id, device id, batch, "
        "sefaresh, peygiri, rahgiri, factor$, faktor$, "
        "замовлен, рахун, рахунк, відправлен, посилк, накладн, помилк, верси, версі, ціна$, ціни$, "
        "ттн$, трек номер, трек$, квитанц, транзакц, сума$, суму$, номер замовлення, артикул, "
        "серійн, штрихкод, штрих код, імеі$, код товару, заявк, звернен, "
        "הזמנה, ההזמנה, חבילה, החבילה, מקט$, מק״ט, חשבונית, מעקב, שגיאה, גרסה, מחיר, משלוח, "
        "עסקה, קבלה, סידורי, אסמכתא, "
        "פנייה, דגם, סכום, ברקוד"
    ),
}
_GAP: Final = r"[\s\u200c_\-\u0650\u0654]{0,3}"
_END: Final = r"(?![^\W_])"
_GAP_SIGNS: Final = re.compile(r"[\s\u200c_\-\u0650\u0654]+")


def _spellings(keyword: str) -> list[list[str]]:
    """Tokens of a keyword: letters, gaps, the word's end."""
    ends = keyword.endswith("$")
    words = keyword.removesuffix("$").split()
    variants = [words]
    for place, word in enumerate(words[:-1]):
        if word.endswith("ه") and words[place + 1] != "ی":
            variants.append([*words[: place + 1], "ی", *words[place + 1 :]])
    spelled = []
    for variant in variants:
        tokens: list[str] = []
        for word in variant:
            tokens += [_GAP] if tokens else []
            tokens += [re.escape(letter) for letter in word]
        spelled.append([*tokens, _END] if ends else tokens)
    return spelled


_Tree = dict[str, Any]


def _expression(tree: _Tree) -> str:
    """One expression for all keywords, that reads each letter once; the longest wins."""
    ordered = sorted(
        tree.items(), key=lambda one: len(one[0])
    )  # letters, gaps; the word's end last
    ordered = [one for one in ordered if one[0] and one[0] != _END]
    ordered += [(token, rest) for token, rest in tree.items() if token == _END]
    branches = [token + _expression(rest) for token, rest in ordered]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 and "" not in tree else f"(?:{'|'.join(branches)})"
    return f"{body}?" if "" in tree else body


def _built() -> tuple[dict[str, re.Pattern[str]], dict[str, str]]:
    """The expressions by the first letter, and the categories."""
    tree: _Tree = {}
    categories: dict[str, str] = {}
    for category, words in _WORDS.items():
        for keyword in (one.strip() for one in words.split(",")):
            for tokens in _spellings(keyword):
                node = tree
                for token in tokens:
                    node = node.setdefault(token, {})
                node[""] = {}
                letters = [re.sub(r"\\(.)", r"\1", one) for one in tokens if len(one) <= 2]
                categories.setdefault(_GAP_SIGNS.sub("", "".join(letters)), category)
    expressions = {
        first.removeprefix("\\"): re.compile(_expression({first: rest}))
        for first, rest in tree.items()
    }
    return expressions, categories


_KEYWORDS, _CATEGORIES = _built()
_WORD: Final = re.compile(r"[^\W\d_]+")
_BEGIN_WITH: Final = frozenset(keyword[:3] for keyword in _CATEGORIES)
_SHORT: Final = frozenset(
    word
    for words in _WORDS.values()
    for word in re.findall(r"(?:^|, )([^\W\d_]{1,2})(?![^\W\d_])", words)
)
_PARTICLES: Final = frozenset("והבלשמכ")
_NUMBER_OF: Final = "شماره"


def keywords_in(small: str, begin: int, end: int) -> Iterator[tuple[int, int, str]]:
    """(start, end, category) of each keyword of a part of a text in small letters."""
    done = begin
    for word in _WORD.finditer(small, begin, end):
        place = word.start()
        if place < done:
            continue
        letters = word.group()
        begins = letters[:3] in _BEGIN_WITH or letters in _SHORT
        found = _keyword(small, place) if begins else None
        if found is None and (letters[0] in _PARTICLES or letters.startswith(_NUMBER_OF)):
            found = _behind_particle(small, place, letters)
        if found is not None:
            if len(letters) == 1 and small[place - 1 : place] == "\u200c":
                continue  # an ending: "سفارش‌ت"
            done = found.end()
            keyword = found.group()
            category = _CATEGORIES.get(keyword) or _CATEGORIES.get(_GAP_SIGNS.sub("", keyword))
            if category is not None and category != NOTHING:
                yield place, done, category


def _keyword(small: str, place: int) -> re.Match[str] | None:
    expression = _KEYWORDS.get(small[place : place + 1])
    return expression.match(small, place) if expression else None


def _behind_particle(small: str, place: int, letters: str) -> re.Match[str] | None:
    """What is written with the word behind it: Hebrew's particles, "شماره"."""
    if letters.startswith(_NUMBER_OF):
        return _keyword(small, place + len(_NUMBER_OF))
    return _keyword(small, place + 1) or _keyword(small, place + 2)


UNIT: Final = re.compile(
    r"[\s\u200c]{0,2}(?:تومان|تومن|ریال|هزار|میلیون|درصد|گیگ|مگ|عدد|to{1,2}man|rials?\b|dollars?\b"
    r"|usd\b|eur\b|uah\b|ils\b|irr\b|irt\b|[%٪€$₴₪£]|грн|гривен|דולר|שקל|ש\"ח|ש״ח"
    r"|[gmk]i?b\b|ms\b|px\b|kg\b|bytes\b|rows\b|seconds\b|sec\b|ns\b)"
)
"""Right behind a number, in small letters: it is an amount."""
MONEY: Final = "$€₴₪£"
MONEY_BEFORE: Final = re.compile(r"[$€₴₪£]\s?$")
