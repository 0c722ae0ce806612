"""What a version's folder adds to its base: read and checked, nothing attached yet.

Public entry: `read_version`. Three kinds, told by what the folder holds: LoRA (activated or plain)
with or without embedding tables of its own, as PEFT saves them; a P-tuned prompt, as PEFT saves it;
tables alone (`layers.safetensors`, named as in the base). Worker processes only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from peft import LoraConfig  # noqa: TID253
from safetensors import SafetensorError
from safetensors.torch import load_file

from llm.manifest import Manifest, ManifestError

WEIGHTS: Final = "adapter_model.safetensors"
LAYERS: Final = "layers.safetensors"
CONFIG: Final = "adapter_config.json"
_NOT_MIXABLE: Final = ("use_dora", "trainable_token_indices", "layer_replication", "use_qalora")
_PEFT_PREFIX: Final = "base_model.model."


@dataclass(frozen=True)
class BaseTables:
    """The base's own embeddings: their names in its state, and their shapes. `tied`: one table."""

    names: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    tied: bool


@dataclass(frozen=True)
class VersionParts:
    """`lora`: the LoRA's configuration and weights. `tables`: "input" and "output" embeddings in
    place of the base's. `virtual`: the virtual tokens of a P-tuned version."""

    config: LoraConfig | None = None
    lora: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    virtual: Any = None


def read_version(folder: Path, manifest: Manifest, base: BaseTables) -> VersionParts:
    """Raises `ManifestError` for what cannot be served beside others."""
    files = set(manifest.files)
    if LAYERS in files:
        tables = _tables(_weights(folder / LAYERS, manifest), manifest, base)
        return VersionParts(tables=tables)
    if not {CONFIG, WEIGHTS} <= files:
        raise ManifestError(f"Model version {manifest.name} holds no adapter.")
    data = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if data.get("peft_type") == "P_TUNING":
        return VersionParts(virtual=_virtual(folder, manifest, base))
    return _lora(folder, manifest, base, data)


def _lora(folder: Path, manifest: Manifest, base: BaseTables, data: dict[str, Any]) -> VersionParts:
    refused = [key for key in _NOT_MIXABLE if data.get(key)]
    own = {name.rsplit(".", 1)[-1] for name in base.names.values()}
    if not set(data.get("modules_to_save") or ()) <= own:
        refused.append("modules_to_save")
    if data.get("peft_type") != "LORA" or refused:
        raise ManifestError(
            f"Model version {manifest.name}: its adapter is of a kind that cannot be served"
            f" ({', '.join(refused) or 'not LoRA'})."
        )
    config = LoraConfig.from_pretrained(str(folder), local_files_only=True)
    if manifest.method == "alora" and not config.alora_invocation_tokens:
        raise ManifestError(f"Model version {manifest.name} has no invocation tokens.")
    config.inference_mode = True
    weights = _weights(folder / WEIGHTS, manifest)
    tables = {
        name: weight for name, weight in weights.items() if _bare(name) in base.names.values()
    }
    if config.modules_to_save:
        if len(tables) < len(config.modules_to_save):
            raise _unfit(manifest, "weights are missing")
        config.modules_to_save = None
    return VersionParts(
        config=config,
        lora={name: weight for name, weight in weights.items() if name not in tables},
        tables=_tables(tables, manifest, base) if tables else {},
    )


def _tables(weights: Mapping[str, Any], manifest: Manifest, base: BaseTables) -> dict[str, Any]:
    named = {_bare(name): weight for name, weight in weights.items()}
    found = {which: named.pop(name) for which, name in base.names.items() if name in named}
    if named:
        raise _unfit(manifest, "weights of something else")
    if not found:
        raise _unfit(manifest, "weights are missing")
    for which, weight in found.items():
        if tuple(weight.shape) != tuple(base.shapes[which]):
            raise _unfit(manifest, "another vocabulary or width")
    if base.tied and len(found) == 1:
        table = next(iter(found.values()))
        return {"input": table, "output": table}
    return found


def _virtual(folder: Path, manifest: Manifest, base: BaseTables) -> Any:
    weights = _weights(folder / WEIGHTS, manifest)
    virtual = weights.get("prompt_embeddings")
    width = base.shapes["input"][1]
    if virtual is None or virtual.ndim != 2 or virtual.shape[1] != width:
        raise _unfit(manifest, "no virtual tokens of its width")
    return virtual


def _bare(name: str) -> str:
    """A weight's module, as the base calls it."""
    name = name.removeprefix(_PEFT_PREFIX).removesuffix(".weight")
    return name.split(".modules_to_save", 1)[0]


def _weights(path: Path, manifest: Manifest) -> dict[str, Any]:
    try:
        weights: dict[str, Any] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise _unfit(manifest, type(error).__name__) from error
    return weights


def _unfit(manifest: Manifest, why: str) -> ManifestError:
    return ManifestError(
        f"Model version {manifest.name}: its adapter does not fit its base ({why})."
    )
