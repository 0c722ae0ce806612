"""JSON files that hold articles."""

import json

import pytest

from kb.importing.document import UnreadableCollection, UnreadableDocument
from kb.importing.formats import entries

ROW = {"external_id": "a", "title": "T", "text": "x", "url": "https://a.example", "lang": "fa"}


def read(value, name="a.json"):
    return [entry.read() for entry in entries(json.dumps(value).encode(), name)]


@pytest.mark.parametrize("value", [[ROW], {"articles": [ROW]}, {"data": [ROW]}, ROW])
def test_articles_are_found_in_a_list_under_a_name_or_alone(value):
    (document,) = read(value)
    assert (document.external_id, document.title, document.text) == ("a", "T", "x")
    assert (document.url, document.lang) == ("https://a.example", "fa")


def test_other_names_of_the_fields_are_known():
    (document,) = read([{"id": 7, "question": "Q?", "answer": "<p>A</p>", "draft": True}])
    assert (document.external_id, document.title, document.text) == ("7", "Q?", "A")
    assert document.state == "draft"


@pytest.mark.parametrize("name", ["export", "export.txt", "export.json"])
def test_lines_and_lists_are_told_apart_without_an_ending(name):
    lines = "\n".join(json.dumps({**ROW, "external_id": str(n)}) for n in range(3))
    if name != "export.json":
        assert len(list(entries(lines.encode(), name))) == 3
    assert len(list(entries(json.dumps([ROW, ROW], indent=2).encode(), name))) == 2


@pytest.mark.parametrize(
    ("text", "reason", "error"),
    [
        ('{"name": "a-package", "version": "1"}', "no articles", UnreadableDocument),
        ("[1, 2]", "no articles", UnreadableDocument),
        ('[{"external_id": "a", "text"', "not JSON", UnreadableCollection),
        ("[" * 200_000, "not JSON", UnreadableCollection),
        ("[" + "[]," * 3_000_001 + "[]]", "too many parts", UnreadableCollection),
    ],
)
def test_other_json_is_refused(text, reason, error):
    with pytest.raises(error, match=reason) as caught:
        list(entries(text.encode(), "a.json"))
    assert type(caught.value) is error


def test_a_broken_row_fails_alone():
    found = list(entries(json.dumps([{**ROW, "text": ["b"]}, ROW, 7]).encode(), "a.json"))
    for number, reason in ((0, "must be a text"), (2, "must be a JSON object")):
        with pytest.raises(UnreadableCollection, match=reason):
            found[number].read()
    assert found[1].read().external_id == "a"
