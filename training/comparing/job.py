"""What the process of one recipe is given, as files: `Job`, `write`, `read`, `forget`.

The folder lies below PASOKH_HOME. The rows are taken away again when the work ends, however it
ends; whoever goes on writes them anew.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.datasets import Row, read_rows, write_jsonl
from training.methods.material_files import FILES, read_material, write_material
from training.methods.results import Material
from training.recipes import Recipe, as_data, recipe_from

_TEST: Final = "test.jsonl"


@dataclass(frozen=True)
class Job:
    """`base` is None for a recipe that begins with nothing. `drafts`: answers are written too."""

    recipe: Recipe
    material: Material
    test: Sequence[Row]
    base: Path | None = None
    base_name: str = ""
    begins_as: Path | None = None
    company: str = ""
    drafts: bool = False


def write(job: Job, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_material(job.material, folder)
    write_jsonl(folder / _TEST, job.test)
    told = {
        "recipe": as_data(job.recipe),
        "base": str(job.base) if job.base else None,
        "base_name": job.base_name,
        "begins_as": str(job.begins_as) if job.begins_as else None,
        "company": job.company,
        "drafts": job.drafts,
    }
    (folder / "job.json").write_text(json.dumps(told, ensure_ascii=False))


def read(folder: Path) -> Job:
    told = json.loads((folder / "job.json").read_text())
    return Job(
        recipe=recipe_from(told["recipe"]),
        material=read_material(folder),
        test=read_rows(folder / _TEST),
        base=Path(told["base"]) if told["base"] else None,
        base_name=told["base_name"],
        begins_as=Path(told["begins_as"]) if told["begins_as"] else None,
        company=told["company"],
        drafts=told["drafts"],
    )


def forget(folder: Path, *, trained: bool) -> None:
    """Take the rows away; with `trained` what was trained as well, when its figures are kept."""
    for name in (*FILES, _TEST):
        (folder / name).unlink(missing_ok=True)
    if trained:
        for part in ("run", "version"):
            shutil.rmtree(folder / part, ignore_errors=True)
        (folder / "fit.json").unlink(missing_ok=True)
