"""`contrastive`: an embedder learns pairs of a question and the passage that answers it.

Public entries: `train` (the method), `tune_on` (a model that is in memory already), `epochs_for`,
`steps_within`, `rate_for`. The loss is sentence-transformers' MultipleNegativesRankingLoss, run by
`fit`: its own trainer wants the `datasets` package and its file formats for what is a list here.
No article stands twice in a batch: its other passages would count as wrong answers. Pairs that did
not fit into memory together have fewer wrong answers each, so there, unlike elsewhere, halves give
another loss than the whole.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import torch  # noqa: TID253

from runtime.errors import InputError
from training.methods.checkpoints import writing
from training.methods.devices import on_gpu
from training.methods.fitting import Objective, fit
from training.methods.lines import device_of
from training.methods.results import Fit, Material, Work
from training.recipes import Recipe, RecipeError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from training.pairs import Pair

BATCH: Final = 32
MAX_TOKENS: Final = 128
"""Of a passage in training: attention over more costs time and teaches little."""
STEPS: Final = 400
"""About so many where nobody says how often to go over the pairs: more often on a small desk."""
MAX_EPOCHS: Final = 30
SMALL: Final = 20_000_000
"""Parameters below which a model learns with a higher rate: it has little to forget."""
RATES: Final = (5e-4, 3e-5)
_TIMED: Final = 3
_TRYING: Final = 0.05
"""Share of a time limit that timing takes at most, but for the first step."""
_MARGIN: Final = 0.9
"""Share of a time limit that steps are planned for; the rest is for starting and keeping."""


class NoPairs(InputError):
    """There are no two pairs of different articles."""


def train(material: Material, work: Work) -> Fit:
    """Tune the embedder in `work.base` on `material.pairs` and save it whole."""
    from sentence_transformers import SentenceTransformer

    if work.base is None:
        raise RecipeError(f"The recipe {work.recipe.name} tunes an embedder, and none was given.")
    model = SentenceTransformer(
        str(work.base),
        device="cpu",
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
        local_files_only=True,
    )
    result = tune_on(model, material.pairs, work)
    with writing():
        model.save_pretrained(str(work.into), create_model_card=False)
    return result


def tune_on(model: "SentenceTransformer", pairs: "Sequence[Pair]", work: Work) -> Fit:
    """Train in place, texts cut to `text.max_tokens`. After `Stopped` the model is what it was at
    the last step."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    batches = PairBatches(pairs, recipe=work.recipe)
    torch.manual_seed(work.recipe.seed)
    longest, model.max_seq_length = model.max_seq_length, _shorter(model, work.recipe)
    try:
        return fit(model, batches, _objective(model), work=work)
    finally:
        model.eval().to("cpu")
        model.max_seq_length = longest


def epochs_for(pairs: int) -> int:
    return max(1, min(MAX_EPOCHS, round(STEPS * BATCH / max(pairs, 1))))


def rate_for(model: "SentenceTransformer") -> float:
    return RATES[0] if sum(one.numel() for one in model.parameters()) < SMALL else RATES[1]


def steps_within(
    seconds: float, model: "SentenceTransformer", pairs: "Sequence[Pair]", recipe: Recipe
) -> int:
    """How many of the recipe's steps `seconds` are enough for, as measured: the rate then falls to
    nothing with the last of them, whatever the machine. The model stays as it is."""
    batches, objective = PairBatches(pairs, recipe=recipe), _objective(model)
    longest, model.max_seq_length = model.max_seq_length, _shorter(model, recipe)
    taken: list[float] = []
    model.train().to("cuda" if on_gpu() else "cpu")
    try:
        for step in range(min(_TIMED, batches.steps)):
            started = time.monotonic()
            objective.loss(model, batches.at(step)).backward()
            taken.append(time.monotonic() - started)
            if sum(taken) > _TRYING * seconds:
                break
    finally:
        model.zero_grad(set_to_none=True)
        model.eval().to("cpu")
        model.max_seq_length = longest
    each = taken[1:] or taken  # the first one of a process pays for what all others find ready
    left = _MARGIN * seconds - sum(taken)
    return max(1, min(batches.steps, int(left * len(each) / max(sum(each), 1e-6))))


