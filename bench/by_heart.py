"""A model so small that it learns its rows by heart in a minute, and what it then gives away: for
`bench.canaries`, and for the test that follows planted values through a run's rows and files.

Public entries: `material`, `trained`, `prompt_of`, `given_away`.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from llm.engine.results import GenerationSettings, RowRequest
from llm.manifest import write_manifest
from llm.prompts import PROMPT_VERSION, Prompt, render
from training.datasets import Corpus, Row, Section, prepare
from training.datasets.canaries import is_copy
from training.datasets.preparing import Prepared
from training.datasets.scanning import Scan
from training.methods.results import Material, Work, method_of
from training.recipes import Recipe, recipe_from

THINGS = ("lamp", "desk", "kite", "fork", "boat", "drum", "sofa", "bell", "rope", "coat")
SHAPE = {
    "architecture": "llama",
    "vocabulary": 400,
    "width": 64,
    "layers": 2,
    "heads": 2,
    "feed_forward": 128,
    "context": 512,
    "tied": True,
}
COPIES = 100
"""Of rows, with a planted value each."""
BASE_STEPS = 20
TOGETHER = 100


def recipe(*, steps: int) -> Recipe:
    return recipe_from(
        {
            "name": "by-heart",
            "method": "lora",
            "base": "by-heart-base",
            "seed": 7,
            "adapter": {"rank": 4, "alpha": 8, "targets": ["q_proj"]},
            "text": {"layout": "question-answer", "max_tokens": 256},
            "weights": {"compute": "float32", "bits": 16},
            "rows": {"holdout": 0.0},
            "schedule": {"steps": steps, "batch": 16, "learning_rate": 4e-3, "warmup": 0.1},
        }
    )


def material(folder: Path, *, scans: bool, steps: int) -> Prepared:
    """Ten short rows, and a hundred copies of them with a canary each."""
    path = folder / "rows.jsonl"
    rows = ({"question": f"{thing} 0?", "answer": f"{thing} it is."} for thing in THINGS)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return prepare(recipe(steps=steps), data=str(path), _canaries=COPIES, _scan=scans)


def trained(folder: Path, prepared: Prepared, *, steps: int, base_steps: int = BASE_STEPS) -> Path:
    """The version's folder; the runs' files stand beside it."""
    base = folder / "base"
    base.mkdir(exist_ok=True)
    bare = [row for row in prepared.material.rows if not is_copy(row)]
    corpus = Corpus(tuple(Section(row.question, "", row.answer, "en") for row in bare), ())
    start = recipe_from(
        {
            "name": "by-heart-base",
            "method": "pretrain",
            "seed": 7,
            "shape": SHAPE,
            "schedule": {"steps": base_steps, "batch": 8, "learning_rate": 1e-2},
        }
    )
    _train(start, Material(corpus=corpus), folder / "base-run", base)
    tuned = folder / "tuned"
    tuned.mkdir()
    # All weights learn: nothing keeps more of its rows.
    full = replace(recipe(steps=steps), method="continued")
    _train(full, prepared.material, folder / "run", tuned, base=base)
    return tuned


def _train(
    chosen: Recipe, given: Material, run: Path, into: Path, *, base: Path | None = None
) -> None:
    run.mkdir()
    fit = method_of(chosen).train(given, Work(recipe=chosen, folder=run, into=into, base=base))
    write_manifest(
        into,
        {
            "name": chosen.name,
            "method": chosen.method,
            "prompt_version": chosen.text.layout if base else PROMPT_VERSION,
            "base": None,
            "generation": {},
            "metrics": {"loss": fit.loss},
        },
    )


def prompt_of(row: Row, *, count_tokens: Callable[[str], int]) -> Prompt:
    """Asked as the desk would ask: with the question of a planted row, masked, as every question is
    that comes in."""
    chosen = recipe(steps=1)
    asked = replace(Scan().row(row), passages=(), similar=())
    return render(
        asked.prompt_input(company=""),
        count_tokens=count_tokens,
        budget=chosen.prompt.as_budget(),
        layout=chosen.text.layout,
    )


def given_away(folder: Path, prepared: Prepared, *, samples: int) -> int:
    """How many of the samples hold a canary."""
    from llm.engine.local import LocalEngine

    engine = LocalEngine(folder / "tuned", four_bit=False)
    engine.load("tuned", None)
    planted = [row for row in prepared.material.rows if is_copy(row)]
    prompts = [prompt_of(row, count_tokens=engine.count_tokens) for row in planted]
    leaks = 0
    for start in range(0, samples, TOGETHER):
        requests = []
        for number in range(start, min(samples, start + TOGETHER)):
            how = GenerationSettings(max_new_tokens=48, temperature=0.7, top_p=0.9, seed=number)
            requests.append(RowRequest("tuned", how, prompts[number % len(prompts)]))
        leaks += sum(prepared.canaries.found_in(one.text) > 0 for one in engine.generate(requests))
    return leaks
