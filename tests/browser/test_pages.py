"""Every page in both languages, wide and narrow: it opens, fits, says its language, and complains
about nothing in the console."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE
from tests.live_desk import LiveDesk, wait_for

pytestmark = pytest.mark.browser

PATHS = ["/", "/tickets/new/", "/articles/", "/articles/?q=ssl", "/ratings/", "/models/"]
PATHS += ["/articles/new/", "/articles/playground/?q=ssl", "/articles/coverage/"]
PATHS += ["/articles/sources/", "/articles/imports/"]
PATHS += ["/privacy/", "/privacy/readings/", "/privacy/customers/", "/privacy/tester/"]
PATHS += ["/tickets/import/", "/tickets/import/new/"]
PATHS += ["/models/versions/sample-tuned-a/"]
PATHS += ["/training/", "/training/start/", "/training/data-sets/", "/training/decisions/"]
PATHS += ["/training/compare/"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_pages_fit_and_are_sound(visit, desk_server: LiveDesk, lang: str, size: dict[str, int]):
    visitor = visit(lang, size=size, colour_scheme="dark" if size is NARROW else "light")
    page = visitor.page
    visitor.sign_in(desk_server, "mina")
    ticket = desk_server.new_ticket(
        "My order 48213 has not come, can you look?", external_id=f"pages-{lang}-{size['width']}"
    )
    wait_for(lambda: _finished(desk_server, ticket), seconds=60)
    page.goto(f"{desk_server.base_url}/articles/")
    article = page.locator(".row-title").first.get_attribute("href")
    for path in [
        *PATHS,
        f"/tickets/{ticket}/",
        article,
        f"{article}edit/",
        f"{article}history/",
        "/articles/import/",
    ]:
        answer = page.goto(f"{desk_server.base_url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        expect(page.locator("h1")).to_have_count(1)
        beyond = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert beyond <= 0, f"{path} is {beyond} pixels too wide"
        unnamed = page.evaluate(UNNAMED)
        assert not unnamed, f"{path}: without a name {unnamed}"


def _finished(desk: LiveDesk, ticket: int) -> bool:
    states = {draft["state"] for draft in desk.suggestions(ticket)}
    return bool(states) and not states & {"pending", "writing"}


UNNAMED = """
[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")]
  .filter((one) => !(one.textContent.trim() || one.labels?.length || one.ariaLabel || one.title))
  .map((one) => one.outerHTML.slice(0, 120))
"""


def test_language_is_switched_in_place(visit, desk_server: LiveDesk):
    visitor = visit("fa")
    page = visitor.page
    visitor.sign_in(desk_server, "sara")
    page.goto(f"{desk_server.base_url}/ratings/")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/ratings/")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_outside_pages_say_what_is_wrong(visit, desk_server: LiveDesk):
    visitor = visit("fa")
    page = visitor.page
    page.goto(f"{desk_server.base_url}/ratings/")
    assert "/sign-in/" in page.url
    page.fill("#id_username", "sara")
    page.fill("#id_password", "wrong")
    page.click("form.card button")
    expect(page.locator("[role=alert]")).to_be_visible()
    answer = page.goto(f"{desk_server.base_url}/no-such-page/")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("اینجا چیزی نیست")
    visitor.complaints[:] = [one for one in visitor.complaints if "404" not in one]
