"""What a model folder says about itself: `manifest.json`, and whether the files are those it names.

Public entries: `read_manifest` (what it says), `verified_manifest` (the files hashed too),
`write_manifest` (describe a folder that training has just filled).

A version is a folder of known, hashed files; its digest is the hash of their names and hashes, so
two folders with the same digest are the same model. Weights are safetensors only and no file may
name code to run: a model folder from elsewhere is data. Everything is checked before a byte of it
reaches transformers. Only the standard library is needed here, so that the registry and the web
process can read manifests too.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llm.foreign_code import asks_for_code
from llm.prompts import PromptBudget
from runtime.errors import InputError

FORMAT: Final = 1
FILE_NAME: Final = "manifest.json"
ALLOWED_SUFFIXES: Final = frozenset({".json", ".safetensors", ".txt", ".jinja", ".model"})
MAX_MANIFEST_BYTES: Final = 1024 * 1024
MAX_FILES: Final = 200
MAX_WORD: Final = 40
"""Characters of a method or a prompt's version."""
MAX_CONFIGURATION_BYTES: Final = 32 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PROMPT_KEYS: Final = {"budget": "total"}
"""Recipes write `"prompt": {"budget": …}`; the other keys are `PromptBudget`'s own names."""


class ManifestError(InputError):
    """A model folder is damaged, incomplete or not allowed. The message names the version. Other
    versions can still be used; this one cannot."""


@dataclass(frozen=True)
class BaseReference:
    """The base that a tuned version stands on."""

    name: str
    digest: str


@dataclass(frozen=True)
class Manifest:
    """`data` is the whole document; the fields are those that serving needs. `generation` holds
    the settings to generate with (see `llm.engine.results.GenerationSettings`)."""

    name: str
    method: str
    base: BaseReference | None
    prompt_version: str
    generation: Mapping[str, Any]
    files: Mapping[str, str]
    data: Mapping[str, Any]

    @property
    def digest(self) -> str:
        return digest_of(self.files)

    @property
    def prompt_budget(self) -> PromptBudget:
        """How long the prompts were that this version was trained on: serve it the same."""
        recipe = self.data.get("recipe")
        settings = recipe.get("prompt", {}) if isinstance(recipe, Mapping) else {}
        try:
            named = {_PROMPT_KEYS.get(key, key): int(value) for key, value in settings.items()}
            return PromptBudget(**named)
        except (AttributeError, TypeError, ValueError) as error:
            raise ManifestError(
                f"Model version {self.name}: its recipe's prompt settings are not understood."
            ) from error


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 over the sorted "name:sha256" lines."""
    lines = sorted(f"{name}:{sha256}" for name, sha256 in files.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest, its form checked; the files are not opened. Raises `ManifestError`."""
    return manifest_from(_document(folder), folder_name=folder.name)


def manifest_from(data: Mapping[str, Any], *, folder_name: str = "") -> Manifest:
    """A manifest's document with its form checked. Raises `ManifestError`."""
    name = data.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ManifestError(f"Model folder {folder_name}: the manifest gives no usable name.")
    if data.get("format") != FORMAT:
        raise ManifestError(f"Model version {name}: its manifest is not of format {FORMAT}.")
    for key, kind in (("method", str), ("prompt_version", str), ("generation", dict)):
        if not isinstance(data.get(key), kind):
            raise ManifestError(f"Model version {name}: the manifest lacks {key}.")
        if kind is str and len(data[key]) > MAX_WORD:
            raise ManifestError(f"Model version {name}: {key} is longer than {MAX_WORD} letters.")
    return Manifest(
        name=name,
        method=data["method"],
        base=_base_reference(name, data.get("base")),
        prompt_version=data["prompt_version"],
        generation=data["generation"],
        files=_file_list(name, data.get("files")),
        data=data,
    )


