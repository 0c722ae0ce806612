"""A day without a mouse: everything is reached by Tab, what has the focus is seen, and a dialog
gives it back to where it came from. The keys of a ticket: tests/browser/test_agents_day.py."""

import pytest
from playwright.sync_api import Page, expect

from tests.live_desk import LiveDesk

pytestmark = pytest.mark.browser

MOST_STEPS = 90
FOCUSED = """
() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const label = one.labels?.[0]?.textContent ?? "";
  return {
    name: (one.ariaLabel || label || one.innerText || one.title || one.id || "").trim(),
    seen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
           && box.width > 0 && box.height > 0) || one === document.body,
    html: one.outerHTML.slice(0, 120),
  };
}
"""


def _tab_to(page: Page, name: str) -> None:
    """By Tab alone; whatever has the focus on the way there can be seen."""
    for _step in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["seen"], f"the focus cannot be seen on {focused['html']}"
        if focused["name"].startswith(name):
            return
    raise AssertionError(f"Tab does not lead to {name}")


def _signed_in(visit, desk: LiveDesk, name: str) -> Page:
    page: Page = visit("en").page
    page.goto(f"{desk.base_url}/sign-in/")
    expect(page.locator("#id_username")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(desk.passwords[name])
    page.keyboard.press("Enter")
    page.wait_for_selector("#inbox")
    return page


def test_admins_day_by_keyboard(visit, desk_server: LiveDesk):
    page = _signed_in(visit, desk_server, "mina")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    page.reload()
    _tab_to(page, "More")
    page.keyboard.press("Enter")
    _tab_to(page, "People")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/")
    _tab_to(page, "Teams")
    page.keyboard.press("Enter")
    page.wait_for_url("**/teams/")
    _tab_to(page, "Name")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("By keyboard")
    _tab_to(page, "sara")
    page.keyboard.press("Space")
    _tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator(".notice-success")).to_be_visible()
    page.goto(f"{desk_server.base_url}/reports/ratings/")
    _tab_to(page, "Version")
    page.goto(f"{desk_server.base_url}/doors/")
    _tab_to(page, "Connect: mailbox")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doors/new/mail/")
    _tab_to(page, "On to the servers")


@pytest.mark.parametrize(
    ("opener", "dialog"),
    [
        ("[data-open-note]", "#note"),
        ("[data-open-canned]", "#canned"),
        ("[data-open-refuse]", "#refuse"),
        ("[data-open-keys]", "#keys"),
        ("[data-open-mask]", "#mask"),
    ],
)
def test_dialog_gives_the_focus_back(visit, desk_server: LiveDesk, opener: str, dialog: str):
    ticket = desk_server.new_ticket("How long?", external_id=f"keys-{dialog[1:]}", lang="en")
    page = _signed_in(visit, desk_server, "sara")
    page.goto(f"{desk_server.base_url}/tickets/{ticket}/")
    page.locator(opener).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(dialog)).to_be_visible()
    inside = f"document.querySelector('{dialog}').contains(document.activeElement)"
    assert page.evaluate(inside), "the focus did not go into the dialog"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(inside) or page.evaluate("document.activeElement === document.body")
    page.keyboard.press("Escape")
    expect(page.locator(dialog)).to_be_hidden()
    expect(page.locator(opener).first).to_be_focused()
