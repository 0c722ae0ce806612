"""Real models small enough to train within a test run: a base and tuned versions of it.

They learn a few answers by heart, so that greedy texts have clear winners at every token. The
tokenizer's vocabulary is so small that Persian letters fall apart into two tokens.
"""

import json
from pathlib import Path

from llm.manifest import Manifest, write_manifest
from llm.prompts import PROMPT_VERSION, Prompt, PromptBudget, PromptInput, Turn, render

QUESTIONS = ("سفارش من کی می‌رسد؟", "رمزم را چطور عوض کنم؟", "How do I pay?")
ANSWERS = {
    "base": ("سلام، می‌پرسیم.", "سلام، نمی‌دانیم.", "Hello, we will ask."),
    "first": ("سفارش شما فردا می‌رسد.", "از صفحه‌ی حساب‌های خود.", "By card, on the order page."),
    "second": ("دو روز دیگر پیش شماست.", "روی «فراموشی رمز» بزنید.", "Pay in cash at the door."),
}
HIDDEN = 64


def prompt(number: int) -> Prompt:
    return render(
        PromptInput(
            lang="en" if QUESTIONS[number].isascii() else "fa",
            passages=(),
            similar=(),
            turns=(Turn(role="customer", text=QUESTIONS[number]),),
        ),
        count_tokens=len,
        budget=PromptBudget(total=400),
    )


def build_base(folder: Path) -> Manifest:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    tokenizer = _tokenizer()
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=HIDDEN,
            intermediate_size=2 * HIDDEN,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=256,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
        )
    )
    rows = _rows(tokenizer, ANSWERS["base"])
    # A frozen output layer cannot name a token that the base never met: it reads all texts.
    rows += [
        ([], answer)
        for name in ("first", "second")
        for _, answer in _rows(tokenizer, ANSWERS[name])
    ]
    _learn(model, rows, steps=120, rate=3e-3)
    folder.mkdir(parents=True)
    model.half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return write_manifest(folder, _fields("base", method="pretrain", base=None))


def build_tuned(
    folder: Path,
    base_folder: Path,
    *,
    name: str,
    version: str = "",
    method: str = "alora",
    rank: int = 8,
) -> Manifest:
    """`name` says which answers it learns; `method` alora or lora, on the 4-bit base."""
    import torch
    from peft import LoraConfig, get_peft_model

    from llm.engine.loading import load_base
    from llm.engine.tokens import plain_ids

    torch.manual_seed(2)
    base = load_base(base_folder, keep_packed=True)
    invocation = plain_ids(base.tokenizer, prompt(0).invocation)
    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        alora_invocation_tokens=invocation if method == "alora" else None,
    )
    model = get_peft_model(base.model, config)
    _learn(model, _rows(base.tokenizer, ANSWERS[name]), steps=60, rate=1e-2)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT writes a model card
    reference = {"name": base.manifest.name, "digest": base.manifest.digest}
    return write_manifest(folder, _fields(version or name, method=method, base=reference))


def rewrite_manifest(folder: Path, **fields: object) -> None:
    """Change what the manifest says without touching the files that it names."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def _tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    texts = [*QUESTIONS, *(text for answers in ANSWERS.values() for text in answers)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|pad|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|end|>"
    )


def _rows(tokenizer, answers) -> list[tuple[list[int], list[int]]]:
    from llm.engine.tokens import plain_ids, prompt_ids

    asked = [prompt_ids(tokenizer, prompt(number)) for number in range(len(answers))]
    return [
        (ids.context + ids.invocation, [*plain_ids(tokenizer, answer), tokenizer.eos_token_id])
        for ids, answer in zip(asked, answers, strict=True)
    ]


def _learn(model, rows, *, steps: int, rate: float) -> None:
    import torch

    length = max(len(asked) + len(answer) for asked, answer in rows)
    inputs = torch.zeros((len(rows), length), dtype=torch.long)
    labels = torch.full((len(rows), length), -100)
    for row, (asked, answer) in enumerate(rows):
        end = len(asked) + len(answer)
        inputs[row, :end] = torch.tensor(asked + answer)
        labels[row, len(asked) : end] = torch.tensor(answer)
    mask = (inputs != 0).long()  # 0 is the padding
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=rate)
    model.train()
    for _ in range(steps):
        loss = model(input_ids=inputs, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    assert loss.item() < 0.1, loss.item()  # learnt by heart, or the tests compare noise


def _fields(name: str, *, method: str, base: dict[str, str] | None) -> dict[str, object]:
    return {
        "name": name,
        "method": method,
        "base": base,
        "recipe_name": "tiny",
        "recipe": {"prompt": {"budget": 200, "passages": 1, "similar": 1}},
        "seed": 1,
        "prompt_version": PROMPT_VERSION,
        "generation": {"max_new_tokens": 60},
        "metrics": {},
    }
