"""Personal values on a ticket's page: seen by who may, for half a minute; and what was missed is
selected and masked."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.live_desk import LiveDesk, wait_for

pytestmark = pytest.mark.browser

PHONE = "0912 345 6789"
MISSED = "Zarafshan"
TEXT = f"Hi, call me at {PHONE}. Ask for {MISSED} please, the site does not open."


def _ticket(desk: LiveDesk, external_id: str) -> int:
    return desk.new_ticket(TEXT, external_id=external_id, lang="en")


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_value_is_shown_for_half_a_minute(visit, desk_server: LiveDesk, lang: str):
    visitor = visit(lang)
    page = visitor.page
    visitor.sign_in(desk_server, "mina")
    page.clock.install()
    page.goto(f"{desk_server.base_url}/tickets/{_ticket(desk_server, f'values-{lang}')}/")
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    chip = page.locator(".message button.chip").first
    face = chip.text_content() or ""
    assert PHONE not in page.content()

    chip.focus()
    page.keyboard.press("Enter")
    expect(chip).to_have_text(PHONE)
    page.clock.run_for(29_000)
    expect(chip).to_have_text(PHONE)
    page.clock.run_for(2_000)
    expect(chip).to_have_text(face)
    assert PHONE not in page.content()

    chip.click()
    expect(chip).to_have_text(PHONE)
    chip.click()
    expect(chip).to_have_text(face)

    chip.click()
    expect(chip).to_have_text(PHONE)
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    expect(chip).to_have_text(face)


def test_agent_without_the_permission_sees_the_chip_alone(visit, desk_server: LiveDesk):
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{_ticket(desk_server, 'values-agent')}/")
    expect(page.locator(".message .chip").first).to_have_attribute(
        "title", "The value is kept apart from the text."
    )
    expect(page.locator("button.chip")).to_have_count(0)


def test_draft_goes_into_the_reply_with_its_placeholder(visit, desk_server: LiveDesk):
    ticket = _ticket(desk_server, "values-draft")
    wait_for(lambda: desk_server.drafts_ready(ticket), seconds=180)
    rewrite = (
        "from tickets.models import Suggestion, Ticket;"
        f"drafts = Suggestion.objects.filter(ticket={ticket}); drafts.update(text='We call.');"
        "drafts.filter(position=0).update(text='Call [PHONE_1] now');"
        f"Ticket.objects.filter(pk={ticket}).update(no_good_answer=False)"  # or they are folded
    )
    desk_server.manage("shell", "-c", rewrite)
    visitor = visit("fa")
    page = visitor.page
    visitor.sign_in(desk_server, "mina")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    chip = page.locator(".draft-text button.chip")
    chip.click()
    expect(chip).to_have_text(PHONE)
    page.locator("[data-pick]").first.click()
    expect(page.locator("#reply")).to_have_value("Call [PHONE_1] now")


def test_missed_words_are_selected_and_masked(visit, desk_server: LiveDesk):
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{_ticket(desk_server, 'values-missed')}/")
    _select(page, MISSED)
    page.click("#mask-here")
    expect(page.locator("#mask [name=text]")).to_have_value(MISSED)
    page.select_option("#mask [name=type]", "PERSON")
    page.click("#mask .button-primary")
    expect(page.locator(".notice-success")).to_be_visible()
    expect(page.locator(".message .words")).not_to_contain_text(MISSED)
    expect(page.locator(".message [data-placeholder='[PERSON_1]']")).to_have_count(1)


def test_masking_by_keyboard(visit, desk_server: LiveDesk):
    visitor = visit("fa")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{_ticket(desk_server, 'values-keys')}/")
    page.keyboard.press("m")
    expect(page.locator("#mask [name=text]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#mask")).to_be_hidden()
    _select(page, MISSED)
    page.keyboard.press("m")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".message .words")).not_to_contain_text(MISSED)


def test_selection_with_a_chip_in_it_is_not_offered(visit, desk_server: LiveDesk):
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{_ticket(desk_server, 'values-chip')}/")
    page.evaluate(
        """new Promise((done) => {
          document.addEventListener("selectionchange", () => setTimeout(done), { once: true });
          getSelection().selectAllChildren(document.querySelector(".message .words"));
        })"""
    )
    expect(page.locator("#mask-here")).to_be_hidden()


def _select(page: Page, words: str) -> None:
    page.evaluate(
        """(words) => {
          const message = document.querySelector(".message .words");
          const node = [...message.childNodes].find((one) => one.nodeValue?.includes(words));
          const at = node.nodeValue.indexOf(words);
          getSelection().setBaseAndExtent(node, at, node, at + words.length);
        }""",
        words,
    )
    expect(page.locator("#mask-here")).to_be_visible()
