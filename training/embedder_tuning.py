"""`manage.py embedder tune`: a sentence-transformers model learns the desk's own pairs.

Public entry: `tune`. The tuned model is a folder below PASOKH_HOME/embedders with a manifest that
says what it was made of; the base is left as it is. It is measured on articles that it has not
learned from, before and after, and is used only where that is asked for and it has become better.
"""

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kb.embedding import artefact_folder, building, cut_named
from kb.embedding import sentence_transformers as neural
from kb.embedding.sentence_transformers import SentenceTransformersEmbedder
from runtime.errors import InputError
from training.methods.results import Nobody, Step, Stopped, Work
from training.pairs import Pair, Pairs, Passage, pairs_now

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
LEAST_PAIRS: Final = 20
LEAST_HELD: Final = 5
LEAST_ASKED: Final = 20
"""Questions kept out below which titles are measured with: a handful of questions says nothing."""
MOST_HELD: Final = 500
MOST_PASSAGES: Final = 1500
"""Passages that are searched in the measurement; a large model embeds a few a second."""
DEFAULT_MINUTES: Final = 20.0
SEED: Final = 1

Report = Callable[[str], None]


class TooFewPairs(InputError):
    """The desk has too little to tune an embedder on."""


class ImpossibleTuning(InputError):
    """Epochs or minutes that no training has."""


@dataclass(frozen=True)
class Hits:
    hit_1: float
    hit_5: float

    def as_json(self) -> dict[str, float]:
        return {"hit@1": self.hit_1, "hit@5": self.hit_5}


@dataclass(frozen=True)
class TunedEmbedder:
    """`measured_on`: "questions" or "titles" of the articles kept out, `holdout` of them."""

    pairs: int
    holdout: int
    measured_on: str
    before: Hits
    after: Hits
    steps: int
    seconds: float
    folder: Path
    active: bool


def tune(
    model: str,
    *,
    epochs: int | None = None,
    max_minutes: float = DEFAULT_MINUTES,
    use: bool = False,
    onnx: bool = False,
    report: Report = lambda text: None,
) -> TunedEmbedder:
    """Tune a copy of `model` (a folder, or a name on the Hub). `use`: search with it if it is
    better than it was."""
    if (epochs is not None and not 1 <= epochs <= 1000) or not 0 < max_minutes <= 10_000:
        raise ImpossibleTuning("Give --epochs from 1 to 1000 and --max-minutes up to 10000.")
    started = time.monotonic()
    report("Reading the desk's pairs")
    embedder = neural.open_model(model)
    cut = cut_named(embedder.keep_tokenizer(artefact_folder()))
    pairs = pairs_now(cut, embedder.passage_text)
    held = _held(pairs)
    if len(pairs.learned) < LEAST_PAIRS or len(held) < LEAST_HELD:
        raise TooFewPairs(
            f"The desk gives {len(pairs.learned)} pairs to learn from and {len(held)} to measure "
            f"with; {LEAST_PAIRS} and {LEAST_HELD} are needed. Import more articles first."
        )
    searched = _searched(pairs, held)
    report("Measuring the model as it is")
    before = measure(embedder, held, searched)
    steps = _train(embedder, pairs.learned, epochs, max_minutes, report)
    report("Measuring the tuned model")
    after = measure(embedder, held, searched)
    facts = {
        "base": model,
        "base_revision": neural.revision_of(model),
        "pairs": len(pairs.learned),
        "holdout": len(held),
        "before": before.as_json(),
        "after": after.as_json(),
        "steps": steps,
        "seed": SEED,
    }
    folder = _keep(embedder, model, facts)
    better = (after.hit_5, after.hit_1) > (before.hit_5, before.hit_1)
    active = use and better
    if active:
        building.use(
            str(folder),
            onnx=onnx,
            progress=lambda done, total: report(f"{done} of {total} embedded"),
        )
    return TunedEmbedder(
        pairs=len(pairs.learned),
        holdout=len(held),
        measured_on="questions" if held[0].asked else "titles",
        before=before,
        after=after,
        steps=steps,
        seconds=round(time.monotonic() - started, 1),
        folder=folder,
        active=active,
    )


