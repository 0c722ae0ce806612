"""How a conversation becomes a prompt: `TEMPLATES`, by name.

- support: the layout that the version was trained on, as its manifest names it, with what search
  finds.
- two-speaker: `<s><person1>…</s><s><person2>…</s>`, as `export_conversations --form two-speaker`
  writes it, for models that were tuned on such lines.
- plain: the messages one below the other, for a base that only goes on writing.

The oldest turns go first where a conversation outgrows the version's budget.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from llm.prompts import (
    CountTokens,
    Prompt,
    PromptBudget,
    PromptError,
    PromptInput,
    Turn,
    layout_of,
    neutralise,
    render,
)
from runtime.errors import InputError
from tickets.prompting import build_prompt_input


class NoRoom(InputError):
    """The message, or the system text, is longer than the version's prompts may be."""


@dataclass(frozen=True)
class Talked:
    """What there is to answer: turns oldest first, the last one the customer's."""

    turns: Sequence[Turn]
    lang: str
    system: str = ""


@dataclass(frozen=True)
class Reader:
    """What a prompt is made for."""

    count_tokens: CountTokens
    budget: PromptBudget
    layout: str


@dataclass(frozen=True)
class Template:
    """How what was said becomes a prompt."""

    prompt: Callable[[Talked, Reader], Prompt]


def parts_of(talked: Talked, budget: PromptBudget) -> PromptInput:
    """With what search finds for the last message."""
    parts, _sources = build_prompt_input(
        talked.turns[-1].text, lang=talked.lang, turns=talked.turns, budget=budget
    )
    return parts


def _support(talked: Talked, reader: Reader) -> Prompt:
    has_system = layout_of(reader.layout).has_system
    system = f"{neutralise(talked.system)}\n" if talked.system and not has_system else ""
    total = reader.budget.total - (reader.count_tokens(system) if system else 0)
    try:
        prompt = render(
            replace(parts_of(talked, reader.budget), system=talked.system),
            count_tokens=reader.count_tokens,
            budget=replace(reader.budget, total=total),
            layout=reader.layout,
        )
    except PromptError as error:
        raise NoRoom("The version's prompts have no room for this message.") from error
    return replace(prompt, text=system + prompt.text, head=system + prompt.head)


def _two_speaker(talked: Talked, reader: Reader) -> Prompt:
    layout = layout_of("two-speaker")
    around = {"customer": layout.customer, "agent": layout.agent}
    return _fitted(
        [
            f"{around[one.role].before}{layout.outside(one.text)}{around[one.role].behind}"
            for one in talked.turns
        ],
        system=layout.head(PromptInput(talked.lang, (), (), (), system=talked.system)),
        invocation=layout.invocation,
        name=layout.name,
        reader=reader,
    )


def _plain(talked: Talked, reader: Reader) -> Prompt:
    lines = [one.text for one in talked.turns]
    return _fitted(
        [*(f"{one}\n" for one in lines[:-1]), lines[-1]],
        system=f"{talked.system}\n" if talked.system else "",
        invocation="\n",
        name="plain",
        reader=reader,
    )


def _fitted(
    turns: Sequence[str], *, system: str, invocation: str, name: str, reader: Reader
) -> Prompt:
    for first in range(len(turns)):
        text = system + "".join(turns[first:])
        if reader.count_tokens(text + invocation) <= reader.budget.total:
            return Prompt(
                text=text,
                invocation=invocation,
                passages_used=0,
                similar_used=0,
                cut=first > 0,
                version=name,
                head=system,
            )
    raise NoRoom("The version's prompts have no room for this message.")


TEMPLATES: Final = {
    "support": Template(_support),
    "two-speaker": Template(_two_speaker),
    "plain": Template(_plain),
}
