"""A value is found in every spelling, and nothing else is."""

import pytest

from text.privacy.occurrences import Wanted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("علی رضایی", "آقای علي‌رضايي گفت"),
        ("علی رضایی", "علیرضایی"),
        ("آرش کیانی", "ارش كياني"),
        ("Olena Koval", "from OLENA  koval."),
        ("مریم", "مَریَم آمد"),
        ("مریم", "مر\u200fیم"),
        ("۸۸۱۲۳۴۵۶", "تلفن 8812-34 56"),
        ("88 12 34 56", "٨٨١٢٣٤٥٦"),
        ("KZ-48213", "کد kz_48213 است"),
        ("a.b@x.test", "A.B@x.test"),
    ],
)
def test_other_spelling_is_found(value, text):
    assert Wanted(value).stands_in(text)


@pytest.mark.parametrize(
    "spelled",
    ["09123456789", "+98 912 345 6789", "00989123456789", "(0912) 345-6789", "912 3456789"],
)
def test_telephone_with_and_without_its_prefix(spelled):
    assert Wanted("0912 345 6789", type_="PHONE").replaced(f"tel {spelled}.", "X") == "tel X."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("امید", "ناامیدم"),
        ("امید", "امیدوارم"),
        ("PHONE", "شماره [PHONE_1] است"),
        ("PERSON_1", "آقای [PERSON_1] است"),
        ("123456", "91234567"),
        ("Ann", "Anna"),
    ],
)
def test_part_of_something_else_is_not(value, text):
    assert not Wanted(value).stands_in(text)
    assert Wanted(value).replaced(text, "X") == text


def test_every_place_is_replaced_and_the_rest_stays():
    text = "علي، «علی» و [PHONE_1] و ۱۲ علیزاده"
    assert Wanted("علی").replaced(text, "[PERSON_2]") == (
        "[PERSON_2]، «[PERSON_2]» و [PHONE_1] و ۱۲ علیزاده"
    )


def test_signs_in_a_value_mean_themselves():
    assert Wanted("a+b(c").replaced("x a+b(c y aab(c", "X") == "x X y aab(c"
