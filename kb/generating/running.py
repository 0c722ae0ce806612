"""Many passages, several requests at a time: `generate(server, options)`, `estimate(options)`.

Threads only wait for the server; this one reads what they bring, checks and stores it. So a run
that is killed has stored all that came back before, and the next run asks for the rest.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from kb.generating import storing
from kb.generating.prompting import Passage, estimated_tokens
from kb.generating.requests import Answer, RequestFailed, Requests, ServerRefused, Stopped
from kb.generating.server import Server
from runtime.errors import InputError

BREAKER = 8
"""Passages in a row without an answer after which the server is taken to be down."""
GRACE_SECONDS = 15.0
"""How long a stopped run waits for requests that are under way: they are paid for."""
LOCK_SECONDS = 3.0
_LOCK = 7_263_010
Outcome = Answer | Exception


class AlreadyRunning(InputError):
    """Two runs would ask for the same passages, and pay twice."""


@dataclass(frozen=True)
class Options:
    """`limit`, `max_tokens`: 0 for none."""

    per_chunk: int = 7
    parallel: int = 4
    limit: int = 0
    max_tokens: int = 0
    articles: tuple[str, ...] = ()
    lang: str = ""
    timeout: float = 120.0


@dataclass
class Report:
    """`chunks`: asked about in this run. `done_before`, `left`: passages that were asked about by
    an earlier run, and those that still wait. `stopped`: "", "limit", "budget", "failures" or
    "asked"."""

    chunks: int = 0
    created: int = 0
    rejected: int = 0
    failed: int = 0
    tokens: int = 0
    done_before: int = 0
    left: int = 0
    removed: int = 0
    stopped: str = ""
    reasons: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def asked(self) -> int:
        return self.chunks + self.failed


Progress = Callable[[Report, int], None]


def estimate(options: Options, *, model: str, internal: bool = True) -> tuple[Report, int]:
    """What a run would do: `left` passages, and about how many tokens. Sends nothing."""
    waiting, done = _waiting(options, model=model, internal=internal)
    costs = [estimated_tokens(one, count=options.per_chunk) for one in waiting]
    if options.limit:
        costs = costs[: options.limit]
    return Report(done_before=done, left=len(costs)), sum(costs)


def generate(
    server: Server,
    options: Options,
    *,
    stop: threading.Event | None = None,
    progress: Progress = lambda report, total: None,
) -> Report:
    """Raises ServerRefused, AlreadyRunning or UnknownArticle; what was stored before stays."""
    with _alone():
        return _Run(server, options, stop or threading.Event(), progress).run()


@contextmanager
def _alone() -> Iterator[None]:
    """By a lock of the session: that of a process that was killed is free a moment later."""
    ends = time.monotonic() + LOCK_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if cursor.fetchone()[0]:
                break
            if time.monotonic() > ends:
                raise AlreadyRunning("Another generate_questions is at work on this desk.")
            time.sleep(0.1)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _waiting(options: Options, *, model: str, internal: bool) -> tuple[list[Passage], int]:
    """Passages to ask about, none twice, and how many were asked about before."""
    before = storing.asked_before(model)
    found = storing.passages(article_ids=options.articles, lang=options.lang, internal=internal)
    unique = {one.digest: one for one in found}
    return [one for digest, one in unique.items() if digest not in before], sum(
        digest in before for digest in unique
    )


class _Run:
    def __init__(
        self, server: Server, options: Options, stop: threading.Event, progress: Progress
    ) -> None:
        self.server, self.options, self.stop, self.progress = server, options, stop, progress
        self.report = Report(removed=storing.drop_outdated())
        self.jobs: queue.SimpleQueue[Passage | None] = queue.SimpleQueue()
        self.results: queue.SimpleQueue[tuple[Passage, Outcome]] = queue.SimpleQueue()
        self.under_way = 0
        self.failed_in_a_row = 0
        self.refused: ServerRefused | None = None

    def run(self) -> Report:
        options, report = self.options, self.report
        waiting, report.done_before = _waiting(
            options, model=self.server.model, internal=self.server.internal
        )
        self.total = min(len(waiting), options.limit or len(waiting))
        requests = Requests(
            self.server, count=options.per_chunk, timeout=options.timeout, stop=self.stop
        )
        threads = min(options.parallel, self.total)
        for _number in range(threads):
            threading.Thread(target=self._work, args=(requests,), daemon=True).start()
        try:
            self._loop(islice(waiting, self.total))
        finally:
            for _number in range(threads):
                self.jobs.put(None)
            requests.close()
        report.left = len(waiting) - report.chunks
        if not report.stopped and self.total < len(waiting):
            report.stopped = "limit"
        if self.refused is not None:
            raise self.refused
        return report

    def _work(self, requests: Requests) -> None:
        """In a thread of its own: no database here."""
        while (passage := self.jobs.get()) is not None:
            try:
                self.results.put((passage, requests.ask(passage)))
            except Exception as error:  # noqa: BLE001 - handed to the thread that knows what to do
                self.results.put((passage, error))

    def _loop(self, passages: Iterator[Passage]) -> None:
        following = next(passages, None)
        while True:
            while following is not None and self._may_send():
                self.jobs.put(following)
                self.under_way += 1
                following = next(passages, None)
            if not self.under_way:
                return
            if self._receive() is None and self.stop.is_set():
                return

    def _may_send(self) -> bool:
        report = self.report
        if self.stop.is_set():
            report.stopped = report.stopped or "asked"
        if report.stopped or self.under_way >= self.options.parallel:
            return False
        return not self.options.max_tokens or self._is_affordable()

    def _is_affordable(self) -> bool:
        """The first answer shows what one costs; until then only one is under way."""
        report, most = self.report, self.options.max_tokens
        if not report.asked:
            return self.under_way == 0
        mean = report.tokens / report.asked
        if report.tokens + (self.under_way + 1) * mean <= most:
            return True
        if not self.under_way:
            report.stopped = "budget"
        return False

    def _receive(self) -> Passage | None:
        """The next result; None once a stopped run has waited for long enough."""
        until = None
        while True:
            try:
                passage, outcome = self.results.get(timeout=0.2)
                break
            except queue.Empty:
                if not self.stop.is_set():
                    continue
                until = until or time.monotonic() + GRACE_SECONDS
                if time.monotonic() > until:
                    return None
        self.under_way -= 1
        self._absorb(passage, outcome)
        self.progress(self.report, self.total)
        return passage

    def _absorb(self, passage: Passage, outcome: Outcome) -> None:
        report = self.report
        if isinstance(outcome, Answer):
            self.failed_in_a_row = 0
            report.tokens += outcome.tokens
            checked = storing.store(
                passage,
                outcome.pairs,
                model=self.server.model,
                tokens=outcome.tokens,
                most=self.options.per_chunk,
            )
            report.chunks += 1
            report.created += len(checked.pairs)
            report.rejected += checked.rejected.total()
            report.reasons += checked.rejected
        elif isinstance(outcome, RequestFailed):
            self.failed_in_a_row += 1
            report.failed += 1
            report.tokens += outcome.tokens
            report.errors[outcome.reason] += 1
            if self.failed_in_a_row >= BREAKER:
                report.stopped = report.stopped or "failures"
        elif isinstance(outcome, ServerRefused):
            self.refused = outcome
            report.stopped = "refused"
            self.stop.set()
        elif not isinstance(outcome, Stopped):
            raise outcome
