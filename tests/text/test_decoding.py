"""Lines of several encodings in one file."""

import pytest

from text.decoding import decode_line, encoding_of_mark

FA = "سلام، سفارش من نرسید"


@pytest.mark.parametrize(
    "text", [FA.replace("ی", "ي"), "hello", "", "добрий день", "שלום", "😀 ok"]
)
def test_utf8_line_is_itself(text):
    assert decode_line(text.encode()) == text


def test_windows_1256_line_is_read():
    text = "سلام سفارش من نرسيد"
    assert decode_line(text.encode("windows-1256")) == text


def test_line_of_both_encodings_is_read_piece_by_piece():
    raw = b"1," + FA.encode() + b"," + "پاسخ: فردا انجام ميشود".encode("windows-1256")
    assert decode_line(raw) == f"1,{FA},پاسخ: فردا انجام ميشود"


@pytest.mark.parametrize(
    "raw", [b"\xff\xff", "café crème".encode("latin-1"), "добрий день".encode("windows-1251")]
)
def test_line_in_another_encoding_is_not_guessed(raw):
    assert decode_line(raw) is None


def test_mark_names_the_encoding():
    assert encoding_of_mark("x".encode("utf-16")) == "utf-16"
    assert encoding_of_mark("x".encode("utf-8-sig")) == "utf-8-sig"
    assert encoding_of_mark(b"x") is None
