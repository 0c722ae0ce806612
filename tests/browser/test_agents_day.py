"""An agent's day by keyboard, in Persian and in English, at a whole desk."""

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visitor, expect_told
from tests.browser.holding import held_drafts, undo_stays
from tests.live_desk import LiveDesk, wait_for

pytestmark = pytest.mark.browser

QUESTIONS = {
    "fa": "سلام، دامنه‌ام را تازه وصل کرده‌ام ولی سایت هنوز باز نمی‌شود. چند ساعت باید صبر کنم؟",
    "en": "Hi, I pointed my domain to your name servers but the site does not open. How long?",
}
OWN_WORDS = {"fa": "اگر باز نشد بنویسید", "en": "Write back if it does not"}
READY = {"fa": "پیش‌نویس|Draft", "en": "Draft"}
DIRECTION = {"fa": "rtl", "en": "ltr"}
DONE_MS = 180_000

WATCH = """
window.written = {};
window.shift = 0;
window.said = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("drafts-said");
  const note = () => said.push(place.textContent);
  if (place) new MutationObserver(note).observe(place, { childList: true });
});
setInterval(() => {
  for (const draft of document.querySelectorAll(".draft[data-suggestion]")) {
    const seen = (window.written[draft.dataset.suggestion] ??= []);
    const now = [draft.dataset.state, draft.querySelector(".draft-text")?.textContent.length ?? 0];
    if (String(seen.at(-1)) !== String(now)) seen.push(now);
  }
}, 30);
"""