def verified_manifest(folder: Path) -> Manifest:
    """The manifest of a folder that holds exactly the files that it names, unchanged.

    Raises `ManifestError` for a file that is missing, changed, or not in the manifest, and for a
    configuration that asks for code of its own.
    """
    manifest = read_manifest(folder)
    present = {path.name for path in folder.iterdir()} - {FILE_NAME}
    for stranger in sorted(present - set(manifest.files)):
        raise ManifestError(
            f"Model version {manifest.name}: {_short(stranger)} is not in its manifest."
        )
    for file_name, sha256 in manifest.files.items():
        path = folder / file_name
        if path.is_symlink() or not path.is_file():
            raise ManifestError(f"Model version {manifest.name}: {file_name} is missing.")
        if file_digest(path) != sha256:
            raise ManifestError(
                f"Model version {manifest.name}: {file_name} is not the file that its manifest"
                " names; copy the version again."
            )
        _refuse_code(manifest.name, path)
    return manifest


def write_manifest(folder: Path, fields: Mapping[str, Any]) -> Manifest:
    """Hash the folder's files, write `manifest.json` beside them, and read both back.

    `fields` gives everything but `format` and `files`. Written to a temporary name first, so that
    a folder has a whole manifest or none.
    """
    names = sorted(path.name for path in folder.iterdir() if path.name != FILE_NAME)
    for name in names:
        if (folder / name).is_symlink() or not (folder / name).is_file():
            raise ManifestError(
                f"Model folder {folder.name}: {_short(name)} is no plain file; copy the model's"
                " files into a folder of their own."
            )
    files = {name: file_digest(folder / name) for name in names}
    data = {"format": FORMAT, **fields, "files": files}
    beside = folder.parent / f".{folder.name}.{FILE_NAME}.tmp"
    beside.write_text(json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    os.replace(beside, folder / FILE_NAME)
    return verified_manifest(folder)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _document(folder: Path) -> dict[str, Any]:
    path = folder / FILE_NAME
    where = f"Model folder {folder.name}"
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise ManifestError(f"{where}: its manifest is larger than 1 MiB.")
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        _storable(data)
    except OSError as error:
        raise ManifestError(f"{where}: there is no readable {FILE_NAME}.") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError(f"{where}: its {FILE_NAME} is not JSON.") from error
    if not isinstance(data, dict):
        raise ManifestError(f"{where}: its {FILE_NAME} is not a JSON object.")
    return data


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _storable(data: Any) -> None:
    """PostgreSQL takes no NUL and no half of a surrogate pair. Raises ValueError."""
    text = json.dumps(data, ensure_ascii=False)
    text.encode("utf-8")
    if "\\u0000" in text:
        raise ValueError("a NUL character")


def _base_reference(name: str, given: Any) -> BaseReference | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not all(
        isinstance(given.get(key), str) and given[key] for key in ("name", "digest")
    ):
        raise ManifestError(f"Model version {name}: the manifest does not say which base it needs.")
    return BaseReference(name=given["name"], digest=given["digest"])


def _file_list(name: str, given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not given or len(given) > MAX_FILES:
        raise ManifestError(f"Model version {name}: the manifest lists no files.")
    for file_name, sha256 in given.items():
        if not _NAME.fullmatch(file_name) or Path(file_name).suffix not in ALLOWED_SUFFIXES:
            raise ManifestError(
                f"Model version {name}: {_short(file_name)} is no file that a model may have;"
                " weights must be safetensors."
            )
        if not isinstance(sha256, str) or not _HASH.fullmatch(sha256):
            raise ManifestError(f"Model version {name}: {file_name} has no SHA-256.")
    return dict(given)


def _refuse_code(name: str, path: Path) -> None:
    """A configuration is data. A tokenizer's own file is read by no Python code."""
    if path.suffix != ".json" or path.name == "tokenizer.json":
        return
    try:
        if path.stat().st_size > MAX_CONFIGURATION_BYTES:
            raise ManifestError(f"Model version {name}: {path.name} is larger than 32 MiB.")
        data = json.loads(path.read_text(encoding="utf-8"))
        asks = asks_for_code(data)
    except (ValueError, RecursionError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError(f"Model version {name}: {path.name} is not JSON.") from error
    if asks:
        raise ManifestError(f"Model version {name}: {path.name} asks for code of its own.")


def _short(text: str) -> str:
    return repr(text[:60])
