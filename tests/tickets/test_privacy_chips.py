"""Placeholders as chips: escaped, told apart, and only those that may be revealed are buttons."""

import pytest
from django.utils import translation

from tests.tickets.factories import make_ticket
from tickets.templatetags.privacy_chips import chips, in_words, short, text_stamp

pytestmark = pytest.mark.django_db


def test_text_around_chips_is_escaped():
    html = chips("<b>[PHONE_1]</b> & [EMAIL_2]")
    assert "<b>" not in html
    assert html.startswith("&lt;b&gt;")
    assert html.count('class="chip"') == 2
    assert 'data-placeholder="[EMAIL_2]"' in html


def test_chip_without_permission_is_no_button():
    ticket = make_ticket()
    assert "<button" not in chips("[PHONE_1]", ticket, None)
    assert "<button" not in chips("[PHONE_1]", None, {"[PHONE_1]"})


def test_only_what_the_vault_has_is_a_button():
    html = chips("[PHONE_1] [PHONE_2]", make_ticket(), {"[PHONE_1]"})
    assert html.count("<button") == 1
    assert "not kept any more" in html


def test_destroyed_value_says_so():
    assert "destroyed" in chips("[PASSWORD_1]", make_ticket(), set())


def test_chip_speaks_the_interface_language_and_its_direction():
    with translation.override("fa"):
        html = chips("[PHONE_12]")
    assert 'dir="rtl"' in html
    assert "۱۲" in html
    assert 'dir="ltr"' in chips("[PHONE_12]")


def test_company_pattern_is_called_as_it_was_named():
    assert "Order no" in chips("[ORDER_NO_3]")


def test_title_has_words_in_place_of_placeholders():
    assert in_words("About [PHONE_1]") == "About «mobile number 1»"


def test_shortened_text_ends_before_half_a_placeholder():
    assert short("Call me at [PHONE_1] please", 15) == "Call me at…"
    assert short("short", 15) == "short"


def test_draft_is_fetched_anew_where_what_was_masked_is_as_long_as_its_placeholder():
    assert text_stamp("سلام علی رضایی، درست شد") != text_stamp("سلام [PERSON_1]، درست شد"[:23])
