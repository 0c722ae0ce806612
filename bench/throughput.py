"""Sixteen waiting tickets written together, held against one ticket after the other.

`python -m bench.throughput [--json] [--size small|medium] [--threads N] [--prompt-tokens N ...]`.
The same engine both times, three candidates a ticket, prompts of different tickets different and
each read once either way; every row writes all of its tokens. Medians of three, after one round
unmeasured.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from bench.candidates import loaded, medians
from bench.llama import FOLDERS, SHAPES, plain_prompt, random_models
from llm.engine.results import GenerationSettings, RowRequest

TICKETS = 16


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.throughput", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--size", choices=sorted(SHAPES), default="medium")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt-tokens", type=int, nargs="+", default=[1500, 250])
    parser.add_argument("--new-tokens", type=int, default=48)
    parser.add_argument("--candidates", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = random_models(Path(temporary), SHAPES[given.size])
        engine = loaded(root, threads=given.threads)
        report: dict[str, Any] = {"tickets": TICKETS, "candidates": given.candidates}
        for length in given.prompt_tokens:
            found = measure(
                engine,
                prompt_tokens=length,
                new_tokens=given.new_tokens,
                candidates=given.candidates,
                rounds=given.rounds,
            )
            report |= {f"{name}_{length}": value for name, value in found.items()}
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:>24}: {value}")


def measure(
    engine: Any, *, prompt_tokens: int, new_tokens: int, candidates: int, rounds: int
) -> dict[str, float]:
    settings = GenerationSettings(max_new_tokens=new_tokens)
    words = [f"{first}{second}ord" for first in "abcd" for second in "wxyz"]
    prompts = [plain_prompt(engine, prompt_tokens, word=word) for word in words]
    tickets = [
        [RowRequest(name, settings, prompt) for name in FOLDERS[:candidates]] for prompt in prompts
    ]
    assert len(tickets) == TICKETS
    seconds = medians(
        {
            "one_by_one": lambda: [engine.generate(rows) for rows in tickets],
            "together": lambda: engine.generate([row for rows in tickets for row in rows]),
        },
        rounds=rounds,
    )
    return {
        "speedup": round(seconds["one_by_one"] / seconds["together"], 2),
        **{f"{name}_seconds": round(value, 2) for name, value in seconds.items()},
        "tickets_a_minute": round(60 * TICKETS / seconds["together"], 1),
    }


if __name__ == "__main__":
    main()
