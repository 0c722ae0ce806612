"""`alora` and `qlora`: low-rank adapters on a 4-bit base, the loss on the answer only.

Public entry: `train`. With `alora` (activated LoRA) the base alone reads the prompt and the adapter
wakes up at the invocation, so three drafts share one reading of the prompt. That holds for training
too: the prompt is read once without gradients and its cache handed on, and only the invocation and
the answer, a quarter of the tokens, are learned from. With `qlora` the adapter is at work from the
first token.

The base comes from the engine's own loader, so training sees the very numbers that serving does.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch  # noqa: TID253
from peft import LoraConfig, get_peft_model  # noqa: TID253
from transformers import DynamicCache  # noqa: TID253

from llm.engine.loading import load_base
from llm.engine.tokens import plain_ids
from llm.prompts import INVOCATION
from training.methods.examples import Example, TuningBatches
from training.methods.fitting import Objective, fit, round_up
from training.methods.results import Fit, Material, Work
from training.recipes import Adapter, Recipe, RecipeError

_MULTIPLE = 16


Batch = dict[str, torch.Tensor]
"""`context` padded on the left, `reply` (invocation and answer) on the right; `seen` marks the real
tokens of both, `targets` the answer's tokens among `reply`, -100 elsewhere."""


def train(material: Material, work: Work) -> Fit:
    """Train an adapter on `material.rows` and save it (fp16)."""
    recipe = work.recipe
    if work.base is None:
        raise RecipeError(f"The recipe {recipe.name} tunes a base, and none was given.")
    torch.manual_seed(recipe.seed)
    base = load_base(work.base, four_bit=recipe.weights.bits == 4)
    model = get_peft_model(base.model, lora_config(recipe, base.tokenizer))
    batches = TuningBatches(
        material.rows, recipe=recipe, tokenizer=base.tokenizer, company=work.company
    )
    pad = base.model.generation_config.pad_token_id
    loss = _activated_loss if recipe.method == "alora" else _whole_loss
    objective = Objective(
        loss=lambda model, examples: loss(model, _batch(examples, pad=pad)),
        weight=lambda one: float(len(one.answer)),
        tokens=len,
    )
    result = fit(model, batches, objective, work=work)
    for config in model.peft_config.values():
        config.base_model_name_or_path = recipe.base  # not where it lies on this machine
    # "auto" would look the base up at the hub, to see whether its vocabulary had grown
    model.half().save_pretrained(work.into, safe_serialization=True, save_embedding_layers=False)
    (work.into / "README.md").unlink(missing_ok=True)  # a card about a hub that this is not from
    return result


def lora_config(recipe: Recipe, tokenizer: Any | None) -> LoraConfig:
    """`tokenizer` None: only the shape matters (a dry run)."""
    adapter: Adapter = recipe.adapter  # type: ignore[assignment]  # recipes check it
    activated = recipe.method == "alora" and tokenizer is not None
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=list(adapter.targets),
        alora_invocation_tokens=plain_ids(tokenizer, INVOCATION) if activated else None,
    )


def _batch(examples: Sequence[Example], *, pad: int) -> Batch:
    contexts = [one.context for one in examples]
    replies = [one.invocation + one.answer for one in examples]
    left = round_up(max(map(len, contexts)), _MULTIPLE)
    right = round_up(max(map(len, replies)), _MULTIPLE)
    context = [[pad] * (left - len(ids)) + ids for ids in contexts]
    reply = [ids + [pad] * (right - len(ids)) for ids in replies]
    seen = [
        [0] * (left - len(ids)) + [1] * (len(ids) + len(after)) + [0] * (right - len(after))
        for ids, after in zip(contexts, replies, strict=True)
    ]
    targets = [
        [-100] * len(one.invocation) + ids[len(one.invocation) :] + [-100] * (right - len(ids))
        for one, ids in zip(examples, replies, strict=True)
    ]
    rows = {"context": context, "reply": reply, "seen": seen, "targets": targets}
    return {name: torch.tensor(values) for name, values in rows.items()}


def _activated_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Loss of the reply behind a prompt that only the base has read."""
    left = batch["context"].size(1)
    places = (batch["seen"].cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache()
    with torch.no_grad(), model.disable_adapter(), _evaluating(model):
        # The backbone alone: nobody needs a word predicted for the prompt's tokens.
        model.get_base_model().model(
            input_ids=batch["context"],
            attention_mask=batch["seen"][:, :left],
            position_ids=places[:, :left],
            past_key_values=cache,
            use_cache=True,
        )
    logits = model(
        input_ids=batch["reply"],
        attention_mask=batch["seen"],
        position_ids=places[:, left:],
        past_key_values=cache,
        use_cache=True,
    ).logits
    return _next_token_loss(logits, batch["targets"])


def _whole_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Loss of the reply where the adapter has read the prompt too."""
    places = (batch["seen"].cumsum(1) - 1).clamp(min=0)
    logits = model(
        input_ids=torch.cat([batch["context"], batch["reply"]], dim=1),
        attention_mask=batch["seen"],
        position_ids=places,
        use_cache=False,
    ).logits
    return _next_token_loss(logits[:, batch["context"].size(1) :], batch["targets"])


def _next_token_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].float().flatten(0, 1),
        targets[:, 1:].flatten(),
        ignore_index=-100,
        reduction="sum",
    )


def _evaluating(model: Any) -> AbstractContextManager[None]:
    return _Evaluating(model) if model.training else nullcontext()


class _Evaluating(AbstractContextManager[None]):
    """Dropout off for a while."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __enter__(self) -> None:
        self._model.eval()

    def __exit__(self, *exc: object) -> None:
        self._model.train()
