"""Pages of the shapes that help centres have: in `shapes/`, what belongs to the article is marked
Kk and a number, furniture is marked Zz."""

import json
import os
import re
import tracemalloc
from pathlib import Path

import pytest

from kb.importing import html
from kb.importing.document import language_tag
from kb.importing.html_tables import spread
from kb.plaintext import plain_text
from tests.kb.conftest import PAGES

SHAPES = PAGES.parent / "shapes"
NAMES = ("divs-only", "docusaurus", "freshdesk", "intercom", "wordpress", "zendesk")


def shape(name):
    return (SHAPES / f"{name}.html").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_article_is_whole_and_furniture_is_gone(name):
    text = html.read(shape(name), name=name).text
    marks = list(dict.fromkeys(re.findall(r"Kk\d+", text)))
    assert marks == list(dict.fromkeys(re.findall(r"Kk\d+", shape(name))))
    assert [line for line in text.split("\n") if "Zz" in line] == []


@pytest.mark.parametrize(
    ("name", "title", "lang", "url"),
    [
        ("wordpress", "Reset the router", "en-US", "https://help.example/router/reset/"),
        (
            "zendesk",
            "بازگرداندن کالا",
            "fa",
            "https://support.example/hc/fa/articles/360001-returns",
        ),
        ("intercom", "Change your plan", "en", ""),
        ("freshdesk", "Opening an account", "en", ""),
        ("divs-only", "ساعت کار شعبه‌ها", "", ""),
        ("docusaurus", "Install", "en", "https://docs.example/install"),
    ],
)
def test_title_language_and_address_stand_apart(name, title, lang, url):
    document = html.read(shape(name), name=name)
    assert (document.title, document.lang, document.url) == (title, lang, url)
    assert title not in document.text.split("\n")[0]


def test_structure_of_a_page_is_kept():
    text = html.read(shape("wordpress"), name="x").text
    assert "## Kk2 Steps\n\n1. Kk3 Unplug it.\n2. Kk4 Wait **ten** seconds." in text
    assert "| Kk5 Light | Meaning |\n|---|---|\n| Kk6 Red | No line |" in text
    assert "```\nKk8 ping 192.168.1.1\n```" in text
    assert "### Kk5 هزینهٔ پست با کیست؟" in html.read(shape("zendesk"), name="x").text
    assert "**Kk7 مرجوعی**\n\nKk8" in html.read(shape("zendesk"), name="x").text


def test_cells_over_rows_and_columns_find_their_place():
    text = html.read(shape("freshdesk"), name="x").text
    assert "| Kk4 Adults | Kk5 passport |\n| Kk4 Adults | Kk6 card |\n| Kk7 Children" in text


@pytest.mark.parametrize("span", ["999999999999", "65534", "-1", "x", ""])
def test_no_span_makes_a_table_explode(span):
    cell = f"<td rowspan='{span}' colspan='{span}'>{'word ' * 100}</td>"
    page = f"<h1>T</h1><table>{f'<tr>{cell * 3}</tr>' * 300}</table>"
    tracemalloc.start()
    html.markdown_of(page)
    assert tracemalloc.get_traced_memory()[1] < 150 * 1024**2
    tracemalloc.stop()


def test_spread_gives_every_cell_one_place():
    soup = html.parse(
        "<table><tr><td rowspan=2>a<td>b<td rowspan=3>c<tr><td>d<tr><td colspan=2>e</table>"
    )
    rows = [row.find_all("td") for row in soup.find_all("tr")]
    assert [[cell and cell.get_text() for cell in row] for row in spread(rows)] == [
        ["a", "b", "c"],
        ["a", "d", "c"],
        ["e", None, "c"],
    ]


def test_a_table_of_ten_thousand_rows_is_read():
    rows = "".join(f"<tr><td>row {n}<td>{n * 7}</tr>" for n in range(10_000))
    text = html.read(f"<h1>T</h1><table><tr><th>A<th>B</tr>{rows}</table>", name="x").text
    assert text.count("\n") == 10_001
    assert text.endswith("| row 9999 | 69993 |")


def test_the_title_is_not_the_name_of_the_site():
    page = (
        "<title>Refunds - Acme</title><header class='site-header'><h1 class='site-title'>Acme</h1>"
        "</header><main><h2>Refunds</h2><p>Within a week.</p></main>"
    )
    assert html.read(page, name="x").title == "Refunds"


def test_a_dash_in_a_title_stays():
    assert html.read("<title>Wi-Fi - slow or gone</title><p>x</p>", name="x").title == (
        "Wi-Fi - slow or gone"
    )


def test_code_in_a_box_named_after_its_language_stays():
    page = (
        "<main><h1>T</h1><p>Run it</p><div class='language-bash'><pre>make run</pre></div></main>"
    )
    assert "make run" in html.read(page, name="x").text


REAL = Path(os.environ.get("PASOKH_TEST_PAGES", "/nowhere"))
"""A folder of the psiphon_faq data set: html/faq.LANG.html and normalised.jsonl."""


@pytest.mark.skipif(not REAL.is_dir(), reason="PASOKH_TEST_PAGES names no folder")
def test_real_pages_hold_every_question():
    rows = [json.loads(line) for line in (REAL / "normalised.jsonl").open()]
    pages = {path.suffixes[0][1:]: path for path in (REAL / "html").glob("faq.*.html")}
    assert len(pages) == 9
    for lang, path in pages.items():
        document = html.read(path.read_text(), name=path.name)
        words = " ".join(re.sub(r"[\W_]+", " ", plain_text(document.text)).split())
        assert document.lang == language_tag(lang)
        assert document.text.count("\n### ") >= 45
        questions = [row["question"] for row in rows if row["lang"] == lang]
        missing = [q for q in questions if " ".join(re.sub(r"[\W_]+", " ", q).split()) not in words]
        assert not missing
