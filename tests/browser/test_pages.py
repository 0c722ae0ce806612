"""Every page in both languages, narrow and wide, light and dark: it opens, fits, has one heading
and a name for every control, complains about nothing, and axe finds nothing against WCAG 2.2 AA.

tests/browser/pages.py lists the pages. A page is loaded once for each language; then the window and
the colours change around it, as they do around a person.
"""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import NARROW, inject_axe
from tests.browser.looking import Looker
from tests.browser.pages import CHANGES, FILES, FRAGMENTS, GROUPS, PAGES, REDIRECTS, is_no_page
from tests.browser.pages import Page as Shown
from tests.browser.pictures import MOST_BYTES, MOST_IN_ALL, PICTURES
from tests.browser.shown_desk import ShownDesk, empty_desk, shown_desk
from tests.test_routes import PATTERNS

pytestmark = pytest.mark.browser

PARTS = 2
EMPTY = [
    "/",
    "/?state=all",
    "/articles/",
    "/articles/coverage/",
    "/articles/sources/",
    "/articles/imports/",
    "/ratings/",
    "/articles/playground/",
    "/reports/",
    "/reports/ratings/",
    "/reports/replies/",
    "/reports/versions/",
    "/reports/costs/",
    "/my-figures/",
    "/models/",
    "/models/connect/",
    "/training/",
    "/training/data-sets/",
    "/training/decisions/",
    "/training/compare/",
    "/privacy/",
    "/privacy/readings/",
    "/privacy/customers/",
    "/tickets/import/",
    "/canned/",
    "/tokens/",
    "/webhooks/",
    "/doors/",
    "/people/",
    "/people/invitations/",
    "/teams/",
]


def test_every_route_is_a_page_or_said_to_be_none():
    unknown = [name for name in PATTERNS if name not in PAGES and not is_no_page(name)]
    assert not unknown, f"Say in tests/browser/pages.py what they are: {', '.join(unknown)}"
    gone = {*PAGES, *CHANGES, *FRAGMENTS, *FILES, *REDIRECTS} - set(PATTERNS)
    assert not gone
    assert not [name for name in PAGES if is_no_page(name)]


def test_every_page_has_a_picture():
    """docs/pictures: `make pictures` makes them, small enough for a repository."""
    shown = {one.title for pages in PAGES.values() for one in pages}
    there = {path.stem: path.stat().st_size for path in PICTURES.glob("*.webp")}
    assert there.keys() == shown
    assert max(there.values()) <= MOST_BYTES
    assert sum(there.values()) <= MOST_IN_ALL


@pytest.fixture(scope="module")
def desk() -> Iterator[ShownDesk]:
    with shown_desk() as shown:
        yield shown


def test_what_is_said_to_be_no_page_is_none(desk: ShownDesk):
    from django.urls import reverse

    known = desk.known | {"ticket": desk.known["ticket"]["fa"]}
    with desk.browser_session("mina") as browser:
        browser.follow_redirects = False
        taken = []
        for name in CHANGES:
            needs = dict.fromkeys(PATTERNS[name].pattern.regex.groupindex, 1)
            needs |= {one: "A" for one in ("slot", "source", "name") if one in needs}
            if browser.get(reverse(name, kwargs=needs)).status_code != 405:
                taken.append(name)
        assert not taken, "GET is taken by what is said to take only POST"
        for name, path in FRAGMENTS.items():
            assert "<html" not in _got(browser, name, path, known).text, name
        for name, path in FILES.items():
            kept = _got(browser, name, path, known).headers["content-disposition"]
            assert kept.startswith("attachment"), name
        for name, path in REDIRECTS.items():
            assert browser.get(path).status_code == 302, name


def _got(browser: httpx.Client, name: str, path: str, known: dict[str, Any]) -> httpx.Response:
    answer = browser.get(path.format(**known))
    assert answer.status_code == 200, name
    return answer


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_pages_are_sound(chromium: Browser, desk: ShownDesk, lang: str, group: str, part: int):
    pages = [one for pages in GROUPS[group].values() for one in pages][part::PARTS]
    wrong: list[str] = []
    for who in dict.fromkeys(one.who for one in pages):
        looker = Looker(chromium, desk, lang, who)
        for one in pages:
            if one.who == who:
                wrong += looker.look(one)
        looker.page.context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def new_desk() -> Iterator[ShownDesk]:
    with empty_desk() as shown:
        yield shown


