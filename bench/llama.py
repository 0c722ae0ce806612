"""A Llama-like base of any size with tuned versions, random weights: for benches of the engine.

Public entries: `Shape`, `random_models`, `plain_prompt`, `never_ending`.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llm.manifest import write_manifest
from llm.prompts import INVOCATION, PROMPT_VERSION, Prompt

FOLDERS = ("base", "tuned-a", "tuned-b")


@dataclass(frozen=True)
class Shape:
    """The default is the sample models' size; `medium` has 54.6 million parameters."""

    vocabulary: int = 4000
    width: int = 256
    inner: int = 704
    layers: int = 5
    heads: int = 4
    positions: int = 8192


SHAPES = {
    "small": Shape(),
    "medium": Shape(vocabulary=32000, width=512, inner=1408, layers=12, heads=8),
}


def random_models(root: Path, shape: Shape) -> Path:
    """A base and two activated LoRA versions, of rank 32 and 16, that nobody trained."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    from llm.engine.loading import load_base
    from llm.engine.tokens import plain_ids

    torch.manual_seed(0)
    tokenizer = _byte_tokenizer(shape.vocabulary)
    tokenizer.save_pretrained(root / "base")
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.width,
            intermediate_size=shape.inner,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads,
            max_position_embeddings=shape.positions,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
        )
    )
    model.half().save_pretrained(root / "base")
    base = _describe(root / "base", method="pretrain", base=None)
    for name, rank in (("tuned-a", 32), ("tuned-b", 16)):
        config = LoraConfig(
            r=rank,
            lora_alpha=rank,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
            alora_invocation_tokens=plain_ids(tokenizer, INVOCATION),
            init_lora_weights=False,
        )
        loaded = load_base(root / "base", keep_packed=True)
        get_peft_model(loaded.model, config).save_pretrained(root / name)
        (root / name / "README.md").unlink(missing_ok=True)
        _describe(root / name, method="alora", base={"name": "base", "digest": base})
    return root


def never_ending(engine: Any) -> None:
    """No token ends a row: all rows write as many as they may."""
    engine._base = replace(engine._base, end_ids=())
    engine._base.model.generation_config.eos_token_id = None


def plain_prompt(engine: Any, tokens: int, *, word: str = "word") -> Prompt:
    """As many words as fill `tokens` together with the invocation, to within a word."""
    room = tokens - engine.count_tokens(INVOCATION)
    each = engine.count_tokens(f"{word} ")
    return Prompt(f"{word} " * (room // each), INVOCATION, 0, 0, cut=False, version=PROMPT_VERSION)


def _describe(folder: Path, *, method: str, base: dict[str, str] | None) -> str:
    fields = {"name": folder.name, "method": method, "base": base, "generation": {}}
    return write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION}).digest


def _byte_tokenizer(vocabulary_size: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [f"word{number}" for number in range(vocabulary_size - len(alphabet) - 2)]
    tokens = ["<|pad|>", "<|end|>", *alphabet, *words]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|end|>"
    )
