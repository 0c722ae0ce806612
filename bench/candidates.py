"""Three drafts in one decode, held against one alone, three in a row, and PEFT's mixed batch.

`python -m bench.candidates [--json] [--threads N]`. Uses the sample models where they are, else
random ones of their size (vocabulary 4,000, width 256, five layers; activated LoRA of rank 32 and
16 on the 4-bit base). Every row is made to write all of its tokens, so that all ways do the same
work; each way is run once unmeasured, then five times in turn with the others.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from llm.engine.results import GenerationSettings, RowRequest
from llm.engine.tokens import PromptIds, prompt_ids
from llm.manifest import write_manifest
from llm.prompts import INVOCATION, PROMPT_VERSION, Prompt

SAMPLE_MODELS = Path(__file__).resolve().parent.parent / "sample" / "models"
FOLDERS = ("base", "tuned-a", "tuned-b")
ROUNDS = 5
VOCABULARY = 4000


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.candidates", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--prompt-tokens", type=int, default=320)
    parser.add_argument("--new-tokens", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        shipped = all((SAMPLE_MODELS / name / "manifest.json").exists() for name in FOLDERS)
        root = SAMPLE_MODELS if shipped else random_models(Path(temporary))
        report = measure(
            root,
            threads=given.threads,
            prompt_tokens=given.prompt_tokens,
            new_tokens=given.new_tokens,
        )
    report = {"models": "sample" if shipped else "random", **report}
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:>24}: {value}")


def measure(root: Path, *, threads: int, prompt_tokens: int, new_tokens: int) -> dict[str, Any]:
    import torch

    from llm.engine.local import LocalEngine

    torch.set_num_threads(threads)
    started = time.perf_counter()
    engine = LocalEngine(root / "base")
    for name in FOLDERS:
        engine.load(name, None if name == "base" else root / name)
    loading = time.perf_counter() - started
    _never_ending(engine)
    prompt = _prompt(engine, prompt_tokens)
    rows = [RowRequest(name, GenerationSettings(max_new_tokens=new_tokens)) for name in FOLDERS]
    peer = _peft_alone(root)
    ids = prompt_ids(engine._base.tokenizer, prompt)
    first: list[float] = []

    def together() -> None:
        begun = time.perf_counter()
        told: list[float] = []
        engine.generate(
            prompt, rows, on_text=lambda row, text: told.append(time.perf_counter() - begun)
        )
        first.append(told[0])

    seconds = _medians(
        {
            "one_alone": lambda: engine.generate(prompt, rows[1:2]),
            "three_together": together,
            "three_in_a_row": lambda: [engine.generate(prompt, [row]) for row in rows],
            "peft_mixed_batch": lambda: _peft_mixed_batch(peer, ids, new_tokens),
        }
    )
    alone = seconds["one_alone"]
    return {
        "parameters": engine.parameters,
        "threads": threads,
        "prompt_tokens": prompt_tokens,
        "new_tokens": new_tokens,
        "loading_seconds": round(loading, 3),
        "first_text_seconds": round(statistics.median(first[1:]), 3),
        **{f"{name}_seconds": round(value, 3) for name, value in seconds.items()},
        **{f"{name}_times_one": round(value / alone, 2) for name, value in seconds.items()},
    }


def random_models(root: Path) -> Path:
    """Models of the sample models' size that nobody trained."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    from llm.engine.loading import load_base
    from llm.engine.tokens import plain_ids

    torch.manual_seed(0)
    tokenizer = _byte_tokenizer()
    tokenizer.save_pretrained(root / "base")
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=256,
            intermediate_size=704,
            num_hidden_layers=5,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=1024,
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


def _describe(folder: Path, *, method: str, base: dict[str, str] | None) -> str:
    fields = {"name": folder.name, "method": method, "base": base, "generation": {}}
    return write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION}).digest


def _byte_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [f"word{number}" for number in range(VOCABULARY - len(alphabet) - 2)]
    tokens = ["<|pad|>", "<|end|>", *alphabet, *words]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|end|>"
    )


def _never_ending(engine: Any) -> None:
    """No token ends a row: all rows write as many as they may."""
    engine._base = replace(engine._base, end_ids=())
    engine._base.model.generation_config.eos_token_id = None
    engine._shelf.model.generation_config.eos_token_id = None


def _prompt(engine: Any, tokens: int) -> Prompt:
    """As many words as fill `tokens` together with the invocation, to within a word."""
    room = tokens - engine.count_tokens(INVOCATION)
    text = ""
    while engine.count_tokens(f"{text}word ") <= room:
        text = f"{text}word "
    return Prompt(text, INVOCATION, 0, 0, cut=False, version=PROMPT_VERSION)


def _peft_alone(root: Path) -> Any:
    """The same versions in a model that the engine never touched."""
    from peft import PeftModel

    from llm.engine.loading import load_base

    base = load_base(root / "base")
    model = PeftModel.from_pretrained(base.model, str(root / "tuned-a"), adapter_name="tuned-a")
    model.load_adapter(str(root / "tuned-b"), adapter_name="tuned-b")
    model.generation_config.eos_token_id = None
    base.model.generation_config.eos_token_id = None
    return model.eval()


def _peft_mixed_batch(model: Any, ids: PromptIds, new_tokens: int) -> None:
    """What PEFT offers by itself: the whole prompt once per row."""
    import torch

    whole = torch.tensor([ids.context + ids.invocation] * len(FOLDERS))
    with torch.inference_mode():
        model.generate(
            input_ids=whole,
            attention_mask=torch.ones_like(whole),
            adapter_names=["__base__", "tuned-a", "tuned-b"],
            max_new_tokens=new_tokens,
        )


def _medians(ways: dict[str, Callable[[], Any]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


if __name__ == "__main__":
    main()
