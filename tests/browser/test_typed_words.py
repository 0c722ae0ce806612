"""Nothing that an agent typed is lost, whatever happens meanwhile, and the page says what did."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visitor, expect_told
from tests.browser.holding import undo_stays
from tests.live_desk import LiveDesk, wait_for

pytestmark = pytest.mark.browser

QUESTION = "سلام، دامنه‌ام را وصل کرده‌ام ولی سایت باز نمی‌شود. چند ساعت باید صبر کنم؟"
TYPED = "پاسخ نیمه‌کاره"


NO_TIME_PASSES = """() => {
  const [now, later] = [Date.now(), setTimeout];
  Date.now = () => now;
  window.setTimeout = (what, wait) => (wait < 10000 ? later(what, wait) : 0);
}"""
"""For a line that the page takes away some seconds after it was shown."""


@pytest.fixture
def opened(visit, desk_server: LiveDesk):
    """opened("name"): Sara at a ticket of her own, in Persian; with drafts where they matter."""

    def at(name: str, *, drafted: bool = False) -> tuple[Visitor, int]:
        ticket = desk_server.new_ticket(QUESTION, external_id=f"typed-{name}")
        if drafted:
            wait_for(lambda: desk_server.drafts_ready(ticket), seconds=180)
        visitor = visit("fa")
        visitor.sign_in(desk_server, "sara")
        visitor.page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
        return visitor, ticket

    return at


def _type(page: Page, text: str = TYPED) -> None:
    page.keyboard.press("e")
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def test_refusal_outlives_the_session(opened, desk_server: LiveDesk):
    visitor, _ticket = opened("refusal")
    page = visitor.page
    page.keyboard.press("x")
    page.locator("#refuse [name=reason]").first.check()
    page.fill("#refuse-text", "مقاله‌ای دربارهٔ این نیست")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")
    expect_told(page, error=True, dialog="refuse")
    expect(page.locator("#refuse-text")).to_have_value("مقاله‌ای دربارهٔ این نیست")
    elsewhere = Visitor(page.context.new_page())
    elsewhere.sign_in(desk_server, "sara")
    page.bring_to_front()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#refuse")).to_be_hidden()
    expect(page.locator("#refuse-text")).to_have_value("")
    expect_told(page, "ثبت شد")


def test_words_changed_after_a_send_whose_answer_got_lost(opened):
    visitor, _ticket = opened("answer-lost")
    page = visitor.page
    _type(page)
    page.evaluate(NO_TIME_PASSES)
    page.route("**/send/**", lambda route: (route.fetch(), route.abort()), times=1)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast .is-error")).to_be_visible()  # not swept away by a live refresh
    expect(page.locator("#meanwhile [role=alert]")).to_be_visible()
    expect(page.locator("#toast .is-error")).to_be_visible()
    page.keyboard.press("Control+End")
    page.keyboard.type(" و باز هم")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reply-error")).to_be_visible()
    expect(page.locator("#reply")).to_have_value(f"{TYPED} و باز هم")
    expect(page.locator("#talk .message-agent .words")).to_have_text(TYPED)
    expect(page.locator("#reply-kept")).not_to_be_empty()
    page.reload()
    expect(page.locator(".kept textarea")).to_have_value(f"{TYPED} و باز هم")
    visitor.forgive("409", "ERR_FAILED")


def test_reply_is_kept_in_the_order_of_its_words(opened):
    visitor, _ticket = opened("slow")
    page = visitor.page
    page.clock.install()
    page.reload()
    _type(page)
    _kept_one_after_the_other(page, "**/keep/", lambda: page.keyboard.type(" و باز هم"))
    expect(page.locator("#reply-kept")).not_to_be_empty()


def test_new_ticket_is_kept_in_the_order_of_its_words(visit, desk_server: LiveDesk):
    visitor = visit("fa")
    page = visitor.page
    visitor.sign_in(desk_server, "omid")
    page.clock.install()
    page.goto(f"{desk_server.base_url}/tickets/new/")
    page.fill("#id_text", TYPED)
    _kept_one_after_the_other(page, "**/kept/*/", lambda: page.fill("#id_text", f"{TYPED} و"))
    expect(page.locator("[data-kept-state]")).not_to_be_empty()


def _kept_one_after_the_other(page: Page, address: str, type_more: Callable[[], None]) -> None:
    """However long the server takes: what was typed first does not reach it last."""
    asked: list[Route] = []
    page.route(address, lambda route: asked.append(route))
    page.clock.run_for(2000)
    while not asked:
        page.wait_for_timeout(20)
    type_more()
    page.clock.run_for(10_000)
    page.wait_for_timeout(200)
    assert len(asked) == 1
    asked[0].continue_()
    while len(asked) < 2:
        page.wait_for_timeout(20)
    asked[1].continue_()


def test_words_typed_at_once_are_not_replaced_by_those_of_the_page_before(opened):
    """What was typed before a reload may arrive when the new page is there and typed into."""
    visitor, ticket = opened("at-once")
    page = visitor.page
    asked = f"/tickets/{ticket}/keep/"
    page.add_init_script(f"sessionStorage.setItem('desk:left-a-reply', '{asked}')")
    older = {"text": "older words", "suggestion": None}
    page.route(f"**{asked}", lambda route: route.fulfill(json=older))
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    page.reload()
    _type(page)
    with page.expect_response(f"**{asked}"):
        page.clock.run_for(900)  # before it is kept
    page.wait_for_timeout(200)
    expect(page.locator("#reply")).to_have_value(TYPED)


def test_ticket_that_goes_to_another_team_while_somebody_types(opened, desk_server: LiveDesk):
    visitor, ticket = opened("team")
    page = visitor.page
    _type(page)
    desk_server.manage(
        "shell",
        "-c",
        "from people.models import Team; from tickets.models import Ticket;"
        "team = Team.objects.get_or_create(name='فروش')[0];"
        f"Ticket.objects.filter(pk={ticket}).update(team=team)",
    )
    page.keyboard.type(" و")
    expect(page.locator("#reply-error")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reply-error")).not_to_be_empty()
    expect(page.locator("#reply")).to_have_value(f"{TYPED} و")
    page.on("dialog", lambda dialog: dialog.accept())  # leaving asks first
    page.goto("about:blank")  # what was still being asked ends here
    visitor.forgive("404")


@pytest.mark.parametrize("how", ["close", "merge"])
def test_ticket_that_somebody_ends_while_it_is_answered(opened, desk_server: LiveDesk, how: str):
    visitor, ticket = opened(f"ended-{how}")
    page = visitor.page
    _type(page)
    other = {}
    if how == "merge":
        other["into"] = desk_server.new_ticket(QUESTION, external_id="typed-target")
        ended = f"Ticket.objects.filter(pk={ticket}).update(customer=None);"
        ended += f"merge({ticket}, into={other['into']}, actor=mina)"
    else:
        ended = f"close({ticket}, actor=mina)"
    desk_server.manage(
        "shell",
        "-c",
        "from django.contrib.auth.models import User; from tickets.models import Ticket;"
        "from tickets.merging import merge; from tickets.states import close;"
        f"mina = User.objects.get(username='mina'); {ended}",
    )
    expect(page.locator("#meanwhile [role=alert]")).to_be_visible()  # said before sending
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reply-error")).to_be_visible()
    expect(page.locator("#reply")).to_have_value(TYPED)
    visitor.forgive("409")


def test_undo_twice_and_with_words_typed_since(opened, desk_server: LiveDesk):
    visitor, ticket = opened("undo")
    page = visitor.page
    undo_stays(desk_server, ticket)
    _type(page, "پاسخ نخست")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator("#undo")).to_be_visible()
    again = page.context.new_page()
    again.goto(page.url)
    expect(again.locator("#undo")).to_be_visible()
    with desk_server.api("omid") as api:
        api.post(f"tickets/{ticket}/messages/", json={"text": "هنوز نشده"}).raise_for_status()
    page.bring_to_front()
    expect(page.locator("#answer-again")).to_be_visible()  # the page hears of it
    with page.expect_navigation():
        page.keyboard.press("e")
    expect(page.locator("#reply")).to_be_visible()
    _type(page, "پاسخ دوم")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator("#reply")).to_have_value("پاسخ نخست\n\nپاسخ دوم")
    expect(page.locator(".message-agent")).to_have_count(0)
    again.bring_to_front()
    again.keyboard.press("u")
    expect(again.locator(".notice").first).to_be_visible()
    expect(again.locator("#reply")).to_have_value("پاسخ نخست\n\nپاسخ دوم")


def test_pick_over_own_words_says_how_they_come_back(opened):
    visitor, _ticket = opened("pick", drafted=True)
    page = visitor.page
    _type(page)
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect_told(page, "Ctrl+Z")
    page.keyboard.press("e")
    page.keyboard.press("Control+z")
    expect(page.locator("#reply")).to_have_value(TYPED)


def test_customer_who_writes_again_is_heard_before_the_answer_is_sent(
    opened, desk_server: LiveDesk
):
    visitor, ticket = opened("again")
    page = visitor.page
    _type(page)
    with desk_server.api("omid") as api:
        api.post(f"tickets/{ticket}/messages/", json={"text": "درست شد"}).raise_for_status()
    expect_told(page, page.locator("#reply-form").get_attribute("data-say-again") or "")
    expect(page.locator("#reply")).to_have_value(TYPED)


def test_single_keys_can_be_switched_off(opened):
    """WCAG 2.1.4: who speaks to the machine, or presses keys by chance, sends nothing by them."""
    visitor, _ticket = opened("keys-off", drafted=True)
    page = visitor.page
    page.keyboard.press("?")
    page.keyboard.press("Tab")
    page.locator("[data-single-keys]").uncheck()
    page.keyboard.press("Escape")
    for key in ("1", "s", "n", "x", "m", "?", "e"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#reply")).to_have_value("")
    page.reload()
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.locator("[data-open-keys]").first.click()
    page.locator("[data-single-keys]").check()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.type("abc")
    expect(page.locator("#reply")).to_have_value(re.compile("abc"))


def test_new_tickets_form_outlives_its_tab_and_the_session(visit, desk_server: LiveDesk):
    visitor = visit("fa")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/new/")
    page.fill("#id_text", TYPED)
    page.close(run_before_unload=True)  # at once: a beacon keeps it
    page = visitor.page = page.context.new_page()
    wait_for(lambda: page.goto(f"{desk_server.base_url}/tickets/new/") and _text(page) == TYPED)
    page.keyboard.press("Control+End")
    page.locator("#id_text").press_sequentially(" و باز")
    expect(page.locator("[data-kept-state]")).to_have_text("نگه داشته شد")
    session = [one for one in page.context.cookies() if one["name"] == "sessionid"]
    page.context.clear_cookies(name="sessionid")
    page.fill("#id_text", f"{TYPED} تا آخر")
    page.locator("form[data-keep-form] .button-primary").click()
    expect_told(page, error=True)
    expect(page.locator("#id_text")).to_have_value(f"{TYPED} تا آخر")
    page.context.add_cookies(session)
    page.locator("form[data-keep-form] .button-primary").click()
    expect(page.locator("#talk .message-customer .words")).to_have_text(f"{TYPED} تا آخر")
    page.goto(f"{desk_server.base_url}/tickets/new/")
    expect(page.locator("#id_text")).to_have_value("")


def _text(page: Page) -> str:
    return page.input_value("#id_text")
