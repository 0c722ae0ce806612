"""The client in docs, as it stands there, against the running app."""

import os
import subprocess
import sys

import pytest
from django.db import transaction

from tests.live_desk import ROOT, wait_for
from tests.tickets.factories import make_drafts
from tickets.api.tokens import issue_token
from tickets.models import Ticket

CLIENT = ROOT / "docs" / "api_client.py"


def _run(address: str, token: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CLIENT), address, "Where is my parcel?"],
        env=os.environ | {"PASOKH_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_client_makes_a_ticket_and_prints_its_drafts(live_server, sara):
    client = _run(live_server.url, issue_token(sara, name="client"))
    ticket = wait_for(lambda: Ticket.objects.filter(source="example").first())
    with transaction.atomic():  # as a worker makes them
        make_drafts(ticket)
        Ticket.objects.update(state=Ticket.State.READY)
    out, error = client.communicate(timeout=180)
    assert client.returncode == 0, error
    assert all(text in out for text in ("یک", "دو", "سه"))
    assert "1 wait" in out
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_client_says_in_one_line_what_is_wrong(live_server):
    client = _run(live_server.url, "pasokh_wrong")
    _out, error = client.communicate(timeout=180)
    assert client.returncode == 1
    assert len(error.strip().splitlines()) == 1
    assert len(CLIENT.read_text().splitlines()) <= 60
