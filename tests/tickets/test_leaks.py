"""Personal values go in by every door; then every table is read, and holds them encrypted only."""

import csv
import json
import random
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from kb.models import Question
from tests.text.personal_values import FORMS, planted
from tests.tickets.factories import fill_slots, make_drafts, new_ticket
from tests.tickets.scripted_engine import scripted
from text.privacy import normal_value
from tickets import suggesting
from tickets.api.tokens import issue_token
from tickets.importing import import_tickets
from tickets.intake import receive
from tickets.learning import learn_from
from tickets.models import Message, Rating, Reply, Ticket, VaultEntry
from tickets.suggesting import suggest_for_ticket

pytestmark = pytest.mark.django_db

PER_DOOR = 2  # texts of each kind through each door


class Planter:
    """Makes texts with values in them and remembers the values."""

    def __init__(self) -> None:
        self._rng = random.Random(20261121)
        self.values: list[tuple[str, str]] = []

    def text(self, kind: str) -> str:
        text, value = planted(self._rng, kind)
        self.values.append((kind, value))
        return text

    def texts(self) -> Iterator[str]:
        for kind in FORMS:
            for _ in range(PER_DOOR):
                yield self.text(kind)

    def email(self) -> str:
        self.values.append(("EMAIL", FORMS["EMAIL"](self._rng)))
        return self.values[-1][1]

    def phone(self) -> str:
        self.values.append(("PHONE", FORMS["PHONE"](self._rng)))
        return self.values[-1][1]


@pytest.fixture
def plant():
    return Planter()


def _rows_of_all_tables() -> Iterator[tuple[str, str]]:
    """(table, a row as text), and bytes as Latin-1 so that plain text in them would show."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for cell in row:
                    if isinstance(cell, memoryview | bytes):
                        yield table, bytes(cell).decode("utf-8", "replace")
                    elif isinstance(cell, dict | list):
                        yield table, json.dumps(cell, ensure_ascii=False)
                    elif isinstance(cell, str):
                        yield table, cell


def _leaks(values: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(table, kind) of each value that stands somewhere as it was written or as plain digits."""
    cells = [(table, cell, normal_value("", cell)) for table, cell in _rows_of_all_tables()]
    assert len(cells) > 100
    found = []
    for kind, value in values:
        plain = normal_value(kind, value)
        digits = plain.removeprefix("IR") if kind != "EMAIL" else plain
        for table, cell, cell_digits in cells:
            if value in cell or digits in cell or (kind != "EMAIL" and digits in cell_digits):
                found.append((table, kind))
    return found


def _history(plant: Planter, tmp_path) -> None:
    now = timezone.now().isoformat()
    rows = [
        {
            "external_id": plant.email(),
            "question": text,
            "answer": plant.text("PHONE"),
            "created_at": now,
        }
        for text in plant.texts()
    ]
    jsonl = tmp_path / "tickets.jsonl"
    jsonl.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    table = tmp_path / "tickets.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "question", "answer"])
        writer.writerows([f"c-{n}", text, text] for n, text in enumerate(plant.texts()))
    report = import_tickets([jsonl, table])
    assert report.created == 2 * len(rows)


def _intake(plant: Planter) -> None:
    for text in plant.texts():
        receive(
            new_ticket(
                external_id=plant.phone(),
                subject=plant.text("EMAIL"),
                text=text,
                contact=plant.email(),
                name="مریم " + plant.phone(),
            )
        )


def _desk(plant: Planter, client) -> None:
    for text in plant.texts():
        client.post(
            reverse("ticket-new"),
            {"external_id": str(uuid.uuid4()), "text": text, "contact": plant.phone()},
        )
    for ticket in Ticket.objects.filter(source="desk"):
        draft = make_drafts(ticket)[0]
        rated = client.post(
            reverse("suggestion-rate", args=[draft.pk]),
            {"stars": 2, "reason": plant.text("BANK_CARD")},
        )
        assert rated.status_code == 200
        sent = client.post(
            reverse("ticket-send", args=[ticket.pk]),
            {"text": plant.text("PHONE"), "send_key": str(uuid.uuid4())},
        )
        assert sent.status_code == 302


def _api(plant: Planter, api: APIClient) -> None:
    for number, text in enumerate(plant.texts()):
        made = api.post(
            reverse("api-tickets"),
            {
                "external_id": f"{number}",
                "subject": plant.text("PHONE"),
                "text": text,
                "contact": plant.email(),
            },
            format="json",
        ).data
        api.post(
            reverse("api-messages", args=[made["id"]]), {"text": plant.text("IBAN")}, format="json"
        )
        draft = make_drafts(Ticket.objects.get(pk=made["id"]))[0]
        rated = api.post(
            reverse("api-ratings", args=[draft.pk]),
            {"stars": 1, "reason": plant.text("NATIONAL_ID")},
            format="json",
        )
        assert rated.status_code == 201
        sent = api.post(
            reverse("api-replies", args=[made["id"]]),
            {"text": plant.text("EMAIL"), "send_key": str(uuid.uuid4())},
            format="json",
        )
        assert sent.status_code == 201


def test_no_value_stands_outside_the_encrypted_columns(
    plant, client, sara, tmp_path, monkeypatch, caplog
):
    fill_slots()
    monkeypatch.setattr(suggesting, "generate", scripted())
    client.force_login(sara)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(sara, name='test')}")
    with caplog.at_level("DEBUG"):
        _intake(plant)
        _desk(plant, client)
        _api(plant, api)
        _history(plant, tmp_path)
        for ticket in Ticket.objects.filter(state=Ticket.State.NEW):
            assert suggest_for_ticket(ticket.pk)
        for reply in Reply.objects.all():
            assert learn_from(reply.pk)
    assert len(plant.values) > 150
    assert min(model.objects.count() for model in (Message, Rating, Reply, Question)) > 10
    assert VaultEntry.objects.count() > 100
    assert _leaks(plant.values) == []
    assert [kind for kind, value in plant.values if value in caplog.text] == []


def test_leak_is_seen_where_there_is_one(plant):
    """The test above can fail: a value written past the masker is found in its table."""
    for text in plant.texts():
        receive(new_ticket(text=text))
    assert _leaks(plant.values) == []
    ticket = Ticket.objects.latest("pk")
    Message.objects.create(
        ticket=ticket, role="agent", text=f"… {plant.phone()} …", created_at=timezone.now()
    )
    assert ("tickets_message", "PHONE") in _leaks(plant.values)
