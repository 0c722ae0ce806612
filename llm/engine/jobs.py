"""What the other parts ask the engines for, and what they get: `DraftJob`, `Draft`. No torch."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from llm.engine.results import RowResult
from llm.prompts import Prompt, PromptError, PromptInput
from llm.registry import SlotChoice

logger = logging.getLogger(__name__)

Place = tuple[int, int]
"""The number of the job, and of the choice in it."""

OnJobText = Callable[[int, int, str], None]
"""Called with the job's number, the choice's number and its whole text so far."""
OnDraft = Callable[[int, str], None]
"""The same for a single job: the choice's number and its whole text so far."""


@dataclass(frozen=True)
class DraftJob:
    """The drafts of one ticket: the same input for each choice."""

    parts: PromptInput
    choices: Sequence[SlotChoice]


@dataclass(frozen=True)
class Draft:
    """What one slot wrote. `error`: one line where `result.finish` is failed, "" otherwise; its
    text is then what had come by that time. `prompt` is None where none was made."""

    choice: SlotChoice
    result: RowResult
    prompt: Prompt | None
    error: str = ""


OnDrafts = Callable[[int, Mapping[int, Draft]], None]
"""Called with the job's number and those of its drafts that have just ended, by their numbers."""


@dataclass(frozen=True)
class Words:
    """News of a draft that grows."""

    place: Place
    text: str


@dataclass(frozen=True)
class Ended:
    """News of drafts that have ended together."""

    drafts: Mapping[Place, Draft]


News = Words | Ended
Tell = Callable[[News], None]


def failed(choice: SlotChoice, error: Exception, *, text: str = "") -> Draft:
    """The draft that `error` ended. Its line is for people; what was asked stands in no log."""
    line = _("The prompt has no room for this message.")
    line = line if isinstance(error, PromptError) else str(error)
    logger.error("slot %s: %s", choice.slot, line)
    result = RowResult(text=text, tokens=0, seconds=0.0, prompt_tokens=0, finish="failed")
    return Draft(choice=choice, result=result, prompt=None, error=line)
