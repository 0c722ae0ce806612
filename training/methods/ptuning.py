"""`ptuning`: virtual tokens before the prompt, made by a small encoder; the base stays as it is.

Public entry: `train`. Trained through `fit`, which keeps the whole encoder by its names: PEFT's own
saving keeps what the encoder puts out, from which no training can go on. What is saved in the end
is that output alone, as PEFT saves it. The virtual tokens stand next to the real ones on either
side of padding, with positions of their own: PEFT drops position ids, which shifts every token
where padding is on the left.
"""

from collections.abc import Sequence
from typing import Any

import torch  # noqa: TID253
from peft import PromptEncoderConfig, get_peft_model  # noqa: TID253

from llm.engine.loading import LoadedBase
from training.methods.blocks import Block
from training.methods.checkpoints import writing
from training.methods.fitting import Objective, fit
from training.methods.lines import device_of, losses_of, padded
from training.methods.loading import load_for_training
from training.methods.reading import rows_for
from training.methods.results import Fit, Material, Work
from training.recipes import Recipe, VirtualTokens


def train(material: Material, work: Work) -> Fit:
    """Train virtual tokens on `material.rows` and save them."""
    recipe = work.recipe
    base = load_for_training(work)
    torch.manual_seed(recipe.seed)
    model = Prompted(get_peft_model(base.model, encoder_config(recipe)))
    rows = rows_for(material, work, base, spare=model.virtual, packing=False)
    result = fit(
        model,
        rows.batches,
        objective(recipe, base, virtual=model.virtual),
        work=work,
        validation=rows.validation,
        left_out=dict(rows.left_out),
    )
    save_as_peft(model.peft, work)
    return result


def save_as_peft(model: Any, work: Work) -> None:
    """What the encoder puts out, in full precision: it is small."""
    for config in model.peft_config.values():
        config.base_model_name_or_path = work.recipe.base  # not where it lies on this machine
    model.eval()
    with writing():
        model.save_pretrained(work.into, safe_serialization=True, save_embedding_layers=False)
    (work.into / "README.md").unlink(missing_ok=True)  # a card about a hub that this is not from


def encoder_config(recipe: Recipe) -> PromptEncoderConfig:
    virtual: VirtualTokens = recipe.virtual  # type: ignore[assignment]  # recipes check it
    return PromptEncoderConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=virtual.tokens,
        encoder_hidden_size=virtual.hidden,
    )


def objective(recipe: Recipe, base: LoadedBase, *, virtual: int) -> Objective:
    pad = base.model.generation_config.pad_token_id
    left = recipe.text.padding == "left"

    def loss(model: Any, blocks: Sequence[Block]) -> torch.Tensor:
        lines = [block.lines[0] for block in blocks]
        device = device_of(model)
        batch = padded(lines, pad=pad, left=left, device=device, room=base.room, before=virtual)
        kept = batch.kept
        logits = model(
            ids=batch.ids, own=batch.own, seen=batch.seen, places=batch.places, kept=kept
        )
        return losses_of(logits, batch.targets[:, kept + 1]).sum()

    return Objective(
        loss=loss,
        weight=lambda block: float(block.targets),
        tokens=lambda block: len(block) + virtual,
    )


class Prompted(torch.nn.Module):
    """The base behind its virtual tokens; `peft` is PEFT's model of it."""

    def __init__(self, peft: Any) -> None:
        super().__init__()
        self.peft = peft
        self.virtual = int(peft.active_peft_config.num_virtual_tokens)

    def forward(
        self,
        ids: torch.Tensor,
        own: torch.Tensor,
        seen: torch.Tensor,
        places: torch.Tensor,
        kept: torch.Tensor,
    ) -> torch.Tensor:
        """Logits at `kept`. `own` marks the places of the virtual tokens."""
        network = self.peft.get_base_model()
        embedded = network.get_input_embeddings()(ids)
        virtual = self.peft.get_prompt(batch_size=len(ids)).to(embedded.dtype)
        embedded = embedded.masked_scatter(own[..., None], virtual)
        logits: torch.Tensor = network(
            inputs_embeds=embedded,
            attention_mask=seen,
            position_ids=places,
            use_cache=False,
            logits_to_keep=kept,
        ).logits
        return logits

    def activation_checkpointing_enable(self, **settings: Any) -> None:
        self.peft.get_base_model().activation_checkpointing_enable(**settings)
