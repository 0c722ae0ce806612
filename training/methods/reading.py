"""What the methods that read whole lines begin with: the steps' rows and the validation rows.

Public entry: `rows_for`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llm.engine.loading import LoadedBase
from training.methods.batches import Packed, TuningBatches, validation_examples
from training.methods.blocks import Block
from training.methods.fitting import Batches
from training.methods.lines import line_of
from training.methods.results import Material, Work


@dataclass(frozen=True)
class TuningRows:
    """`batches` of blocks: of one row each, or of several with `packing`."""

    batches: Batches
    validation: Sequence[Block]
    left_out: Mapping[str, int]


def rows_for(
    material: Material, work: Work, base: LoadedBase, *, spare: int = 0, packing: bool = True
) -> TuningRows:
    """`spare`: tokens that a method puts before each row. `packing`: whether it can read several
    rows in one line."""
    recipe = work.recipe
    if not packing:
        recipe = replace(recipe, text=replace(recipe.text, packing=False))
    settings = {
        "recipe": recipe,
        "tokenizer": base.tokenizer,
        "company": work.company,
        "room": min(recipe.text.max_tokens, base.room) - spare,
    }
    batches = TuningBatches(material.rows, **settings)
    held = validation_examples(material.validation, **settings) if material.validation else []
    validation = [Block((line_of(one),)) for one in held]
    return TuningRows(_AsBlocks(batches), validation, batches.left_out)


class _AsBlocks:
    def __init__(self, rows: TuningBatches) -> None:
        self.steps = rows.steps
        self._rows = rows

    def at(self, step: int) -> Sequence[Block]:
        return [_block(one) for one in self._rows.at(step)]


def _block(one: Any) -> Block:
    examples = one.examples if isinstance(one, Packed) else (one,)
    return Block(tuple(line_of(example) for example in examples))
