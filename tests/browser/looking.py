"""Somebody who looks at one page after the other: what is wrong with it, however it is shown."""

from typing import Literal

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NARROW, WIDE, axe, inject_axe
from tests.browser.pages import Page as Shown
from tests.browser.shown_desk import ShownDesk
from tests.whole import WHOLE

COLOURS = ("color-contrast", "target-size")
"""What depends on colours and measures; the rest is looked at twice."""
Scheme = Literal["light", "dark"]
AROUND: tuple[tuple[dict[str, int], Scheme], ...] = (
    (WIDE, "light"),
    (NARROW, "dark"),
    *(((NARROW, "light"), (WIDE, "dark")) if WHOLE else ()),
)
UNNAMED = """
[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")]
  .filter((one) => !one.hidden)
  .filter((one) => !(one.textContent.trim() || one.labels?.length || one.ariaLabel || one.title))
  .map((one) => one.outerHTML.slice(0, 120))
"""
OUT_OF_SIGHT = """
[...document.querySelectorAll(".table-wrap")].flatMap((wrap) => {
  const seen = wrap.getBoundingClientRect();
  const beside = (at) => at.width && (at.left < seen.left - 1 || at.right > seen.right + 1);
  return [...wrap.querySelectorAll("a[href], button, input, select")]
    .filter((one) => beside(one.getBoundingClientRect()))
    .map((one) => `out of sight until the table slides: ${one.outerHTML.slice(0, 120)}`);
})
"""
"""In a table that slides, nothing to be clicked lies beside what is seen at first."""
UNLABELLED = """
[...document.querySelectorAll(".table-wrap:not(.numbers) tbody td:not(:first-child)")]
  .filter((one) => !one.dataset.label || one.role !== "cell")
  .map((one) => `no column's name is shown beside: ${one.outerHTML.slice(0, 120)}`)
"""
HALF_PERSIAN = """
[...document.body.innerText.matchAll(/[۰-۹][.,][۰-۹]+/g)]
  .map((found) => `a Latin point or comma in a Persian number: ${found[0]}`)
"""
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Looker:
    """Somebody at a browser who looks at one page after the other."""

    def __init__(self, browser: Browser, desk: ShownDesk, lang: str, who: str) -> None:
        self.desk, self.lang, self.said = desk, lang, list[str]()
        context = browser.new_context(
            viewport=WIDE, timezone_id="Asia/Tehran", reduced_motion="reduce"
        )
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "django_language", "value": lang, "url": desk.base_url}])
        self.page: Page = context.new_page()
        if who:
            self.page.goto(f"{desk.base_url}/sign-in/")
            self.page.fill("#id_username", who)
            self.page.fill("#id_password", desk.passwords[who])
            self.page.click("form.card button")
            expect(self.page.locator("#id_password")).to_have_count(0)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def look(self, shown: Shown) -> list[str]:
        self.open(shown)
        inject_axe(self.page)
        wrong = [] if self.page.locator("html").get_attribute("lang") == self.lang else ["language"]
        for size, scheme in AROUND:
            self.around(size, scheme)
            tall = self.page.evaluate("document.documentElement.scrollHeight")
            # As tall as the page: what floats at the window's edge covers nothing.
            self.around(size | {"height": max(tall, size["height"])}, scheme)
            whole = (size is WIDE) == (scheme == "light")
            wrong += [f"{size['width']} {scheme}: {one}" for one in self.troubles(whole=whole)]
        expected = [f"status of {shown.status}"] if shown.status != 200 else []
        wrong += [one for one in self.said if not any(part in one for part in expected)]
        self.said.clear()
        return [f"{shown.title} ({self.lang}): {one}" for one in wrong]

    def open(self, shown: Shown) -> None:
        path = shown.path(self.desk.known, self.lang)
        answer = self.page.goto(f"{self.desk.base_url}{path}")
        assert answer is not None
        assert answer.status == shown.status, f"{path}: {answer.status}"
        reached = self.page.url.removeprefix(self.desk.base_url)
        assert reached == path or shown.title == "new-password", f"{path}: led to {reached}"

    def around(self, size: dict[str, int], scheme: Scheme) -> None:
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme=scheme)

    def troubles(self, *, whole: bool = True) -> list[str]:
        found = []
        beyond = self.page.evaluate(BEYOND)
        if beyond > 0:
            found.append(f"{beyond} pixels too wide")
        found += self.page.evaluate(OUT_OF_SIGHT)
        if whole:
            found += self.page.evaluate(UNLABELLED) + self.page.evaluate(HALF_PERSIAN)
            headings = self.page.locator("h1").count()
            if headings != 1:
                found.append(f"{headings} h1")
            found += [f"without a name: {one}" for one in self.page.evaluate(UNNAMED)]
        return found + axe(self.page, rules=() if whole else COLOURS)
