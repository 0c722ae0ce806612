"""Markdown, plain text and JSON lines."""

import json

import pytest

from kb.importing import jsonl, markdown, plain
from kb.importing.document import UnreadableDocument


def test_front_matter_gives_the_fields():
    front_matter = '---\ntitle: "Set up: mail"\nlang: fa_AF\nurl: https://a.example/x\n---\n\n'
    document = markdown.read(front_matter + "# Set up: mail\n\nHello", name="x.md")
    assert (document.title, document.lang, document.url, document.text, document.external_id) == (
        "Set up: mail",
        "fa-AF",
        "https://a.example/x",
        "Hello",
        "x.md",
    )


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# The *title*\n\nBody", "The title", "Body"),
        ("The title\n=====\nBody", "The title", "Body"),
        ("Intro\n\n## Second\n\nBody", "Second", "Intro\n\n## Second\n\nBody"),
        ("Just words", "x.md", "Just words"),
        ("---\n\nNo front matter", "x.md", "---\n\nNo front matter"),
    ],
)
def test_title_of_a_file_without_front_matter(text, title, body):
    document = markdown.read(text, name="x.md")
    assert (document.title, document.text) == (title, body)


def test_raw_html_becomes_markdown_and_scripts_go():
    document = markdown.read(
        "# T\n\n<details><summary>More</summary>\n\nHidden *text*\n\n</details>\n\n"
        "<script>alert(1)</script>\n\nA <kbd>Ctrl</kbd> key<br>and <b>more</b>.",
        name="x.md",
    )
    assert document.text == "## More\n\nHidden *text*\n\nA `Ctrl` key\\\nand **more**."


def test_code_that_shows_html_is_left_alone():
    text = "Use `<b>` or:\n\n```html\n<script>x</script>\n```"
    assert markdown.read(f"# T\n\n{text}", name="x.md").text == text


def test_jekyll_tags_go():
    document = markdown.read(
        "---\ntitle: T\n---\n{% include x.html %}See [this]({{ site.baseurl }}/a).", name="x.md"
    )
    assert document.text == "See [this](/a)."


def test_broken_front_matter_is_refused():
    with pytest.raises(UnreadableDocument, match="YAML"):
        markdown.read("---\ntitle: [a\n---\ntext", name="x.md")


def test_plain_text_reads_as_it_stands():
    document = plain.read("Opening hours\n\n# 5 is open\n- Monday\n1. first\na*b*", name="x.txt")
    assert (document.title, document.text) == (
        "Opening hours",
        "\\# 5 is open\n- Monday\n1. first\na\\*b\\*",
    )


def test_plain_text_that_starts_with_a_sentence_is_named_by_its_file():
    document = plain.read("We are open from nine.\nCome in.", name="folder/hours.txt")
    assert document.title == "hours"
    assert document.text.startswith("We are open")


def test_a_line_of_json_is_an_article():
    row = {
        "external_id": 7,
        "text": "# Head\n\nsome <b>text</b>",
        "url": "https://a.example",
        "lang": "en",
    }
    document = jsonl.read_line(json.dumps(row))
    assert (document.external_id, document.title, document.lang) == ("7", "Head", "en")
    assert document.text == "# Head\n\nsome **text**"


def test_html_of_a_line_is_read():
    document = jsonl.read_line(
        '{"external_id": "a", "title": "T", "html": "<p>x</p><ul><li>y</ul>"}'
    )
    assert document.text == "x\n\n- y"


def test_what_postgresql_cannot_keep_goes():
    document = jsonl.read_line(
        '{"external_id": "a", "title": "T", "text": "a\\u0000b \\ud800<b>c</b>"}'
    )
    assert document.text == "ab **c**"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not a JSON object"),
        ('{"a":' * 100_000, "not a JSON object"),
        ("[1]", "must be a JSON object"),
        ('{"external_id": "a"}', "neither text nor html"),
        ('{"text": "a"}', "no external_id"),
        ('{"external_id": "a", "text": ["b"]}', "text must be a text"),
        (json.dumps({"external_id": "x" * 600, "text": "a"}), "1 to 500"),
        (json.dumps({"external_id": "a", "text": "x" * 1_000_001}), "1,000,000 are the most"),
    ],
)
def test_a_bad_line_is_refused(line, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        jsonl.read_line(line)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a b", 'https://a/"x', "ftp://a", "/x"]
)
def test_an_address_that_a_link_may_not_lead_to_is_dropped(url):
    row = {"external_id": "a", "text": "b", "url": url}
    assert jsonl.read_line(json.dumps(row)).url == ""
