"""Zendesk's export: roles, private notes, attachments."""

import json

import pytest

from tests.tickets.importing.reading import problems, read_all, reasons, said
from tickets.importing import zendesk
from tickets.importing.formats import recognise
from tickets.importing.records import ReadingOptions


def _comment(writer, body, minute, **more):
    return {
        "id": minute,
        "type": "Comment",
        "author_id": writer,
        "body": body,
        "public": True,
        "created_at": f"2026-01-01T10:{minute:02}:00Z",
        "attachments": [],
        **more,
    }


def _ticket(number, *comments, **more):
    return {
        "id": number,
        "subject": "Order",
        "description": "Where is it?",
        "status": "closed",
        "requester_id": 11,
        "assignee_id": 99,
        "created_at": "2026-01-01T10:00:00Z",
        "comments": list(comments),
        **more,
    }


TALK = (
    _comment(99, "On its way.", 5),
    _comment(11, "Where is it?", 1, attachments=[{"id": 1}]),
    _comment(98, "he is angry", 2, public=False),
    _comment(11, "Thanks, when?", 7),
    _comment(98, "Tomorrow.", 9),
)


def _read(tmp_path, text, **options):
    path = tmp_path / "export.json"
    path.write_text(text)
    assert recognise(path) == "zendesk"
    return read_all(zendesk.read, path, ReadingOptions(**options))


@pytest.mark.parametrize(
    "written",
    [
        lambda ticket: json.dumps(ticket),
        lambda ticket: json.dumps({"count": 1, "next_page": None, "tickets": [ticket]}, indent=2),
        lambda ticket: json.dumps([ticket]),
        lambda ticket: json.dumps({"ticket": ticket, "comments": ticket["comments"]}),
    ],
)
def test_comments_become_turns_in_order_without_private_ones(tmp_path, written):
    records = _read(tmp_path, written(_ticket(7, *TALK)))
    assert said(records) == [
        [
            ("customer", "Where is it?"),
            ("agent", "On its way."),
            ("customer", "Thanks, when?"),
            ("agent", "Tomorrow."),
        ]
    ]
    assert sorted(reasons(records)) == ["attachment", "private"]
    assert records[-1].external_id == "zendesk-7"


def test_role_of_an_author_decides_where_it_is_told(tmp_path):
    talk = (
        _comment(5, "q", 1, author={"id": 5, "role": "end-user", "name": "x"}),
        _comment(11, "a", 2, author={"id": 11, "role": "agent"}),
    )
    assert said(_read(tmp_path, json.dumps(_ticket(1, *talk)))) == [
        [("customer", "q"), ("agent", "a")]
    ]


def test_html_alone_is_read_as_text(tmp_path):
    talk = (_comment(11, "", 1, html_body="<p>one<br>two</p><script>x</script>"),)
    assert said(_read(tmp_path, json.dumps(_ticket(1, *talk)))) == [[("customer", "one\ntwo")]]


def test_deleted_tickets_are_left_out_and_broken_ones_listed(tmp_path):
    rows = [
        _ticket(1, *TALK, status="deleted"),
        _ticket(None, *TALK),
        _ticket(3, 5),
        _ticket(4, *TALK),
    ]
    records = _read(tmp_path, "\n".join(map(json.dumps, rows)))
    assert reasons(records).count("deleted") == 1
    assert [line for line, _why in problems(records)] == [2, 3]
    assert len(said(records)) == 1