def _held(pairs: Pairs) -> list[Pair]:
    """One kind only, spread over the articles kept out."""
    asked = [pair for pair in pairs.kept_out if pair.asked]
    chosen = asked if len(asked) >= LEAST_ASKED else [p for p in pairs.kept_out if not p.asked]
    step = -(-len(chosen) // MOST_HELD) or 1
    return chosen[::step]


def _searched(pairs: Pairs, held: Sequence[Pair]) -> list[Passage]:
    """All passages of the articles asked for, and others beside them."""
    asked_for = {pair.article for pair in held}
    wanted = [one for one in pairs.passages if one.article in asked_for]
    others = [one for one in pairs.passages if one.article not in asked_for]
    room = max(MOST_PASSAGES - len(wanted), 0)
    step = -(-len(others) // room) if room else len(others) + 1
    return [one for one in [*wanted, *others[:: max(step, 1)]] if one.bare]


def measure(
    embedder: SentenceTransformersEmbedder, held: Sequence[Pair], searched: Sequence[Passage]
) -> Hits:
    """An article ranks by its nearest passage; titles are searched in texts without them."""
    texts = [one.whole if held[0].asked else one.bare for one in searched]
    passages = embedder.embed_passages([("", text) for text in texts])
    queries = embedder.embed_queries([pair.anchor for pair in held])
    articles = np.array([one.article for one in searched])
    hits = np.zeros(2)
    for pair, near in zip(held, queries @ passages.T, strict=True):
        best = near[articles == pair.article].max(initial=-2.0)
        rank = len(set(articles[near > best]))
        hits += (rank < 1, rank < 5)
    return Hits(*(round(float(share), 4) for share in hits / len(held)))


def _train(
    embedder: SentenceTransformersEmbedder,
    pairs: Sequence[Pair],
    epochs: int | None,
    max_minutes: float,
    report: Report,
) -> int:
    from training.methods import contrastive

    started = time.monotonic()
    model = embedder.model
    recipe = contrastive.recipe_for(
        model, epochs=epochs or contrastive.epochs_for(len(pairs)), seed=SEED
    )
    seconds = max_minutes * 60
    steps = contrastive.steps_within(seconds, model, pairs, recipe)
    with tempfile.TemporaryDirectory(prefix="pasokh-tuning-") as made:
        work = Work(
            recipe=contrastive.with_steps(recipe, steps),
            folder=Path(made),
            into=Path(made),
            watcher=_Clock(until=started + seconds, report=report),
        )
        try:
            return contrastive.tune_on(model, pairs, work).steps
        except Stopped as stopped:
            if stopped.why != "time":
                raise KeyboardInterrupt from stopped
            return stopped.step


class _Clock(Nobody):
    """Reports each step, and ends the training when its time is up."""

    def __init__(self, *, until: float, report: Report) -> None:
        self._until, self._report = until, report

    def on_step(self, step: Step) -> None:
        self._report(f"Step {step.step} of {step.steps}, loss {step.mean:.3f}")

    def should_stop(self) -> str:
        return "time" if time.monotonic() > self._until else ""


def _keep(embedder: SentenceTransformersEmbedder, model: str, facts: dict[str, Any]) -> Path:
    """The folder, whole or not at all; its name holds the digest of its files."""
    into = artefact_folder()
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".tuning-") as made:
        work = Path(made) / "model"
        embedder.model.save_pretrained(str(work), create_model_card=False)
        files = {
            path.relative_to(work).as_posix(): _digest(path)
            for path in sorted(work.rglob("*"))
            if path.is_file()
        }
        data = {"format": FORMAT, **facts, "files": files}
        (work / MANIFEST).write_text(json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True))
        base = re.sub(r"[^A-Za-z0-9.-]+", "-", Path(model).name).strip("-.")[:40] or "model"
        final = into / f"tuned-{base}-{_digest(work / MANIFEST)[:12]}"
        if not final.exists():
            work.rename(final)
    return final


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(tuned: TunedEmbedder) -> dict[str, Any]:
    return {
        **asdict(tuned),
        "before": tuned.before.as_json(),
        "after": tuned.after.as_json(),
        "folder": str(tuned.folder),
    }
