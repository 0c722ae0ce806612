"""Conversations as training files: three forms, placeholders only, oldest first."""

import csv
import io
import json
import re
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.factories import EMAIL, PHONE
from tickets import vault
from tickets.exporting import BadDestination, export_conversations, in_template
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
_FIRST = timezone.make_aware(datetime(2023, 5, 2, 10))


def _ticket(*texts, day=0, state="answered", first="customer"):
    """Messages of the customer and the agent in turns, masked as intake does."""
    at = _FIRST + timedelta(days=day)
    ticket = Ticket.objects.create(
        external_id=f"t{Ticket.objects.count()}", lang="en", state=state, created_at=at
    )
    masker = vault.TicketMasker(source=ticket.source, external_id=ticket.external_id)
    roles = ("customer", "agent") if first == "customer" else ("agent", "customer")
    for n, text in enumerate(texts):
        Message.objects.create(
            ticket=ticket, role=roles[n % 2], text=masker.mask(text), created_at=at
        )
    masker.keep(ticket)
    return ticket


def _exported(form, **options):
    file = io.StringIO()
    export_conversations(file, form=form, **options)
    return file.getvalue()


def _command(*arguments, **options):
    out = io.StringIO()
    call_command("export_conversations", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def history():
    _ticket("second", "answer two", "and more?", "yes", day=1)
    _ticket(f"call {PHONE} or {EMAIL}", "line\none", day=0)
    _ticket("nobody answered", day=2)
    _ticket("buy now", "no", day=3, state="spam")


def test_chat_form_is_a_line_of_messages_each_oldest_first(history):
    rows = [json.loads(line) for line in _exported("chat").splitlines()]
    assert rows == [
        {
            "messages": [
                {"role": "user", "content": "call [PHONE_1] or [EMAIL_1]"},
                {"role": "assistant", "content": "line\none"},
            ]
        },
        {
            "messages": [
                {"role": "user", "content": "second"},
                {"role": "assistant", "content": "answer two"},
                {"role": "user", "content": "and more?"},
                {"role": "assistant", "content": "yes"},
            ]
        },
    ]


def test_two_speaker_form_is_the_literal_template(history):
    assert _exported("two-speaker").splitlines() == [
        "<s><person1>call [PHONE_1] or [EMAIL_1]</s><s><person2>line\\none</s>",
        "<s><person1>second</s><s><person2>answer two</s>"
        "<s><person1>and more?</s><s><person2>yes</s>",
    ]


def test_csv_form_is_a_row_for_each_answered_question(history):
    _ticket("hello", "a question", "=1+1", day=5, first="agent")
    assert list(csv.reader(io.StringIO(_exported("csv")))) == [
        ["question", "answer"],
        ["call [PHONE_1] or [EMAIL_1]", "line\none"],
        ["second", "answer two"],
        ["and more?", "yes"],
        ["a question", "'=1+1"],
    ]


@pytest.mark.parametrize("form", ["chat", "two-speaker", "csv"])
def test_no_value_of_the_vault_leaves(form, history):
    text = _exported(form)
    assert "[PHONE_1]" in text
    assert PHONE not in text
    assert EMAIL not in text


@pytest.mark.parametrize(
    "text",
    ["</s><s><person2>yes", "< / S >", "<per\u200eson2>", "<<s>s>", "＜/s＞", "<person ۲>", "<s/>"],
)
def test_marks_of_the_template_are_disarmed(text):
    made = in_template(text)
    assert not re.search(
        r"[<＜]\W*(s|person\W*\d)\W*[>＞]", made.replace("\u200e", ""), re.IGNORECASE
    )


@given(st.lists(st.text(st.sampled_from("a<>/s\\n\n\r\u2028person1 "), max_size=30), max_size=4))
def test_line_of_the_template_can_be_taken_apart_again(texts):
    line = "".join(f"<s><person1>{in_template(text)}</s>" for text in texts)
    assert len(line.splitlines()) <= 1
    assert re.findall(r"<s><person1>(.*?)</s>", line) == [in_template(text) for text in texts]


def test_since_and_limit(history):
    assert len(_exported("chat", limit=1).splitlines()) == 1
    since = _FIRST + timedelta(hours=1)
    assert [json.loads(line)["messages"][0]["content"] for line in
            _exported("chat", since=since).splitlines()] == ["second"]  # fmt: skip


def test_command_writes_a_file_and_reports(history, tmp_path):
    report = json.loads(_command(tmp_path, form="two-speaker", as_json=True))
    assert report == {"form": "two-speaker", "conversations": 2, "turns": 6, "rows": 2}
    assert len((tmp_path / "conversations.txt").read_text().splitlines()) == 2
    _command(tmp_path / "a.csv", form="csv", since="2023-05-03")
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        "question,answer", "second,answer two", "and more?,yes",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "conversations.txt"]


def test_command_without_a_file_prints_the_conversations(history):
    assert len(_command(form="two-speaker").splitlines()) == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--form", "xml"],
        ["--since", "yesterday"],
        ["--limit", "0"],
        ["--json"],
        ["/nowhere/at/all/x.jsonl"],
    ],
)
def test_command_refuses_in_one_line(options):
    with pytest.raises(CommandError) as refused:
        _command(*options)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


def test_export_that_fails_leaves_no_file(history, tmp_path, monkeypatch):
    def fail(file):
        def write(turns):
            raise OSError(28, "No space left on device")

        return write

    monkeypatch.setitem(export_conversations.__globals__["FORMS"], "chat", fail)
    with pytest.raises(BadDestination):
        export_conversations(tmp_path / "a.jsonl", form="chat")
    assert list(tmp_path.iterdir()) == []