WORDS_SEEN = """() =>
Object.values(written).some((seen) => seen.some((now) => now[0] === "writing" && now[1] > 0))
"""
ALL_SEEN = "() => Object.values(written).every((seen) => seen.at(-1)[0] === 'ready')"


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_agents_day_by_keyboard(visit, desk_server: LiveDesk, lang: str):
    visitor = visit(lang)
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    expect(page.locator("html")).to_have_attribute("dir", DIRECTION[lang])
    expect(page.locator("html")).to_have_attribute("lang", lang)

    first = _ticket_appears_by_itself(page, desk_server, lang=lang)
    page.locator(f"#ticket-{first}").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{first}/**")

    page.add_init_script(WATCH)
    with held_drafts(desk_server) as go_on:
        ticket = desk_server.new_ticket(QUESTIONS[lang], external_id=f"watched-{lang}", lang=lang)
        page.goto(f"{desk_server.base_url}/tickets/{ticket}/")

        page.keyboard.press("e")
        page.keyboard.type("abc")
        go_on()
        page.wait_for_function(WORDS_SEEN, polling=100, timeout=DONE_MS)
        go_on()
        expect(page.locator(".draft[data-state=ready]")).to_have_count(3, timeout=DONE_MS)
    _drafts_were_seen_growing(page)
    assert page.evaluate("shift") < 0.02, "the page moved while drafts were written"
    said = page.evaluate("said")
    assert len(said) >= 1, "nobody was told that a draft is ready"
    assert sum(len(re.findall(READY[lang], text)) for text in said) == 3, said
    assert page.input_value("#reply") == "abc"
    assert page.evaluate("document.activeElement.id") == "reply"
    assert page.locator(".draft .sources li").count() > 0
    assert page.locator(".answer").count() > 0

    reply = _pick_and_edit(page, own_words=OWN_WORDS[lang])
    _rate_all_blind(page)
    page.keyboard.press("s")
    expect(page.locator("#reply-form")).to_have_count(0)
    expect(page.locator(".message-agent .words")).to_have_text(reply)

    with desk_server.api("sara") as api:
        sent = _rows(api.get(f"tickets/{ticket}/replies/").json())
    assert [row["text"] for row in sent] == [reply]
    assert sent[0]["suggestion"] is not None
    assert 0 < sent[0]["edit_share"] < 1
    _tables_hold_the_ratings(page, desk_server)


COUNT = """
window.presses = 0;
addEventListener("keydown", () => { presses += 1; }, { capture: true });
"""
ON_KEYBOARDS = {
    "latin": [("2", "Digit2"), ("4", "Digit4"), ("3", "Digit3"), ("5", "Digit5"), ("s", "KeyS")],
    "persian": [("۲", "Digit2"), ("۴", "Digit4"), ("۳", "Digit3"), ("۵", "Digit5"), ("س", "KeyS")],
    "arabic": [("٢", "Digit2"), ("٤", "Digit4"), ("٣", "Digit3"), ("٥", "Digit5"), ("س", "KeyS")],
}


@pytest.mark.parametrize("layout", ON_KEYBOARDS)
def test_five_keys_from_opening_to_a_sent_and_rated_reply(visit, desk_server, layout: str):
    ticket = _drafted(desk_server, f"day-five-{layout}")
    visitor = visit("en" if layout == "latin" else "fa")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.add_init_script(COUNT)
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    draft = page.locator(".draft").nth(1).locator(".draft-text").text_content()
    keyboard = page.context.new_cdp_session(page)

    def press(key: str, code: str) -> None:
        for kind in ("keyDown", "keyUp"):
            keyboard.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code})

    *first, last = ON_KEYBOARDS[layout]
    for key, code in first:
        press(key, code)
    assert page.evaluate("presses") == 4
    assert page.evaluate("document.activeElement.className") == "draft-body"
    with page.expect_navigation():
        press(*last)
    expect(page.locator(".message-agent .words")).to_have_text(draft or "")
    with desk_server.api("sara") as api:
        (sent,) = _rows(api.get(f"tickets/{ticket}/replies/").json())
    assert sent["text"] == draft
    given = [
        page.locator(".draft").nth(place).locator("[name=stars]:checked").get_attribute("value")
        for place in range(3)
    ]
    assert given == ["3", "4", "5"]  # the picked one first, then the others in their order


def test_sending_waits_for_the_ratings_however_long_they_take(visit, desk_server: LiveDesk):
    ticket = _drafted(desk_server, "day-slow-ratings")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.clock.install()
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    ratings: list[Route] = []
    order: list[str] = []
    page.route(re.compile("/rate/"), lambda route: ratings.append(route))
    page.on("request", lambda one: order.append("sent") if "/send/" in one.url else None)
    page.on("response", lambda one: order.append("rated") if "/rate/" in one.url else None)
    for key in "2435s":
        page.keyboard.press(key)
    while len(ratings) < 3:
        page.wait_for_timeout(20)
    page.clock.run_for(60_000)
    with page.expect_navigation():
        for route in ratings[:3]:
            route.continue_()
    assert order[:4] == ["rated", "rated", "rated", "sent"]
    for place, stars in enumerate("345"):
        given = page.locator(".draft").nth(place).locator(f"[name=stars][value='{stars}']")
        expect(given).to_be_checked()


def test_another_draft_is_picked_while_rating_and_escape_leaves(visit, desk_server: LiveDesk):
    ticket = _drafted(desk_server, "day-shift")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page.keyboard.press("1")
    expect(page.locator("#rating-bar")).to_contain_text("draft 1")
    page.keyboard.press("Shift+Digit3")
    expect(page.locator("#rating-bar")).to_contain_text("draft 3")
    third = page.locator(".draft").nth(2).locator(".draft-text").text_content()
    assert page.input_value("#reply") == third
    page.keyboard.press("Escape")
    expect(page.locator("#rating-bar")).to_be_empty()
    page.keyboard.press("2")  # picks again, as nothing is rated by it any more
    expect(page.locator("#rating-bar")).to_contain_text("draft 2")
    expect(page.locator("[name=stars]:checked")).to_have_count(0)
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" Yours")
    expect(page.locator("#difference ins")).to_have_text(re.compile("Yours"))
    page.locator("#show-difference").click()
    expect(page.locator("#difference")).to_be_hidden()
    page.locator("#show-difference").click()  # as the next visit shall find it


def test_sending_is_undone_by_a_key(visit, desk_server: LiveDesk):
    ticket = _drafted(desk_server, "day-undo")
    undo_stays(desk_server, ticket)
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page.keyboard.press("3")
    with page.expect_navigation():
        page.keyboard.press("s")
    expect(page.locator("#undo-left")).to_have_text(re.compile(r"^\d+$"))
    sent = page.locator(".message-agent .words").text_content()
    page.keyboard.press("u")
    expect(page.locator(".notice-success")).to_be_visible()
    expect(page.locator(".message-agent")).to_have_count(0)
    expect(page.locator("#reply")).to_have_value(sent or "")
    expect(page.locator(".draft[data-picked]")).to_have_count(1)
    with desk_server.api("sara") as api:
        assert _rows(api.get(f"tickets/{ticket}/replies/").json()) == []


def test_what_was_typed_outlives_reload_network_and_machine(visit, desk_server: LiveDesk):
    ticket = desk_server.new_ticket(QUESTIONS["en"], external_id="day-kept", lang="en")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page.keyboard.press("e")
    page.keyboard.type("Half an")
    page.reload()  # at once: the beacon keeps it
    expect(page.locator("#reply")).to_have_value("Half an")
    page.context.set_offline(True)
    page.keyboard.press("e")
    page.keyboard.press("Control+End")
    page.keyboard.type(" answer")
    expect(page.locator("#reply-kept")).to_have_text("not kept yet")
    page.context.set_offline(False)
    expect(page.locator("#reply-kept")).to_have_text("kept")
    elsewhere = visit("en")
    elsewhere.sign_in(desk_server, "sara")
    elsewhere.page.goto(page.url)
    expect(elsewhere.page.locator("#reply")).to_have_value("Half an answer")
    stored = page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "Half" not in stored
    # htmx notes a refresh that fell into the time without a network.
    visitor.forgive("ERR_INTERNET", "htmx:sendError", "htmx:afterRequest")


def test_note_and_canned_reply_by_keys(visit, desk_server: LiveDesk):
    ticket = desk_server.new_ticket(QUESTIONS["en"], external_id="day-note", lang="en")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "mina")
    page.goto(f"{desk_server.base_url}/canned/new/")
    page.fill("#id_title", "Thanks")
    page.fill("#id_text", "Thank you for ticket {ticket}.")
    page.click("form.card .button-primary")
    page.wait_for_url("**/canned/")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page.keyboard.press("n")
    page.keyboard.type("She called, too.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message-note .words")).to_have_text("She called, too.")
    expect(page.locator("#note")).to_be_hidden()
    expect_told(page, "The note is kept.", dialog="")
    asked: list[Route] = []
    page.route("**/canned/", lambda route: asked.append(route), times=1)
    with page.expect_request("**/canned/"):
        page.keyboard.press("c")
    page.keyboard.type("nothing of this kind")  # before the list has come
    while not asked:
        page.wait_for_timeout(20)
    asked[0].continue_()
    expect(page.locator("#canned-found")).to_contain_text("No canned reply")
    expect(page.locator("#canned-list li:visible")).to_have_count(0)
    page.fill("#canned-search", "thank")
    expect(page.locator("#canned-list li:visible")).to_have_count(1)
    expect(page.locator("#canned-found")).to_be_empty()
    page.keyboard.press("Enter")
    expect(page.locator("#reply")).to_have_value(f"Thank you for ticket {ticket}.")
    expect(page.locator("#canned")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.locator("#refuse")).to_be_visible()


