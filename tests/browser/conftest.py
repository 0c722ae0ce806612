"""A browser before a whole desk: Debian's Chromium, headless, against real processes."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.live_desk import LiveDesk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


@dataclass
class Visitor:
    """A signed-out person at a browser, whose console is watched."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def forgive(self, *words: str) -> None:
        """The browser itself notes a request that failed, now or later: no fault of the page."""
        self.forgiven += words

    def unforgiven(self) -> list[str]:
        return [one for one in self.complaints if not any(each in one for each in self.forgiven)]

    def sign_in(self, desk: LiveDesk, name: str) -> None:
        self.page.goto(f"{desk.base_url}/sign-in/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", desk.passwords[name])
        self.page.click("form.card button")
        self.page.wait_for_selector("#inbox")


TOLD = """
window.told = [];
new MutationObserver((changes) => {
  const lines = changes.flatMap(({ target, addedNodes }) => {
    if (target.matches?.("#toast, main > [role=status].visually-hidden")) return [...addedNodes];
    return [...addedNodes].flatMap((one) => (one.id === "toast" ? [...one.childNodes] : []));
  });
  for (const one of lines.filter((line) => line.parentElement)) {
    told.push({
      text: one.textContent,
      isError: one.parentElement.querySelector(":scope > .is-error") === one,
      isSeen: one.parentElement.checkVisibility(),
      dialog: one.parentElement.closest("dialog[open]")?.id ?? "",
    });
  }
}).observe(document, { childList: true, subtree: true });
"""
SAID = """({ words, error, dialog }) => told.some((one) => one.text.includes(words)
  && one.isError === error && one.isSeen && (dialog === null || one.dialog === dialog))"""


def expect_told(
    page: Page, words: str = "", *, error: bool = False, dialog: str | None = None
) -> None:
    """The page says so, or has said so: such a line is taken away after a few seconds."""
    asked = {"words": words, "error": error, "dialog": dialog}
    page.wait_for_function(SAID, arg=asked, polling=100)


WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RUN = """([within, options]) => axe.run(document.querySelector(within), options).then((done) =>
  done.violations.map((one) => `${one.id}: ${one.help}: ` + one.nodes.slice(0, 3)
    .map((node) => node.html.slice(0, 160)).join(" | ")))"""


def violations(page: Page, *, within: str = "html") -> list[str]:
    """What axe finds against WCAG 2.2 AA: a line for each rule, with the first elements."""
    inject_axe(page)
    return axe(page, within=within)


def inject_axe(page: Page) -> None:
    """Once for each load of a page."""
    page.evaluate(AXE)


def axe(page: Page, *, rules: Sequence[str] = (), within: str = "html") -> list[str]:
    """As `violations`; by some rules only. The page has got axe already."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": list(WCAG)}
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found: list[str] = page.evaluate(RUN, [within, options])
    return found


expect.set_options(timeout=60_000)  # Playwright's 5 seconds are few on a busy machine


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each file: Playwright leaves an event loop running, in which no other test could ask
    the database."""
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, desk_server: LiveDesk) -> Iterator[Callable[..., Visitor]]:
    """visit("fa", size=NARROW, colour_scheme="dark"): a new person at the desk. At the end nobody's
    console may hold an error."""
    visitors: list[Visitor] = []

    def new(lang: str, *, size: dict[str, int] = WIDE, colour_scheme: str = "light") -> Visitor:
        context = chromium.new_context(
            viewport=size,
            color_scheme=colour_scheme,
            timezone_id="Asia/Tehran",
            reduced_motion="reduce",  # axe would see colours on their way
        )
        context.set_default_timeout(60_000)
        context.add_init_script(TOLD)
        context.add_cookies(
            [{"name": "django_language", "value": lang, "url": desk_server.base_url}]
        )
        visitor = Visitor(context.new_page())
        visitor.page.on("console", lambda message: _note(visitor, message.type, message.text))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitors.append(visitor)
        return visitor

    yield new
    for visitor in visitors:
        visitor.page.context.close()
    assert not [complaint for visitor in visitors for complaint in visitor.unforgiven()]


def _note(visitor: Visitor, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        visitor.complaints.append(text)