def test_pages_of_a_new_desk_are_sound(chromium: Browser, new_desk: ShownDesk):
    looker = Looker(chromium, new_desk, "fa", "mina")
    wrong: list[str] = []
    for path in EMPTY:
        looker.open(Shown(path, path))
        inject_axe(looker.page)
        looker.around(NARROW, "light")
        wrong += [f"{path}: {one}" for one in looker.troubles()]
    looker.page.context.close()
    assert not wrong, "\n".join(wrong)


MOST_SHIFT = 0.02
SHIFT = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_tables_are_blocks_on_a_telephone_and_stay_tables(
    chromium: Browser, desk: ShownDesk, lang: str
):
    looker = Looker(chromium, desk, lang, "mina")
    page = looker.page
    looker.around(NARROW, "light")
    page.add_init_script(SHIFT)
    page.route("**/desk/tables*.js", _late)
    page.goto(f"{desk.base_url}/doors/{desk.known['door']}/")
    table = page.get_by_role("table").first
    failed = table.get_by_role("row").filter(has=page.get_by_role("button"))
    expect(failed).to_have_count(1)
    assert failed.get_by_role("rowheader").count() == 1
    for button in failed.get_by_role("button").all():
        expect(button).to_be_in_viewport(ratio=1)
    names = table.get_by_role("columnheader").all_text_contents()
    labels = "(row) => [...row.cells].map((cell) => cell.dataset.label)"
    assert failed.evaluate(labels) == names
    expect(table.locator("[data-empty]").first).to_have_text("–")
    assert page.evaluate("window.shift") < MOST_SHIFT
    page.context.close()


def _late(route: Route) -> None:
    """As over a slow line: the rows are there long before what names their cells."""
    time.sleep(0.3)
    route.continue_()


def test_a_table_that_comes_later_is_a_block_too(chromium: Browser, desk: ShownDesk):
    looker = Looker(chromium, desk, "fa", "mina")
    looker.around(NARROW, "light")
    looker.page.goto(f"{desk.base_url}/privacy/tester/")
    inject_axe(looker.page)
    looker.page.fill("#id_text", "0912 345 6789")
    expect(looker.page.locator("#tester-result table td").nth(1)).to_have_role("cell")
    assert not looker.troubles()
    looker.page.context.close()


def test_language_is_switched_in_place(chromium: Browser, desk: ShownDesk):
    looker = Looker(chromium, desk, "fa", "sara")
    page = looker.page
    page.goto(f"{desk.base_url}/ratings/")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/ratings/")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.context.close()


def test_wrong_password_is_said_and_pages_lead_to_the_sign_in(chromium: Browser, desk: ShownDesk):
    looker = Looker(chromium, desk, "fa", "")
    page = looker.page
    page.goto(f"{desk.base_url}/ratings/")
    assert "/sign-in/" in page.url
    page.fill("#id_username", "sara")
    page.fill("#id_password", "wrong")
    page.click("form.card button")
    expect(page.locator("[role=alert]")).to_be_visible()
    page.context.close()


MOST_OF_THE_FIRST_PAGE = 100_000


def test_first_page_is_small(chromium: Browser, desk: ShownDesk):
    """The inbox with an empty cache: what comes over the wire, fonts apart."""
    looker = Looker(chromium, desk, "fa", "mina")
    looker.page.goto("about:blank")  # what the page after the sign-in asks for is not counted
    network = looker.page.context.new_cdp_session(looker.page)
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    names: dict[str, str] = {}

    def began(said: dict[str, Any]) -> None:
        kinds[said["requestId"]] = said["type"]
        names[said["requestId"]] = said["response"]["url"]

    network.on("Network.responseReceived", began)
    network.on(
        "Network.loadingFinished",
        lambda said: sizes.update({said["requestId"]: said["encodedDataLength"]}),
    )
    network.send("Network.enable")
    network.send("Network.clearBrowserCache")
    looker.page.goto(desk.base_url)
    looker.page.wait_for_function("() => performance.getEntriesByType('resource').length > 8")
    looker.page.wait_for_timeout(500)
    looker.page.context.close()
    loaded = {one: size for one, size in sizes.items() if not names[one].endswith(".woff2")}
    assert {"Document", "Stylesheet", "Script"} <= {kinds[one] for one in loaded}
    assert sum(loaded.values()) < MOST_OF_THE_FIRST_PAGE, {
        names[one]: loaded[one] for one in loaded
    }
