"""An article is written by keyboard; what is typed outlives the page; two admins do not overwrite
each other."""

import pytest
from playwright.sync_api import expect

from tests.live_desk import LiveDesk

pytestmark = pytest.mark.browser


def write(page, title: str, text: str) -> None:
    page.locator("#id_title").focus()
    page.keyboard.type(title)
    page.keyboard.press("Enter")  # to the text, and nothing is saved
    page.keyboard.type(text)


def test_what_is_typed_outlives_the_page(visit, desk_server: LiveDesk):
    page = (visitor := visit("fa")).page
    visitor.sign_in(desk_server, "mina")
    page.goto(f"{desk_server.base_url}/articles/new/")
    write(
        page, "کارت هدیه", "# خرید\n\nاز [فروشگاه](https://shop.example) یا [x](javascript:alert)"
    )
    expect(page.locator("#preview h1")).to_have_text("خرید")
    expect(page.locator("#preview a")).to_have_count(1)
    expect(page.locator("#editor-kept")).not_to_be_empty()
    page.reload()
    expect(page.locator("#id_text")).to_have_value("")
    page.locator("#draft-restore").press("Enter")
    expect(page.locator("#id_title")).to_have_value("کارت هدیه")
    expect(page.locator("#preview h1")).to_have_text("خرید")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    expect(page.locator("article h1")).to_have_text("خرید")
    expect(page.locator(".badge-draft")).to_be_visible()
    page.goto(f"{desk_server.base_url}/articles/new/")
    expect(page.locator("#draft-offer")).to_be_hidden()
    expect(page.locator("#id_title")).to_have_value("")


def test_a_lost_session_loses_no_words(visit, desk_server: LiveDesk):
    page = (visitor := visit("en")).page
    visitor.sign_in(desk_server, "mina")
    page.goto(f"{desk_server.base_url}/articles/new/")
    write(page, "Gift cards", "In the shop.")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+s")
    page.fill("#id_username", "mina")
    page.fill("#id_password", desk_server.passwords["mina"])
    page.click("form.card button")
    page.click("#draft-restore")
    expect(page.locator("#id_text")).to_have_value("In the shop.")
    page.click("button[value=published]")
    expect(page.locator(".badge-published")).to_be_visible()
    visitor.forgive("403")


def test_the_later_of_two_admins_sees_both_texts(visit, desk_server: LiveDesk):
    first, second = visit("en"), visit("en")
    for visitor in (first, second):
        visitor.sign_in(desk_server, "mina")
    first.page.goto(f"{desk_server.base_url}/articles/new/")
    write(first.page, "Parcels", "Two days.")
    first.page.click("button[value=published]")
    first.page.get_by_role("link", name="Edit").click()
    first.page.wait_for_url("**/edit/")
    second.page.goto(first.page.url)
    for visitor, text in ((first, "Three days."), (second, "Four days.")):
        visitor.page.fill("#id_text", text)
        with visitor.page.expect_navigation():
            visitor.page.click("button[data-save]")
    expect(second.page.locator(".conflict ins").first).to_contain_text("Four")
    expect(second.page.locator("#id_text")).to_have_value("Four days.")
    second.page.click("button[data-save]")
    expect(second.page.locator("article.prose")).to_have_text("Four days.")
    second.forgive("409")