def test_send_while_typing_and_go_on_to_the_next_ticket(visit, desk_server: LiveDesk):
    first = desk_server.new_ticket(QUESTIONS["en"], external_id="day-first", lang="en")
    second = desk_server.new_ticket(QUESTIONS["fa"], external_id="day-second")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{first}/")
    page.keyboard.press("j")
    page.wait_for_url(f"**/tickets/{second}/**")
    page.keyboard.press("k")
    page.wait_for_url(f"**/tickets/{first}/**")
    page.keyboard.press("e")
    page.keyboard.type("An answer of my own, s and 1 are only letters here.")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator(".message-agent .words")).to_contain_text("s and 1 are only letters")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_found_tickets_are_walked_answered_and_come_back_to(visit, desk_server, lang: str):
    """By keyboard from the search to the end of what was found, with an answer on the way."""
    tickets = [
        desk_server.new_ticket(f"zircon{lang} {number}", external_id=f"walk-{lang}-{number}")
        for number in range(3)
    ]
    page = visit(lang).page
    page.goto(f"{desk_server.base_url}/sign-in/")
    page.fill("#id_username", "sara")
    page.fill("#id_password", desk_server.passwords["sara"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#inbox")
    page.wait_for_load_state()  # keys are heard once the page is whole
    page.keyboard.press("/")
    page.keyboard.type(f"zircon{lang}")
    page.keyboard.press("Enter")
    expect(page.locator(".inbox-row")).to_have_count(3)
    page.wait_for_load_state()
    found = page.url
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{tickets[2]}/**")  # the newest first
    page.keyboard.press("j")
    page.wait_for_url(f"**/tickets/{tickets[1]}/**")
    assert "zircon" not in page.url
    page.reload()
    page.keyboard.press("e")
    page.keyboard.type("Done")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator(".message-agent")).to_have_count(1)
    page.keyboard.press("j")
    page.wait_for_url(f"**/tickets/{tickets[0]}/**")
    page.keyboard.press("j")
    expect_told(page, page.locator(".ticket-nav").get_attribute("data-say-next") or "")
    page.keyboard.press("k")
    page.wait_for_url(f"**/tickets/{tickets[1]}/**")
    page.keyboard.press("b")
    page.wait_for_url(found)
    expect(page.locator(".inbox-row[data-current]")).to_have_id(f"row-{tickets[1]}")
    page.keyboard.press("Enter")  # the marked row, without going to it again
    page.wait_for_url(f"**/tickets/{tickets[1]}/**")


def test_colleague_who_takes_the_ticket_is_announced_and_takes_no_focus(visit, desk_server):
    ticket = desk_server.new_ticket(QUESTIONS["en"], external_id="day-taken", lang="en")
    visitor, colleague = visit("en"), visit("en")
    for one, name in ((visitor, "sara"), (colleague, "omid")):
        one.sign_in(desk_server, name)
        one.page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page = visitor.page
    page.bring_to_front()
    expect(page.locator(".draft[data-state=ready]")).to_have_count(3, timeout=DONE_MS)
    page.locator("#change-priority").focus()
    colleague.page.keyboard.press("a")
    expect_told(page, "omid has this ticket now.")
    expect(page.locator("#change-priority")).to_be_focused()


def test_drafts_that_are_ready_before_the_page_is_whole_are_shown(visit, desk_server: LiveDesk):
    """What the stream says while the last scripts are on their way is not lost: it says no more."""
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    with held_drafts(desk_server) as go_on:
        ticket = desk_server.new_ticket(QUESTIONS["fa"], external_id="early")

        def when_drafted(route: Route) -> None:
            go_on()
            go_on()
            wait_for(lambda: desk_server.drafts_ready(ticket), seconds=180)
            time.sleep(0.5)  # the stream's last words come
            route.continue_()

        page.route("**/values*.js", when_drafted)
        page.goto(f"{desk_server.base_url}/tickets/{ticket}/", timeout=2 * DONE_MS)
    expect(page.locator(".draft[data-state=ready]")).to_have_count(3)


def test_key_that_follows_a_dialog_at_once_is_heard(visit, desk_server: LiveDesk):
    """A closed dialog's field has the focus until the next frame, in which keys may come."""
    ticket = desk_server.new_ticket(QUESTIONS["en"], external_id="day-at-once", lang="en")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    for key, dialog in (("x", "refuse"), ("m", "mask")):
        page.keyboard.press("n")
        expect(page.locator("#note-text")).to_be_focused()
        page.evaluate(
            """(key) => {
              const field = document.getElementById("note-text");
              document.getElementById("note").close();
              const code = `Key${key.toUpperCase()}`;
              field.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true }));
            }""",
            key,
        )
        expect(page.locator(f"#{dialog}")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(f"#{dialog}")).to_be_hidden()


def test_change_of_a_ticket_leaves_the_focus_where_it_was_made(visit, desk_server: LiveDesk):
    ticket = desk_server.new_ticket(QUESTIONS["fa"], external_id="day-focus")
    visitor = visit("fa")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page.locator("#change-priority").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("[data-change=priority] button")).to_be_focused()
    expect(page.locator("#change-priority")).to_have_value("2")
    with page.expect_navigation():
        page.keyboard.press("a")
    expect(page.locator("[data-assign-me]")).to_have_count(0)
    page.locator("button[value=close]").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#ticket-facts")).to_be_focused()  # not "Open again", which took its place


def test_view_that_is_kept_is_said_to_those_who_cannot_see_it(visit, desk_server: LiveDesk):
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "omid")
    page.goto(f"{desk_server.base_url}/?lang=en&priority=3")
    page.locator("#filters summary").focus()
    page.keyboard.press("Enter")
    page.fill(".filter-save [name=name]", "English, urgent")
    page.keyboard.press("Enter")
    expect_told(page, "The view is kept.")
    expect(page.get_by_role("link", name="English, urgent")).to_have_attribute(
        "aria-current", "page"
    )


