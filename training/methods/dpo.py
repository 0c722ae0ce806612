"""`dpo`: drafts that agents liked better against drafts of the same message that they liked less.

Public entry: `train`. Direct preference optimisation (Rafailov et al. 2023) of a low-rank adapter;
the reference is the version that it begins as, or the base for a new adapter.

TRL's DPOTrainer cannot give what every run here promises: its newest checkpoint counts before it is
whole, its micro-batch cannot change within a run, its log has no line of each step once a run was
cut off, and it takes its own data sets for what is a list here. So the objective stands in `fit`
like every other, and a test holds its loss and its gradients against TRL's on the same pairs. As
with TRL there is no dropout, and an answer's likelihood is the sum over its tokens.

What the reference thinks of each pair never changes, so it is read once, before the first step, and
kept beside the checkpoints.
"""

import hashlib
import json
import math
import os
import random
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch  # noqa: TID253
from django.utils.translation import gettext_noop
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from llm.engine.loading import LoadedBase
from llm.engine.memory import is_out_of_memory
from llm.engine.versions import CONFIG
from runtime.errors import InputError
from training.datasets import Preference
from training.methods.adapters import save_adapter, tuned_model
from training.methods.checkpoints import writing
from training.methods.devices import compute_type, on_gpu
from training.methods.examples import TokenCounter, example
from training.methods.fitting import Objective, fit
from training.methods.keeping import TooLarge
from training.methods.lines import Line, device_of, line_losses, padded
from training.methods.loading import load_for_training
from training.methods.results import Fit, Material, Work
from training.recipes import Adapter, Recipe
from training.recipes import Preference as PreferenceSettings

REFERENCE: Final = "reference.safetensors"


class NoPreferences(InputError):
    """There is no pair to learn from."""


@dataclass(frozen=True)
class Pair:
    """`reference`: the log-likelihoods that the reference gives to both."""

    chosen: Line
    rejected: Line
    reference: tuple[float, float] = (0.0, 0.0)

    def __len__(self) -> int:
        return len(self.chosen.ids) + len(self.rejected.ids)


def train(material: Material, work: Work) -> Fit:
    """Tune an adapter on `material.preferences`; those of validation rows are not learned from."""
    recipe = work.recipe
    base = load_for_training(work)
    model = adapted(base, work)
    pairs, held, left_out = _pairs(material, work, base)
    if not pairs:
        raise NoPreferences(
            gettext_noop(
                "There are no pairs of drafts to learn from: agents rate drafts, and pairs are"
                " %(gap)s or more stars apart."
            )
            % {"gap": _settings(recipe).least_gap}
        )
    known = _with_reference(model, [*pairs, *held], base=base, work=work)
    result = fit(
        model,
        PairBatches(known[: len(pairs)], recipe=recipe),
        objective(recipe, base),
        work=work,
        validation=known[len(pairs) :],
        left_out=left_out,
    )
    save_adapter(model, work)
    return result


def adapted(base: LoadedBase, work: Work) -> Any:
    """The base with the adapter that is trained, as it is before the first step: of the shape that
    `work.begins_as` has, with its invocation where it wakes up at one."""
    recipe = replace(work.recipe, method="lora")
    if work.begins_as is not None and (work.begins_as / CONFIG).is_file():
        held = json.loads((work.begins_as / CONFIG).read_text(encoding="utf-8"))
        if held.get("peft_type") == "LORA":
            recipe = replace(
                recipe,
                method="alora" if held.get("alora_invocation_tokens") else "lora",
                adapter=Adapter(
                    rank=held["r"],
                    alpha=held["lora_alpha"],
                    targets=tuple(held["target_modules"]),
                ),
            )
    model = tuned_model(base, replace(work, recipe=recipe))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def objective(recipe: Recipe, base: LoadedBase) -> Objective:
    beta = _settings(recipe).beta

    def loss(model: Any, pairs: Sequence[Pair]) -> torch.Tensor:
        chosen, rejected = _likelihoods(model, pairs, recipe=recipe, base=base)
        before = torch.tensor([pair.reference for pair in pairs], device=chosen.device)
        gained = (chosen - before[:, 0]) - (rejected - before[:, 1])
        return -torch.nn.functional.logsigmoid(beta * gained).sum()

    return Objective(loss=loss, weight=lambda pair: 1.0, tokens=len)


def _likelihoods(
    model: Any, pairs: Sequence[Pair], *, recipe: Recipe, base: LoadedBase
) -> tuple[torch.Tensor, torch.Tensor]:
    lines = [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]
    batch = padded(
        lines,
        pad=base.model.generation_config.pad_token_id,
        left=recipe.text.padding == "left",
        device=device_of(model),
        room=base.room,
    )
    chosen, rejected = (-line_losses(model, batch)).chunk(2)
    return chosen, rejected


