"""What the desk's versions are worth to its agents, on texts that nothing was ever trained on:
`askings` (the texts), `measured` (their stars). Nothing is stored."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.simulated.agents import Company, Wanted, read_jsonl
from bench.simulated.desk import WORDING, Say, folder
from llm.engine.serving import Draft, DraftJob, budget_for, generate
from llm.models import ModelVersion
from llm.prompts import Turn
from llm.registry import SlotChoice, slots_now
from tickets.finishing import finish_draft, placeholders_of
from tickets.models import Message, Ticket
from tickets.prompting import Source, build_prompt_input, used_sources
from training.wordings import reword

TOGETHER: Final = 8


def live_versions() -> dict[str, int]:
    """What serves in each slot, without canaries."""
    return {one.slot: one.version.pk for one in slots_now()}


@dataclass(frozen=True)
class Asking:
    """A text that is measured on; `ticket` is what bootstrap draws."""

    ticket: Ticket
    text: str
    wanted: Wanted


def askings(*, limit: int = 0) -> list[Asking]:
    """The sample company's new tickets, which no version has ever been trained on, as they came
    and in other words."""
    found = []
    rows = {row["external_id"]: row for row in read_jsonl(folder("new_tickets"))}
    tickets = Ticket.objects.filter(source="sample", external_id__in=rows).order_by("external_id")
    for ticket in tickets[: limit or None]:
        row = rows[ticket.external_id]
        wanted = Wanted(row["topic"], row["lang"])
        first = ticket.messages.filter(role=Message.Role.CUSTOMER).earliest("created_at", "pk").text
        chance = random.Random(ticket.external_id)
        found.append(Asking(ticket, first, wanted))
        found.append(Asking(ticket, reword(first, WORDING, chance=chance), wanted))
    return found


def measured(
    first: Mapping[str, int], staff: Company, asking: Sequence[Asking], *, say: Say
) -> dict[str, Any]:
    """The stars of every text in each slot: what serves now, and what served at first."""
    live = live_versions()
    versions = ModelVersion.objects.filter(pk__in={*live.values(), *first.values()})
    stars = stars_of(list(versions.select_related("base")), staff, asking, say=say)
    names = {version.pk: version.name for version in versions}
    return {
        "live": {slot: stars[version] for slot, version in live.items()},
        "first": {slot: stars[version] for slot, version in first.items()},
        "versions": {slot: names[version] for slot, version in live.items()},
    }


def stars_of(
    versions: Sequence[ModelVersion], staff: Company, asking: Sequence[Asking], *, say: Say
) -> dict[int, list[int]]:
    """By the version's pk the stars, without noise, of what the desk would show for each text now.
    Nothing is stored."""
    choices = [SlotChoice(slot="A", version=version) for version in versions]
    stars: dict[int, list[int]] = {version.pk: [] for version in versions}
    for start in range(0, len(asking), TOGETHER):
        part = asking[start : start + TOGETHER]
        for one, texts in zip(part, _drafted(part, choices), strict=True):
            for version, text in zip(versions, texts, strict=True):
                stars[version.pk].append(staff.stars(text, one.wanted))
        say(f"{start + len(part)} of {len(asking)} texts measured")
    return stars


def _drafted(part: Sequence[Asking], choices: Sequence[SlotChoice]) -> list[list[str]]:
    """As the desk makes them: searched, written, cleaned."""
    budget = budget_for(choices)
    made = [
        build_prompt_input(
            f"{one.ticket.subject}\n{one.text}",
            lang=one.wanted.lang,
            turns=[Turn("customer", one.text)],
            budget=budget,
        )
        for one in part
    ]
    written = generate([DraftJob(parts, choices) for parts, _sources in made])
    return [
        [_cleaned(draft, sources, placeholders_of(one.ticket)) for draft in drafts]
        for one, (_parts, sources), drafts in zip(part, made, written, strict=True)
    ]


def _cleaned(draft: Draft, sources: Sequence[Source], known: set[str]) -> str:
    prompt = draft.prompt
    used = used_sources(
        sources,
        passages_used=prompt.passages_used if prompt else 0,
        similar_used=prompt.similar_used if prompt else 0,
    )
    return finish_draft(draft.result.text, sources=used, placeholders=known, prompt=prompt).text