def test_customer_writes_again_while_the_page_is_open(visit, desk_server: LiveDesk):
    ticket = desk_server.new_ticket(QUESTIONS["en"], external_id="day-again", lang="en")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    expect(page.locator(".draft[data-state=ready]")).to_have_count(3, timeout=DONE_MS)
    before = page.locator(".draft").first.get_attribute("data-suggestion")
    page.fill("#reply", "Half an answer")
    with desk_server.api("sara") as api:
        answer = api.post(f"tickets/{ticket}/messages/", json={"text": "It is kazheh.example"})
        assert answer.status_code == 201
    expect(page.locator(".message")).to_have_count(2)
    expect(page.locator(f".draft[data-suggestion='{before}']")).to_have_count(0)
    expect(page.locator(".draft[data-state=ready]")).to_have_count(3, timeout=DONE_MS)
    assert page.input_value("#reply") == "Half an answer"


def test_refused_send_keeps_what_was_typed(visit, desk_server: LiveDesk):
    ticket = desk_server.new_ticket(QUESTIONS["en"], external_id="day-two-agents", lang="en")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page.fill("#reply", "Sara's words")
    with desk_server.api("omid") as api:
        body = {"text": "Omid was faster.", "suggestion": None, "send_key": "omid-was-faster"}
        assert api.post(f"tickets/{ticket}/replies/", json=body).status_code == 201
    expect(page.locator("#meanwhile [role=alert]")).to_be_visible()  # said before sending
    page.click(".send")
    expect(page.locator("#reply-error")).to_be_visible()
    assert page.input_value("#reply") == "Sara's words"
    visitor.forgive("409")


