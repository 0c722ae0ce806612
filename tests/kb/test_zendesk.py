"""Exports in the shape that Zendesk documents for its Help Center API."""

import json

import pytest

from kb.importing.document import UnreadableDocument
from kb.importing.formats import entries


def article(**fields):
    return {
        "id": 35467,
        "author_id": 3465,
        "body": "<h2>Steps</h2><ol><li>Open it.</li></ol><p><a href='/hc/x'>More</a></p>",
        "comments_disabled": False,
        "content_tag_ids": [],
        "created_at": "2026-01-01T00:00:00Z",
        "draft": False,
        "edited_at": "2026-02-01T00:00:00Z",
        "html_url": "https://acme.example/hc/en-us/articles/35467-Open-it",
        "label_names": ["opening"],
        "locale": "en-us",
        "name": "How to open it",
        "outdated": False,
        "permission_group_id": 123,
        "position": 1,
        "promoted": False,
        "section_id": 98838,
        "source_locale": "en-us",
        "title": "How to open it",
        "updated_at": "2026-02-01T00:00:00Z",
        "url": "https://acme.example/api/v2/help_center/en-us/articles/35467.json",
        "user_segment_id": None,
        "vote_count": 0,
        "vote_sum": 0,
        **fields,
    }


def page(*articles, **beside):
    return {"count": len(articles), "next_page": None, "articles": list(articles), **beside}


def read(value, name="articles.json"):
    return [entry.read() for entry in entries(json.dumps(value).encode(), name)]


def test_an_article_keeps_title_text_address_and_language():
    (document,) = read(page(article(), sections=[{"id": 98838, "name": "First steps"}]))
    assert document.external_id == "zendesk-35467"
    assert document.title == "How to open it"
    assert document.url == "https://acme.example/hc/en-us/articles/35467-Open-it"
    assert document.lang == "en-US"
    assert document.text == ("## Steps\n\n1. Open it.\n\n[More](https://acme.example/hc/x)")


@pytest.mark.parametrize(
    ("fields", "state", "visibility"),
    [
        ({}, "published", "public"),
        ({"draft": True}, "draft", "public"),
        ({"user_segment_id": 12}, "published", "internal"),
        ({"user_segment_id": None, "user_segment_ids": [12]}, "published", "internal"),
    ],
)
def test_drafts_and_segments_are_respected(fields, state, visibility):
    (document,) = read(page(article(**fields)))
    assert (document.state, document.visibility) == (state, visibility)


def test_locales_of_an_article_are_articles():
    other = article(locale="fa", title="چگونه باز شود", body="<p>باز کنید.</p>")
    assert [document.external_id for document in read(page(article(), other))] == [
        "zendesk-35467",
        "zendesk-35467-fa",
    ]


def test_locales_are_told_apart_without_a_source_locale():
    both = [article(locale="en-us"), article(locale="fa")]
    for row in both:
        del row["source_locale"]
    assert [document.external_id for document in read(page(*both))] == [
        "zendesk-35467-en-us",
        "zendesk-35467-fa",
    ]
    assert read(page(both[0]))[0].external_id == "zendesk-35467"


@pytest.mark.parametrize("shape", ["wrapped", "bare", "list"])
def test_one_article_in_a_file_is_read(shape):
    value = {"wrapped": {"article": article()}, "bare": article(), "list": [article()]}[shape]
    assert [document.external_id for document in read(value, "35467.json")] == ["zendesk-35467"]


def test_translations_inside_an_article_are_articles():
    translation = {
        "id": 1,
        "source_id": 35467,
        "source_type": "Article",
        "locale": "fa",
        "title": "چگونه باز شود",
        "body": "<p>باز کنید.</p>",
        "draft": True,
        "html_url": "https://acme.example/hc/fa/articles/35467",
    }
    own = {**translation, "id": 2, "locale": "en-us", "title": "How to open it"}
    with_both = article(translations=[own, translation], user_segment_id=9)
    first, second = read(page(with_both))
    assert (first.external_id, second.external_id) == ("zendesk-35467", "zendesk-35467-fa")
    assert (second.title, second.lang, second.state) == ("چگونه باز شود", "fa", "draft")
    assert second.visibility == "internal"
    alone = read({"translations": [translation], "count": 1}, "translations.json")
    assert [document.external_id for document in alone] == ["zendesk-35467-fa"]


def test_translations_of_sections_are_no_articles():
    row = {"source_id": 1, "source_type": "Section", "locale": "fa", "title": "a", "body": "b"}
    with pytest.raises(UnreadableDocument, match="no articles"):
        read({"translations": [row]})


def test_pages_of_a_list_give_their_articles_under_any_name():
    first = page(article(id=1), next_page="https://acme.example/api/v2/help_center/x?page=2")
    assert [d.external_id for d in read(first, "page-1.txt")] == ["zendesk-1"]


def test_scripts_in_a_body_go():
    (document,) = read(page(article(body="<p>a</p><script>alert(1)</script>")))
    assert document.text == "a"


def test_a_broken_article_fails_alone():
    found = list(
        entries(json.dumps(page(article(id=1, body=[1]), article(id=2))).encode(), "a.json")
    )
    with pytest.raises(UnreadableDocument, match="must be a text"):
        found[0].read()
    assert found[1].read().external_id == "zendesk-2"


def test_an_export_read_again_has_the_same_digests():
    rows = [article(id=1), article(id=2)]
    data = json.dumps(page(*rows)).encode()
    spaced = json.dumps(page(*rows[::-1]), indent=2).encode()
    first = {entry.digest for entry in entries(data, "a.json")}
    assert {entry.digest for entry in entries(spaced, "b.json")} == first
    changed = json.dumps(page(article(id=1, draft=True), rows[1])).encode()
    assert len({entry.digest for entry in entries(changed, "a.json")} & first) == 1
