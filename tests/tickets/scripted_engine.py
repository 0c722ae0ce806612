"""Stands for the engines where a test needs their pace: same signature as the real `generate`.
`scripted_one` is the same for `generate_one`."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from llm.engine import serving
from llm.engine.results import RowResult
from llm.prompts import PromptBudget, render
from llm.registry import SlotChoice

TEXTS = ("سلام یک", "سلام دو", "سلام سه")


def scripted(
    texts: Sequence[str] = TEXTS,
    *,
    at_step: Callable[[int], None] = lambda step: None,
    finish: str = "stop",
) -> Callable[..., list[list[serving.Draft]]]:
    """Writes the texts word by word, the same for each job; `at_step` runs before each word. It
    asks `should_stop` as the engine does."""

    def generate(
        jobs: Sequence[serving.DraftJob],
        *,
        on_text: Any = lambda job, number, text: None,
        on_drafts: Any = lambda job, drafts: None,
        should_stop: Any = lambda job: False,
    ) -> list[list[serving.Draft]]:
        alive = set(range(len(jobs)))
        for step in range(max(len(text.split()) for text in texts)):
            at_step(step)
            alive -= {job for job in alive if should_stop(job)}
            for job in alive:
                for number in range(len(jobs[job].choices)):
                    on_text(job, number, " ".join(texts[number].split()[: step + 1]))
        written = []
        for number, job in enumerate(jobs):
            drafts = _drafts(job, texts, finish if number in alive else "cancelled")
            if drafts:
                on_drafts(number, dict(enumerate(drafts)))
            written.append(drafts)
        return written

    _same_signature(generate, serving.generate)
    return generate


def scripted_one(texts: Sequence[str] = TEXTS) -> Callable[..., list[serving.Draft]]:
    def generate_one(
        parts: Any,
        choices: Sequence[SlotChoice],
        *,
        on_text: Any = lambda number, text: None,
        should_stop: Any = lambda: False,
    ) -> list[serving.Draft]:
        return scripted(texts)([serving.DraftJob(parts, choices)])[0]

    _same_signature(generate_one, serving.generate_one)
    return generate_one


def _drafts(job: serving.DraftJob, texts: Sequence[str], finish: str) -> list[serving.Draft]:
    prompt = render(job.parts, count_tokens=len, budget=PromptBudget(total=20_000))
    return [
        serving.Draft(
            choice=choice,
            result=RowResult(
                text=text,
                tokens=len(text.split()),
                seconds=0.1,
                prompt_tokens=len(prompt.text),
                finish=finish,
                prefill_seconds=0.02,
                decode_seconds=0.08,
                peak_bytes=2**21,
            ),
            prompt=prompt,
            error="The model gave no usable numbers." if finish == "failed" else "",
        )
        for choice, text in zip(job.choices, texts, strict=False)
    ]


def _same_signature(stand_in: Callable[..., Any], real: Callable[..., Any]) -> None:
    def names(function: Callable[..., Any]) -> list[tuple[str, Any]]:
        return [(one.name, one.kind) for one in inspect.signature(function).parameters.values()]

    assert names(stand_in) == names(real), "the engine's signature has changed"
