"""Model versions: registering a folder, finding its files again, and checking them.

Public entries: `add_version`, `describe_base`, `version_named`, `verify_version`, `folder_of`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from llm.manifest import FILE_NAME, Manifest, ManifestError, verified_manifest, write_manifest
from llm.models import ModelVersion
from llm.prompts import PROMPT_VERSION
from llm.registry.errors import RegistryError

MAX_REVISION: Final = 200


def add_version(folder: Path, *, state: str = ModelVersion.State.CANDIDATE) -> ModelVersion:
    """Register a verified folder; the same folder again gives the same row.

    Raises `ManifestError` for a damaged folder, `RegistryError` where the name belongs to other
    files already or the base is not registered.
    """
    manifest = verified_manifest(folder)
    known = ModelVersion.objects.filter(digest=manifest.digest, server=None).first()
    if known is not None:
        return known
    if ModelVersion.objects.filter(name=manifest.name).exists():
        raise RegistryError(
            f"The name {manifest.name} belongs to another version already; train under a new name."
        )
    return new_version(folder, manifest, name=manifest.name, state=state)


def describe_base(folder: Path, *, name: str, revision: str = "") -> Manifest:
    """Write the manifest of a base from elsewhere: a folder as transformers saves it. `revision`:
    which of its publisher's versions it is (a commit, a date)."""
    if not folder.is_dir():
        raise RegistryError("There is no such model folder.")
    if (folder / FILE_NAME).exists():
        raise RegistryError("That folder has a manifest, and with it a name, already.")
    if len(revision) > MAX_REVISION or not revision.isprintable():
        raise RegistryError(f"A revision is plain text of {MAX_REVISION} characters at most.")
    fields: dict[str, Any] = {"name": name, "method": "pretrain", "base": None, "generation": {}}
    if revision:
        fields["revision"] = revision
    try:
        return write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION})
    except ManifestError:
        (folder / FILE_NAME).unlink(missing_ok=True)
        raise


def folder_of(version: ModelVersion) -> Path:
    """Where a version's files are: "sample:…" and "home:…" move with the installation. Raises
    `ManifestError` for a version that stands on a server."""
    if version.server_id is not None:
        raise ManifestError(f"Model version {version.name} stands on a server: no files are here.")
    kind, _, rest = version.folder.partition(":")
    roots = {"sample": settings.SAMPLE_DIR, "home": settings.PASOKH_HOME}
    return Path(roots[kind]) / rest if kind in roots else Path(version.folder)


def verify_version(version: ModelVersion) -> Manifest:
    """Hash a version's files and its base's. Raises `ManifestError` where they are not, byte for
    byte, what was registered."""
    if version.base is not None:
        verify_version(version.base)
    manifest = verified_manifest(folder_of(version))
    if manifest.digest != version.digest:
        raise ManifestError(
            f"Model version {version.name} is not what was registered; add it again."
        )
    return manifest


def version_named(name: str) -> ModelVersion:
    version = ModelVersion.objects.filter(name=name).first()
    if version is None:
        raise RegistryError(f"There is no model version {name[:100]}.")
    return version


def new_version(folder: Path, manifest: Manifest, *, name: str, state: str) -> ModelVersion:
    base = None
    if manifest.base is not None:
        base = ModelVersion.objects.filter(
            digest=manifest.base.digest, base=None, server=None
        ).first()
        if base is None:
            raise RegistryError(
                f"Model version {manifest.name} stands on {manifest.base.name}, which is not"
                " registered; add that base first."
            )
    return ModelVersion.objects.create(
        name=name,
        state=state,
        method=manifest.method,
        folder=stored_folder(folder),
        base=base,
        base_revision=base.base_revision if base else _revision(manifest.data),
        recipe=str(manifest.data.get("recipe_name", ""))[:200],
        manifest=manifest.data,
        digest=manifest.digest,
        dataset_digest=_dataset_digest(manifest.data),
        metrics=_mapping(manifest.data.get("metrics")),
        prompt_version=manifest.prompt_version,
    )


def stored_folder(folder: Path) -> str:
    folder = folder.resolve()
    for kind, root in (("sample", settings.SAMPLE_DIR), ("home", settings.PASOKH_HOME)):
        if folder.is_relative_to(Path(root).resolve()):
            return f"{kind}:{folder.relative_to(Path(root).resolve())}"
    return str(folder)


def _revision(data: Mapping[str, Any]) -> str:
    given = data.get("revision", "")
    return given[:MAX_REVISION] if isinstance(given, str) else ""


def _dataset_digest(data: Mapping[str, Any]) -> str:
    return str(_mapping(data.get("dataset")).get("digest", ""))[:64]


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}
