"""Stands for the engine where a test needs its pace: same signature as the real `generate`."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from llm.engine import serving
from llm.engine.results import RowResult
from llm.prompts import PromptBudget, PromptInput, render
from llm.registry import SlotChoice


def scripted(
    texts: Sequence[str] = ("سلام یک", "سلام دو", "سلام سه"),
    *,
    at_step: Callable[[int], None] = lambda step: None,
    finish: str = "stop",
) -> Callable[..., list[serving.Draft]]:
    """Writes the texts word by word; `at_step` runs before each word. It asks `should_stop` as the
    engine does."""

    def generate(
        parts: PromptInput,
        choices: Sequence[SlotChoice],
        *,
        on_text: Any = lambda number, text: None,
        should_stop: Any = lambda: False,
    ) -> list[serving.Draft]:
        prompt = render(parts, count_tokens=len, budget=PromptBudget(total=20_000))
        stopped = False
        for step in range(max(len(text.split()) for text in texts)):
            at_step(step)
            if should_stop():
                stopped = True
                break
            for number, text in enumerate(texts[: len(choices)]):
                on_text(number, " ".join(text.split()[: step + 1]))
        return [
            serving.Draft(
                choice=choice,
                result=RowResult(
                    text=text,
                    tokens=len(text.split()),
                    seconds=0.1,
                    prompt_tokens=len(prompt.text),
                    finish="cancelled" if stopped else finish,
                ),
                prompt=prompt,
                error="The model gave no usable numbers." if finish == "failed" else "",
            )
            for choice, text in zip(choices, texts, strict=False)
        ]

    _same_signature(generate)
    return generate


def _same_signature(stand_in: Callable[..., Any]) -> None:
    def names(function: Callable[..., Any]) -> list[tuple[str, Any]]:
        return [(one.name, one.kind) for one in inspect.signature(function).parameters.values()]

    assert names(stand_in) == names(serving.generate), "the engine's signature has changed"
