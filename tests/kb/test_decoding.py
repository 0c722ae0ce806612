"""Which bytes are which text."""

import pytest

from kb.importing.decoding import decode
from kb.importing.document import UnreadableDocument

PERSIAN = "این یک متن فارسي است كه براي آزمايش نوشته شده و بايد درست خوانده شود."


@pytest.mark.parametrize(
    "data",
    [
        PERSIAN.encode(),
        PERSIAN.encode("utf-8-sig"),
        PERSIAN.encode("utf-16"),
        PERSIAN.encode("utf-32"),
        b'<meta charset="windows-1256">' + PERSIAN.replace("ی", "ي").encode("windows-1256"),
        PERSIAN.replace("ی", "ي").encode("windows-1256"),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16", "utf-32", "declared", "windows-1256"],
)
def test_decode_knows_the_encoding(data):
    assert PERSIAN.replace("ی", "ي") in decode(data).replace("ی", "ي")


def test_decode_believes_a_declared_encoding():
    page = '<meta http-equiv="content-type" content="text/html; charset=windows-1251">Привіт'
    assert decode(page.encode("windows-1251")).endswith("Привіт")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"%PDF-1.7 ...", "binary"),
        (b"\x89PNG\r\n\x1a\n", "binary"),
        (b"abc\x00def", "binary"),
        (b"caf\xe9 and na\xefve", "Byte 4 is not UTF-8"),
        (PERSIAN.encode()[:-1] + b"\xff and more text", "not UTF-8"),
        (b"<meta charset=klingon>\xff", "unknown encoding"),
        (b"<meta charset=rot13>\xff", "unknown encoding"),
        ("سلام".encode("utf-16")[:-1], "not utf-16"),
    ],
)
def test_decode_refuses(data, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        decode(data)
