"""People at the desk: invited, with a second factor, in a menu that opens without script."""

from base64 import b32decode

import pytest
from django_otp.oath import totp
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, violations
from tests.browser.holding import codes_stay
from tests.live_desk import LiveDesk

pytestmark = pytest.mark.browser

PASSWORD = "tall-green-pond"


def test_somebody_is_invited_and_sets_up_a_second_factor(visit, desk_server: LiveDesk):
    admin = visit("en")
    admin.sign_in(desk_server, "mina")
    admin.page.goto(f"{desk_server.base_url}/people/invitations/")
    admin.page.fill("#id_email", "nika@desk.test")
    admin.page.click("form.form button")
    link = admin.page.locator("#link").input_value()

    page = visit("fa", size=NARROW).page
    page.goto(link)
    assert not violations(page)
    page.fill("#id_password", PASSWORD)
    with page.expect_navigation():
        page.click("form.form button")
    page.goto(f"{desk_server.base_url}/account/second-factor/")
    secret = b32decode(_padded(page.locator(".secret-words").inner_text().replace(" ", "")))
    codes_stay(desk_server)
    page.fill("#id_code", f"{totp(secret):06d}")
    page.click("form.form button")
    recovery = page.locator(".codes code").first.inner_text()
    page.wait_for_load_state()
    assert not violations(page)

    page.click(".top-end form:last-of-type button")
    page.fill("#id_username", "nika")
    page.fill("#id_password", PASSWORD)
    page.click("form.card button")
    page.wait_for_url(f"{desk_server.base_url}/sign-in/second-step/?next=%2F")
    assert not violations(page)
    page.fill("#id_code", recovery)
    page.click("form.card button")
    expect(page).to_have_url(f"{desk_server.base_url}/")


def test_menu_closes_by_escape_and_gives_the_focus_back(visit, desk_server: LiveDesk):
    visitor = visit("en", size=NARROW)
    visitor.sign_in(desk_server, "mina")
    page = visitor.page
    page.goto(f"{desk_server.base_url}/people/")
    page.focus("details.menu > summary")
    page.keyboard.press("Enter")
    expect(page.locator("details.menu a").first).to_be_visible()
    # Of what lies below the open menu a link may be half covered, which is no fault of the page.
    assert not violations(page, within="header")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("details.menu a").first).to_be_hidden()
    expect(page.locator("details.menu > summary")).to_be_focused()


def test_menu_opens_without_script(visit, desk_server: LiveDesk):
    visitor = visit("en", size=NARROW)
    visitor.sign_in(desk_server, "sara")
    state = visitor.page.context.storage_state()
    browser = visitor.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, viewport=NARROW, storage_state=state)
    page = context.new_page()
    page.goto(f"{desk_server.base_url}/account/")
    page.click("details.menu > summary")
    links = page.locator("details.menu a")
    expect(links.first).to_be_visible()
    names = links.all_inner_texts()
    assert "My account" in names
    assert "Training" not in names
    context.close()


def _padded(letters: str) -> str:
    return letters + "=" * (-len(letters) % 8)
