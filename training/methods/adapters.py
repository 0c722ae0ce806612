"""`lora`, `qlora` and `alora`: low-rank adapters on a frozen base, the loss on the answer only.

Public entries: `train`, and for methods that tune an adapter otherwise `lora_config`,
`tuned_model`, `save_adapter`. The base comes from the engine's own loader, 4-bit or 16-bit by the
recipe, so training sees the very numbers that serving does.

With `alora` (activated LoRA) the base alone reads the prompt and the adapter wakes up at the
invocation, so three drafts share one reading of the prompt. That holds for training too: the prompt
is read once without gradients and its cache handed on, and only the invocation and the answer, a
quarter of the tokens, are learned from. With `lora` and `qlora` the adapter is at work from the
first token, and rows stand side by side with nothing padded (`training.methods.segments`).
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch  # noqa: TID253
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict  # noqa: TID253
from safetensors.torch import load_file
from transformers import DynamicCache  # noqa: TID253

from llm.engine.loading import LoadedBase
from llm.engine.tokens import plain_ids
from llm.engine.versions import CONFIG, WEIGHTS
from llm.manifest import verified_manifest
from llm.prompts import layout_of
from runtime.errors import InputError
from training.methods.batches import Packed, TuningBatches, validation_examples
from training.methods.checkpoints import writing
from training.methods.examples import Example
from training.methods.fitting import Objective, fit, round_up
from training.methods.lines import IGNORED, device_of, line_losses, line_of, padded
from training.methods.loading import load_for_training
from training.methods.results import Fit, Material, Work
from training.methods.segments import reads_segments, segment_loss, side_by_side
from training.recipes import Adapter, Recipe

_MULTIPLE = 16

Loss = Callable[[Any, Sequence[Example]], torch.Tensor]
Batch = dict[str, torch.Tensor]
"""`context` padded on the left, `reply` (invocation and answer) on the right; `seen` marks the real
tokens of both, `targets` the answer's tokens among `reply`, -100 elsewhere."""


class OtherAdapter(InputError):
    """The version to go on from is not one that the recipe can go on with."""


def train(material: Material, work: Work) -> Fit:
    """Train an adapter on `material.rows` and save it (fp16)."""
    recipe = work.recipe
    base = load_for_training(work)
    rows = {
        "recipe": recipe,
        "tokenizer": base.tokenizer,
        "company": work.company,
        "room": base.room,
    }
    batches = TuningBatches(material.rows, **rows)
    held = validation_examples(material.validation, **rows) if material.validation else []
    model = tuned_model(base, work)
    result = fit(
        model,
        batches,
        objective(model, base, recipe),
        work=work,
        validation=held,
        left_out=batches.left_out,
    )
    save_adapter(model, work)
    return result


def objective(model: Any, base: LoadedBase, recipe: Recipe) -> Objective:
    """The loss of the answers, whichever way the recipe and the model let rows be read."""
    pad = int(base.model.generation_config.pad_token_id)
    whole = _whole_loss(base, recipe, pad=pad)
    loss = whole
    if recipe.method == "alora":
        twice = recipe.schedule.checkpointing

        def loss(model: Any, examples: Sequence[Example]) -> torch.Tensor:
            # A cache cannot be handed on by layers that are computed twice: then PEFT reads whole
            # rows, and lets the adapter sleep up to the invocation.
            if twice and model.training:
                return whole(model, examples)
            return _activated_loss(model, _batch(examples, pad=pad, device=device_of(model)))

    return Objective(
        loss=lambda model, items: loss(model, _flat(items)),
        weight=lambda item: float(sum(len(one.answer) for one in _flat([item]))),
        tokens=len,
    )


def tuned_model(base: LoadedBase, work: Work) -> Any:
    """The base with the adapter that is trained: new, or as `work.begins_as` has it.

    Raises `OtherAdapter`.
    """
    torch.manual_seed(work.recipe.seed)
    config = lora_config(work.recipe, base.tokenizer)
    try:
        model = get_peft_model(base.model, config)
    except ValueError as error:
        if "target modules" not in str(error).lower():
            raise
        named = ", ".join(sorted(config.target_modules))
        raise InputError(
            f"Recipe {work.recipe.name}: the base has no layers named {named[:200]}; "
            "correct adapter.targets."
        ) from error
    if work.begins_as is not None:
        _begin_as(model, config, work.begins_as, base)
    return model


def save_adapter(model: Any, work: Work) -> None:
    """In `work.into` as PEFT saves it, in fp16."""
    for config in model.peft_config.values():
        config.base_model_name_or_path = work.recipe.base  # not where it lies on this machine
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.half()
    with writing():
        # "auto" would look the base up at the hub, to see whether its vocabulary had grown
        model.save_pretrained(work.into, safe_serialization=True, save_embedding_layers=False)
        _in_order(work.into / CONFIG)
    (work.into / "README.md").unlink(missing_ok=True)  # a card about a hub that this is not from


