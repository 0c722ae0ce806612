"""The lanes that drafts are written in: one for each base in memory, some for each server.

Public entries: `plan_local`, `local_lanes`, `server_lanes`. All rows of a base go into one call of
its engine, whatever tickets they belong to; a server gets a few requests at a time. A failure costs
its own draft. Importing this module loads no torch.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext_noop as _

from llm.engine.engines import engine_with
from llm.engine.jobs import Draft, Ended, Place, Tell, Words, failed
from llm.engine.lanes import Lane
from llm.engine.results import EngineError, GenerationSettings, RowRequest, RowResult
from llm.manifest import manifest_from
from llm.prompts import (
    Prompt,
    PromptBudget,
    PromptError,
    PromptInput,
    UnknownLayout,
    render,
)
from llm.registry import SlotChoice
from llm.servers import backend

if TYPE_CHECKING:
    from llm.engine.local import LocalEngine

SERVER_REQUESTS: Final = 4
"""At a time to one server: it batches them itself, and more would wait there while their time
passes."""

StopJob = Callable[[int], bool]


@dataclass(frozen=True)
class Wanted:
    """One draft that is to be written."""

    place: Place
    choice: SlotChoice
    parts: PromptInput


@dataclass(frozen=True)
class LocalRow:
    """One that can be: by which engine, from how long a prompt, with what settings."""

    wanted: Wanted
    engine: "LocalEngine"
    budget: PromptBudget
    layout: str
    settings: GenerationSettings

    @property
    def untuned(self) -> bool:
        return self.wanted.choice.version.base_id is None


def plan_local(wanted: Wanted) -> LocalRow:
    """Its version loaded. Raises `ManifestError` or `EngineError` where it cannot be used."""
    version = wanted.choice.version
    manifest = manifest_from(version.manifest)
    return LocalRow(
        wanted=wanted,
        engine=engine_with(version),
        budget=manifest.prompt_budget,
        layout=manifest.prompt_version,
        settings=GenerationSettings.of({**manifest.generation, **version.generation}),
    )


def local_lanes(rows: Sequence[LocalRow], should_stop: StopJob) -> list[Lane]:
    by_engine: dict[int, list[LocalRow]] = {}
    for row in rows:
        by_engine.setdefault(id(row.engine), []).append(row)
    return [_local_lane(group, should_stop) for group in by_engine.values()]


def server_lanes(wanted: Sequence[Wanted], should_stop: StopJob) -> list[Lane]:
    by_server: dict[int | None, deque[Wanted]] = {}
    for one in wanted:
        by_server.setdefault(one.choice.version.server_id, deque()).append(one)
    return [
        _server_lane(waiting, should_stop)
        for waiting in by_server.values()
        for _number in range(min(len(waiting), SERVER_REQUESTS))
    ]


def _local_lane(rows: Sequence[LocalRow], should_stop: StopJob) -> Lane:
    def lane(tell: Tell) -> None:
        prompts = _Prompts(rows)
        sound: list[tuple[LocalRow, RowRequest]] = []
        for row in rows:
            try:
                sound.append((row, prompts.request(row)))
            except (PromptError, UnknownLayout) as error:
                _tell_failed(row.wanted, error, tell)
        _write(sound, tell, should_stop)

    return lane


def _write(rows: Sequence[tuple[LocalRow, RowRequest]], tell: Tell, should_stop: StopJob) -> None:
    """All in one call. Where the engine refuses one of them it says so before it writes any, and
    the others are asked for without it."""
    if not rows:
        return
    engine = rows[0][0].engine
    places = [row.wanted.place for row, _request in rows]
    try:
        results = engine.generate(
            [request for _row, request in rows],
            on_text=lambda at, text: tell(Words(places[at], text)),
            should_stop=lambda at: should_stop(places[at][0]),
        )
    except EngineError as error:
        sound = [pair for pair in rows if _accepted(engine, pair, tell)]
        if len(sound) < len(rows):
            _write(sound, tell, should_stop)
        else:
            for row, _request in rows:
                _tell_failed(row.wanted, error, tell)
        return
    drafts = {
        row.wanted.place: _draft(row.wanted.choice, result, request.prompt)
        for (row, request), result in zip(rows, results, strict=True)
    }
    for job in dict.fromkeys(place[0] for place in places):
        tell(Ended({place: draft for place, draft in drafts.items() if place[0] == job}))


def _accepted(engine: "LocalEngine", pair: tuple[LocalRow, RowRequest], tell: Tell) -> bool:
    row, request = pair
    try:
        engine.check(request)
    except EngineError as error:
        _tell_failed(row.wanted, error, tell)
        return False
    return True


class _Prompts:
    """Rows of a job that read alike get the same `Prompt`, which is then read once. An untuned base
    reads the one of the job's first version that was tuned on it: so both are compared on the same
    prompt, and it is read once."""

    def __init__(self, rows: Sequence[LocalRow]) -> None:
        self._tuned: dict[int, LocalRow] = {}
        for row in rows:
            if not row.untuned:
                self._tuned.setdefault(row.wanted.place[0], row)
        self._made: dict[tuple[int, PromptBudget, str], Prompt] = {}

    def request(self, row: LocalRow) -> RowRequest:
        """Raises `PromptError` where there is nothing to answer or no room for it, and
        `UnknownLayout`."""
        job = row.wanted.place[0]
        like = self._tuned.get(job, row) if row.untuned else row
        key = (job, like.budget, like.layout)
        if key not in self._made:
            self._made[key] = render(
                row.wanted.parts,
                count_tokens=row.engine.count_tokens,
                budget=like.budget,
                layout=like.layout,
            )
        return RowRequest(
            version=row.wanted.choice.version.name,
            settings=row.settings,
            prompt=self._made[key],
            seconds_limit=settings.DRAFT_SECONDS,
        )


def _server_lane(waiting: deque[Wanted], should_stop: StopJob) -> Lane:
    def lane(tell: Tell) -> None:
        while waiting:
            try:
                wanted = waiting.popleft()
            except IndexError:  # another lane of this server was quicker
                return
            tell(Ended({wanted.place: _ask(wanted, tell, should_stop)}))

    return lane


def _ask(wanted: Wanted, tell: Tell, should_stop: StopJob) -> Draft:
    said = ""

    def on_text(text: str) -> None:
        nonlocal said
        said = text
        tell(Words(wanted.place, text))

    version = wanted.choice.version
    try:
        result = backend.write(
            version,
            wanted.parts,
            on_text=on_text,
            should_stop=lambda: should_stop(wanted.place[0]),
            seconds_limit=settings.DRAFT_SECONDS,
        )
        return _draft(wanted.choice, result, backend.prompt_of(version, wanted.parts))
    except (EngineError, PromptError, UnknownLayout) as error:
        return failed(wanted.choice, error, text=said)


def _draft(choice: SlotChoice, result: RowResult, prompt: Prompt) -> Draft:
    error = _("The model gave no usable numbers.") if result.finish == "failed" else ""
    return Draft(choice=choice, result=result, prompt=prompt, error=error)


def _tell_failed(wanted: Wanted, error: Exception, tell: Tell) -> None:
    tell(Ended({wanted.place: failed(wanted.choice, error)}))
