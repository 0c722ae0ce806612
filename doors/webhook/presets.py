"""Well-known desks, as a beginning: `preset(name)`, from TOML files beside this module. They say
what those desks' public documentation says, and were not tried against the real thing."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "presets"
NAMES: Final = ("zendesk", "freshdesk", "chatwoot")


@dataclass(frozen=True)
class Preset:
    title: str
    sample: str
    options: dict[str, Any] = field(repr=False)


def preset(name: str) -> Preset | None:
    if name not in NAMES:
        return None
    told = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    return Preset(told.pop("title"), told.pop("sample").strip(), told)