def _in_order(path: Path) -> None:
    """PEFT writes the layers' names as a set has them, another order in every process; the same
    training must give the same digest."""
    config = json.loads(path.read_text(encoding="utf-8"))
    for name in ("target_modules", "modules_to_save"):
        if isinstance(config.get(name), list):
            config[name].sort()
    path.write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def lora_config(recipe: Recipe, tokenizer: Any | None) -> LoraConfig:
    """`tokenizer` None: only the shape matters (a dry run)."""
    adapter: Adapter = recipe.adapter  # type: ignore[assignment]  # recipes check it
    activated = recipe.method == "alora" and tokenizer is not None
    invocation = layout_of(recipe.text.layout).invocation
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=list(adapter.targets),
        alora_invocation_tokens=plain_ids(tokenizer, invocation) if activated else None,
    )


def _begin_as(model: Any, wanted: LoraConfig, folder: Path, base: LoadedBase) -> None:
    manifest = verified_manifest(folder)
    if manifest.base is None or manifest.base.digest != base.manifest.digest:
        raise OtherAdapter(
            f"{manifest.name} stands on another base than {base.manifest.name}: it cannot be gone "
            "on from; leave begins_as out of the recipe."
        )
    if not {CONFIG, WEIGHTS} <= set(manifest.files):
        raise OtherAdapter(f"{manifest.name} is no LoRA adapter: it cannot be gone on from.")
    held = LoraConfig.from_pretrained(str(folder), local_files_only=True)
    for name, ours, theirs in (
        ("rank", wanted.r, held.r),
        ("alpha", wanted.lora_alpha, held.lora_alpha),
        ("targets", set(wanted.target_modules), set(held.target_modules or ())),
        (
            "invocation",
            wanted.alora_invocation_tokens or None,
            held.alora_invocation_tokens or None,
        ),
    ):
        if ours != theirs:
            raise OtherAdapter(
                f"{manifest.name} was trained with another {name} than the recipe has: give the "
                "recipe the same, or leave begins_as out."
            )
    result = set_peft_model_state_dict(model, load_file(folder / WEIGHTS), adapter_name="default")
    if result.unexpected_keys or any("lora_" in name for name in result.missing_keys):
        raise OtherAdapter(f"{manifest.name}: its weights do not fit its base.")


def _flat(items: Sequence[Any]) -> list[Example]:
    """The rows of lines that hold several."""
    return [
        one for item in items for one in (item.examples if isinstance(item, Packed) else (item,))
    ]


def _whole_loss(base: LoadedBase, recipe: Recipe, *, pad: int) -> Loss:
    """Loss of the reply where the adapter has read the prompt too."""
    # PEFT finds the place where an activated adapter wakes up once for each line.
    if recipe.method != "alora" and reads_segments(base.model):
        return lambda model, examples: segment_loss(
            model, side_by_side(examples, pad=pad, device=device_of(model))
        )
    left = recipe.text.padding == "left"

    def loss(model: Any, examples: Sequence[Example]) -> torch.Tensor:
        _forget_hooks(model)
        lines = [line_of(one) for one in examples]
        batch = padded(lines, pad=pad, left=left, device=device_of(model), room=base.room)
        return line_losses(model, batch).sum()

    return loss


def _forget_hooks(model: Any) -> None:
    """PEFT leaves hooks of activated adapters behind where a forward pass had no backward one (it
    ran out of memory), and then refuses the next."""
    for module in model.modules():
        hooks = getattr(module, "_peft_gradient_checkpointing_forward_hooks", None)
        while hooks:
            hooks.pop().remove()


def _batch(examples: Sequence[Example], *, pad: int, device: Any = None) -> Batch:
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
        [IGNORED] * len(one.invocation)
        + ids[len(one.invocation) :]
        + [IGNORED] * (right - len(ids))
        for one, ids in zip(examples, replies, strict=True)
    ]
    rows = {"context": context, "reply": reply, "seen": seen, "targets": targets}
    return {name: torch.tensor(values, device=device) for name, values in rows.items()}


def _activated_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Loss of the reply behind a prompt that only the base has read."""
    left = batch["context"].size(1)
    places = (batch["seen"].cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache()
    tuned = getattr(model, "module", model)
    with torch.no_grad(), tuned.disable_adapter(), _evaluating(tuned):
        # The backbone alone: nobody needs a word predicted for the prompt's tokens.
        tuned.get_base_model().base_model(
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
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].float().flatten(0, 1),
        batch["targets"][:, 1:].flatten(),
        ignore_index=IGNORED,
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
