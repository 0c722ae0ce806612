"""Adapters beside a base: what may be loaded, and loading it.

Public entry: `AdapterShelf`. All adapters of one base share one PEFT model; a row of a batch names
the adapter that it wants. Worker processes only.

Only what a mixed batch can carry is let in: LoRA and activated LoRA, no DoRA, no whole layers
(`modules_to_save` on some of the adapters breaks a mixed batch with a KeyError).
"""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peft import LoraConfig, PeftModelForCausalLM  # noqa: TID253
from safetensors import SafetensorError

from llm.engine.routing import route_rows
from llm.manifest import Manifest, ManifestError, verified_manifest

NO_ADAPTER: Final = "__base__"
"""PEFT's word for a row of a mixed batch that no adapter touches."""
WEIGHTS: Final = "adapter_model.safetensors"
_NOT_MIXABLE: Final = (
    "use_dora",
    "modules_to_save",
    "trainable_token_indices",
    "layer_replication",
)


@dataclass(frozen=True)
class Adapter:
    """`key` is its name inside PEFT. `invocation`: the ids that wake it up, None for plain LoRA,
    which is at work from the first token and therefore needs a prefill of its own."""

    key: str
    manifest: Manifest
    invocation: tuple[int, ...] | None


class AdapterShelf:
    """The adapters that stand beside one base. `model` is the plain base while there is none."""

    def __init__(self, base: Manifest, model: Any) -> None:
        self._base = base
        self._plain = model
        self._peft: PeftModelForCausalLM | None = None

    @property
    def model(self) -> Any:
        return self._plain if self._peft is None else self._peft

    @property
    def empty(self) -> bool:
        return self._peft is None

    def add(self, folder: Path) -> Adapter:
        """Verify and load. Raises `ManifestError`, and leaves the shelf as it was, for a folder
        that is damaged, stands on another base, or holds what a mixed batch cannot carry."""
        manifest = verified_manifest(folder)
        config = self._checked_config(folder, manifest)
        # The digest is the name: a folder that changed under the same name is another adapter.
        adapter = Adapter(
            key=f"v{manifest.digest[:24]}",
            manifest=manifest,
            invocation=tuple(config.alora_invocation_tokens or ()) or None,
        )
        if self._peft is None or adapter.key not in self._peft.peft_config:
            self._load(folder, adapter, config)
        return adapter

    def drop(self, adapter: Adapter) -> None:
        """Take it off the shelf and free its memory; the base without adapters is plain again."""
        if self._peft is None or adapter.key not in self._peft.peft_config:
            return
        others = [key for key in self._peft.peft_config if key != adapter.key]
        if others:
            self._peft.set_adapter(others[0])
            self._peft.delete_adapter(adapter.key)
        else:
            self._plain, self._peft = self._peft.unload(), None

    def _checked_config(self, folder: Path, manifest: Manifest) -> LoraConfig:
        base = manifest.base
        if base is None or base.digest != self._base.digest:
            raise ManifestError(
                f"Model version {manifest.name} was not trained on the base {self._base.name}"
                " as it is now."
            )
        if not {"adapter_config.json", WEIGHTS} <= set(manifest.files):
            raise ManifestError(f"Model version {manifest.name} holds no adapter.")
        data = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        refused = [key for key in _NOT_MIXABLE if data.get(key)]
        if data.get("peft_type") != "LORA" or refused:
            raise ManifestError(
                f"Model version {manifest.name}: its adapter is of a kind that cannot be served"
                f" ({', '.join(refused) or 'not LoRA'})."
            )
        config = LoraConfig.from_pretrained(str(folder), local_files_only=True)
        if manifest.method == "alora" and not config.alora_invocation_tokens:
            raise ManifestError(f"Model version {manifest.name} has no invocation tokens.")
        config.inference_mode = True
        return config

    def _load(self, folder: Path, adapter: Adapter, config: LoraConfig) -> None:
        try:
            unfit = self._attach(folder, adapter.key, config)
        except (SafetensorError, RuntimeError, ValueError, KeyError) as error:
            unfit = type(error).__name__
        if unfit:
            self.drop(adapter)
            raise ManifestError(
                f"Model version {adapter.manifest.name}: its adapter does not fit its base"
                f" ({unfit})."
            )

    def _attach(self, folder: Path, key: str, config: LoraConfig) -> str:
        """The shelf is given the empty adapter first, then its weights, so that a failure leaves
        something that can be taken off again. Returns what does not fit, "" for nothing."""
        if self._peft is None:
            self._peft = PeftModelForCausalLM(self._plain, config, adapter_name=key)
        else:
            self._peft.add_adapter(key, config)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category=UserWarning)  # told by the result below
            result = self._peft.load_adapter(str(folder), adapter_name=key, local_files_only=True)
        self._peft.eval()
        route_rows(self._peft)
        if any(key in name for name in result.missing_keys):
            return "weights are missing"
        return "weights of something else" if result.unexpected_keys else ""
