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


def titles() -> dict[str, str]:
    """What each desk is called, by the name of its preset."""
    return {name: _told(name)["title"] for name in NAMES}


def preset(name: str) -> Preset | None:
    if name not in NAMES:
        return None
    told = _told(name)
    return Preset(told.pop("title"), told.pop("sample").strip(), told)


def _told(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())
