"""A small `bench.desk`: no page asks more often where more tickets are, and open pages hold no
connection."""

import argparse

import pytest
from django.db import connection

from bench import desk
from bench.desks.making import make_people, make_tickets, make_versions
from tickets import patterns


@pytest.fixture
def agents(transactional_db, monkeypatch):
    monkeypatch.setenv("PASOKH_DATABASE", connection.settings_dict["NAME"])
    monkeypatch.setattr(desk, "ARRIVES_EVERY", 0.3)
    monkeypatch.setattr(desk, "APP", "tests.tickets.patient_app:application")
    monkeypatch.setattr(patterns, "REMEMBERED_SECONDS", 3600.0)  # not read anew between two pages
    return make_people(4)


def test_pages_ask_as_often_for_many_tickets_as_for_few(agents):
    versions = make_versions()
    make_tickets(800, agents=agents, versions=versions, seed=1)
    few = desk.queries(agents[0])
    make_tickets(3_000, agents=agents, versions=versions, seed=2)
    assert desk.queries(agents[0]) == few


def test_open_pages_hold_no_connection_and_hear_of_what_comes(agents):
    make_tickets(400, agents=agents, versions=make_versions(), seed=1)
    given = argparse.Namespace(think=0.5)
    cookies = [desk._cookie(agent) for agent in agents]
    for seconds in (4, 20, 60):  # a busy machine needs longer to show each page twice
        walked = desk._walked(given, cookies, seconds=seconds, streams=60)
        if walked["events"] > 60 and all(walked[page] for page in ("inbox", "news", "ticket")):
            break
    assert walked["failed"] == []
    assert walked["broken"] == 0
    assert walked["events"] > 60
    assert {walked[page] is not None for page in ("inbox", "news", "ticket")} == {True}
    assert walked["connections"] < 45  # 60 pages are open, and the process may have 30