class PairBatches:
    """The batches of all epochs; with `schedule.steps` as many as it says."""

    def __init__(self, pairs: "Sequence[Pair]", *, recipe: Recipe) -> None:
        schedule = recipe.schedule
        size = schedule.batch * schedule.accumulation
        self._made: list[list[Pair]] = []
        chance = random.Random(recipe.seed)  # noqa: S311 - an order, not a secret
        epochs = 0.0
        while len(self._made) < schedule.steps or epochs < schedule.epochs:
            epoch = list(_batches(pairs, size, chance))
            if not epoch:
                raise NoPairs("There is nothing to tune an embedder on: two articles are needed.")
            self._made += epoch
            epochs += 1
        self.steps = schedule.steps or len(self._made)

    def at(self, step: int) -> "Sequence[Pair]":
        return self._made[step]


def _objective(model: "SentenceTransformer") -> Objective:
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    def loss(network: Any, pairs: "Sequence[Pair]") -> torch.Tensor:
        device = device_of(network)
        features = [_features(model, texts, device) for texts in _columns(pairs)]
        mean: torch.Tensor = MultipleNegativesRankingLoss(network)(features, None)
        return mean * len(pairs)

    return Objective(
        loss=loss,
        weight=lambda pair: 1.0,
        # Of like length whatever the tokenizer: a measure of how much was read, not a count.
        tokens=lambda pair: len((pair.anchor + pair.text + pair.wrong).split()),
    )


def _shorter(model: "SentenceTransformer", recipe: Recipe) -> int:
    return min(model.max_seq_length or recipe.text.max_tokens, recipe.text.max_tokens)


def _features(model: "SentenceTransformer", texts: list[str], device: Any) -> dict[str, Any]:
    made = model.preprocess(texts)
    return {
        name: value.to(device) if isinstance(value, torch.Tensor) else value
        for name, value in made.items()
    }


def _columns(batch: "Sequence[Pair]") -> list[list[str]]:
    """Anchors, right passages and passages that look alike. What is right for a neighbour in the
    batch is no wrong answer; who has none left takes a neighbour's."""
    right = {pair.text for pair in batch}
    usable = [pair.wrong if pair.wrong not in right else "" for pair in batch]
    columns = [[pair.anchor for pair in batch], [pair.text for pair in batch]]
    spare = next(filter(None, usable), "")
    if spare:
        columns.append([wrong or spare for wrong in usable])
    return columns


def _batches(pairs: "Sequence[Pair]", size: int, chance: random.Random) -> "Iterator[list[Pair]]":
    """One epoch. Who is alone in the last batch has no wrong answer to tell from and is left."""
    waiting = list(pairs)
    chance.shuffle(waiting)
    while waiting:
        batch: list[Pair] = []
        later: list[Pair] = []
        seen: set[int] = set()
        for place, pair in enumerate(waiting):
            if pair.article in seen:
                later.append(pair)
                continue
            seen.add(pair.article)
            batch.append(pair)
            if len(batch) == size:
                later += waiting[place + 1 :]
                break
        waiting = later
        if len(batch) > 1:
            yield batch


def recipe_for(model: "SentenceTransformer", *, epochs: int, seed: int) -> Recipe:
    """What `embedder tune` trains with."""
    from training.recipes import recipe_from

    return recipe_from(
        {
            "name": "embedder",
            "method": "contrastive",
            "seed": seed,
            "weights": {"bits": 16, "compute": "float32"},
            "text": {"max_tokens": MAX_TOKENS},
            "schedule": {
                "epochs": epochs,
                "batch": BATCH,
                "learning_rate": rate_for(model),
                "warmup": 0.1,
                "weight_decay": 0.01,
                "decay": "linear",
            },
        }
    )


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The recipe for so many steps, with one checkpoint at the end: nothing goes on from it."""
    schedule = replace(recipe.schedule, steps=steps, epochs=0.0, checkpoint_every=steps)
    return replace(recipe, schedule=schedule)
