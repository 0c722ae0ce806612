"""Long work as a row: `Job` (an abstract model) and `Jobs`, what may be done with such rows.

The row is the truth about the work. Whoever does it claims it by a conditional UPDATE and renews
its heartbeat (`runtime.recording`); the sweep starts again what stands still. A model that derives
from `Job` gets a `Jobs` of its own; the pages listen to its topic, "import:7".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from runtime.live import publish

STALE_AFTER = timedelta(seconds=60)
MAX_ATTEMPTS = 3


class State(models.TextChoices):
    QUEUED = "queued", gettext_lazy("queued")
    RUNNING = "running", gettext_lazy("running")
    STOPPED = "stopped", gettext_lazy("stopped")
    DONE = "done", gettext_lazy("done")
    FAILED = "failed", gettext_lazy("failed")


class Trigger(models.TextChoices):
    DESK = "desk", gettext_lazy("at the desk")
    SCHEDULE = "schedule", gettext_lazy("by schedule")
    COMMAND = "command", gettext_lazy("by command")


OPEN = (State.QUEUED, State.RUNNING)


@dataclass(frozen=True)
class Words:
    """What a kind of job is called: `thing` in logs and commands, the lines in its rows."""

    thing: str
    ended_half_way: str | Promise
    """Of a command's job whose process is gone."""
    given_up: str | Promise
    """After three attempts."""
    interrupted: str | Promise
    """By Ctrl-C."""


IMPORT = Words(
    thing="import",
    ended_half_way=gettext_lazy("It ended half way; import again to go on."),
    given_up=gettext_lazy("The import stopped half way three times."),
    interrupted=gettext_lazy("It was stopped; start it again to go on."),
)


class Job(models.Model):
    """`attempts` is the number of the claim: only its holder writes."""

    State = State
    Trigger = Trigger

    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    trigger = models.CharField(max_length=20, choices=Trigger, default=Trigger.DESK)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    file_name = models.CharField(max_length=255, blank=True)  # of an upload
    path = models.CharField(max_length=1000, blank=True)  # of an upload, below MEDIA_ROOT
    lang = models.CharField(max_length=12, blank=True)
    options = models.JSONField(default=dict, blank=True)
    """What this run alone was told."""
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    report = models.JSONField(default=dict, blank=True)
    error = models.CharField(max_length=500, blank=True)
    stop_asked = models.BooleanField(default=False)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-pk"]


Row = TypeVar("Row", bound=Job)


class Jobs(Generic[Row]):
    """The rows of one model, `model`, told of under `topic`. `at_once`: processes of the kind."""

    def __init__(
        self, model: type[Row], *, topic: str, words: Words = IMPORT, at_once: int = 2
    ) -> None:
        self.model, self.topic, self.words, self.at_once = model, topic, words, at_once

    @property
    def rows(self) -> models.QuerySet[Row]:
        return self.model._default_manager.all()

    def tell(self, job_id: int, **news: Any) -> None:
        publish(f"{self.topic}:{job_id}", **news)

    def claim(self, job_id: int, *, now: datetime | None = None) -> Row | None:
        """The row, if it is ours to do now: it waits, or whoever did it stands still."""
        now = now or timezone.now()
        stale = Q(state=State.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
        waiting = self.rows.filter(Q(state=State.QUEUED) | stale, pk=job_id)
        if not waiting.update(state=State.RUNNING, heartbeat_at=now, attempts=F("attempts") + 1):
            return None
        self.tell(job_id, state=State.RUNNING.value)
        return self.rows.get(pk=job_id)

    def finish(
        self, job_id: int, state: State, *, report: dict[str, Any] | None = None, error: str = ""
    ) -> None:
        now = timezone.now()
        self.rows.filter(pk=job_id).update(
            state=state, report=report or {}, error=error[:500], heartbeat_at=now, finished_at=now
        )
        self.tell(job_id, state=state)

    def ask_to_stop(self, job_id: int, *, now: datetime | None = None) -> None:
        """What waits or stands still stops at once, what runs at its next item."""
        now = now or timezone.now()
        job = self.rows.filter(pk=job_id)
        still = Q(state=State.QUEUED) | Q(heartbeat_at__lt=now - STALE_AFTER)
        if job.filter(still, state__in=OPEN).update(state=State.STOPPED, finished_at=now):
            self.tell(job_id, state=State.STOPPED.value)
        elif job.filter(state=State.RUNNING).update(stop_asked=True):
            self.tell(job_id, stop=1)

    def take_up_again(self, job_id: int, *, user: User | None) -> bool:
        """A stopped or failed one waits once more."""
        closed = self.rows.filter(pk=job_id, state__in=(State.STOPPED, State.FAILED))
        return bool(
            closed.update(
                state=State.QUEUED,
                attempts=0,
                stop_asked=False,
                error="",
                heartbeat_at=timezone.now(),
                finished_at=None,
                started_by=user,
            )
        )

    def running(self) -> models.QuerySet[Row]:
        """Those that live in a process of their own."""
        alive = timezone.now() - STALE_AFTER
        rows = self.rows.filter(state=State.RUNNING, heartbeat_at__gte=alive)
        return rows.exclude(trigger=Trigger.COMMAND)

    def next_waiting(self) -> int | None:
        """The one that has waited longest for a process."""
        rows = self.rows.filter(state=State.QUEUED, trigger__in=(Trigger.DESK, Trigger.SCHEDULE))
        return rows.order_by("pk").values_list("pk", flat=True).first()

    def sweep(self, ask: Callable[[int], object], *, now: datetime | None = None) -> int:
        """Ask again for what stands still; give up what has failed to finish three times. A
        command's run is its own: nobody goes on with it, and the row says so."""
        now = now or timezone.now()
        asked = 0
        for job in self.rows.filter(stands_still(now)).order_by("pk")[:100]:
            if job.stop_asked:
                self._close(job, State.STOPPED)
            elif job.trigger == Trigger.COMMAND:
                self._close(job, State.STOPPED, self.words.ended_half_way)
            elif job.attempts >= MAX_ATTEMPTS:
                self._close(job, State.FAILED, self.words.given_up)
            else:
                ask(job.pk)
                asked += 1
        return asked

    def _close(self, job: Row, state: State, error: str | Promise = "") -> None:
        """What it had reported before its process went away stays."""
        with translation.override("en"):  # whoever reads it has it said in his language
            self.finish(job.pk, state, report=job.report, error=str(error))


def stands_still(now: datetime) -> Q:
    """Runs without a sign of life, and waits that nobody has taken up."""
    still = Q(state=State.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
    waits = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALE_AFTER)
    return still | (Q(state=State.QUEUED, created_at__lt=now - STALE_AFTER) & waits)
