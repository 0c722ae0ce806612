"""What `bench.training` trains on: rows as ids, and a base that nobody trained."""

import json
import random
import statistics
from pathlib import Path
from typing import Any, Final

SEED: Final = 7
SAMPLE: Final = Path(__file__).resolve().parent.parent / "sample"


def make_rows(folder: Path, *, count: int) -> dict[str, float]:
    """`rows.json`: the ids of each row and the place where its answer begins."""
    from transformers import AutoTokenizer

    from training.methods.examples import TokenCounter, example
    from training.recipes import load_recipe

    recipe = load_recipe("sample-tuned-a")
    tokenizer = AutoTokenizer.from_pretrained(SAMPLE / "models" / "base")
    counter = TokenCounter(tokenizer)
    chosen = list(_tickets())
    random.Random(SEED).shuffle(chosen)
    made = [
        example(row, tokenizer=tokenizer, count=counter, recipe=recipe, company="Kazheh")
        for row in chosen[:count]
    ]
    data = [
        {"context": one.context, "invocation": one.invocation, "answer": one.answer} for one in made
    ]
    (folder / "rows.json").write_text(json.dumps(data), encoding="utf-8")
    sizes = sorted(map(len, made))
    return {
        "rows": len(sizes),
        "median_tokens": statistics.median(sizes),
        "shortest": sizes[0],
        "longest": sizes[-1],
        "answer_share": round(sum(len(one.answer) for one in made) / sum(sizes), 3),
    }


def _tickets() -> Any:
    """The past tickets, each with three of its topic and two parts of articles of its field, which
    is about what search finds."""
    from training.datasets import Row

    for path in sorted((SAMPLE / "company" / "past_tickets").glob("*.jsonl")):
        tickets = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        articles = [
            one.read_text(encoding="utf-8").split("---")[-1].split()
            for one in sorted((SAMPLE / "company" / "articles" / path.stem).glob("*.md"))
        ]
        for number, ticket in enumerate(tickets):
            alike = [
                (one["question"], one["answer"])
                for one in tickets
                if one["topic"] == ticket["topic"] and one is not ticket
            ]
            texts = [articles[(number + step) % len(articles)] for step in (0, 1)]
            yield Row(
                key=ticket["external_id"],
                kind="ticket",
                lang=ticket["lang"],
                question=ticket["question"],
                answer=ticket["answer"],
                similar=tuple(alike[number % 5 : number % 5 + 3]),
                passages=tuple((" ".join(words[:4]), " ".join(words[4:])) for words in texts),
            )


def make_base(folder: Path) -> None:
    """A Llama of 29 million parameters that nobody trained, behind the sample's tokenizer."""
    import torch
    from transformers import AutoTokenizer, GenerationConfig, LlamaConfig, LlamaForCausalLM

    from llm.manifest import write_manifest
    from llm.prompts import PROMPT_VERSION

    torch.manual_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(SAMPLE / "models" / "base")
    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=32_000,
            hidden_size=512,
            intermediate_size=1408,
            num_hidden_layers=4,
            num_attention_heads=8,
            num_key_value_heads=8,
            max_position_embeddings=2048,
            bos_token_id=None,
            tie_word_embeddings=True,
            **special,
        )
    )
    model.generation_config = GenerationConfig(**special)
    model.half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    fields: dict[str, Any] = {
        "name": "base",
        "method": "pretrain",
        "base": None,
        "generation": {},
    }
    write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION})