def test_page_outlives_a_new_sign_in(visit, desk_server: LiveDesk):
    """Signed out while a page is open: it says so, keeps what is typed, and goes on when its person
    has signed in again in another tab."""
    ticket = desk_server.new_ticket(QUESTIONS["en"], external_id="day-signed-out", lang="en")
    visitor = visit("en")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    expect(page.locator(".draft[data-state=ready]")).to_have_count(3, timeout=DONE_MS)
    page.fill("#reply", "Half an answer")
    page.keyboard.press("Escape")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("r")
    page.keyboard.press("4")
    expect_told(page, "signed out", error=True)

    elsewhere = Visitor(page.context.new_page())
    elsewhere.sign_in(desk_server, "sara")
    page.bring_to_front()
    page.locator("[name=stars][value='3']:enabled").first.check(force=True)
    expect(page.locator(".is-rated, .model-name").first).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".message-agent .words")).to_have_text("Half an answer")


def _drafted(desk: LiveDesk, external_id: str) -> int:
    """A ticket that waits with three drafts."""
    ticket = desk.new_ticket(QUESTIONS["en"], external_id=external_id, lang="en")
    wait_for(lambda: desk.drafts_ready(ticket), seconds=180)
    return ticket


def _ticket_appears_by_itself(page: Page, desk: LiveDesk, *, lang: str) -> int:
    """The inbox is open when the ticket comes, and is not reloaded."""
    page.evaluate("window.sameInbox = true")
    page.wait_for_timeout(300)  # the stream opens
    ticket = desk.new_ticket(QUESTIONS[lang], external_id=f"day-{lang}", lang=lang)
    expect(page.locator("#show-new")).to_be_visible()  # nothing moves until it is asked for
    assert page.evaluate("window.sameInbox") is True
    page.locator("#show-new").click()
    expect(page.locator(f"#ticket-{ticket}")).to_be_visible()
    return ticket


