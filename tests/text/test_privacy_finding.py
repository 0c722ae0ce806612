"""What is personal data and what only looks like it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.personal_values import FORMS, planted
from text.privacy import find
from text.privacy.checks import company_id_holds, iban_holds, luhn_holds, national_id_holds

RECALL = 0.99


def _found(text: str) -> list[tuple[str, str]]:
    return [(span.type, text[span.start : span.end]) for span in find(text)]


@pytest.mark.parametrize("kind", FORMS)
def test_planted_values_are_found_in_every_form(kind):
    rng = random.Random(20261121)
    missed = []
    for _ in range(400):
        text, value = planted(rng, kind)
        start = text.index(value)
        covered = any(span.start <= start and span.end >= start + len(value) for span in find(text))
        missed += [] if covered else [len(text)]
    assert 1 - len(missed) / 400 >= RECALL


PERSONAL = [
    ("PHONE", "شماره‌م ۰۹۱۲ ۳۴۵ ۶۷ ۸۹ هست", "۰۹۱۲ ۳۴۵ ۶۷ ۸۹"),
    ("PHONE", "تماس ٠٩١٢٣٤٥٦٧٨٩", "٠٩١٢٣٤٥٦٧٨٩"),
    ("PHONE", "0912\u200c345\u200c6789", "0912\u200c345\u200c6789"),
    ("PHONE", "+98 912 345 6789", "+98 912 345 6789"),
    ("PHONE", "(+98) 9123456789", "(+98) 9123456789"),
    ("PHONE", "00989123456789", "00989123456789"),
    ("PHONE", "tel09123456789", "09123456789"),
    ("PHONE", "شماره09123456789", "09123456789"),
    ("LANDLINE", "دفتر ۰۲۱-۸۸۷۷۶۶۵۵", "۰۲۱-۸۸۷۷۶۶۵۵"),
    ("LANDLINE", "(021) 88776655", "(021) 88776655"),
    ("LANDLINE", "+982188776655", "+982188776655"),
    ("LANDLINE", "تلفن ۸۸۷۷۶۶۵۵", "۸۸۷۷۶۶۵۵"),
    ("PHONE", "my phone is 0912345678 sorry", "0912345678"),  # a digit is missing
    ("LANDLINE", "call +44 20 7946 0958", "+44 20 7946 0958"),
    ("PHONE", "(555) 234-5678", "(555) 234-5678"),
    ("PHONE", "Мій номер 067 123 45 67", "067 123 45 67"),
    ("PHONE", "הנייד שלי 052-123-4567", "052-123-4567"),
    ("BANK_CARD", "از کارت 6037-9977-5039-1196 کم شد", "6037-9977-5039-1196"),
    ("BANK_CARD", "۶۰۳۷ ۹۹۷۷ ۵۰۳۹ ۱۱۹۶", "۶۰۳۷ ۹۹۷۷ ۵۰۳۹ ۱۱۹۶"),
    ("BANK_CARD", "شماره کارت 1234 5678 9012 3456", "1234 5678 9012 3456"),  # wrong check digit
    ("BANK_CARD", "my card is 603799775039119", "603799775039119"),  # a digit is missing
    ("NATIONAL_ID", "کد ملی من 0013542419 است", "0013542419"),
    ("NATIONAL_ID", "کدملی:۰۰۱۲۳۴۵۶۷۸", "۰۰۱۲۳۴۵۶۷۸"),  # wrong check digit
    ("NATIONAL_ID", "کد\u200cملی 13542419", "13542419"),  # leading zeros left out
    ("NATIONAL_ID", "code melli 0013542410", "0013542410"),
    ("NATIONAL_ID", "my national code: 001354241", "001354241"),
    ("NATIONAL_ID", "۰۰۱-۳۵۴۲۴۱-۹", "۰۰۱-۳۵۴۲۴۱-۹"),
    ("NATIONAL_ID", "لطفا 0013542419 را بررسی کنید", "0013542419"),
    ("IBAN", "شبا IR740170000038699678491796", "IR740170000038699678491796"),
    ("IBAN", "ir740170000038699678491796", "ir740170000038699678491796"),
    ("IBAN", "IR74 0170 0000 3869 9678 4917 96", "IR74 0170 0000 3869 9678 4917 96"),
    ("IBAN", "740170000038699678491796", "740170000038699678491796"),  # without IR
    ("IBAN", "IR740170000038699678491797", "IR740170000038699678491797"),  # mistyped
    ("IBAN", "شبا ۷۴۰۱۷۰۰۰۰۰۳۸۶۹۹۶۷۸۴۹۱۷۹", "۷۴۰۱۷۰۰۰۰۰۳۸۶۹۹۶۷۸۴۹۱۷۹"),
    ("IBAN", "DE89 3704 0044 0532 0130 00 thanks", "DE89 3704 0044 0532 0130 00"),
    ("EMAIL", "ایمیلم ali@mail.test هست", "ali@mail.test"),
    ("EMAIL", "ایمیلمali.r@mail.testهست", "ali.r@mail.test"),
    ("EMAIL", "<Sara.K+desk@Mail.Example>", "Sara.K+desk@Mail.Example"),
    ("EMAIL", "write to a@b.co.", "a@b.co"),
    ("EMAIL", "ali @ gmail.com", "ali @ gmail.com"),
    ("EMAIL", "ali (at) mail.test"[:3] + "(at)mail.test", "ali(at)mail.test"),
    ("EMAIL", "پست@دامنه.ایران را ببینید", "پست@دامنه.ایران"),
    ("PHONE", "09123456789hast", "09123456789"),
    ("PHONE", "wa.me/%2B989123456789", "%2B989123456789"),
    ("PHONE", "0\ufe0f\u20e39\ufe0f\u20e312 345 6789", "0\ufe0f\u20e39\ufe0f\u20e312 345 6789"),
    ("LANDLINE", "دفتر ۸۸۷۷۶۶۵۵-۰۲۱ است", "۸۸۷۷۶۶۵۵-۰۲۱"),
    ("PHONE", "380671234567 дякую", "380671234567"),
    ("PHONE", "Ring 07911 123456", "07911 123456"),
    ("LANDLINE", "شماره من 88123456", "88123456"),
    ("BANK_CARD", "6037*9977*5039*1196", "6037*9977*5039*1196"),
    ("BANK_CARD", "paid by 3782 822463 10005", "3782 822463 10005"),
    ("BANK_CARD", "with 4111 1111 1111 1111", "4111 1111 1111 1111"),
    ("NATIONAL_ID", "کد ملّی 0013542410", "0013542410"),
    ("NATIONAL_ID", "ssn 123-45-6789", "123-45-6789"),
    ("IBAN", "آی\u200cآر 740170000038699678491796", "آی\u200cآر 740170000038699678491796"),
    ("IBAN", "I R 740170000038699678491796", "I R 740170000038699678491796"),
    ("IBAN", "на UA213223130000026007233566001", "UA213223130000026007233566001"),
    ("IBAN", "DE89.3704.0044.0532.0130.00", "DE89.3704.0044.0532.0130.00"),
    ("EMAIL", "ali at gmail dot com", "ali at gmail dot com"),
    ("EMAIL", "ali [at] site [dot] ir", "ali [at] site [dot] ir"),
    ("EMAIL", "ایمیل ali ات gmail دات com", "ali ات gmail دات com"),
    ("EMAIL", "ali@gmail,com", "ali@gmail,com"),
    ("EMAIL", "?to=ali%40mail.test", "ali%40mail.test"),
    ("COMPANY_ID", "شناسه ملی شرکت 10380284790", "10380284790"),
    ("COMPANY_ID", "شناسه ملی ۱۰۳۸۰۲۸۴۷۹۰", "۱۰۳۸۰۲۸۴۷۹۰"),
    ("COMPANY_ID", "کد اقتصادی: 411111111111", "411111111111"),
    ("NATIONAL_ID", "شناسه ملی 0013542419", "0013542419"),
    ("POSTAL_CODE", "کد پستی ۱۹۳۹۶-۱۴۴۱۵", "۱۹۳۹۶-۱۴۴۱۵"),
    ("POSTAL_CODE", "کدپستی1939614415", "1939614415"),
    ("POSTAL_CODE", "postal code: 1939614415", "1939614415"),
    ("IP", "open 185.0.2.120:8080", "185.0.2.120"),
    ("USERNAME", "@kazheh on Instagram", "@kazheh"),
]


@pytest.mark.parametrize(("kind", "text", "value"), PERSONAL)
def test_personal_value_is_found(kind, text, value):
    assert _found(text) == [(kind, value)]


CLEAN = [
    "سفارش KZ-48213 هنوز نرسیده",
    "سفارش شماره 4821345678 هنوز نرسیده",
    "کد رهگیری ۱۵۸۶۷۵۷۷۵۶۹۴۲۱۰۷۲۴۶۷۷۲۷۵ درسته؟",
    "کد رهگیری 1586 7577 5694 2107 2467 7275",
    "Bank ref 884120957731",
    "قیمت 2500000 تومن است یا ۲٬۵۰۰٬۰۰۰ تومان؟",
    "مبلغ 9121234567 ریال",
    "it costs $1,250,000 or 129,000 toman",
    "تاریخ 1403/05/12 ساعت 10:42",
    "2026-11-21 10:42:33.123456",
    "21.11.2026",
    "nginx/1.27.0, PHP 8.3.12, Windows 10.0.19045.3803",
    "open 192.168.1.1 or 127.0.0.1:8080",
    "ssh -p 2222 user@server-ip",
    "error 0x80070005 in line 1234567",
    "build 20261121.3",
    "123e4567-e89b-12d3-a456-426614174000",
    "sha a3f09121234567bc9121234567",
    "W5-A7730912",
    "یک دو سه ۱ ۲ ۳ ۴ ۵",
    "10 000 000",
    "https://shop.example/item/0013542419?ref=1",
    "https://faq.whatsapp.com/520504143274092/",
    "order 1732170000123456",
    "0000 0000 0000 0000",
    "img@2x.png, getty@tty1.service",
    "git clone git@github.com:a/b.git",
    "ssh -p 22 root@srv1.example.com",
    "256/512/1024",
    "0.4111111111111111 and 35.9123456789,51.0013542419",
    '{"id": "0013542419"}',
    "1732170007 1732170014 1732170022",
    "@@ +12345678901234 @@",
    "md5 de89370400440532013000aabbccddee",
    "کد رهگیری پستی 1939614415",
    "nothing here at all",
    "",
]


@pytest.mark.parametrize("text", CLEAN)
def test_technical_text_gives_no_alarm(text):
    assert _found(text) == []


def test_numbers_side_by_side_are_told_apart():
    text = "کارت ۶۰۳۷۹۹۷۷۵۰۳۹۱۱۹۶ تلفن 0912 345 6789 کدملی 0013542419 ali@mail.test"
    assert [kind for kind, _ in _found(text)] == ["BANK_CARD", "PHONE", "NATIONAL_ID", "EMAIL"]


def test_second_number_of_a_list_is_found_by_the_first_ones_keyword():
    assert [value for _, value in _found("تلفن 88123456 و 88123457")] == ["88123456", "88123457"]


def test_offsets_point_into_the_text_as_given():
    text = "😀 می\u200cشه زنگ بزنین؟ 👨\u200d👩\u200d👧 \u202b۰۹۱۲۳۴۵۶۷۸۹\u202c"
    (span,) = find(text)
    assert text[span.start : span.end].strip("\u202b\u202c") == "۰۹۱۲۳۴۵۶۷۸۹"


@given(st.text(alphabet="0123456789۰۱۲٣ -./()+@aIRirکدملیتلفن\u200c\n", max_size=120))
def test_spans_are_ordered_apart_and_within_the_text(text):
    end = 0
    for span in find(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


def test_long_text_of_digits_gives_no_alarm():
    assert find("12 34 56 78 " * 800) == []


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (luhn_holds, "6037997750391196", "6037997750391197"),
        (national_id_holds, "0013542419", "0013542418"),
        (national_id_holds, "0000000140", "1111111111"),
        (company_id_holds, "10380284790", "10380284791"),
        (iban_holds, "IR740170000038699678491796", "IR740170000038699678491797"),
    ],
)
def test_checksum_holds_for_the_good_and_not_for_the_bad(check, good, bad):
    assert check(good)
    assert not check(bad)
