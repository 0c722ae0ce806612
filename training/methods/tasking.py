"""A run as files, for processes that know no database: `TaskFolder`.

Written once by who starts them: recipe, work and material. Written by the processes: progress, and
what came of it. The rows lie here as long as the run trains, readable for their owner only.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from training.methods.material_files import read_material, write_material
from training.methods.results import Fit, Material, Step, Stopped, Watcher, Work
from training.recipes import as_data, recipe_from

_PROGRESS: Final = "progress.jsonl"
_STOP: Final = "stop"
_LAUNCHER: Final = "launcher"
_OUTCOME: Final = "outcome.json"


@dataclass(frozen=True)
class News:
    """A step that was done, or an evaluation: (step, loss)."""

    step: Step | None = None
    evaluation: tuple[int, float] = (0, 0.0)


class TaskFolder:
    """`path` is empty or not there until `write`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._read = 0

    def write(self, material: Material, work: Work) -> None:
        self.path.mkdir(mode=0o700, parents=True)
        write_material(material, self.path)
        places = {
            name: str(place.absolute()) if (place := getattr(work, name)) else None
            for name in ("folder", "into", "base", "begins_as")
        }
        told = {"recipe": as_data(work.recipe), "company": work.company, "parent": os.getpid()}
        self._put("work.json", told | places)

    def material(self) -> Material:
        return read_material(self.path)

    def work(self, *, rank: int) -> Work:
        """The first process alone fills `into`; what the others save is thrown away."""
        told = json.loads((self.path / "work.json").read_text(encoding="utf-8"))
        into = Path(told["into"]) if rank == 0 else self.path / f"thrown-away-{rank}"
        into.mkdir(parents=True, exist_ok=True)
        return Work(
            recipe=recipe_from(told["recipe"]),
            folder=Path(told["folder"]),
            into=into,
            base=Path(told["base"]) if told["base"] else None,
            begins_as=Path(told["begins_as"]) if told["begins_as"] else None,
            company=told["company"],
            watcher=_Teller(self, parent=told["parent"]),
        )

    def note_launcher(self, pid: int) -> None:
        self._put(_LAUNCHER, pid)

    def launcher(self) -> int:
        """The process that started the others; 0 where nobody did."""
        path = self.path / _LAUNCHER
        return int(path.read_text(encoding="utf-8")) if path.is_file() else 0

    def ask_to_stop(self, why: str) -> None:
        if not (self.path / _STOP).exists():
            self._put(_STOP, why)

    def asked_to_stop(self) -> str:
        path = self.path / _STOP
        return str(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ""

    def tell(self, news: News) -> None:
        with (self.path / _PROGRESS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(news)) + "\n")

    def news(self) -> Iterator[News]:
        """What was told since this was last asked."""
        path = self.path / _PROGRESS
        if not path.is_file():
            return
        with path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                told = json.loads(line)
                step = Step(**told["step"]) if told["step"] else None
                yield News(step, (told["evaluation"][0], told["evaluation"][1]))

    def end(self, came_of_it: Fit | Stopped | str) -> None:
        """What the run came to; a text is why it could not go on. The first word counts."""
        if (self.path / _OUTCOME).exists():
            return
        match came_of_it:
            case Fit():
                self._put(_OUTCOME, {"fit": asdict(came_of_it)})
            case Stopped():
                self._put(_OUTCOME, {"stopped": [came_of_it.why, came_of_it.step]})
            case _:
                self._put(_OUTCOME, {"error": came_of_it})

    def outcome(self) -> Fit | Stopped | str | None:
        """None where they ended without a word."""
        path = self.path / _OUTCOME
        if not path.is_file():
            return None
        told = json.loads(path.read_text(encoding="utf-8"))
        if "fit" in told:
            known = {one.name for one in fields(Fit)}
            fit = {name: value for name, value in told["fit"].items() if name in known}
            return Fit(**fit | {"evaluations": tuple(map(tuple, fit["evaluations"]))})
        if "stopped" in told:
            return Stopped(*told["stopped"])
        return str(told["error"])

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _put(self, name: str, value: Any) -> None:
        beside = self.path / f".{name}.{os.getpid()}"
        beside.write_text(json.dumps(value), encoding="utf-8")
        beside.replace(self.path / name)


class _Teller(Watcher):
    """Passes on what the first process does, and stops it where nobody is left to wait for it."""

    def __init__(self, task: TaskFolder, *, parent: int) -> None:
        self._task, self._parent = task, parent

    def on_step(self, step: Step) -> None:
        self._task.tell(News(step=step))

    def on_evaluation(self, step: int, loss: float) -> None:
        self._task.tell(News(evaluation=(step, loss)))

    def should_stop(self) -> str:
        return self._task.asked_to_stop() or ("" if _lives(self._parent) else "asked")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
