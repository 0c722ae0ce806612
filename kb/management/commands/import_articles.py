"""Bring help-centre articles in, or up to date, from files, folders, archives and the web."""

import signal
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kb.importing import ImportReport, import_sources
from kb.importing.resolving import is_web
from kb.models import Source
from kb.refreshing import MAX_HOURS, set_schedule
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError

MAX_LINES_OF_FAILED = 20
WEB_OPTIONS = {
    "max_pages": (int, "Pages of a website at most."),
    "max_depth": (int, "Links from the first page at most."),
    "seconds_between": (float, "Pause between two requests."),
    "select_title": (str, "CSS selector of a page's title."),
    "select_body": (str, "CSS selector of its text, or of the paragraphs."),
    "select_list": (str, "CSS selector of the links to posts on a list page: reads a blog."),
    "select_next": (str, "CSS selector of the link to the next list page."),
}


class OnlyForTheWeb(InputError):
    """An option about websites, and no website among the sources."""


class UnusableSchedule(InputError):
    """So many hours are no schedule."""


class Command(JsonCommand):
    help = "Import articles from files, folders, archives, web pages, sitemaps and whole sites."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "sources", nargs="+", metavar="SOURCE", help="File, folder, archive or web address."
        )
        parser.add_argument("--lang", default="", help="Language of the articles, e.g. fa.")
        parser.add_argument("--dry-run", action="store_true", help="Change nothing; only count.")
        parser.add_argument("--crawl", action="store_true", help="Read the whole website.")
        for name, (kind, text) in WEB_OPTIONS.items():
            flags = [f"--{name.replace('_', '-')}"]
            flags += ["--depth"] if name == "max_depth" else []
            parser.add_argument(*flags, dest=name, type=kind, help=text)
        parser.add_argument(
            "--refresh-hours",
            type=int,
            help="Import again by itself every so many hours; 0: never.",
        )
        parser.add_argument(
            "--archive-all",
            action="store_true",
            help="Archive what vanished even if it is most of the source.",
        )
        parser.add_argument(
            "--overwrite-edited",
            action="store_true",
            help="Take the source's text also for articles that were edited at the desk.",
        )

    def run(self, *, sources: list[str], **options: Any) -> Outcome:
        given = {name: options[name] for name in WEB_OPTIONS if options[name] is not None}
        is_crawl = options["crawl"] or options["select_list"]
        kind = Source.Kind.CRAWL if is_crawl else None
        if (given or kind) and not all(map(is_web, sources)):
            raise OnlyForTheWeb("Options about websites need web addresses (https://…) as sources.")
        hours = options["refresh_hours"]
        if hours is not None and not 0 <= hours <= MAX_HOURS:
            raise UnusableSchedule(f"--refresh-hours: a number from 0 to {MAX_HOURS}.")
        with _stoppable() as stop:
            report = import_sources(
                sources,
                lang=options["lang"],
                dry_run=options["dry_run"],
                progress=lambda done, total: self.progress(f"{done} of {total}"),
                stop=stop,
                options=given,
                kind=kind,
                archive_all=options["archive_all"],
                overwrite_edited=options["overwrite_edited"],
            )
        if hours is not None and not options["dry_run"]:
            set_schedule(sources, hours)
        if report.stopped:
            self.stderr.write("Stopped; what was finished is kept. Run it again to go on.")
        return Outcome(
            report.as_json(), lines(report), partly=bool(report.failed) or report.stopped
        )


def lines(report: ImportReport) -> list[str]:
    """What a person reads."""
    found = [
        f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed; {report.chunks} passages written in {report.seconds:.1f} s."
    ]
    if report.held:
        found.append(
            f"{report.held} articles are no longer in the source. That is a large part of it or "
            "some of it could not be read, so they stay; --archive-all archives them."
        )
    if report.kept:
        found.append(f"{len(report.kept)} articles were edited at the desk and left alone.")
    failed = report.failed[:MAX_LINES_OF_FAILED]
    found += [f"Failed: {entry['source']}: {entry['error']}" for entry in failed]
    if len(report.failed) > len(failed):
        found.append(f"… and {len(report.failed) - len(failed)} more.")
    return found


@contextmanager
def _stoppable() -> Iterator[Any]:
    """Ctrl-C stops at the next item; a second one at once."""
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: whoever runs it handles signals
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
