"""One recipe in its own process: train, measure before and after, keep the figures.

Public entry: `carry_out`. What it says goes to standard output, a JSON object a line: "step" (see
`training.methods.results.Step`), "text", or "error", a line for a person. It exits with 0 when the
result is kept, 2 after wrong input, 3 when it was stopped and can go on. SIGTERM stops it, and so
does the end of the process that started it.
"""

import json
import os
import shutil
import signal
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from llm.engine.results import GenerationSettings, PromptTooLong, RowRequest
from llm.manifest import read_manifest, write_manifest
from llm.prompts import PromptError, render
from runtime.errors import InputError
from training.comparing.job import Job, read
from training.comparing.results import MeasuredRow, Result, keep
from training.datasets import Row
from training.evaluation import chrf
from training.methods.results import Fit, Step, Stopped, Work, method_of
from training.recipes import Recipe, as_data
from training.versions import generation_settings, hardware

STOPPED: Final = 3
WRONG_INPUT: Final = 2
TOGETHER: Final = 8
_MAKES_A_BASE: Final = ("pretrain", "continued")


class NothingMeasured(InputError):
    """No test row has room in the recipe's prompt."""


def carry_out(folder: Path) -> int:
    asked = _Asked()
    try:
        job = read(folder)
        fit = _trained(folder) or _train(job, folder, asked)
        keep(_measure(job, fit, folder, asked), folder)
    except Stopped:
        return STOPPED
    except InputError as error:
        _say(error=str(error))
        return WRONG_INPUT
    except Exception as error:
        _say(error=f"{type(error).__name__} ended it")  # its text could hold a row's
        raise
    return 0


class _Asked:
    """Whether to stop."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._signalled = False
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._handle)

    def _handle(self, number: int, frame: Any) -> None:
        self._signalled = True

    def __bool__(self) -> bool:
        return self._signalled or os.getppid() != self._parent

    def check(self) -> None:
        if self:
            raise Stopped("asked", 0)


class _Watcher:
    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def on_step(self, step: Step) -> None:
        _say(step=asdict(step))

    def on_evaluation(self, step: int, loss: float) -> None:
        _say(text=f"Step {step}: loss {loss:.3f} on the validation rows")

    def should_stop(self) -> str:
        return "asked" if self._asked else ""


def _train(job: Job, folder: Path, asked: _Asked) -> Fit:
    into = folder / "version"
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    (folder / "run").mkdir(exist_ok=True)
    work = Work(
        recipe=job.recipe,
        folder=folder / "run",
        into=into,
        base=job.base,
        begins_as=job.begins_as,
        company=job.company,
        watcher=_Watcher(asked),
    )
    fit: Fit = method_of(job.recipe).train(job.material, work)
    _describe(job, into)
    told = folder / ".fit.json"
    told.write_text(json.dumps(asdict(fit)))
    os.replace(told, folder / "fit.json")
    return fit


def _trained(folder: Path) -> Fit | None:
    """What a former process came to that was stopped while it measured."""
    path = folder / "fit.json"
    return Fit(**json.loads(path.read_text())) if path.is_file() else None


def _describe(job: Job, into: Path) -> None:
    own_base = job.recipe.method in _MAKES_A_BASE or job.base is None
    base = None if own_base or job.base is None else read_manifest(job.base)
    write_manifest(
        into,
        {
            "name": job.recipe.name,
            "method": job.recipe.method,
            "base": {"name": base.name, "digest": base.digest} if base else None,
            "recipe": as_data(job.recipe),
            "prompt_version": job.recipe.text.layout,
            "generation": generation_settings(job.recipe),
        },
    )


def _measure(job: Job, fit: Fit, folder: Path, asked: _Asked) -> Result:
    begun = time.monotonic()
    tuned_only = job.base is None
    before = {} if tuned_only else _figures(job, job.base, job.begins_as, asked, "before")
    own_base = tuned_only or job.recipe.method in _MAKES_A_BASE
    version = folder / "version"
    after = (
        _figures(job, version, None, asked, "after")
        if own_base
        else _figures(job, job.base, version, asked, "after")
    )
    # A version with tokens of its own has less room: what was cut differently is no pair.
    both = [at for at in sorted(after) if tuned_only or after[at][1] == before.get(at, _NO)[1]]
    if not both:
        raise NothingMeasured(
            f"The recipe {job.recipe.name}: no test row has room; raise prompt.budget or choose a"
            " base with a longer context."
        )
    rows = [_together(job.test[at], after[at], before.get(at)) for at in both]
    return _result(job, fit, rows, seconds=time.monotonic() - begun)


def _result(job: Job, fit: Fit, rows: list[MeasuredRow], *, seconds: float) -> Result:
    recipe, material = job.recipe, job.material
    learned = material.rows or material.preferences
    return Result(
        recipe=recipe.name,
        technique=recipe.method,
        base=job.base_name,
        hardware=hardware(),
        share=recipe.rows.share,
        rows=len(learned) or len(material.corpus.sections if material.corpus else ()),
        steps=fit.steps,
        seconds=fit.seconds,
        gpu_seconds=fit.gpu_seconds,
        measuring_seconds=seconds,
        peak_memory_bytes=fit.peak_memory_bytes,
        trainable_parameters=fit.trainable_parameters,
        total_parameters=fit.total_parameters,
        tokens=fit.tokens,
        measured=tuple(rows),
        unmeasured=len(job.test) - len(rows),
    )


Figure = tuple[float, int, float | None]
"""The reference's summed loss, its tokens, and the draft's chrF."""
_NO: Final[Figure] = (0.0, -1, None)


def _figures(
    job: Job, base: Path | None, version: Path | None, asked: _Asked, when: str
) -> dict[int, Figure]:
    """By the place of each test row that has room, as the desk would serve it."""
    from llm.engine.local import LocalEngine

    assert base is not None
    engine = LocalEngine(base)
    engine.load("it", version)
    how = GenerationSettings.of(generation_settings(job.recipe))
    found: dict[int, Figure] = {}
    for start in range(0, len(job.test), TOGETHER):
        asked.check()
        _say(text=f"Measured {start} of {len(job.test)} rows {when} training")
        some = [
            (at, request)
            for at in range(start, min(start + TOGETHER, len(job.test)))
            if (request := _request(job.test[at], job.recipe, how, engine, job.company))
        ]
        texts = [one.text for one in engine.generate([r for _, r in some])] if job.drafts else []
        for place, (at, request) in enumerate(some):
            lost = engine.loss(request, job.test[at].answer)
            if lost is not None:
                written = chrf(texts[place], job.test[at].answer) if texts else None
                found[at] = (*lost, written)
    return found


def _request(
    row: Row, recipe: Recipe, how: GenerationSettings, engine: Any, company: str
) -> RowRequest | None:
    try:
        prompt = render(
            row.prompt_input(company=company),
            count_tokens=engine.count_tokens,
            budget=recipe.prompt.as_budget(),
            layout=recipe.text.layout,
        )
        one = RowRequest("it", replace(how, seed=1), prompt)
        engine.check(one)
    except (PromptError, PromptTooLong):
        return None
    return one


def _together(row: Row, after: Figure, before: Figure | None) -> MeasuredRow:
    return MeasuredRow(
        tokens=after[1],
        characters=len(row.answer),
        tuned=after[0],
        tuned_chrf=after[2],
        untuned=before[0] if before else None,
        untuned_chrf=before[2] if before else None,
    )


def _say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
