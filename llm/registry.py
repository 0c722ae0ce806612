"""Which model versions there are and which of them serve: the rows behind the three slots.

Public entries: `add_version`, `describe_base`, `version_named`, `verify_version`, `folder_of`,
`slots_now`, `set_slot`, `promote`, `rollback`, `install_default_models`. No torch here: a version
is judged by its manifest.

A version is its files' digest. A name belongs to one digest for ever, so a suggestion that names a
version can be traced to the very weights that wrote it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from llm.manifest import FILE_NAME, Manifest, ManifestError, verified_manifest, write_manifest
from llm.models import ModelVersion, Slot
from llm.prompts import PROMPT_VERSION
from runtime.errors import InputError

State = ModelVersion.State
DEFAULT_SLOTS: Final = {"A": "tuned-a", "B": "tuned-b", "C": "base"}
"""Folder below sample/models for each slot of a new desk."""


class RegistryError(InputError):
    """The registry has no such version or slot, or what was asked does not fit its state."""


@dataclass(frozen=True)
class SlotChoice:
    """A slot that is filled, and the version that serves in it."""

    slot: str
    version: ModelVersion


def add_version(folder: Path, *, state: str = State.CANDIDATE) -> ModelVersion:
    """Register a verified folder; the same folder again gives the same row.

    Raises `ManifestError` for a damaged folder, `RegistryError` where the name belongs to other
    files already or the base is not registered.
    """
    manifest = verified_manifest(folder)
    known = ModelVersion.objects.filter(digest=manifest.digest).first()
    if known is not None:
        return known
    if ModelVersion.objects.filter(name=manifest.name).exists():
        raise RegistryError(
            f"The name {manifest.name} belongs to another version already; train under a new name."
        )
    return _new_version(folder, manifest, name=manifest.name, state=state)


def describe_base(folder: Path, *, name: str) -> Manifest:
    """Write the manifest of a base from elsewhere: a folder as transformers saves it."""
    if not folder.is_dir():
        raise RegistryError("There is no such model folder.")
    if (folder / FILE_NAME).exists():
        raise RegistryError("That folder has a manifest, and with it a name, already.")
    fields: dict[str, Any] = {"name": name, "method": "pretrain", "base": None, "generation": {}}
    try:
        return write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION})
    except ManifestError:
        (folder / FILE_NAME).unlink(missing_ok=True)
        raise


def folder_of(version: ModelVersion) -> Path:
    """Where a version's files are: "sample:…" and "home:…" move with the installation."""
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


def slots_now() -> list[SlotChoice]:
    """The filled slots, A first."""
    slots = Slot.objects.filter(version__isnull=False).select_related("version__base")
    return [SlotChoice(slot=slot.name, version=slot.version) for slot in slots if slot.version]


@transaction.atomic
def set_slot(name: str, version: ModelVersion) -> Slot:
    """Let a version serve in a slot from the next ticket on; what served there before is kept for
    `rollback`."""
    slot = _locked_slot(name)
    if version.state == State.BROKEN:
        raise RegistryError(f"Model version {version.name} is marked as broken.")
    if slot.version_id == version.pk:
        return slot
    slot.previous, slot.version = slot.version, version
    slot.save()
    _settle(version, slot.previous)
    return slot


def promote(name: str, version: ModelVersion) -> Slot:
    """A candidate or canary that proved itself goes live in a slot."""
    version.refresh_from_db()
    if version.state not in (State.CANDIDATE, State.CANARY):
        raise RegistryError(
            f"Model version {version.name} is {version.state}; only a candidate or a canary is"
            " promoted. `models slot` puts any version in a slot."
        )
    return set_slot(name, version)


@transaction.atomic
def rollback(name: str) -> Slot:
    """The slot serves what it served before; there is one step back, not more."""
    slot = _locked_slot(name)
    if slot.previous is None:
        raise RegistryError(f"Slot {slot.name} has nothing to go back to.")
    if slot.previous.state == State.BROKEN:
        raise RegistryError(f"Slot {slot.name}: {slot.previous.name} is marked as broken.")
    left, slot.version, slot.previous = slot.version, slot.previous, None
    slot.save()
    _settle(slot.version, left)
    return slot


