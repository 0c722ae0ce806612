"""Placeholders: numbered, put back, and never made by a customer."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.personal_values import FORMS, planted
from text.privacy import Span, escape, find, highest_numbers, mask, normal_value, restore
from text.privacy.placeholders import placeholders_in, without_placeholders

TEXT = "تلفن ۰۹۱۲۳۴۵۶۷۸۹ یا 0935 111 2233، ایمیل a@mail.test"


def test_values_are_numbered_by_type_in_order():
    masked = mask(TEXT)
    assert masked.text == "تلفن [PHONE_1] یا [PHONE_2]، ایمیل [EMAIL_1]"
    assert masked.values == {
        "[PHONE_1]": "۰۹۱۲۳۴۵۶۷۸۹",
        "[PHONE_2]": "0935 111 2233",
        "[EMAIL_1]": "a@mail.test",
    }


def test_same_value_in_another_form_has_the_same_number():
    masked = mask("09123456789 همان +98 912 345 6789 است، A@Mail.test و a@mail.test")
    assert masked.text == "[PHONE_1] همان [PHONE_1] است، [EMAIL_1] و [EMAIL_1]"


def test_known_values_keep_their_numbers_and_new_ones_go_on():
    first = mask("09123456789")
    second = mask("0935 111 2233 و 09123456789", known=first.numbers)
    assert second.text == "[PHONE_2] و [PHONE_1]"


def test_numbers_of_forgotten_values_are_not_given_again():
    masked = mask("09123456789", taken=highest_numbers(["[PHONE_3] … [EMAIL_1]"]))
    assert masked.text == "[PHONE_4]"


def test_public_values_stay():
    public = {("PHONE", normal_value("PHONE", "021-91000000"))}
    masked = mask("با ۰۲۱ ۹۱۰۰۰۰۰۰ و 09123456789", public=public)
    assert masked.text == "با ۰۲۱ ۹۱۰۰۰۰۰۰ و [PHONE_1]"


def test_fingerprints_stand_for_values_where_a_keeper_wants_it():
    masked = mask("09123456789", fingerprint=lambda type_, normal: f"{type_}#{len(normal)}")
    assert masked.numbers == {("PHONE", "PHONE#10"): 1}


TYPED = [
    "[PHONE_1]",
    "[phone_1]",
    "[ Phone _ ۱ ]",
    "[PHONE\\_1]",
    "[\u200ePHONE_1]",
    "［PHONE_１］",
]


@pytest.mark.parametrize("typed", TYPED[:5])
def test_typed_placeholder_reveals_nothing(typed):
    masked = mask(f"{typed} 09123456789")
    assert restore(masked.text, masked.values) == "(PHONE-1) 09123456789"


@pytest.mark.parametrize("written", TYPED[:5])
def test_placeholder_changed_by_a_model_is_restored(written):
    assert restore(f"به {written}.", {"[PHONE_1]": "0912"}) == "به 0912."


def test_unknown_placeholder_stays():
    assert restore("[PHONE_2] [SECRET_1]", {"[PHONE_1]": "0912"}) == "[PHONE_2] [SECRET_1]"


def test_restoring_is_one_pass():
    values = {"[EMAIL_1]": "[PHONE_1]", "[PHONE_1]": "0912"}
    assert restore("[EMAIL_1]", values) == "[PHONE_1]"


def test_agents_placeholders_are_kept():
    assert mask("[PHONE_1] و 09123456789", escape=False, taken={"PHONE": 1}).text == (
        "[PHONE_1] و [PHONE_2]"
    )


def test_placeholders_are_listed_and_taken_out():
    text = "[PHONE_1] x [NATIONAL_ID_12]"
    assert placeholders_in(text) == [("[PHONE_1]", "PHONE"), ("[NATIONAL_ID_12]", "NATIONAL_ID")]
    assert without_placeholders(text).split() == ["x"]


@pytest.mark.parametrize("kind", FORMS)
def test_masked_text_holds_no_value_and_restores_to_the_text(kind):
    rng = random.Random(7)
    for _ in range(200):
        text, value = planted(rng, kind)
        masked = mask(text)
        assert value not in masked.text
        assert find(masked.text) == []
        assert restore(masked.text, masked.values) == text


@given(st.text(max_size=200))
def test_masking_then_restoring_gives_the_escaped_text(text):
    masked = mask(text)
    if len({span.type for span in masked.spans}) == len(masked.spans):
        assert restore(masked.text, masked.values) == escape(text)


@given(st.text(alphabet="[]PHONEphone_1۱ \\\u200e", max_size=40))
def test_escaped_text_has_no_placeholder(text):
    assert placeholders_in(escape(text)) == []
    assert restore(escape(text), {"[PHONE_1]": "!"}) == escape(text)


def test_repr_of_a_masked_text_shows_no_value():
    assert "0912" not in repr(mask("09123456789"))


@pytest.mark.parametrize(
    ("also", "masked"),
    [
        ([Span(0, 3, "PERSON")], "[PERSON_1] [PHONE_1] Zed"),
        ([Span(0, 15, "PERSON")], "[PERSON_1] [PHONE_1] Zed"),
        ([Span(0, 3, "PERSON"), Span(16, 19, "PERSON")], "[PERSON_1] [PHONE_1] [PERSON_1]"),
        ([Span(4, 15, "PERSON")], "Zed [PHONE_1] Zed"),
        ([Span(2, 17, "PERSON")], "Zed [PHONE_1] Zed"),
    ],
)
def test_what_somebody_else_found_comes_after_what_the_engine_finds(also, masked):
    text = "Zed 09123456789 Zed"
    assert mask(text, also=also).text == masked


def test_whole_of_which_the_engine_found_a_part_is_one_value():
    text = "سلام، من رضا احمدی پژدوهنیا هستم"
    start = text.index("رضا")
    found = mask(text, also=[Span(start, text.index(" هستم"), "PERSON")])
    assert found.text == "سلام، من [PERSON_1] هستم"
    assert found.values == {"[PERSON_1]": "رضا احمدی پژدوهنیا"}
