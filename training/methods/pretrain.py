"""`pretrain`: a small base from scratch, on a corpus that may be shipped.

Public entry: `pretrain`. Tokenizer and weights are made here; the loss is over the whole example,
the prompt's tokens weighing less than the reply's. Saved in fp16 with everything that transformers
needs to load it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch  # noqa: TID253
from transformers import AutoModelForCausalLM, GenerationConfig, Trainer  # noqa: TID253

from training.datasets import Corpus
from training.methods.examples import Example, by_length
from training.methods.fitting import fit, round_up
from training.methods.results import Fit, OnStep
from training.methods.shape import model_config
from training.methods.tasks import base_examples
from training.methods.tokenizer import fit_tokenizer
from training.recipes import Recipe

_MULTIPLE = 32


Batch = dict[str, torch.Tensor]
"""`tokens` padded on the right; `weights` of the loss at each of them, 0 on padding."""


def pretrain(
    corpus: Corpus,
    *,
    recipe: Recipe,
    into: Path,
    company: str,
    on_step: OnStep = lambda step, loss: None,
) -> Fit:
    """Train a base and save it into the empty folder `into`."""
    torch.manual_seed(recipe.seed)
    shape = recipe.shape
    tokenizer = fit_tokenizer(_texts(corpus), vocabulary=(shape and shape.vocabulary) or 4096)
    config = model_config(recipe, vocabulary=len(tokenizer))
    config.bos_token_id, config.eos_token_id = tokenizer.bos_token_id, tokenizer.eos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    examples = base_examples(corpus, recipe=recipe, tokenizer=tokenizer, company=company)
    batches = _batches(examples, recipe=recipe, pad=tokenizer.pad_token_id)
    result = fit(model, batches, recipe=recipe, loss=_weighted_loss, on_step=on_step)
    _save(model, tokenizer, into)
    return result


def _texts(corpus: Corpus) -> Iterator[str]:
    for section in corpus.sections:
        yield from (section.title, section.heading, section.text)
    for asked in corpus.asked:
        yield asked.question


def _batches(examples: Iterator[Example], *, recipe: Recipe, pad: int) -> Iterator[Batch]:
    for part in by_length(examples, size=recipe.schedule.batch, seed=recipe.seed + 1):
        yield _batch(part, pad=pad, prompt_weight=recipe.tasks.prompt_weight)


def _batch(examples: Sequence[Example], *, pad: int, prompt_weight: float) -> Batch:
    prompts = [one.context + one.invocation for one in examples]
    lengths = [len(ids) + len(one.answer) for ids, one in zip(prompts, examples, strict=True)]
    longest = round_up(max(lengths), _MULTIPLE)
    tokens, weights = [], []
    for ids, one in zip(prompts, examples, strict=True):
        padding = longest - len(ids) - len(one.answer)
        tokens.append(ids + one.answer + [pad] * padding)
        answer_weight = 1.0 if ids else prompt_weight
        weights.append(
            [prompt_weight] * len(ids) + [answer_weight] * len(one.answer) + [0.0] * padding
        )
    return {"tokens": torch.tensor(tokens), "weights": torch.tensor(weights)}


def _weighted_loss(trainer: Trainer, model: Any, batch: Batch) -> torch.Tensor:
    logits = model(input_ids=batch["tokens"], use_cache=False).logits
    each = torch.nn.functional.cross_entropy(
        logits[:, :-1].float().flatten(0, 1), batch["tokens"][:, 1:].flatten(), reduction="none"
    )
    weights = batch["weights"][:, 1:].flatten()
    return (each * weights).sum() / weights.sum()


def _save(model: Any, tokenizer: Any, into: Path) -> None:
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.half().save_pretrained(into)
    tokenizer.save_pretrained(into)
