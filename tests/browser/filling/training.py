"""Runs with their curves, data sets, decisions of the gate, and two versions side by side."""

import json
import math
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from llm.models import ModelVersion, Slot
from training.datasets import Row
from training.evaluation.kept import Line
from training.gate.reasons import Why
from training.models import DatasetSnapshot, Decision, Evaluation, TrainingRun
from training.runs import run_folder

State = TrainingRun.State
HOLDOUT = "40ad93f2" * 8
ROWS = (
    ("fa", "سفارشم نرسیده، چه کنم؟", "سلام، از بخش «سفارش‌ها» وضعیت مرسوله را ببینید."),
    ("fa", "رمز پنل را فراموش کرده‌ام", "سلام، در صفحهٔ ورود «فراموشی رمز» را بزنید."),
    ("en", "Can I change the address of my order?", "Yes, until it is handed to the courier."),
    ("en", "The modem shows a red light", "Switch it off for ten seconds, then on again."),
)


def fill(people: dict[str, User]) -> dict[str, Any]:
    learned = _data_set("learned", "5e1ab07c" * 8, DatasetSnapshot.Kind.ROWS)
    _data_set("holdout", HOLDOUT, DatasetSnapshot.Kind.HOLDOUT)
    versions = [slot.version for slot in Slot.objects.select_related("version")]
    assert all(versions)
    done = _run(people["mina"], learned, state=State.DONE, version=versions[0], steps=400)
    running = _run(people["mina"], learned, state=State.RUNNING, version=None, steps=160)
    _run(people["mina"], learned, state=State.FAILED, version=None, steps=30)
    _decisions(done, versions)
    for version, words, scores in (
        (versions[0], "بله: ", (61.0, 48.0, 70.0, 33.0)),
        (versions[1], "درود! ", (44.0, 52.0, 70.0, 21.0)),
    ):
        _evaluation(version, words, scores)
    return {
        "run": done.pk,
        "running": running.pk,
        "dataset": learned.pk,
        "compared": [versions[0].name, versions[1].name],
    }


def _rows() -> list[dict[str, Any]]:
    return [
        asdict(Row(key=f"r{number}", kind="ticket", lang=lang, question=question, answer=answer))
        for number, (lang, question, answer) in enumerate(ROWS)
    ]


def _data_set(name: str, digest: str, kind: str) -> DatasetSnapshot:
    path = Path("datasets") / f"{name}.jsonl"
    _write(path, _rows())
    return DatasetSnapshot.objects.create(
        path=str(path),
        digest=digest,
        kind=kind,
        rows=len(ROWS),
        manifest={"learned": 3, "search": "x"},
        checks={
            "lengths": {"rows": 4, "median": 41, "p95": 88, "longest": 120, "limit": 2048},
            "leaks": 0,
            "languages": {"fa": 2, "en": 2},
            "kinds": {"ticket": 4},
            "left_out": {"customer": 3},
            "masked": {"PHONE": 2},
        },
    )


def _run(
    mina: User, data: DatasetSnapshot, *, state: str, version: ModelVersion | None, steps: int
) -> TrainingRun:
    run = TrainingRun.objects.create(
        recipe="small-lora",
        state=state,
        started_by=mina,
        dataset=data,
        version=version,
        slot="B",
        phase="training" if state == State.RUNNING else "",
        done=steps,
        total=400,
        report={"mean": 1.31, "evaluation": 1.42, "seconds_left": 210.0},
        error="The disk is full." if state == State.FAILED else "",
        seconds=610.0,
        gpu_seconds=0.0,
        peak_memory_bytes=3 * 2**29,
        tokens=1_240_000,
        tokens_per_second=812.0,
        heartbeat_at=timezone.now(),
    )
    _log(run, steps)
    return run


def _log(run: TrainingRun, steps: int) -> None:
    chance = random.Random(run.pk)
    lines: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        mean = 1.2 + 1.9 * math.exp(-step / 90)
        loss = mean + chance.uniform(-0.2, 0.2)
        lines.append({"step": step, "loss": loss, "mean": mean, "tokens": 3100 * step})
        if step % 40 == 0:
            lines.append({"step": step, "evaluation": mean + 0.12 + step / 4000})
    folder = run_folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def _decisions(run: TrainingRun, versions: list[ModelVersion]) -> None:
    figures = {
        "difference": {"mean": 2.1, "low": 0.4, "high": 3.9, "rows": 40},
        "languages": {"fa": {"mean": 1.0, "low": -2.0, "high": 4.0, "rows": 19}},
    }
    for kind, why in (("canary", Why.BETTER), ("refused", Why.NOT_BETTER)):
        Decision.objects.create(
            kind=kind,
            slot="B",
            version=versions[0],
            against=versions[1],
            run=run,
            why=why,
            figures=figures,
        )


def _evaluation(version: ModelVersion, words: str, scores: tuple[float, ...]) -> None:
    lines = [
        Line(
            key=f"r{number}",
            lang=ROWS[number][0],
            customer="",
            text=(words if ROWS[number][0] == "fa" else "Sure. ") + ROWS[number][2],
            finish="stop",
            seconds=0.5,
            tokens=5,
            measures={"chrf": score, "repetition": score / 100},
            loss_sum=20.0,
            loss_tokens=10,
        )
        for number, score in enumerate(scores)
    ]
    path = Path("evaluations") / f"{version.name}.jsonl"
    _write(path, [asdict(line) for line in lines])
    Evaluation.objects.create(version=version, dataset_digest=HOLDOUT, path=str(path))


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    target = settings.PASOKH_HOME / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