def _drafts_were_seen_growing(page: Page) -> None:
    page.wait_for_function(ALL_SEEN)
    written = page.evaluate("written").values()
    finals = [seen[-1][1] for seen in written]
    partly = [
        any(state == "writing" and 0 < length < final for state, length in seen)
        for seen, final in zip(written, finals, strict=True)
    ]
    assert any(partly), "no draft was seen while it was being written"


def _pick_and_edit(page: Page, *, own_words: str) -> str:
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    draft = page.locator(".draft").nth(1).locator(".draft-text").text_content()
    assert draft
    assert page.input_value("#reply") == draft
    expect(page.locator(".draft[data-picked]")).to_have_count(1)
    page.keyboard.press("e")
    expect(page.locator(".draft[data-rating]")).to_have_count(0)
    page.keyboard.press("Control+End")
    page.keyboard.type(f" {own_words}")
    page.keyboard.press("Escape")
    reply = page.input_value("#reply")
    assert reply == f"{draft} {own_words}"
    return reply


def _rate_all_blind(page: Page) -> None:
    """The draft that was picked first, then the others; names come with the last."""
    saved = page.locator(".is-rated")
    page.keyboard.press("r")
    expect(page.locator("#rating-bar")).not_to_be_empty()
    page.keyboard.press("5")
    expect(saved).to_have_count(1)
    page.keyboard.press("1")
    expect(saved).to_have_count(2)
    expect(page.locator(".model-name")).to_have_count(0)
    page.keyboard.press("3")
    expect(page.locator("#rating-bar")).to_be_empty()
    expect(page.locator(".model-name")).to_have_count(3)
    given = [
        page.locator(".draft").nth(place).locator("[name=stars]:checked").get_attribute("value")
        for place in range(3)
    ]
    assert given == ["1", "5", "3"]
    page.locator(".draft").nth(0).locator("[name=reason]").fill("too long")
    with page.expect_response(re.compile("/rate/")) as saved_reason:
        page.keyboard.press("Enter")
    assert saved_reason.value.status == 200
    page.keyboard.press("Escape")


def _tables_hold_the_ratings(page: Page, desk: LiveDesk) -> None:
    page.goto(f"{desk.base_url}/ratings/")
    assert page.locator("#counts tbody tr").count() == 3
    assert page.locator("#shares tbody tr").count() == 3
    assert page.locator(".bar svg rect").count() >= 3
    every = page.locator("#counts tbody td:last-child").all_text_contents()
    assert all(_western(text).isdigit() and int(_western(text)) >= 1 for text in every)


def _western(text: str) -> str:
    return text.strip().translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789"))


def _rows(document):
    return document["results"] if isinstance(document, dict) else document
