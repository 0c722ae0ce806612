"""HTML pages: what is the article, and that its words survive."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importing.document import UnreadableDocument
from kb.importing.html import markdown_of, read
from kb.plaintext import plain_text
from tests.kb.conftest import PAGES


def page(name):
    return read((PAGES / name).read_text(), name=name)


def test_a_page_says_title_language_and_address():
    document = page("fa-wallet.html")
    assert (document.title, document.lang, document.url, document.external_id) == (
        "شارژ کیف پول",
        "fa",
        "https://help.example/fa/wallet",
        "fa-wallet.html",
    )


def test_headings_lists_tables_and_code_are_kept():
    assert page("fa-wallet.html").text == (
        "کمترین مبلغ **۲۰٬۰۰۰ تومان** است؛ از [پنل](https://help.example/fa/panel) شارژ کنید.\n\n"
        "## مراحل\n\n"
        "1. وارد پنل شوید.\n\n2. گزینهٔ «کیف پول» را بزنید:\n\n   - در موبایل\n   - در رایانه\n\n"
        "## سقف‌ها\n\n"
        "| نوع | سقف |\n|---|---|\n| عادی | ۱۰ میلیون |\n| ویژه \\| طلایی | ۵۰ میلیون |\n\n"
        "## برای برنامه‌نویسان\n\n"
        "دستور `wallet_charge --dry-run` را بزنید:\n\n"
        "```\ncurl -X POST https://api.example/v1/wallet \\\n  -d '{\"amount\": 20000}'\n```"
    )


@pytest.mark.parametrize(
    "furniture",
    [
        "پرش به محتوا",
        "خانه",
        "تماس با ما",
        "English",
        "עברית",
        "تلگرام",
        "مرتبط",
        "©",
        "alert",
        "منوی",
    ],
)
def test_furniture_is_left_out(furniture):
    assert furniture not in page("fa-wallet.html").text


def test_hidden_answers_stay_and_bare_menus_go():
    text = plain_text(page("en-faq.html").text)
    assert "Your data goes after 30 days." in text
    assert "Yes: open the form or write to help@help.example." in text
    for menu in ("Pricing", "Sign in", "Terms", "Jobs"):
        assert menu not in text


def test_a_summary_is_the_heading_of_its_details():
    assert "#### Is there an app?\n\nYes, for Android 5 or later." in page("en-faq.html").text


def test_scripts_and_their_addresses_are_dropped():
    text = page("en-faq.html").text
    assert "javascript" not in text
    assert "[help@help.example](mailto:help@help.example)" in text


def test_hebrew_page_is_read_whole():
    document = page("he-hours.html")
    assert (document.title, document.lang) == ("שעות פעילות", "he")
    assert document.text == "אנחנו פתוחים בימים א׳ עד ה׳ מ-9 עד 18."


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p><b>هشدار:</b>متن</p>", "هشدار:متن"),  # CommonMark would not read ** here
        ("<p><b>هشدار:</b> متن</p>", "**هشدار:** متن"),
        ("<p>a <b><i>b</i></b> c</p>", "a *b* c"),
        ("<p>x_y * z [1] &lt;b&gt; # 5</p>", "x_y \\* z \\[1\\] \\<b> # 5"),
        ("<p># no heading</p><p>1. no list</p>", "\\# no heading\n\n1\\. no list"),
        ("<p>در<code> x </code>است</p>", "در `x` است"),
        ("<p>a<br>b</p>", "a\\\nb"),
        ("<dl><dt>Term</dt><dd>Meaning</dd></dl>", "**Term**\n\nMeaning"),
        ("<div>loose<p>para</p>end</div>", "loose\n\npara\n\nend"),
        ("<ul>text<li>one<li>two</ul>", "- one\n- two"),
        ("<img src='https://a.example/x.png' alt='pic'>", "![pic](https://a.example/x.png)"),
        ("<table><tr><td>only layout</td></tr></table>", "only layout"),
        ("<pre>a\n\n```\nb</pre>", "````\na\n\n```\nb\n````"),
        ("<p>unclosed <a href='https://a.example/'>link</p><p>next</p>", None),
        ("<p>\ue901 icon</p>", "icon"),
    ],
)
def test_markdown_of(html, expected):
    markdown = markdown_of(html)
    if expected is None:
        assert plain_text(markdown).split() == ["unclosed", "link", "next"]
    else:
        assert markdown == expected


@pytest.mark.parametrize("html", ["<html><body></body></html>", "<html><nav>menu</nav></html>"])
def test_a_page_without_text_is_refused(html):
    with pytest.raises(UnreadableDocument, match="no text"):
        read(html, name="x.html")


def test_a_page_nested_too_deep_is_refused():
    with pytest.raises(UnreadableDocument, match="nested"):
        read("<div>" * 10_000 + "hello" + "</div>" * 10_000, name="x.html")


def test_a_menu_longer_than_the_article_goes():
    links = "".join(f"<li><a href='/{number}'>Menu entry {number}</a></li>" for number in range(40))
    html = f"<body><div class='menu'><ul>{links}</ul></div><h1>T</h1><p>Short answer.</p></body>"
    assert read(html, name="x.html").text == "Short answer."


def test_notes_in_an_aside_stay_and_links_in_an_aside_go():
    html = (
        "<main><h1>T</h1><p>Text that stands before the note, long enough.</p>"
        "<aside class='note'><p>Warning: back up first.</p></aside>"
        "<aside><a href='/a'>Another article</a></aside></main>"
    )
    text = read(html, name="x.html").text
    assert "back up first" in text
    assert "Another" not in text


def test_furniture_that_is_the_page_is_kept():
    html = (
        "<body class='menu'><div class='sidebar'><p>"
        + "All the text there is. " * 20
        + "</p></div>"
    )
    assert "All the text" in read(html, name="x.html").text


@given(st.text(alphabet="ab1 *_`[](){}<>#+-.!|\\&;=~سلام", max_size=60))
def test_words_of_a_paragraph_survive(text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    words = text.split()
    assert plain_text(markdown_of(f"<p>{escaped}</p>")).split() == words


@given(st.lists(st.text(alphabet="ab*_|\\`#-. سلام", max_size=20), min_size=4, max_size=4))
def test_words_of_a_table_survive(cells):
    rows = [f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in (cells[:2], cells[2:])]
    found = plain_text(markdown_of(f"<table>{''.join(rows)}</table>"))
    for cell in cells:
        assert " ".join(cell.split()) in found


@given(st.text(alphabet="<>/=\"' abdivptsrulh1&;!-", max_size=120))
def test_any_tag_soup_is_read_or_refused(html):
    with suppress(UnreadableDocument):
        assert read(html, name="x.html").text
