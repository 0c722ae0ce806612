"""What passes by too quickly, or is over too soon, for a browser on a busy machine: the desk's
database holds it until the test goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from tests.live_desk import LiveDesk

STAGES = (7_206_501, 7_206_502)
"""Advisory locks: before a draft's first words are written, and before its next ones."""
_HOLD = """
CREATE OR REPLACE FUNCTION hold_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(%d);
  IF OLD.text <> '' OR NEW.state = 'ready' THEN
    PERFORM pg_advisory_xact_lock_shared(%d);
  END IF;
  RETURN NEW;
END $$
"""
_KEEP = """
CREATE OR REPLACE FUNCTION keep_undo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.held_until := now() + interval '10 minutes';
  RETURN NEW;
END $$
"""


@contextmanager
def held_drafts(desk: LiveDesk) -> Iterator[Callable[[], object]]:
    """Drafts of tickets that come now wait before their first words; called once, those are
    written; called twice, the rest."""
    with psycopg.connect(**desk.connection_settings, autocommit=True) as database:
        (last,) = database.execute("SELECT max(id) FROM tickets_ticket").fetchone() or (0,)
        for lock in STAGES:
            database.execute("SELECT pg_advisory_lock(%s)", [lock])
        database.execute(_HOLD % STAGES)
        database.execute(
            "CREATE TRIGGER hold_draft BEFORE UPDATE ON tickets_suggestion FOR EACH ROW"
            f" WHEN (NEW.ticket_id > {last}) EXECUTE FUNCTION hold_draft()"
        )
        stages = iter(STAGES)
        try:
            yield lambda: database.execute("SELECT pg_advisory_unlock(%s)", [next(stages)])
        finally:
            database.execute("SELECT pg_advisory_unlock_all()")
            database.execute("DROP FUNCTION hold_draft CASCADE")


def undo_stays(desk: LiveDesk, ticket: int) -> None:
    """A reply to the ticket can be taken back for ten minutes; none that was sent before."""
    with psycopg.connect(**desk.connection_settings, autocommit=True) as database:
        database.execute("UPDATE tickets_reply SET held_until = now() WHERE held_until > now()")
        database.execute(_KEEP)
        database.execute(
            f"CREATE TRIGGER keep_undo_{ticket} BEFORE INSERT ON tickets_reply FOR EACH ROW WHEN"
            f" (NEW.ticket_id = {ticket} AND NEW.held_until IS NOT NULL)"
            " EXECUTE FUNCTION keep_undo()"
        )


def codes_stay(desk: LiveDesk) -> None:
    """The code that an authenticator app shows is taken for ten minutes."""
    with psycopg.connect(**desk.connection_settings, autocommit=True) as database:
        database.execute("UPDATE otp_totp_totpdevice SET tolerance = 20")
