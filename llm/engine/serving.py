"""Drafts for the slots: the one entry to the engine for the other parts.

Public entries: `generate`, `budget_for`, `warm_up`. Versions on one base with one prompt budget are
written together; a version that cannot be used costs its own draft only. Importing this module
loads no torch; the first call does.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from llm.engine.engines import engine_with, keep_only
from llm.engine.results import EngineError, GenerationSettings, RowRequest, RowResult, ShouldStop
from llm.manifest import ManifestError, manifest_from
from llm.prompts import Prompt, PromptBudget, PromptInput, Turn, render
from llm.registry import SlotChoice, slots_now

if TYPE_CHECKING:
    from llm.engine.local import LocalEngine

logger = logging.getLogger(__name__)

OnDraft = Callable[[int, str], None]
"""Called with the number of the choice and its whole text so far."""


@dataclass(frozen=True)
class Draft:
    """What one slot wrote. `error`: one line where `result.finish` is failed, "" otherwise;
    `prompt` is None where none was made."""

    choice: SlotChoice
    result: RowResult
    prompt: Prompt | None
    error: str = ""


@dataclass(frozen=True)
class _Planned:
    """A choice that can be written: by which engine, from how long a prompt, with what settings."""

    number: int
    choice: SlotChoice
    engine: "LocalEngine"
    budget: PromptBudget
    request: RowRequest


def generate(
    parts: PromptInput,
    choices: Sequence[SlotChoice],
    *,
    on_text: OnDraft = lambda number, text: None,
    should_stop: ShouldStop = lambda: False,
) -> list[Draft]:
    """A draft for each choice, in their order.

    A version that is damaged or does not fit gives a failed draft, and the others are written all
    the same. What `on_text` raises ends the call. Raises `PromptError` where `parts` has nothing to
    answer or a budget no room for it.
    """
    keep_only(choice.version for choice in choices)
    drafts: dict[int, Draft] = {}
    planned: list[_Planned] = []
    for number, choice in enumerate(choices):
        try:
            planned.append(_plan(number, choice))
        except (ManifestError, EngineError) as error:
            drafts[number] = _failed(choice, error)
    for group in _groups(planned):
        drafts |= _write(group, parts, on_text=on_text, should_stop=should_stop)
    return [drafts[number] for number in range(len(choices))]


def budget_for(choices: Sequence[SlotChoice]) -> PromptBudget:
    """The most that a prompt for these choices can hold: it is worth looking for so much."""
    budgets = []
    for choice in choices:
        try:
            budgets.append(manifest_from(choice.version.manifest).prompt_budget)
        except ManifestError:
            continue  # `generate` says so in the draft
    budgets = budgets or [PromptBudget()]
    names = [field.name for field in fields(PromptBudget)]
    return PromptBudget(**{name: max(getattr(one, name) for one in budgets) for name in names})


def warm_up() -> None:
    """Load what the slots need and write a token, so that the first ticket need not wait for it."""
    hello = Turn(role="customer", text="Hello")
    parts = PromptInput(lang="en", passages=(), similar=(), turns=(hello,))
    generate(parts, slots_now(), should_stop=lambda: True)


def _plan(number: int, choice: SlotChoice) -> _Planned:
    manifest = manifest_from(choice.version.manifest)
    settings = GenerationSettings.of(manifest.generation)
    return _Planned(
        number=number,
        choice=choice,
        engine=engine_with(choice.version),
        budget=manifest.prompt_budget,
        request=RowRequest(version=choice.version.name, settings=settings),
    )


def _groups(planned: Sequence[_Planned]) -> list[list[_Planned]]:
    """Those that read the same prompt. An untuned base reads the one of the first version that was
    tuned on it: so both are compared on the same prompt, and it is read once."""
    tuned: dict[int, PromptBudget] = {}
    for one in planned:
        if one.choice.version.base_id is not None:
            tuned.setdefault(id(one.engine), one.budget)
    groups: dict[tuple[int, PromptBudget], list[_Planned]] = {}
    for one in planned:
        untuned = one.choice.version.base_id is None
        budget = tuned.get(id(one.engine), one.budget) if untuned else one.budget
        groups.setdefault((id(one.engine), budget), []).append(one)
    return list(groups.values())


def _write(
    group: Sequence[_Planned], parts: PromptInput, *, on_text: OnDraft, should_stop: ShouldStop
) -> dict[int, Draft]:
    engine = group[0].engine
    # A base alone in its group has its own budget; with others they share theirs.
    budget = next((one.budget for one in group if one.choice.version.base_id), group[0].budget)
    prompt = render(parts, count_tokens=engine.count_tokens, budget=budget)
    try:
        results = engine.generate(
            prompt,
            [one.request for one in group],
            on_text=lambda row, text: on_text(group[row].number, text),
            should_stop=should_stop,
        )
    except EngineError as error:
        return {one.number: _failed(one.choice, error) for one in group}
    return {
        one.number: Draft(
            choice=one.choice,
            result=result,
            prompt=prompt,
            error="The model gave no usable numbers." if result.finish == "failed" else "",
        )
        for one, result in zip(group, results, strict=True)
    }


def _failed(choice: SlotChoice, error: Exception) -> Draft:
    logger.error("slot %s: %s", choice.slot, error)
    result = RowResult(text="", tokens=0, seconds=0.0, prompt_tokens=0, finish="failed")
    return Draft(choice=choice, result=result, prompt=None, error=str(error))
