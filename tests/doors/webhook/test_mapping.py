"""Paths, events, and the JSON that goes out. No database."""

import pytest

from doors.webhook import mapping
from doors.webhook.mapping import BadMapping, NotMapped, build, read_event, read_lines, value_at

PAYLOAD = {
    "event": "message",
    "kind": {"of": "incoming"},
    "id": 17,
    "flag": False,
    "zero": 0,
    "deep": [{"text": "first"}, {"text": "second", "none": None}],
    "odd key": {"a-b": "found"},
}
FIELDS = {"event": "event", "ticket": "id", "text": "deep[1].text"}
EVENTS = {"customer_message": "message, comment", "closed": "closed"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("event", "message"),
        ("id", "17"),
        ("zero", "0"),
        ("flag", "false"),
        ("deep[0].text", "first"),
        ("deep[9].text", ""),
        ("deep.text", ""),
        ("deep[0].text.more", ""),
        ("deep[1].none", ""),
        ("deep", ""),
        ("odd key.a-b", "found"),
        ("missing | deep[1].text | id", "second"),
        ("event & kind.of", "message/incoming"),
        ("event & missing | event", "message"),
        ("=fa", "fa"),
    ],
)
def test_a_path_finds_its_value(path, value):
    assert value_at(PAYLOAD, path) == value


@pytest.mark.parametrize("path", ["a..b", "a[x]", "[0]", "a.", "", "|", "a|b|c|d|e", "a" * 400])
def test_a_path_that_cannot_be_read_is_refused(path):
    with pytest.raises(BadMapping):
        value_at(PAYLOAD, path)


def test_an_event_is_read():
    event = read_event(PAYLOAD, FIELDS, EVENTS)
    assert (event.kind, event.ticket, event.text) == ("customer_message", "17", "second")
    assert "second" not in repr(event)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"event": "other"}, "not in the mapping"),
        ({"id": None}, "no ticket"),
        ({"deep": []}, "no text"),
    ],
)
def test_what_the_mapping_needs_must_be_there(changed, line):
    with pytest.raises(NotMapped, match=line):
        read_event(PAYLOAD | changed, FIELDS, EVENTS)


def test_files_are_named_by_their_https_addresses():
    urls = ["https://a.example/1", {"data_url": "https://a.example/2"}, "http://a.example/3", 4]
    event = read_event({**PAYLOAD, "files": urls}, {**FIELDS, "attachments": "files"}, EVENTS)
    assert event.attachments == ("https://a.example/1", "https://a.example/2")


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ({**FIELDS, "password": "x"}, EVENTS),
        ({"event": "event", "ticket": "id"}, EVENTS),
        (FIELDS, {}),
        (FIELDS, {"deleted": "x"}),
        (FIELDS, {"closed": "same", "new_ticket": "same"}),
        ({**FIELDS, "name": "a[b"}, EVENTS),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(fields, events):
    with pytest.raises(BadMapping):
        mapping.check_mapping(fields, events)


def test_lines_are_read():
    assert read_lines("# a note\n\ntext = a.b\ntype = =outgoing", most=2) == {
        "text": "a.b",
        "type": "=outgoing",
    }


@pytest.mark.parametrize("written", ["text", "= a", "a =", "a = b\na = c", "a = b\nc = d\ne = f"])
def test_lines_that_cannot_be_read_are_refused(written):
    with pytest.raises(BadMapping):
        read_lines(written, most=2)


def test_what_goes_out_is_nested_json():
    template = {"ticket.comment.body": "$text", "ticket.comment.public": "=true", "n": "=5"}
    mapping.check_template(template, ("text",))
    assert build(template, {"text": "Hello {{ticket}} $html"}) == {
        "ticket": {"comment": {"body": "Hello {{ticket}} $html", "public": True}},
        "n": 5,
    }


@pytest.mark.parametrize(
    "template",
    [{}, {"a": "$secret"}, {"a": "text"}, {"a": "$text", "a.b": "=1"}, {"a..b": "$text"}],
)
def test_a_template_that_cannot_work_is_refused(template):
    with pytest.raises(BadMapping):
        mapping.check_template(template, ("text",))
