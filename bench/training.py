"""Tokens a second and memory of a training, held against TRL's own SFTTrainer.

`python -m bench.training [--json] [--bits 4|16] [--compute bfloat16|float32] [--method lora|alora]
[--rounds N] [--steps N] [--threads N]`. A Llama-like base of 29 million parameters with random
weights, made on the spot; LoRA as in the reports (rank 16, alpha 32, dropout 0.05, the seven
projections, batch 2 with accumulation 4), the loss on the answers alone. The rows are the sample
company's past tickets in the prompt of `sample-tuned-a`, in the same order on both sides. Only real
tokens count, none that is padded. Each side runs in a process of its own, in turn with the others;
medians, by the clock and by the processor's time (which a busy machine changes little). `trl` is
its default, with gradient checkpointing; `trl_kept` without.

`--agree` shows instead that both sides compute the same: the losses of the first steps, without
dropout.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.training_material import make_base, make_rows
from bench.training_sides import ACCUMULATION, BATCH, WARM, run_side

SIDES: Final = ("ours", "trl", "trl_kept")


def main() -> None:
    given = _arguments()
    if given.side:
        print(json.dumps(run_side(given)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = make_rows(folder, count=(WARM + given.steps) * BATCH * ACCUMULATION)
        make_base(folder / "base")
        found = _in_turn(folder, given)
    report = {"rows": rows, **_report(found)}
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:>24}: {value}")


def _arguments() -> Any:
    parser = argparse.ArgumentParser(
        prog="bench.training", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--agree", action="store_true")
    parser.add_argument("--bits", type=int, default=4, choices=(4, 16))
    parser.add_argument("--compute", default="bfloat16", choices=("bfloat16", "float32"))
    parser.add_argument("--method", default="lora", choices=("lora", "alora"))
    parser.add_argument("--checkpointing", action="store_true", help="on our side too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.dropout = 0.0 if given.agree else 0.05
    if given.agree:
        given.rounds = 1
    return given


def _in_turn(folder: Path, given: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in given.only}
    for number in range(given.rounds):
        order = given.only if number % 2 == 0 else given.only[::-1]
        for side in order:
            found[side].append(_in_a_process(side, folder, given))
    return found


def _in_a_process(side: str, folder: Path, given: Any) -> dict[str, Any]:
    import os

    command = [sys.executable, "-m", "bench.training", "--side", side, "--folder", str(folder)]
    command += ["--bits", str(given.bits), "--compute", given.compute, "--method", given.method]
    command += ["--steps", str(given.steps), "--threads", str(given.threads)]
    command += ["--agree"] * given.agree + ["--checkpointing"] * given.checkpointing
    environment = os.environ | {"OMP_NUM_THREADS": str(given.threads), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _report(found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    report: dict[str, Any] = {}
    for side, runs in found.items():
        report[f"{side}_tokens_a_second"] = round(
            statistics.median(run["tokens"] / run["seconds"] for run in runs)
        )
        report[f"{side}_tokens_a_processor_second"] = round(
            statistics.median(run["tokens"] / run["processor"] for run in runs)
        )
        report[f"{side}_peak_mib"] = round(statistics.median(run["peak_mib"] for run in runs))
        report[f"{side}_training_mib"] = round(
            statistics.median(run["peak_mib"] - run["before_mib"] for run in runs)
        )
        report[f"{side}_losses"] = [round(value, 5) for value in runs[0]["losses"]]
    for peer in ("trl", "trl_kept"):
        if {peer, "ours"} <= found.keys():
            ours, theirs = report["ours_tokens_a_second"], report[f"{peer}_tokens_a_second"]
            report[f"over_{peer}"] = round(ours / theirs, 2)
            report[f"over_{peer}_processor"] = round(
                report["ours_tokens_a_processor_second"]
                / report[f"{peer}_tokens_a_processor_second"],
                2,
            )
            report[f"memory_over_{peer}"] = round(
                report["ours_peak_mib"] / report[f"{peer}_peak_mib"], 2
            )
    return report


if __name__ == "__main__":
    main()
