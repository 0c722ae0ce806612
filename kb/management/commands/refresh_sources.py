"""Import again the sources whose time has come: for cron, where Celery beat does not run."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from kb import refreshing, running
from kb.models import ImportRun, Source
from kb.runs import SourceBusy
from runtime.commands import JsonCommand, Outcome

State = ImportRun.State


class Command(JsonCommand):
    help = "Import again the sources that are due by their schedule."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="All of them, due or not.")

    def run(self, **options: Any) -> Outcome:
        sources: Iterable[Source]
        sources = refreshing.refreshable().order_by("pk") if options["all"] else refreshing.due()
        rows = [self._refresh(source) for source in list(sources)]
        lines = [f"{row['source']}: {_said(row)}" for row in rows] or ["No source is due."]
        bad = any(row["state"] != State.DONE or row["failed"] for row in rows)
        return Outcome({"sources": rows}, lines, partly=bad)

    def _refresh(self, source: Source) -> dict[str, Any]:
        self.progress(source.name)
        row: dict[str, Any] = {"source": source.location, "kind": source.kind}
        empty = {"created": 0, "updated": 0, "unchanged": 0, "removed": 0, "chunks": 0}
        try:
            run = running.run_now(source)
        except SourceBusy as error:
            return row | {"state": "busy", "error": str(error), **empty, "failed": []}
        return row | empty | {"failed": []} | run.report | {"state": run.state, "error": run.error}


def _said(row: dict[str, Any]) -> str:
    if row["error"]:
        return f"{row['state']}: {row['error']}"
    return (
        f"{row['created']} created, {row['updated']} updated, {row['unchanged']} unchanged, "
        f"{row['removed']} removed, {len(row['failed'])} failed."
    )
