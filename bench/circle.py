"""Does the circle turn? Ratings → `manage.py finetune` → gate → canary → live, round after round.

`python -m bench.circle [--full] [--json] [--home FOLDER]`. A desk of its own with the sample
company and its models; agents whose taste is fixed and written down (`bench.simulated.agents`) rate
every draft and send what suits them. A round: a day of new tickets; `finetune` with the recipe
sample-circle; while there is a canary, days on which it writes for a share of the tickets, each
ending with the gate's review. Then all live versions write for texts that nothing was ever trained
on (the sample company's new tickets, each as it came and in other words) and are rated by the same
taste, without noise; so are the versions that the desk began with, with the same prompts: the same
desk without training is the control. Means with 95% intervals, tickets drawn together.

One round by default, three with `--full`; then every reply gets another one's text, and two
versions that learn from that (one against the slot that is worst, one against the desk's first
version) must be refused. With `--home`, a bench that was stopped goes on: every step is kept.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.simulated.report import shown

ROOT = Path(__file__).parent.parent
RECIPE = "sample-circle"
SEED = 5
TICKETS = 80
"""Of a day: three tenths of the first day's replies are kept out, and the gate wants 20."""
MOST_TRIAL_DAYS = 4
SHARE = "0.5"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.circle", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--home", type=Path, help="A folder to keep the desk in.")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pasokh-circle-") as temporary:
        os.environ |= {
            "PASOKH_HOME": str((given.home or Path(temporary)).resolve()),
            "PASOKH_CANARY_SHARE": SHARE,
            "PASOKH_ENGINE_THREADS": str(given.threads),
            "OMP_NUM_THREADS": str(given.threads),
            "LOG_LEVEL": "WARNING",
        }
        manage("setup_desk", "--sample")
        report = Circle(Steps(given.home or Path(temporary))).turn(rounds=3 if given.full else 1)
    print(json.dumps(report, ensure_ascii=False) if given.json else shown(report))


def manage(*arguments: str) -> str:
    """The real command in a process of its own. Progress stays on this terminal."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(f"manage.py {' '.join(arguments)} ended with {done.returncode}")
    return done.stdout


class Steps:
    """What has been done, kept in the desk's home."""

    def __init__(self, home: Path) -> None:
        self._path = home / "circle.json"
        self.done: dict[str, Any] = (
            json.loads(self._path.read_text()) if self._path.is_file() else {}
        )

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        if name not in self.done:
            say(name)
            begun = time.monotonic()
            self.done[name] = {"made": work(), "seconds": round(time.monotonic() - begun, 1)}
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps(self.done, ensure_ascii=False))
            beside.replace(self._path)
        return self.done[name]["made"]

    @property
    def seconds(self) -> float:
        return round(sum(one["seconds"] for one in self.done.values()), 1)


class Circle:
    """The desk, its agents, and what is measured."""

    def __init__(self, steps: Steps) -> None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from bench.simulated import desk, measuring

        self._desk, self._measuring, self._steps = desk, measuring, steps
        desk.close_waiting()
        self._staff = desk.company()
        self._asking = measuring.askings()
        self._first: dict[str, int] = steps.once("first versions", measuring.live_versions)

    def turn(self, *, rounds: int) -> dict[str, Any]:
        from bench.simulated.report import of_rounds

        measured = [self._steps.once("round 0: measure", self._measure)]
        made = []
        for number in range(1, rounds + 1):
            made.append(self._round(number))
            measured.append(self._steps.once(f"round {number}: measure", self._measure))
        report = of_rounds(measured, made)
        if rounds > 1:
            report["shuffled"] = self._shuffled()
            report["holds"] &= all(one["kind"] == "refused" for one in report["shuffled"])
        return report | {"seconds": self._steps.seconds}

    def _round(self, number: int) -> dict[str, Any]:
        once = self._steps.once
        day = once(f"round {number}: day", lambda: self._day(f"day-{number}"))
        found = once(f"round {number}: finetune", self._finetune)
        decided = [found["decision"]]
        for trial in range(1, MOST_TRIAL_DAYS + 1):
            if decided[-1]["kind"] != "canary":
                break
            work = partial(self._trial, f"trial-{number}-{trial}")
            decided += once(f"round {number}: trial {trial}", work)
        return {"slot": found["slot"], "version": found["version"], "day": day, "decided": decided}

    def _day(self, name: str) -> dict[str, Any]:
        asked = self._desk.batch(name, TICKETS, seed=SEED)
        return vars(self._desk.work_through(asked, self._staff, seed=SEED, say=say))

    def _trial(self, name: str) -> list[dict[str, Any]]:
        from training import gate

        self._day(name)
        known = [
            {"kind": str(one.kind), "slot": one.slot, "why": one.why, "figures": one.figures}
            for one in gate.review()
        ]
        return known or [{"kind": "canary", "why": "waits for more ratings"}]

    def _finetune(self, *more: str) -> dict[str, Any]:
        """A run that was killed goes on."""
        again = json.loads(manage("finetune", "--resume", "--json"))
        if again["run"] is not None:
            return dict(again)
        return dict(json.loads(manage("finetune", "--recipe", RECIPE, "--json", *more)))

    def _measure(self) -> dict[str, Any]:
        """Stars of every text, live and first versions, with the archive as it is now."""
        return self._measuring.measured(self._first, self._staff, self._asking, say=say)

    def _shuffled(self) -> list[dict[str, Any]]:
        once = self._steps.once
        once("shuffled: replies", lambda: self._desk.shuffle_replies(RECIPE, seed=SEED))
        worst = once("shuffled: worst slot", lambda: self._finetune("--name", "shuffled-1"))
        once("shuffled: first version back", lambda: self._desk.put_back("A", self._first["A"]))
        first = once(
            "shuffled: first version",
            lambda: self._finetune("--name", "shuffled-2", "--slot", "A"),
        )
        return [
            one["decision"] | {"figures": one["metrics"]["gate"].get("difference")}
            for one in (worst, first)
        ]


def say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