class PairBatches:
    """Every pair once in each epoch, in an order of the epoch's own."""

    def __init__(self, pairs: Sequence[Pair], *, recipe: Recipe) -> None:
        schedule = recipe.schedule
        self._pairs, self._seed = pairs, recipe.seed
        self._size = schedule.batch * schedule.accumulation
        self.steps = schedule.steps or math.ceil(schedule.epochs * len(pairs) / self._size)
        self._order: tuple[int, list[int]] = (-1, [])

    def at(self, step: int) -> Sequence[Pair]:
        last = (step + 1) * self._size
        return [self._pairs[self._number(place)] for place in range(step * self._size, last)]

    def _number(self, place: int) -> int:
        epoch, number = divmod(place, len(self._pairs))
        if self._order[0] != epoch:
            order = list(range(len(self._pairs)))
            random.Random(f"{self._seed}:pairs:{epoch}").shuffle(order)  # noqa: S311
            self._order = (epoch, order)
        return self._order[1][number]


def _pairs(
    material: Material, work: Work, base: LoadedBase
) -> tuple[list[Pair], list[Pair], dict[str, int]]:
    """Learned from, watched, and how many were left out."""
    count = TokenCounter(base.tokenizer)
    kept_out = {row.key for row in material.validation}
    kept_out |= {row.customer for row in material.validation if row.customer}
    learned: list[Pair] = []
    held: list[Pair] = []
    too_long = 0
    for one in material.preferences:
        pair = _pair(one, work, base, count)
        if pair is None:
            too_long += 1
        elif {one.row.key, one.row.customer} & kept_out:
            held.append(pair)
        else:
            learned.append(pair)
    return learned, held, {"too_long": too_long} if too_long else {}


def _pair(one: Preference, work: Work, base: LoadedBase, count: TokenCounter) -> Pair | None:
    """Both answers behind one prompt, cut so that the longer of them fits."""
    room = min(work.recipe.text.max_tokens, base.room)
    made = [
        example(
            replace(one.row, answer=text),
            tokenizer=base.tokenizer,
            count=count,
            recipe=work.recipe,
            company=work.company,
            room=room,
        )
        for text in (one.chosen, one.rejected)
    ]
    cut = min(made, key=lambda each: len(each.context))
    prompt = cut.context + cut.invocation
    most = work.recipe.schedule.max_answer_tokens
    chosen, rejected = (Line(prompt + each.answer[:most], len(prompt)) for each in made)
    fits = max(len(chosen.ids), len(rejected.ids)) <= room
    return Pair(chosen, rejected) if fits else None


@torch.no_grad()
def _with_reference(
    model: Any, pairs: Sequence[Pair], *, base: LoadedBase, work: Work
) -> list[Pair]:
    """Read by the model as it is before the first step, or what such a reading has left."""
    path = work.folder / REFERENCE
    digest = _digest_of(pairs)
    if _kept_for(path) != digest:  # or rows have gone since: a customer was erased
        size = work.recipe.schedule.batch
        model.eval().to("cuda" if on_gpu() else "cpu")
        found: list[tuple[float, float]] = []
        while len(found) < len(pairs):
            some = pairs[len(found) : len(found) + size]
            try:
                with _as_in_training(model, work.recipe):
                    both = _likelihoods(model, some, recipe=work.recipe, base=base)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                if size == 1:
                    raise TooLarge(
                        gettext_noop("One pair alone does not fit into memory.")
                    ) from error
                size //= 2
                continue
            found += zip(both[0].tolist(), both[1].tolist(), strict=True)
        _keep(torch.tensor(found), path, digest)
    kept = load_file(path)["likelihoods"].tolist()
    return [
        replace(pair, reference=(chosen, rejected))
        for pair, (chosen, rejected) in zip(pairs, kept, strict=True)
    ]


def _digest_of(pairs: Sequence[Pair]) -> str:
    ids = [[pair.chosen.ids, pair.rejected.ids] for pair in pairs]
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()


def _kept_for(path: Path) -> str:
    """The digest of the pairs that were read; "" where nothing is kept."""
    if not path.is_file():
        return ""
    with safe_open(path, framework="pt") as file:
        return str((file.metadata() or {}).get("pairs", ""))


def _keep(likelihoods: torch.Tensor, path: Path, digest: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with writing():
        save_file({"likelihoods": likelihoods}, beside, metadata={"pairs": digest})
        beside.replace(path)


def _as_in_training(model: Any, recipe: Recipe) -> AbstractContextManager[Any]:
    """The numbers that `fit` computes with: else the reference would differ from its copy."""
    computed = compute_type(recipe)
    return torch.autocast(device_of(model).type, dtype=computed, enabled=computed != torch.float32)


def _settings(recipe: Recipe) -> PreferenceSettings:
    return recipe.preference or PreferenceSettings()
