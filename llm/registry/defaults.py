"""The sample models of a new desk: `install_default_models`."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from llm.manifest import FILE_NAME, Manifest, verified_manifest
from llm.models import ModelVersion, Slot
from llm.registry.changing import locked_slot, retire, set_slot
from llm.registry.versions import new_version, stored_folder

DEFAULT_SLOTS: Final = {"A": "tuned-a", "B": "tuned-b", "C": "base"}
"""Folder below sample/models for each slot of a new desk."""
State = ModelVersion.State


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
            slot = locked_slot(slot_name)
            if slot.version is None and folder_name in versions:
                set_slot(slot_name, versions[folder_name])
    return list(versions.values())


def _install(folder: Path, manifest: Manifest) -> ModelVersion:
    known = ModelVersion.objects.filter(digest=manifest.digest).first()
    if known is not None:
        return known
    former = list(ModelVersion.objects.filter(folder=stored_folder(folder)))
    taken = ModelVersion.objects.filter(name=manifest.name).exists()
    name = f"{manifest.name}-{manifest.digest[:8]}" if taken else manifest.name
    version = new_version(folder, manifest, name=name, state=State.CANDIDATE)
    for old in former:
        _replace(old, version)
    return version


def _replace(old: ModelVersion, version: ModelVersion) -> None:
    for slot in Slot.objects.filter(version=old):
        set_slot(slot.name, version)
    for slot in Slot.objects.filter(canary=old):
        retire(slot.name)
    Slot.objects.filter(previous=old).update(previous=None)
    ModelVersion.objects.filter(pk=old.pk).update(state=State.BROKEN)
