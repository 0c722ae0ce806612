"""`continued`: a base reads on: first the desk's corpus, whole, then rows, of which it learns the
answers. All weights learn, and what comes out is a base.

Public entry: `train`. Either part may be missing: rows alone are full tuning. With schedule.epochs
both parts come so often, with schedule.steps they share the steps by their numbers of blocks and
rows; one warm-up and one decay go over both. All weights are trained in full precision, whatever
`weights.bits` says, and saved in half.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch  # noqa: TID253

from llm.engine.loading import LoadedBase
from training.methods.blocks import Block, blocks_of
from training.methods.checkpoints import writing
from training.methods.fitting import Batches, Objective, fit, round_up
from training.methods.lines import IGNORED, device_of, losses_of
from training.methods.loading import load_for_training
from training.methods.reading import rows_for
from training.methods.results import Fit, Material, Work
from training.methods.segments import keeps_rows_apart
from training.recipes import Recipe, RecipeError

_MULTIPLE = 16


def train(material: Material, work: Work) -> Fit:
    """Train a base on `material.corpus`, then on `material.rows`."""
    if not material.rows and not (material.corpus and material.corpus.sections):
        raise RecipeError(f"The recipe {work.recipe.name} reads a corpus or rows: there are none.")
    base = load_for_training(work, four_bit=False)
    model = base.model.float().requires_grad_(True)
    batches, validation, left_out = _parts(material, work, base)
    result = fit(
        model,
        batches,
        _objective(base),
        work=work,
        validation=validation,
        left_out=left_out,
    )
    with writing():
        model.half().save_pretrained(work.into)
        base.tokenizer.save_pretrained(work.into)
    return result


def _parts(
    material: Material, work: Work, base: LoadedBase
) -> tuple["TwoParts", Sequence[Block], dict[str, int]]:
    recipe = work.recipe
    blocks = (
        blocks_of(
            material.corpus,
            tokenizer=base.tokenizer,
            length=min(recipe.text.max_tokens, base.room),
            begin=recipe.text.begin,
        )
        if material.corpus
        else []
    )
    packing = keeps_rows_apart(base.model)
    if not packing:
        blocks = [Block((line,)) for block in blocks for line in block.lines]
    first, second = _steps(recipe, len(blocks), len(material.rows))
    parts: list[Batches] = [_Blocks(blocks, steps=first, recipe=recipe)] if first else []
    if not material.rows:
        return TwoParts(parts), (), {}
    schedule = replace(recipe.schedule, steps=0 if recipe.schedule.epochs else second)
    work = replace(work, recipe=replace(recipe, schedule=schedule))
    rows = rows_for(material, work, base, packing=packing)
    return TwoParts([*parts, rows.batches]), rows.validation, dict(rows.left_out)


def _steps(recipe: Recipe, blocks: int, rows: int) -> tuple[int, int]:
    """Of the corpus and of the rows."""
    schedule = recipe.schedule
    size = schedule.batch * schedule.accumulation
    if schedule.epochs:
        return (
            math.ceil(schedule.epochs * blocks / size),
            math.ceil(schedule.epochs * rows / size),
        )
    if not rows or not blocks:
        return (schedule.steps, 0) if blocks else (0, schedule.steps)
    first = round(schedule.steps * blocks / (blocks + rows))
    first = min(max(first, 1), max(schedule.steps - 1, 1))
    return first, max(schedule.steps - first, 1)


class TwoParts:
    """One part's steps after the other's."""

    def __init__(self, parts: Sequence[Batches]) -> None:
        self._parts = parts
        self.steps = sum(part.steps for part in parts)

    def at(self, step: int) -> Sequence[Any]:
        for part in self._parts[:-1]:
            if step < part.steps:
                return part.at(step)
            step -= part.steps
        return self._parts[-1].at(step)


class _Blocks:
    """Every block once in each epoch, in an order of the epoch's own."""

    def __init__(self, blocks: Sequence[Block], *, steps: int, recipe: Recipe) -> None:
        self.steps = steps
        self._blocks, self._seed = blocks, recipe.seed
        self._size = recipe.schedule.batch * recipe.schedule.accumulation
        self._order: tuple[int, list[int]] = (-1, [])

    def at(self, step: int) -> Sequence[Block]:
        return [self._at(place) for place in range(step * self._size, (step + 1) * self._size)]

    def _at(self, place: int) -> Block:
        epoch, number = divmod(place, len(self._blocks))
        if self._order[0] != epoch:
            order = list(range(len(self._blocks)))
            random.Random(f"{self._seed}:blocks:{epoch}").shuffle(order)  # noqa: S311
            self._order = (epoch, order)
        return self._blocks[self._order[1][number]]


def _objective(base: LoadedBase) -> Objective:
    pad = base.model.generation_config.pad_token_id
    return Objective(
        loss=lambda model, blocks: block_loss(model, blocks, pad=pad, room=base.room),
        weight=lambda block: float(block.targets),
        tokens=len,
    )


def block_loss(model: Any, blocks: Sequence[Block], *, pad: int, room: int) -> torch.Tensor:
    """Minus the log-likelihood of all their targets; lines of a block do not see each other."""
    longest = max(map(len, blocks))
    width = max(longest, min(round_up(longest, _MULTIPLE), room))
    ids, places, targets = [], [], []
    for block in blocks:
        sizes = [len(line.ids) for line in block.lines]
        empty = width - sum(sizes)
        # What pads goes on behind the last line, where nobody looks back at it.
        sizes[-1] += empty
        places.append([place for size in sizes for place in range(size)])
        ids.append([token for line in block.lines for token in line.ids] + [pad] * empty)
        learned = [token for line in block.lines for token in line.labels]
        targets.append(learned + [IGNORED] * empty)
    device = device_of(model)
    logits = model(
        input_ids=torch.tensor(ids, device=device),
        position_ids=torch.tensor(places, device=device),
        use_cache=False,
    ).logits
    return losses_of(logits[:, :-1], torch.tensor(targets, device=device)[:, 1:]).sum()
