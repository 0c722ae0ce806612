"""`embeddings`: only the tables of words are tuned, where text goes in and where it comes out.

Public entry: `train`. The layers between stay as they are, 4-bit where the recipe says so. Where
the base has one table for both, it stays one. Saved as `layers.safetensors` under the base's own
names, in half precision.
"""

from collections.abc import Sequence
from typing import Any, Final

import torch  # noqa: TID253
from safetensors.torch import save_file

from llm.engine.versions import LAYERS
from runtime.errors import InputError
from training.methods.blocks import Block
from training.methods.checkpoints import writing
from training.methods.fitting import Objective, fit
from training.methods.lines import device_of, line_losses, padded
from training.methods.loading import load_for_training
from training.methods.reading import rows_for
from training.methods.results import Fit, Material, Work

_NETWORK: Final = "network"


class NoTables(InputError):
    """The base's embeddings are more than tables of words."""


def train(material: Material, work: Work) -> Fit:
    """Tune the tables on `material.rows` and save them."""
    base = load_for_training(work)
    model = TablesOnly(base.model)
    rows = rows_for(material, work, base, packing=False)
    pad = base.model.generation_config.pad_token_id
    left = work.recipe.text.padding == "left"

    def loss(model: Any, blocks: Sequence[Block]) -> torch.Tensor:
        lines = [block.lines[0] for block in blocks]
        device = device_of(model)
        return line_losses(
            model, padded(lines, pad=pad, left=left, device=device, room=base.room)
        ).sum()

    objective = Objective(loss=loss, weight=lambda block: float(block.targets), tokens=len)
    result = fit(
        model,
        rows.batches,
        objective,
        work=work,
        validation=rows.validation,
        left_out=dict(rows.left_out),
    )
    with writing():
        save_file(model.tables(), work.into / LAYERS)
    return result


class TablesOnly(torch.nn.Module):
    """A base of which only the tables learn, in full precision. transformers' Trainer refuses a
    4-bit model that is not PEFT's; what is trained here is not the 4-bit part of it."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        network.requires_grad_(False)
        for module in (network.get_input_embeddings(), network.get_output_embeddings()):
            if module is None or getattr(module, "bias", None) is not None:
                raise NoTables("The base's embeddings are more than tables: use another method.")
            weight = module.weight
            weight.data = weight.data.float()  # tied ones are the same tensor
            weight.requires_grad_(True)

    def forward(self, **inputs: Any) -> Any:
        return self.network(**inputs)

    def activation_checkpointing_enable(self, **settings: Any) -> None:
        self.network.activation_checkpointing_enable(**settings)

    def tables(self) -> dict[str, torch.Tensor]:
        """What was learned, by the base's names; a tied table once."""
        return {
            name: weight.detach().half().contiguous().cpu()
            for name, weight in self.network.named_parameters()
            if weight.requires_grad
        }
