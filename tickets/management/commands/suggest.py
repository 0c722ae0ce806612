"""`manage.py suggest TEXT | --ticket ID`: the three candidates, made in this process."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from llm.engine.serving import Draft, budget_for, generate_one
from llm.prompts import PromptInput, Turn
from llm.registry import SlotChoice, slots_now
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from text.language import detect
from text.privacy import mask
from tickets.intake import check_lang, check_text, clean
from tickets.models import Ticket
from tickets.prompting import Source, build_prompt_input, used_sources
from tickets.suggesting import prompt_parts


class NothingToSuggest(InputError):
    """No text and no ticket, both, an unknown ticket, or no model in any slot."""


class Command(JsonCommand):
    help = "Print the three candidates for a text or a ticket; stores nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", nargs="?", metavar="TEXT")
        parser.add_argument("--ticket", type=int, metavar="ID")
        parser.add_argument("--lang", default="", help="Language of TEXT; recognised if missing.")

    def run(self, *, text: str | None, ticket: int | None, lang: str, **options: Any) -> Outcome:
        if (text is None) == (ticket is None):
            raise NothingToSuggest("Give a text, or --ticket with a ticket's number.")
        check_lang(lang)
        started = time.monotonic()
        choices = slots_now()
        if not choices:
            raise NothingToSuggest("No model serves in any slot; see `models list`.")
        if text is not None:
            parts, sources = _for_text(text, lang=lang, choices=choices)
        else:
            assert ticket is not None
            parts, sources = _for_ticket(ticket, choices=choices)
        drafts = generate_one(parts, choices)
        seconds = round(time.monotonic() - started, 3)
        candidates = [_candidate(draft, sources) for draft in drafts]
        return Outcome(
            {"candidates": candidates, "seconds": seconds},
            [line for draft in drafts for line in _lines(draft)],
            partly=any(draft.error for draft in drafts),
        )


def _for_text(
    text: str, *, lang: str, choices: Sequence[SlotChoice]
) -> tuple[PromptInput, list[Source]]:
    """Masked like a ticket's, so that the models see what they would see of one."""
    check_text(text)
    masked = mask(clean(text)).text
    return build_prompt_input(
        masked,
        lang=lang or detect(masked),
        turns=[Turn(role="customer", text=masked)],
        budget=budget_for(choices),
    )


def _for_ticket(
    ticket_id: int, *, choices: Sequence[SlotChoice]
) -> tuple[PromptInput, list[Source]]:
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        raise NothingToSuggest(f"There is no ticket {ticket_id}.")
    return prompt_parts(ticket, choices)


def _candidate(draft: Draft, sources: Sequence[Source]) -> dict[str, Any]:
    prompt = draft.prompt
    return {
        "slot": draft.choice.slot,
        "model": draft.choice.version.name,
        "text": draft.result.text,
        "seconds": round(draft.result.seconds, 3),
        "tokens": draft.result.tokens,
        "sources": used_sources(
            sources,
            passages_used=prompt.passages_used if prompt else 0,
            similar_used=prompt.similar_used if prompt else 0,
        ),
        **({"error": draft.error} if draft.error else {}),
    }


def _lines(draft: Draft) -> list[str]:
    heading = f"{draft.choice.slot} · {draft.choice.version.name} · {draft.result.seconds:.1f} s"
    return [heading, draft.error or draft.result.text, ""]
