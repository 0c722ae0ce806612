"""Three drafts in one decode, held against one alone, three in a row, and PEFT's mixed batch.

`python -m bench.candidates [--json] [--full] [--size small|medium] [--threads N]`. A Llama-like
model with random weights (medium: 55 million parameters), two activated LoRA versions of it (rank
32 and 16) and itself. Every row is made to write all of its tokens, so that all ways do the same
work; each way is run once unmeasured, then five times in turn with the others; medians.

- one_seconds, shared_seconds: one version alone and three together, by this engine.
- shared_ratio, sequence_ratio, mixed_ratio: three together, three one after the other (this
  engine), and PEFT's mixed batch, each over one alone by this engine.
- peft_one_seconds, peft_shared_ratio: the same by transformers and PEFT as they come; one alone,
  and the mixed batch over it.
- `--full`: seconds by prompt length and number of candidates, and over the physical floor: one
  reading of the prompt, and for each token the weights and the prompt's keys and values read from
  memory once.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.llama import FOLDERS, SHAPES, never_ending, plain_prompt, random_models
from llm.engine.results import GenerationSettings, RowRequest
from llm.engine.tokens import PromptIds, prompt_ids

ROUNDS = 5
LENGTHS = (250, 500, 1000, 1500, 2000, 4000)
CANDIDATES = (1, 2, 3, 4, 6, 8)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.candidates", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--size", choices=sorted(SHAPES), default="medium")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt-tokens", type=int, default=1500)
    parser.add_argument("--new-tokens", type=int, default=48)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = random_models(Path(temporary), SHAPES[given.size])
        engine = loaded(root, threads=given.threads)
        report: dict[str, Any] = {"parameters": engine.parameters, "threads": given.threads}
        if given.full:
            report |= table(engine, new_tokens=given.new_tokens)
        else:
            sizes = {"prompt_tokens": given.prompt_tokens, "new_tokens": given.new_tokens}
            report |= sizes | measure(engine, root, **sizes)
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            lines = value if isinstance(value, list) else [value]
            print("\n".join(f"{name:>20}: {line}" for line in lines))


def loaded(root: Path, *, threads: int) -> Any:
    """The engine with all versions, none of which ends by itself."""
    import torch

    from llm.engine.local import LocalEngine

    torch.set_num_threads(threads)
    engine = LocalEngine(root / "base")
    for name in FOLDERS:
        engine.load(name, None if name == "base" else root / name)
    never_ending(engine)
    return engine


def measure(engine: Any, root: Path, *, prompt_tokens: int, new_tokens: int) -> dict[str, Any]:
    prompt = plain_prompt(engine, prompt_tokens)
    settings = GenerationSettings(max_new_tokens=new_tokens)
    rows = [RowRequest(name, settings, prompt) for name in FOLDERS]
    ids = prompt_ids(engine._base.tokenizer, prompt)
    peer = _peft_alone(root)
    first: list[float] = []
    peaks: dict[int, int] = {1: 0, 3: 0}

    def write(some: list[RowRequest]) -> None:
        begun = time.perf_counter()
        told: list[float] = []
        results = engine.generate(
            some, on_text=lambda row, text: told.append(time.perf_counter() - begun)
        )
        assert {result.tokens for result in results} == {new_tokens}
        peaks[len(some)] = max(peaks[len(some)], *(result.peak_bytes for result in results))
        if len(some) == 3:
            first.append(told[0])

    seconds = medians(
        {
            "one": lambda: write(rows[1:2]),
            "shared": lambda: write(rows),
            "sequence": lambda: [write([row]) for row in rows],
            "peft_one": lambda: _peft(peer, ids, new_tokens, ["tuned-a"]),
            "mixed": lambda: _peft(peer, ids, new_tokens, ["__base__", "tuned-a", "tuned-b"]),
        }
    )
    ratios = {name: round(seconds[name] / seconds["one"], 3) for name in seconds if name != "one"}
    return {
        **{f"{name}_ratio": ratios[name] for name in ("shared", "sequence", "mixed")},
        **{f"{name}_seconds": round(value, 3) for name, value in seconds.items()},
        "peft_shared_ratio": round(seconds["mixed"] / seconds["peft_one"], 3),
        "first_text_seconds": round(statistics.median(first[1:]), 3),
        "peak_mebibytes_one": peaks[1] >> 20,
        "peak_mebibytes_three": peaks[3] >> 20,
    }


def table(engine: Any, *, new_tokens: int) -> dict[str, Any]:
    """Seconds by prompt length (three candidates) and by candidates (1,500 tokens)."""
    bandwidth = _bandwidth()
    cells = [(length, 3) for length in LENGTHS] + [(1500, count) for count in CANDIDATES]
    lines = []
    for length, count in dict.fromkeys(cells):
        prompt = plain_prompt(engine, length)
        settings = GenerationSettings(max_new_tokens=new_tokens)
        rows = [RowRequest(FOLDERS[at % 3], settings, prompt) for at in range(1, count + 1)]
        prefills: list[float] = []

        def write(rows: list[RowRequest] = rows, prefills: list[float] = prefills) -> None:
            prefills.append(engine.generate(rows)[0].prefill_seconds)

        taken = medians(
            {"one": lambda rows=rows: engine.generate(rows[:1]), "all": write}, rounds=3
        )
        floor = min(prefills) + new_tokens * _bytes_of_a_step(engine, length) / bandwidth
        lines.append(
            {
                "prompt_tokens": length,
                "candidates": count,
                "one_seconds": round(taken["one"], 3),
                "seconds": round(taken["all"], 3),
                "times_one": round(taken["all"] / taken["one"], 3),
                "floor_seconds": round(floor, 3),
                "times_floor": round(taken["all"] / floor, 2),
            }
        )
    return {"bytes_per_second": round(bandwidth), "table": lines}


def medians(ways: dict[str, Callable[[], Any]], *, rounds: int = ROUNDS) -> dict[str, float]:
    """Each way once unmeasured, then so many times in turn with the others."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def _bandwidth() -> float:
    """Bytes a second that all threads together read from memory."""
    import torch

    much = torch.ones(100_000_000)
    best = 0.0
    for _ in range(5):
        begun = time.perf_counter()
        much.sum()
        best = max(best, much.nbytes / (time.perf_counter() - begun))
    return best


def _bytes_of_a_step(engine: Any, length: int) -> float:
    config = engine._base.model.config
    keys = config.num_hidden_layers * config.num_key_value_heads * config.head_dim
    return 4.0 * (engine.parameters + 2 * keys * length)


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


def _peft(model: Any, ids: PromptIds, new_tokens: int, names: list[str]) -> None:
    """What PEFT offers by itself: the whole prompt once per row."""
    import torch

    whole = torch.tensor([ids.context + ids.invocation] * len(names))
    with torch.inference_mode():
        model.generate(
            input_ids=whole,
            attention_mask=torch.ones_like(whole),
            adapter_names=names,
            max_new_tokens=new_tokens,
        )


if __name__ == "__main__":
    main()
