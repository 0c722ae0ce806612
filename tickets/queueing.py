"""Messages to the workers: sent when the rows are committed, and only hints.

A broker that is down must not lose a ticket: the failure is logged, and the sweep finds the rows.
"""

from django.db import transaction


def ask_for_drafts(ticket_id: int) -> None:
    transaction.on_commit(lambda: _send("suggest", ticket_id), robust=True)


def ask_for_rewrite(rewrite_id: int) -> None:
    transaction.on_commit(lambda: _send("rewrite", rewrite_id), robust=True)


def ask_to_learn(reply_id: int) -> None:
    transaction.on_commit(lambda: _send("learn", reply_id), robust=True)


def ask_to_link() -> None:
    transaction.on_commit(lambda: _send("link"), robust=True)


def ask_for_ticket_import(run_id: int) -> None:
    transaction.on_commit(lambda: _send("run_ticket_import", run_id), robust=True)


def _send(task: str, *row_ids: int) -> None:
    from tickets import tasks  # the tasks import what asks for them

    getattr(tasks, task).delay(*row_ids)
