"""Secrets, keys, accounts and own addresses: what words name, and what such words also say."""

import pytest

from text.privacy import find, mask, restore

NAMED = [
    ("PASSWORD", "كلمه عبور: Abc1234", "Abc1234"),
    ("USERNAME", "نام كاربري: maryam.k", "maryam.k"),
    ("PASSWORD", "رمز عبور من: Abc12345", "Abc12345"),
    ("PASSWORD", "رمز عبور پنل شما: Xk9#mq27Lw است", "Xk9#mq27Lw"),
    ("PASSWORD", "پسوردم abc@1234 هست", "abc@1234"),
    ("PASSWORD", "password is hunter2", "hunter2"),
    ("PASSWORD", "رمز: ۱۲۳۴۵۶", "۱۲۳۴۵۶"),
    ("PASSWORD", "Password: correcthorse\n", "correcthorse"),
    ("PASSWORD", "pass: qwerty12", "qwerty12"),
    ("PASSWORD", "pwd=Secret99!", "Secret99!"),
    ("PASSWORD", "ramz obur: ali1375", "ali1375"),
    ("PASSWORD", "کلمه عبور جدید Kh@nom12", "Kh@nom12"),
    ("PASSWORD", "رمز عبور وای\u200cفای: home1234", "home1234"),
    ("PASSWORD", "пароль: Qwe123", "Qwe123"),
    ("PASSWORD", "סיסמה: Abc123", "Abc123"),
    ("OTP", "کد تایید ۱۲۳۴۵۶", "۱۲۳۴۵۶"),
    ("OTP", "کد تأیید من 48213", "48213"),
    ("OTP", "رمز پویا: 123456", "123456"),
    ("OTP", "otp 483920", "483920"),
    ("OTP", "verification code: 123-456", "123-456"),
    ("OTP", "123456 is your verification code", "123456"),
    ("OTP", "کد یکبار مصرف هست ۵۵۴۴۱", "۵۵۴۴۱"),
    ("CARD_CODE", "cvv2: 123", "123"),
    ("CARD_CODE", "سی وی وی دو ۱۲۳", "۱۲۳"),
    ("CARD_CODE", "CVV2 ۱۲۳۴", "۱۲۳۴"),
    ("CARD_CODE", "رمز دوم ۱۲۳۴۵۶", "۱۲۳۴۵۶"),
    ("USERNAME", "نام کاربری: maryam.k", "maryam.k"),
    ("USERNAME", "username: maryam_k", "maryam_k"),
    ("USERNAME", "my username is maryam.", "maryam"),
    ("USERNAME", "یوزرنیم من nima90 هست", "nima90"),
    ("USERNAME", "آیدی تلگرام @nima_90", "@nima_90"),
    ("URL_SECRET", "https://x.test/reset?token=abcdef123456&lang=fa", "abcdef123456"),
    ("URL_SECRET", "postgres://app:s3cret@db.example.com:5432/x", "app:s3cret"),
    (
        "URL_SECRET",
        "https://x.test/password/reset/abcdef0123456789abcdef",
        "abcdef0123456789abcdef",
    ),
    ("API_KEY", "key sk-abcdefghij0123456789XYZ", "sk-abcdefghij0123456789XYZ"),
    ("API_KEY", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    (
        "API_KEY",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    ),
    ("API_KEY", "api key: 0a1b2c3d4e5f6a7b8c9d", "0a1b2c3d4e5f6a7b8c9d"),
    ("API_KEY", "Authorization: Bearer abcdef0123456789xyz", "abcdef0123456789xyz"),
    (
        "API_KEY",
        "توکن ربات 123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
        "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
    ),
    ("API_KEY", "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK", "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK"),
    ("IP", "آی پی من 5.120.33.4", "5.120.33.4"),
    ("IP", "my ip is 5.120.33.4", "5.120.33.4"),
    ("IP", "my ip is 192.168.1.5", "192.168.1.5"),
    ("IP", "IP سرور 185.0.2.120", "185.0.2.120"),
    ("IP", "IPv6 2001:db8::1", "2001:db8::1"),
    ("IP", "IP من: 2a01:4f8:c17:b0f::2", "2a01:4f8:c17:b0f::2"),
]


@pytest.mark.parametrize(("kind", "text", "value"), NAMED)
def test_named_value_is_found(kind, text, value):
    assert [(span.type, text[span.start : span.end]) for span in find(text)] == [(kind, value)]


@pytest.mark.parametrize(("kind", "text", "value"), NAMED)
def test_placeholder_is_not_found_again_and_restores(kind, text, value):
    masked = mask(text)
    assert value not in masked.text
    assert find(masked.text) == []
    assert restore(masked.text, masked.values) == text


def test_cards_secrets_are_found_beside_the_card():
    text = "کارت 6037997750391196 انقضا 04/09 cvv2 123"
    assert [span.type for span in find(text)] == ["BANK_CARD", "CARD_CODE", "CARD_CODE"]


CLEAN = [
    "رمز عبور شما منقضی شده است",
    "رمز عبور را فراموش کردم",
    "رمز عبور باید حداقل 8 کاراکتر باشد",
    "password is wrong",
    "Password: required",
    "password must be 8-16 characters",
    "رمز 6 رقمی",
    "پسورد FTP کار نمیکند",
    "forgot password? click",
    "password_hash($x1)",
    "type=password name=x1 id=y2",
    "tests pass 1200 ms",
    "user/password: see the panel",
    "کد تایید نمیاد",
    "کد تایید ۶ رقمی",
    "کد خطا 12345",
    "error code 500123",
    "verification code not received",
    "discount code 123456",
    "تاریخ انقضا 1403/05/12",
    "domain expires 05/12",
    "username field is required",
    "نام کاربری و رمز عبور",
    "نام کاربری admin",
    "آیدی سفارش KZ-48213",
    "user name: admin",
    "https://x.test/?page=2&key=ab",
    "token expired",
    "api key not working",
    "کلید api از کجا بگیرم",
    "https://kazheh.example/password/reset",
    "pin 13 GPIO",
    "[PASSWORD_1] رمز: [PASSWORD_1]",
    "token=[URL_SECRET_1]",
    "password: ********",
    "wp-config.php define('DB_PASSWORD', getenv('X'))",
    "password: {{ secret }}",
    "user1@host:~$ passwd",
    "رمز ارز ۱۲۳۴",
    "رمزارز 12345",
    "code 200123",
    "ssh key ed25519",
    "npm run test:unit2",
]


@pytest.mark.parametrize("text", CLEAN)
def test_words_for_secrets_alone_give_no_alarm(text):
    assert find(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "رمز " * 4000,
        "https://" + "a/" * 8000,
        "eyJ" + "a" * 16000,
        "?token=" * 3000,
        "a at " * 4000,
    ],
)
def test_long_texts_are_read_in_time(text):
    assert find(text) is not None
