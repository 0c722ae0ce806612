"""A company's own patterns."""

import pytest

from text.privacy import BadPattern, Pattern, explain, find, mask, restore

ORDER = Pattern("order", "KZ-#####")


def test_pattern_is_found_in_any_digits_and_masked_by_its_name():
    text = "سفارش kz-۴۸۲۱۳هنوز نرسیده"
    masked = mask(text, patterns=[ORDER], names=False)
    assert masked.text == "سفارش [ORDER_1]هنوز نرسیده"
    assert restore(masked.text, masked.values) == text


def test_without_the_pattern_nothing_is_found():
    assert find("KZ-48213", names=False) == []


@pytest.mark.parametrize("text", ["KZ-4821", "KZ-482134", "XKZ-48213", "KZ 48213"])
def test_what_does_not_fit_is_left(text):
    assert find(text, patterns=[ORDER], names=False) == []


def test_letters_and_either_are_places_too():
    contract = Pattern("CONTRACT", "@@##**")
    assert [one.type for one in find("see ab12c3.", patterns=[contract], names=False)] == [
        "CONTRACT"
    ]


def test_explain_names_the_pattern_as_the_reason():
    (finding,) = explain("KZ-48213", patterns=[ORDER], names=False)
    assert (finding.type, finding.reasons) == ("ORDER", ("pattern",))


def test_digits_alone_do_not_take_a_telephone():
    tenancy = Pattern("TENANCY", "###########")
    assert [one.type for one in find("09123456789", patterns=[tenancy], names=False)] == ["PHONE"]


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("order", ""),
        ("order", "KZ"),
        ("order", "##"),
        ("order", "@@@@@@"),
        ("order", "#" * 65),
        ("order", "KZ-\n####"),
        ("PHONE", "KZ-####"),
        ("سفارش", "KZ-####"),
        ("o", "KZ-####"),
    ],
)
def test_pattern_that_is_too_weak_or_has_no_name_is_refused(name, template):
    with pytest.raises(BadPattern):
        Pattern(name, template)
