"""Each structured type: what is one in every form, and what is none though it looks like one."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.planted_tickets import MAKERS, STYLES, ticket
from text.persian import detection_form
from text.privacy import explain, find, mask
from text.privacy.reading import quick_form

TICKETS = 300
LEAST_RECALL, LEAST_OF_A_TYPE, MOST_OVER = 0.995, 0.98, 0.02

FORMS = [
    ("PHONE", "0 9 1 2 3 4 5 6 7 8 9", "0 9 1 2 3 4 5 6 7 8 9"),
    ("PHONE", "tel:+90 532 123 45 67", "+90 532 123 45 67"),
    ("PHONE", "мій вайбер 0671234567", "0671234567"),
    ("PHONE", "השליח התקשר ל-0521234567", "0521234567"),
    ("PHONE", "call +971 50 123 4567", "+971 50 123 4567"),
    ("PHONE", "| موبایل | مبلغ |\n| +380671234567 | 200,000 |", "+380671234567"),
    ("LANDLINE", "تلفن ثابت ما ۸۸۷۷۶۶۵۵", "۸۸۷۷۶۶۵۵"),
    ("LANDLINE", "0098 21 8877 6655", "0098 21 8877 6655"),
    ("LANDLINE", "از 021-88776655 داخلی 12 تماس گرفتم", "021-88776655"),
    ("NATIONAL_ID", "ک.ملی ۰۰۱۳۵۴۲۴۱۹", "۰۰۱۳۵۴۲۴۱۹"),
    ("NATIONAL_ID", "ІПН (2743272876)", "2743272876"),
    ("NATIONAL_ID", "מספר הזהות שלי 012345678", "012345678"),
    ("NATIONAL_ID", "паспорт КВ 123456", "КВ 123456"),
    ("NATIONAL_ID", "گذرنامه من A12345678", "A12345678"),
    ("COMPANY_ID", "شناسه‌ی ملی ۱۰۳۸۰۲۸۴۷۹۱ (اشتباه تایپی)", "۱۰۳۸۰۲۸۴۷۹۱"),
    ("COMPANY_ID", "код ЄДРПОУ 32855961", "32855961"),
    ("COMPANY_ID", 'ח"פ 513462184', "513462184"),
    ("BANK_CARD", "6037\u200c9977\u200c5039\u200c1196", "6037\u200c9977\u200c5039\u200c1196"),
    ("BANK_CARD", "card no 4477006998104", "4477006998104"),
    ("IBAN", "wire to DE89370400440532013001", "DE89370400440532013001"),  # mistyped
    ("IBAN", "IBAN שלי IL620108000000099999999", "IL620108000000099999999"),
    ("POSTAL_CODE", "code posti ۷۶۳۱۶ ۶۸۵۳۶ رمز پویا ندارم", "۷۶۳۱۶ ۶۸۵۳۶"),
    ("POSTAL_CODE", "zip 94105", "94105"),
    ("POSTAL_CODE", "індекс 01001", "01001"),
    ("IP", "login from 203.0.113.7", "203.0.113.7"),
    ("IP", "آی‌پیم۵.۱۲۰.۳۳.۴", "۵.۱۲۰.۳۳.۴"),
    ("URL_SECRET", "https://x.example/?page=2&api_key=Zx81kQw9", "Zx81kQw9"),
    ("URL_SECRET", "ftp://ali:pa55@x.example/a", "ali:pa55"),
    ("API_KEY", "glpat-abcdefghij0123456789", "glpat-abcdefghij0123456789"),
    ("API_KEY", "ключ доступу 0a1b2c3d4e5f6a7b8c9d", "0a1b2c3d4e5f6a7b8c9d"),
    ("PASSWORD", "I log in with password Mina#7818 but no luck", "Mina#7818"),
    ("PASSWORD", "pass qcfZ0q4yUd ro mizanam", "qcfZ0q4yUd"),
    ("PASSWORD", "הסיסמה שלי היא Abc123", "Abc123"),
    ("OTP", "کدی که پیامک شد 51464 بود", "51464"),
    ("OTP", "code taeid: 519884", "519884"),
    ("OTP", "Ваш код: 787856. Нікому не повідомляйте", "787856"),
    ("OTP", "I got the code 19932 by text", "19932"),
    ("OTP", "קיבלתי קוד 364033 ב-SMS", "364033"),
    ("CARD_CODE", "CVV2 картки 992", "992"),
    ("USERNAME", "نام کاربری من maryam است", "maryam"),
    ("USERNAME", "user name sara-jafari is locked", "sara-jafari"),
    ("USERNAME", "t.me/nima_90", "nima_90"),
]


@pytest.mark.parametrize(("kind", "text", "value"), FORMS)
def test_value_in_an_unusual_form_is_found(kind, text, value):
    assert [(span.type, text[span.start : span.end]) for span in find(text, names=False)] == [
        (kind, value)
    ]


TECHNICAL = [
    "Nov 21 10:42:33 srv1 sshd[48213]: Failed password for invalid user admin port 52214 ssh2",
    "kernel: [12345.678901] usb 1-1.2: new high-speed USB device number 12",
    "Chrome/120.0.6099.129 on Windows NT 10.0.22631.2715, firmware v1.2.3.4",
    "nginx 1.24.0.1 and libssl-3.0.2.15, pip install x==1.2.3.4",
    "listen on 0.0.0.0:8080, 127.0.0.1:5432, mask 255.255.255.0, dns 8.8.8.8, net 10.0.0.0/8",
    "00:1a:2b:3c:4d:5e at 10:42:33.123456",
    "commit 922eea9e36360e7dcd5a9e127a3b4c5d6e7f8091",
    "std::vector<int>::size() at a::b, fe::File",
    "SELECT id FROM orders WHERE created > '2026-11-21' AND total > 1250000 LIMIT 100;",
    "timestamp 1732170000123, epoch 1732170000, pid 1234567",
    "https://shop.example/p/123456789?page=2&sort=price&lang=fa",
    "کد تخفیف 12345678 کار نمی‌کند و کد خطا 500123 است",
    "شناسه تراکنش 884120957731 و شماره پیگیری 1234567890",
    "گوشی Galaxy SM-A546E با نسخه ۱۴.۰.۱ و رم ۸ گیگ",
    "قیمت ۲٬۵۰۰٬۰۰۰ تومان بود، شد 12500000 ریال",
    "مودم TD-W8961N و پورت 8080 و خطای 0x80070005",
    "در تاریخ ۱۴۰۳/۰۵/۱۲ ساعت ۱۰:۴۲ قطع شد",
    "رمز عبور باید حداقل 8 کاراکتر باشد و رمز یکبار مصرف نیامد",
    "Накладна 59000123456789 від 12.05.2024, сума 1250000 грн",
    "Пароль має містити щонайменше 8 символів, код помилки 500123",
    "הזמנה 6832100 מתאריך 15/01/2019, שגיאה 500123, מחיר 12500 ₪",
    "הסיסמה לא נכונה וקוד האימות לא הגיע",
    "CVV field must have 3 digits; code 404 and exit code 137",
    "model ThinkPad X1 20XW0026US, part number 5B20V13356, 1920x1080 at 60 Hz",
    "token expired, username is required, login failed for user root",
    "tests pass 1200 ms, 12345678 rows, 0.4111111111111111 loss",
    "35.6892, 51.3890 and 46.73188, 32.82592",
    "@app.route('/x')\n@property\n@media (max-width: 600px)",
    "docker run -p 8080:80 -e TZ=UTC redis:7.2.4",
    "npm i @angular/core@17.3.12",
    "ISBN 978-600-119-485-5 و بارکد 6260152312345",
    "IMEI 356938035643809",
    "tracking number 159204837261 ref 20261121000123",
    "کد رهگیری 491916284068119413585351",  # holds the check of a Sheba
]


@pytest.mark.parametrize("text", TECHNICAL)
def test_clean_technical_text_gives_no_alarm(text):
    assert find(text, names=False) == []


@pytest.mark.parametrize("style", STYLES)
def test_planted_values_are_found_and_little_else(style):
    rng = random.Random(20261121)
    planted = missed = other = over = 0
    for _ in range(TICKETS):
        made = ticket(rng, style=style)
        covered = [False] * len(made.text)
        for span in find(made.text, names=False):
            covered[span.start : span.end] = [True] * (span.end - span.start)
        for start, end, _ in made.spans:
            planted += 1
            missed += not all(covered[start:end])
            covered[start:end] = [False] * (end - start)
            other -= end - start
        other += len(made.text)
        over += sum(covered)
    assert 1 - missed / planted >= LEAST_RECALL
    assert over / other <= MOST_OVER


@pytest.mark.parametrize("kind", MAKERS)
def test_each_type_is_found_as_such(kind):
    rng = random.Random(7)
    found = 0
    for _ in range(60):
        made = ticket(rng, style=STYLES[0], kind=kind)
        start, end, _ = made.spans[0]
        found += any(
            span.type == kind and span.start <= start and span.end >= end
            for span in find(made.text, names=False)
        )
    assert found / 60 >= LEAST_OF_A_TYPE


_PIECES = st.sampled_from(
    [
        "😀",
        "👨\u200d👩\u200d👧",
        "İ",
        "ß",
        "کد ملی ",
        "رمز: ",
        "pass ",
        "@",
        " at ",
        "http://",
        "?token=",
        "\n",
        "\u202b",
    ]
)
_SEEDS = st.integers(0, 10_000)


@given(st.lists(st.one_of(_PIECES, _SEEDS), max_size=8))
@settings(max_examples=150)
def test_offsets_hold_and_a_masked_text_holds_nothing_more(parts):
    text = "\n".join(
        one if isinstance(one, str) else ticket(random.Random(one), style=STYLES[0]).text
        for one in parts
    )
    end = 0
    for span in find(text, names=False):
        assert end <= span.start < span.end <= len(text)
        end = span.end
    masked = mask(text, names=False).text
    again = mask(masked, names=False, escape=False)
    assert re.sub(r"\[[A-Z_]+_\d+\]", "", again.text) == re.sub(r"\[[A-Z_]+_\d+\]", "", masked)


@given(st.text(max_size=60))
def test_quick_form_is_the_detection_form(text):
    assert quick_form(text) == detection_form(text)


def test_explain_tells_why():
    (finding,) = explain("کد ملی من 0013542419 است", names=False)
    assert (finding.type, finding.reasons) == ("NATIONAL_ID", ("checksum", "keyword"))


@pytest.mark.parametrize(
    "text", ["12 34 56 78 " * 4000, "1" * 50_000, "کد ملی " * 8000, "a:1" * 9000, "1.1.1." * 8000]
)
def test_long_texts_of_digits_are_read_in_time(text):
    assert find(text, names=False) is not None
