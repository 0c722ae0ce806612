"""The four forms of a text: what they fold, what they leave alone, and that twice is once."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import at_most
from text.persian import MAX_TERM, canonical, detection_form, search_form, terms, words

ALPHABET = (
    "اآأإٱبپتثجچحخدذرزژسشصضطظعغفقکكگلمنوهیيىئؤةۀء\u0653\u0654\u0655\u064b\u064e\u0651\u0670\u0640"
    "\u200c\u200d\u200e\u200f\u202b\u2067\u00ad\ufeff\ufdfc\ufefb"
    "۰۱۹٠٣٩٫٬٪،؟ \n\u00a0abZ19.,:/@[]_-wht'’"
    "\u0300\u0301\u0308éİK\u212a"
)
mixed = st.text(alphabet=ALPHABET, max_size=60)
anything = st.text(max_size=60)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("علي كتاب", "علی کتاب"),
        ("۱۲۳ ٤٥٦", "123 456"),
        ("کِتابٌ", "کتاب"),
        ("کتـــاب", "کتاب"),
        ("می\u200c\u200cروم", "می\u200cروم"),
        ("می\u200c روم\u200c", "می روم"),
        ("\u202bسلام\u202c\u200f", "سلام"),
        ("۲۰۰٬۰۰۰ و ۲٫۴", "200,000 و 2.4"),
        ("خانۀ", "خانه\u0654"),
        ("\ufefb", "لا"),  # a presentation form, as PDFs give it
        ("e\u0301", "é"),
    ],
)
def test_canonical_gives_one_spelling(written, expected):
    assert canonical(written) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://help.example/علي/۱۲۳?q=ك",
        "www.example.ir/كتاب",
        "ali.reza+1@example.ir",
        "192.168.10.1",
        "[PERSON_1] [PHONE_12]",
        "שָׁלוֹם, מה שלומך?",
        "\ufb2a\u05b8",  # NFC takes this Hebrew letter apart
        "Що робити, якщо п’ятниця? Її ґанок, Київ",
        "می‌روم؟",
        "git commit -m 'x_y' && ls *.txt",
        "foo_bar[0] = {'a': None}  # x != y",
        "  if (a <= b) {\n\treturn `${name}`;\n  }",
    ],
)
def test_canonical_leaves_unchanged(text):
    assert canonical(text) == text


@given(st.text(alphabet=st.characters(min_codepoint=0x05D0, max_codepoint=0x05EA), max_size=40))
def test_canonical_leaves_hebrew_unchanged(text):
    assert canonical(text) == text


@given(st.text(alphabet="абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАЄІЇҐЙ’'- ", max_size=40))
def test_canonical_leaves_ukrainian_unchanged(text):
    assert canonical(text) == text


@given(mixed, st.from_regex(r"https?://[a-z]{1,8}\.ir/[a-zا-ي۰-۹%?=&_.-]{0,20}", fullmatch=True))
def test_canonical_leaves_addresses_inside_text_unchanged(text, address):
    assert address in canonical(f"{text} {address} {text}")


@given(mixed, st.sampled_from(["EMAIL", "PHONE", "BANK_CARD"]), st.integers(1, 99))
def test_canonical_leaves_placeholders_inside_text_unchanged(text, kind, number):
    assert f"[{kind}_{number}]" in canonical(f"{text} [{kind}_{number}] {text}")


@given(mixed, st.emails())
def test_canonical_leaves_ascii_addresses_of_mail_unchanged(text, address):
    assert address in canonical(f"{text} {address} {text}")


@given(mixed, st.ip_addresses())
def test_canonical_leaves_numeric_addresses_inside_text_unchanged(text, address):
    assert str(address) in canonical(f"{text} {address} {text}")


code = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)


@given(code, code)
def test_canonical_leaves_code_unchanged(line, other):
    assert canonical(f"{line}\n\t{other}") == f"{line}\n\t{other}"


@given(mixed, st.from_regex(r"[a-z_]{1,8}(\[[0-9]{1,3}\]|\(\)|\.[a-z_]{1,8})", fullmatch=True))
def test_canonical_leaves_code_inside_text_unchanged(text, piece):
    assert piece in canonical(f"{text} {piece} {text}")


@given(mixed | anything)
def test_canonical_twice_is_once(text):
    assert canonical(canonical(text)) == canonical(text)


@given(mixed | anything)
def test_search_form_twice_is_once(text):
    assert search_form(search_form(text)) == search_form(text)


@given(mixed | anything)
def test_detection_form_keeps_every_position(text):
    assert len(detection_form(text)) == len(text)
    assert detection_form(detection_form(text)) == detection_form(text)


def test_detection_form_folds_digits_and_letters():
    assert detection_form("۰۹۱۲ ٣ك５") == "0912 3ک5"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("می‌روم", "مي روم"),
        ("خانۀ", "خانه"),
        ("آیا", "ایا"),
        ("مسئول", "مسیول"),
        ("SSL", "ssl"),
        ("کتاب‌ها", "کتاب ها"),
    ],
)
def test_search_form_is_the_same_for_variants(one, other):
    assert search_form(one) == search_form(other)


def test_words_keep_numbers_and_addresses_whole():
    assert words("۲۰۰٬۰۰۰ تومان، نسخهٔ ۲٫۴ روی 192.168.10.1؟") == [
        "200000",
        "تومان",
        "نسخه",
        "2.4",
        "روی",
        "192.168.10.1",
    ]


def test_words_are_cut_to_the_column():
    assert [len(word) for word in words("x" * 500)] == [MAX_TERM]


@given(mixed | anything)
def test_words_and_terms_are_never_empty_or_too_long(text):
    assert all(0 < len(word) <= MAX_TERM for word in [*words(text), *terms(text)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("رمز عبورم را فراموش کرده‌ام", "فراموشی رمز عبور"),
        ("حساب‌هایمان", "حسابم"),
        ("How do I change my settings?", "changing the setting"),
        ("Що робити з паролем?", "паролем"),
    ],
)
def test_terms_are_what_two_wordings_share(one, other):
    assert set(terms(other)) <= set(terms(one))


def test_a_text_of_stop_words_alone_has_no_terms():
    assert terms("what is it, and how? این چیست") == []


def test_canonical_is_fast():
    text = "این یک متن فارسيِ آزمايشي است كه ۱۲۳ رقم دارد و می‌رود. "
    assert _steps(text) == _steps(text * 1_000)
    with at_most(5):
        canonical(text * 20_000)  # a tenth of a second when the machine is free


def _steps(text: str) -> int:
    """Of Python, of which `canonical` takes none for a letter: what C does in one is one."""
    steps = 0

    def count(frame, event, arg):
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        canonical(text)
    finally:
        sys.settrace(before)
    return steps
