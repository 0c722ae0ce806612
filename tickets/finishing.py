"""A draft when the model has finished: cleaned, its sources looked up, and what the agent should
know about it.

Public entries: `finish_draft` for each draft, `has_no_good_answer` for all of a message. What is
taken out and why is said in `llm.cleaning`. The thresholds are fitted on the sample company's past
tickets and checked on its new ones (docs/experiments.md); a desk has no setting for them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings

from llm.cleaning import SourceText, clean_answer, disagree
from llm.prompts import Prompt
from text.privacy.placeholders import placeholders_in
from text.privacy.spans import DESTROYED
from tickets.models import Ticket
from tickets.prompting import Source

LEAST_SUPPORT: Final = 0.6
"""Share of an answer's content words that its sources must have."""
MOST_DISAGREEMENT: Final = 0.8
"""From here on, three answers are three guesses (see `llm.cleaning.disagree`)."""
LEAST_DRAFTS: Final = 2


@dataclass(frozen=True)
class Finished:
    """`marks` as `Suggestion.marks` keeps them."""

    text: str
    marks: dict[str, Any] = field(default_factory=dict)


def finish_draft(
    text: str, *, sources: Sequence[Source], placeholders: Collection[str], prompt: Prompt | None
) -> Finished:
    """`sources`: those that found room in the draft's prompt, in the order that the desk shows them
    in. `placeholders`: see `placeholders_of`."""
    cleaned = clean_answer(
        text,
        sources=source_texts(sources),
        placeholders=placeholders,
        public=settings.PUBLIC_CONTACTS,
    )
    shown = range(1, len(prompt.numbers) + 1) if prompt else ()
    marks: dict[str, Any] = {
        "cut": prompt is not None and prompt.cut,
        "unsupported": bool(cleaned.text) and cleaned.supported < LEAST_SUPPORT,
        "cited": [number for number in cleaned.cited if number in shown],
        "removed": cleaned.removed,
    }
    return Finished(cleaned.text, {name: value for name, value in marks.items() if value})


def has_no_good_answer(drafts: Sequence[Finished], sources: Sequence[Source]) -> bool:
    """`sources`: all that search found for the message. True where no passage fits, most
    drafts are not supported by what was found else (a past answer, for instance), and they say
    different things."""
    if any(one.get("fits") for one in sources) or len(drafts) < LEAST_DRAFTS:
        return False
    if 2 * sum(bool(one.marks.get("unsupported")) for one in drafts) <= len(drafts):
        return False
    return disagree([one.text for one in drafts]) >= MOST_DISAGREEMENT


def source_texts(sources: Sequence[Source]) -> list[SourceText]:
    """Numbered as the desk shows them. Of a past answer only what the team wrote: a customer's
    question vouches for no link and no number."""
    return [
        SourceText(number, text, url=one["url"])
        for number, one in enumerate(sources, start=1)
        for text in [one["answer"] if "answer" in one else f"{one['title']}\n{one['text']}"]
    ]


def placeholders_of(ticket: Ticket) -> set[str]:
    """Those that stand in the ticket and that a reply can be filled with; of no other ticket."""
    texts = [ticket.subject, *ticket.messages.values_list("text", flat=True)]
    return {
        name for text in texts for name, type_ in placeholders_in(text) if type_ not in DESTROYED
    }
