"""One stem for the forms of a word; what has no rules comes out as it went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.grams import grams
from text.persian import words
from text.stems import STOP_WORDS, stem


@pytest.mark.parametrize(
    "forms",
    [
        "حساب حسابم حسابت حسابش حسابها حسابهای حسابهایی حسابهایم حسابمو حسابتون حسابامون",
        "کاربر کاربران کاربری کاربرها",
        "تنظیم تنظیمات تنظیماتی",
        "گوشی گوشیم گوشیمو گوشیها",
        "پول پولم پولمو پولشون",
        "پرداخت پرداختم پرداختی پرداختها پرداختن",
        "خرید خریدم خریدن خریدی",
        "بزرگ بزرگتر بزرگترین",
        "سفارش سفارشم سفارشات سفارشها",
        "شماره شمارههای شمارهها",
        "install installs installed installing installation",
        "setting settings",
        "browser browsers browse",
        "stop stops stopped stopping",
        "connect connected connection connections connecting",
        "policy policies",
        "box boxes",
        "payment payments",
        "activate activated activation",
        "email emails email's",
    ],
)
def test_forms_of_a_word_share_a_stem(forms):
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("میدان", "دان"),
        ("کارتون", "کار"),
        ("زمان", "ز"),
        ("دختر", "دخ"),
        ("تهران", "تهر"),
        ("bus", "bu"),
        ("this", "thi"),
        ("ring", "r"),
        ("news", "new"),
    ],
)
def test_words_that_only_look_alike_keep_apart(one, other):
    assert stem(one) != stem(other)


@given(st.text(alphabet="абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'", min_size=1, max_size=20))
def test_ukrainian_comes_out_as_it_went_in(word):
    assert stem(word) == word


@given(st.text(alphabet=st.characters(min_codepoint=0x05D0, max_codepoint=0x05EA), min_size=1))
def test_hebrew_comes_out_as_it_went_in(word):
    assert stem(word) == word


@pytest.mark.parametrize("word", ["192.168.10.1", "2.4", "w5", "ipv6", "0912", "école", "naïve"])
def test_numbers_names_and_other_letters_come_out_as_they_went_in(word):
    assert stem(word) == word


@given(st.text(alphabet="ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیء", min_size=1, max_size=20))
def test_a_persian_stem_is_never_empty_and_no_longer(word):
    assert 0 < len(stem(word)) <= len(word)


@given(st.from_regex(r"[a-z]{1,20}('[a-z]{1,3})?", fullmatch=True))
def test_an_english_stem_is_never_empty_and_no_longer(word):
    assert 0 < len(stem(word)) <= len(word)


def test_stop_words_are_written_as_words_are():
    assert [word for word in STOP_WORDS if words(word) != [word]] == []


def test_grams_of_misspelt_words_overlap():
    right, wrong = set(grams(["دستگاه"])), set(grams(["دسنگاه"]))
    assert right & wrong
    assert right != wrong


def test_grams_are_marked_and_stop_words_have_none():
    assert grams(["vpn", "is", "ok"]) == ["#_vpn", "#vpn_", "#_ok_"]
