"""Drafts for the slots: the one entry to the engines for the other parts.

Public entries: `generate` for the tickets that wait, `generate_one`, `budget_for`, `warm_up`. The
versions on one base are written together, those of all tickets in one call; bases and servers work
side by side; a version that cannot be used costs its own draft only. Importing this module loads no
torch; the first call does.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import fields

from llm.engine.drafting import LocalRow, Wanted, local_lanes, plan_local, server_lanes
from llm.engine.engines import keep_only
from llm.engine.jobs import (
    Draft,
    DraftJob,
    Ended,
    News,
    OnDraft,
    OnDrafts,
    OnJobText,
    Place,
    Tell,
    failed,
)
from llm.engine.lanes import run_lanes
from llm.engine.results import EngineError
from llm.manifest import ManifestError, manifest_from
from llm.models import ModelVersion
from llm.prompts import PromptBudget, PromptInput, Turn
from llm.registry import SlotChoice, serving_versions
from llm.servers.prompting import budget_of

__all__ = ["Draft", "DraftJob", "budget_for", "generate", "generate_one", "warm_up"]


def generate(
    jobs: Sequence[DraftJob],
    *,
    on_text: OnJobText = lambda job, number, text: None,
    on_drafts: OnDrafts = lambda job, drafts: None,
    should_stop: Callable[[int], bool] = lambda job: False,
) -> list[list[Draft]]:
    """For each job a draft for each of its choices, in their order.

    `on_drafts` hears of those that have ended while others are still written: a slow server keeps
    nobody waiting. A version that is damaged or does not fit, a server that is down, a message that
    no prompt has room for: each gives a failed draft, and the others are written all the same.
    Both listeners are called in the caller's thread, and what they raise ends the call.
    `should_stop` is asked with a job's number, from other threads too.
    """
    drafts: dict[Place, Draft] = {}

    def hear(news: News) -> None:
        if isinstance(news, Ended):
            drafts.update(news.drafts)
            for job in dict.fromkeys(place[0] for place in news.drafts):
                ended = {place[1]: one for place, one in news.drafts.items() if place[0] == job}
                on_drafts(job, ended)
        else:
            on_text(*news.place, news.text)

    wanted = [
        Wanted((number, at), choice, job.parts)
        for number, job in enumerate(jobs)
        for at, choice in enumerate(job.choices)
    ]
    keep_only([*serving_versions(), *(one.choice.version for one in wanted)])
    _write_all(wanted, hear, should_stop)
    return [
        [drafts[number, at] for at in range(len(job.choices))] for number, job in enumerate(jobs)
    ]


def generate_one(
    parts: PromptInput,
    choices: Sequence[SlotChoice],
    *,
    on_text: OnDraft = lambda number, text: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Draft]:
    """A draft for each choice, from one input: `generate` for a single job."""
    (drafts,) = generate(
        [DraftJob(parts, choices)],
        on_text=lambda job, number, text: on_text(number, text),
        should_stop=lambda job: should_stop(),
    )
    return drafts


def budget_for(choices: Sequence[SlotChoice]) -> PromptBudget:
    """The most that a prompt for these choices can hold: it is worth looking for so much."""
    budgets = []
    for choice in choices:
        try:
            budgets.append(_budget(choice.version))
        except ManifestError:
            continue  # `generate` says so in the draft
    budgets = budgets or [PromptBudget()]
    names = [field.name for field in fields(PromptBudget)]
    return PromptBudget(**{name: max(getattr(one, name) for one in budgets) for name in names})


def warm_up() -> None:
    """Load what the slots and their canaries need and write a token with it, so that the first
    ticket need not wait. No server is asked."""
    hello = Turn(role="customer", text="Hello")
    parts = PromptInput(lang="en", passages=(), similar=(), turns=(hello,))
    here = [version for version in serving_versions() if version.server_id is None]
    choices = [SlotChoice(slot="-", version=version) for version in here]
    generate_one(parts, choices, should_stop=lambda: True)


def _budget(version: ModelVersion) -> PromptBudget:
    if version.server_id is not None:
        return budget_of(version)
    return manifest_from(version.manifest).prompt_budget


def _write_all(wanted: Sequence[Wanted], tell: Tell, should_stop: Callable[[int], bool]) -> None:
    give_up = threading.Event()

    def stop(job: int) -> bool:
        return give_up.is_set() or should_stop(job)

    here = [one for one in wanted if one.choice.version.server_id is None]
    away = [one for one in wanted if one.choice.version.server_id is not None]
    lanes = [*local_lanes(_planned(here, tell), stop), *server_lanes(away, stop)]
    if lanes:
        run_lanes(lanes, tell, give_up=give_up)


def _planned(wanted: Sequence[Wanted], tell: Tell) -> list[LocalRow]:
    rows = []
    for one in wanted:
        try:
            rows.append(plan_local(one))
        except (ManifestError, EngineError) as error:
            tell(Ended({one.place: failed(one.choice, error)}))
    return rows
