"""`pretrain`: a small base from scratch, on a corpus that may be shipped.

Public entry: `train`. Tokenizer and weights are made here; the loss is over the whole example,
the prompt's tokens weighing less than the reply's. Saved in fp16 with everything that transformers
needs to load it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch  # noqa: TID253
from transformers import AutoModelForCausalLM, GenerationConfig  # noqa: TID253
from transformers.utils import logging  # noqa: TID253

from training.datasets import Corpus
from training.methods.batches import validation_examples
from training.methods.checkpoints import writing
from training.methods.examples import Example
from training.methods.fitting import Objective, fit, round_up
from training.methods.lines import device_of
from training.methods.results import Fit, Material, Work
from training.methods.shape import model_config
from training.methods.tasks import BaseBatches
from training.methods.tokenizer import fit_tokenizer
from training.recipes import RecipeError

_MULTIPLE = 32


Batch = dict[str, torch.Tensor]
"""`tokens` padded on the right; `weights` of the loss at each of them, 0 on padding."""


def train(material: Material, work: Work) -> Fit:
    """Train a base on `material.corpus`."""
    recipe, corpus = work.recipe, material.corpus
    if corpus is None:
        raise RecipeError(f"The recipe {recipe.name} reads a corpus, and none was given.")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(recipe.seed)
    shape = recipe.shape
    tokenizer = fit_tokenizer(_texts(corpus), vocabulary=(shape and shape.vocabulary) or 4096)
    config = model_config(recipe, vocabulary=len(tokenizer))
    config.bos_token_id, config.eos_token_id = tokenizer.bos_token_id, tokenizer.eos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    batches = BaseBatches(corpus, recipe=recipe, tokenizer=tokenizer, company=work.company)
    prompt_weight, pad = recipe.tasks.prompt_weight, tokenizer.pad_token_id
    objective = Objective(
        loss=lambda model, some: _weighted_loss(
            model, _batch(some, pad=pad, prompt_weight=prompt_weight)
        ),
        weight=lambda one: _weight(one, prompt_weight),
        tokens=len,
    )
    watched = validation_examples(
        material.validation, recipe=recipe, tokenizer=tokenizer, company=work.company
    )
    result = fit(model, batches, objective, work=work, validation=watched)
    _save(model, tokenizer, work.into)
    return result


def _texts(corpus: Corpus) -> Iterator[str]:
    for section in corpus.sections:
        yield from (section.title, section.heading, section.text)
    for asked in corpus.asked:
        yield asked.question


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


def _weight(one: Example, prompt_weight: float) -> float:
    """The sum of an example's weights but the first token's, which nothing predicts."""
    prompt = len(one.context) + len(one.invocation)
    if not prompt:
        return prompt_weight * (len(one.answer) - 1)
    return prompt_weight * (prompt - 1) + len(one.answer)


def _weighted_loss(model: Any, batch: Batch) -> torch.Tensor:
    batch = {name: values.to(device_of(model)) for name, values in batch.items()}
    logits = model(input_ids=batch["tokens"], use_cache=False).logits
    each = torch.nn.functional.cross_entropy(
        logits[:, :-1].float().flatten(0, 1), batch["tokens"][:, 1:].flatten(), reduction="none"
    )
    return (each * batch["weights"][:, 1:].flatten()).sum()


def _save(model: Any, tokenizer: Any, into: Path) -> None:
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with writing():
        model.half().save_pretrained(into)
        tokenizer.save_pretrained(into)
