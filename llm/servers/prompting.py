"""What a server is asked: `asked_of`, as messages for a chat model or as plain text for a version
that Pasokh tuned itself.

A tuned adapter has learnt one layout, so a server must give it that very text: it goes to
`/completions`, where no chat template is put around it. Everybody else's models get messages. The
server's tokenizer is not at hand, so tokens are estimated, rather too many than too few.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from llm.engine.results import EngineError
from llm.models import ModelVersion
from llm.prompts import (
    MARK,
    Prompt,
    PromptBudget,
    PromptInput,
    UnknownLayout,
    layout_of,
    messages,
    render,
)

CHAT: Final = "served"
"""The method of a version that we know only by its name on a server."""


class UnreadablePrompt(EngineError):
    """The version was tuned on a layout that this release does not have."""


@dataclass(frozen=True)
class Asked:
    """`fields`: the prompt as the protocol names it; `prompt`: what of the input stands in it.
    `spoken`: the answer as people read it."""

    prompt: Prompt
    fields: Mapping[str, Any]
    stop: tuple[str, ...] = ()
    spoken: Callable[[str], str] = str


def asked_of(version: ModelVersion, parts: PromptInput) -> Asked:
    """Raises PromptError where there is nothing to answer, UnreadablePrompt."""
    try:
        prompt = render(
            parts,
            count_tokens=estimate_tokens,
            budget=budget_of(version),
            layout=version.prompt_version,
        )
    except UnknownLayout as error:
        raise UnreadablePrompt(str(error)) from error
    if version.method == CHAT:
        return Asked(prompt, {"messages": messages(prompt)})
    layout = layout_of(prompt.version)
    return Asked(
        prompt,
        {"prompt": prompt.text + prompt.invocation},
        stop=(layout.stop or f"\n{MARK}",),
        spoken=layout.spoken,
    )


def estimate_tokens(text: str) -> int:
    """A token for four letters of ASCII or two of any other script: Persian, Hebrew and Ukrainian
    fall apart into more tokens."""
    plain = sum(1 for one in text if one < "\x80")
    return plain // 4 + (len(text) - plain) // 2 + 1


def budget_of(version: ModelVersion) -> PromptBudget:
    """As its recipe has it: what it was trained on. Numbers that are none count for nothing."""
    recipe = version.manifest.get("recipe")
    given = recipe.get("prompt") if isinstance(recipe, Mapping) else None
    given = given if isinstance(given, Mapping) else {}
    names = {"budget": "total"}
    known = set(PromptBudget.__dataclass_fields__)
    fields = {names.get(name, name): value for name, value in given.items()}
    return PromptBudget(
        **{name: value for name, value in fields.items() if name in known and _is_size(value)}
    )


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000