def install_default_models() -> list[ModelVersion]:
    """Register the sample models and fill the slots that are empty; twice changes nothing.

    Sample models that were built again replace the former ones, whose files are gone, wherever
    those served. Without `sample/models` nothing happens.
    """
    root = Path(settings.SAMPLE_DIR) / "models"
    found = [(path.parent, verified_manifest(path.parent)) for path in root.glob(f"*/{FILE_NAME}")]
    bases_first = sorted(found, key=lambda one: (one[1].base is not None, one[0].name))
    with transaction.atomic():
        versions = {folder.name: _install(folder, manifest) for folder, manifest in bases_first}
        for slot_name, folder_name in DEFAULT_SLOTS.items():
            slot = _locked_slot(slot_name)
            if slot.version is None and folder_name in versions:
                set_slot(slot_name, versions[folder_name])
    return list(versions.values())


def _install(folder: Path, manifest: Manifest) -> ModelVersion:
    known = ModelVersion.objects.filter(digest=manifest.digest).first()
    if known is not None:
        return known
    former = list(ModelVersion.objects.filter(folder=_stored_folder(folder)))
    taken = ModelVersion.objects.filter(name=manifest.name).exists()
    name = f"{manifest.name}-{manifest.digest[:8]}" if taken else manifest.name
    version = _new_version(folder, manifest, name=name, state=State.CANDIDATE)
    for old in former:
        for slot in Slot.objects.filter(version=old):
            set_slot(slot.name, version)
        Slot.objects.filter(previous=old).update(previous=None)
        ModelVersion.objects.filter(pk=old.pk).update(state=State.BROKEN)
    return version


def _new_version(folder: Path, manifest: Manifest, *, name: str, state: str) -> ModelVersion:
    base = None
    if manifest.base is not None:
        base = ModelVersion.objects.filter(digest=manifest.base.digest, base=None).first()
        if base is None:
            raise RegistryError(
                f"Model version {manifest.name} stands on {manifest.base.name}, which is not"
                " registered; add that base first."
            )
    return ModelVersion.objects.create(
        name=name,
        state=state,
        method=manifest.method,
        folder=_stored_folder(folder),
        base=base,
        recipe=str(manifest.data.get("recipe_name", "")),
        manifest=manifest.data,
        digest=manifest.digest,
        dataset_digest=_dataset_digest(manifest.data),
        metrics=manifest.data.get("metrics", {}),
        prompt_version=manifest.prompt_version,
    )


def _dataset_digest(data: Mapping[str, Any]) -> str:
    dataset = data.get("dataset")
    return str(dataset.get("digest", "")) if isinstance(dataset, dict) else ""


def _stored_folder(folder: Path) -> str:
    folder = folder.resolve()
    for kind, root in (("sample", settings.SAMPLE_DIR), ("home", settings.PASOKH_HOME)):
        if folder.is_relative_to(Path(root).resolve()):
            return f"{kind}:{folder.relative_to(Path(root).resolve())}"
    return str(folder)


def _locked_slot(name: str) -> Slot:
    """The slot's row, held to the end of the transaction: two promotions take turns."""
    if name not in Slot.NAMES:
        raise RegistryError("A slot is A, B or C.")
    Slot.objects.get_or_create(name=name)
    return Slot.objects.select_for_update(of=("self",)).get(name=name)


def _settle(placed: ModelVersion | None, left: ModelVersion | None) -> None:
    """A version in any slot is live; one that left its last slot is retired."""
    if placed is not None:
        ModelVersion.objects.filter(pk=placed.pk).update(state=State.LIVE)
        placed.state = State.LIVE
    if left is not None and not Slot.objects.filter(version=left).exists():
        ModelVersion.objects.filter(pk=left.pk, state=State.LIVE).update(state=State.RETIRED)
