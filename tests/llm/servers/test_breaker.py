"""When a server is left alone, for how long, and who asks it next."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from llm.models import Server
from llm.servers.breaker import LONGEST_WAIT, admit, asked_again_at, trouble_of, wait_of
from llm.servers.errors import ServerError, Trouble

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def server(db):
    return Server.objects.create(name="gpu", base_url="http://127.0.0.1:1/v1", hosted=False)


def fail(server: Server, now: datetime, trouble: Trouble = Trouble.UNREACHABLE) -> None:
    admit(server, now=now).failed(trouble, now=now)


def rests(server: Server, now: datetime) -> bool:
    try:
        admit(server, now=now).given_up()
    except ServerError as error:
        assert error.trouble is Trouble.RESTING  # noqa: PT017
        return True
    return False


def opened(server: Server) -> None:
    for _ in range(3):
        fail(server, NOW)


def test_admit_opens_after_three_failures_for_thirty_seconds(server):
    fail(server, NOW)
    fail(server, NOW)
    assert not rests(server, at(0))
    fail(server, NOW)
    assert Server.objects.get().state == "open"
    assert rests(server, at(0))
    assert rests(server, at(29.9))
    assert not rests(server, at(30))


def test_admit_counts_failures_in_a_row(server):
    for _ in range(5):
        fail(server, NOW)
        fail(server, NOW)
        admit(server, now=NOW).succeeded(now=NOW)
    row = Server.objects.get()
    assert (row.state, row.failures, row.last_error, row.last_ok_at) == ("closed", 0, "", NOW)


def test_admit_doubles_the_wait_to_ten_minutes(server):
    opened(server)
    now, waits = NOW, []
    for _ in range(7):
        row = Server.objects.get()
        waits.append(wait_of(row).total_seconds())
        now = asked_again_at(row)
        assert rests(server, now - timedelta(milliseconds=1))
        fail(server, now)
    assert waits == [30, 60, 120, 240, 480, 600, 600]
    Server.objects.update(failures=1_000_000)
    assert wait_of(Server.objects.get()) == LONGEST_WAIT


def test_admit_lets_one_through_then_all_once_it_is_answered(server):
    opened(server)
    trial = admit(server, now=at(30))
    assert trial.trial
    assert Server.objects.get().state == "half_open"
    assert rests(server, at(31))
    trial.succeeded(now=at(31))
    assert not admit(server, now=at(31)).trial


def test_admit_tries_again_where_the_one_that_tried_has_died(server):
    opened(server)
    admit(server, now=at(30))
    assert rests(server, at(30 + server.timeout_seconds + 29))
    assert admit(server, now=at(30 + server.timeout_seconds + 30)).trial


def test_given_up_trial_leaves_the_next_one_to_try_at_once(server):
    opened(server)
    admit(server, now=at(30)).given_up()
    assert admit(server, now=at(31)).trial


def test_failures_of_one_outage_do_not_lengthen_the_wait(server):
    under_way = [admit(server, now=NOW) for _ in range(8)]
    for one in under_way:
        one.failed(Trouble.CUT, now=NOW)
    row = Server.objects.get()
    assert (row.state, row.failures) == ("open", 3)
    assert wait_of(row).total_seconds() == 30


def test_late_failure_of_a_lost_trial_changes_nothing(server):
    opened(server)
    lost = admit(server, now=at(30))
    admit(server, now=at(120)).succeeded(now=at(121))
    lost.failed(Trouble.SLOW, now=at(122))
    assert Server.objects.get().state == "closed"


@pytest.mark.parametrize(
    ("trouble", "shown"),
    [
        (Trouble.UNKNOWN_MODEL, ""),
        (Trouble.TOO_LONG, ""),
        (Trouble.EMPTY, ""),
        (Trouble.KEY_REFUSED, Trouble.KEY_REFUSED.value),
    ],
)
def test_server_that_says_no_lives(server, trouble, shown):
    for _ in range(5):
        fail(server, NOW, trouble)
    row = Server.objects.get()
    assert (row.state, row.failures) == ("closed", 0)
    assert trouble_of(row) == shown


def test_missing_key_says_nothing_about_the_server(server):
    opened(server)
    admit(server, now=at(30)).failed(Trouble.NO_KEY, now=at(30))
    row = Server.objects.get()
    assert (row.state, row.failures, row.last_ok_at) == ("open", 3, None)


def test_admit_insisting_passes_the_breaker_and_closes_it(server):
    opened(server)
    admit(server, now=at(1), insist=True).succeeded(now=at(1))
    assert Server.objects.get().state == "closed"


def test_trouble_of_names_what_went_wrong(server):
    assert trouble_of(server) == ""
    opened(server)
    assert trouble_of(Server.objects.get()) == Trouble.UNREACHABLE.value
    hosted = Server(name="far", hosted=True)
    assert trouble_of(hosted) == Trouble.NOT_ALLOWED.value


@pytest.mark.django_db(transaction=True)
def test_admit_in_many_workers_at_once_gives_one_trial():
    server = Server.objects.create(name="gpu", base_url="http://127.0.0.1:1/v1", hosted=False)
    opened(server)
    start, trials = threading.Barrier(6), []

    def work() -> None:
        try:
            start.wait()
            trials.append(admit(server, now=at(30)).trial)
        except ServerError:
            trials.append(False)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(trials) == [False] * 5 + [True]
