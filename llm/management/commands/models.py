"""`manage.py models`: the registry and the slots from the command line."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from llm.models import ModelVersion, Slot
from llm.registry import (
    RegistryError,
    add_version,
    describe_base,
    promote,
    rollback,
    set_slot,
    verify_version,
    version_named,
)
from llm.reports import VersionRow, slot_rows, version_rows
from runtime.commands import JsonCommand, Outcome

ACTIONS = ("list", "show", "add", "slot", "promote", "rollback")


class Command(JsonCommand):
    help = (
        "Model versions and slots: list | show VERSION | add FOLDER [--name NAME]"
        " | slot SLOT VERSION | promote SLOT VERSION | rollback SLOT"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=ACTIONS, nargs="?", default="list")
        parser.add_argument("arguments", nargs="*", metavar="ARGUMENT")
        parser.add_argument(
            "--name", default="", help="add: describe a base from elsewhere under this name."
        )

    def run(self, *, action: str, arguments: list[str], name: str, **options: Any) -> Outcome:
        if name and action != "add":
            raise RegistryError("--name belongs to `models add`.")
        if action == "add":
            return _add(*_exactly(arguments, "FOLDER"), name=name)
        if action == "show":
            return _show(*_exactly(arguments, "VERSION"))
        if action in ("slot", "promote"):
            slot, version = _exactly(arguments, "SLOT", "VERSION")
            place = set_slot if action == "slot" else promote
            return _placed(place(slot.upper(), version_named(version)))
        if action == "rollback":
            (slot,) = _exactly(arguments, "SLOT")
            return _placed(rollback(slot.upper()))
        _exactly(arguments)
        return _list()


def _exactly(arguments: list[str], *names: str) -> list[str]:
    if len(arguments) != len(names):
        wanted = " ".join(names) or "no arguments"
        raise RegistryError(f"This needs {wanted}; see `models --help`.")
    return arguments


def _list() -> Outcome:
    slots, versions = slot_rows(), version_rows()
    lines = [f"slot {row.slot}: {row.version or '(empty)'}" for row in slots]
    lines += [_line(row) for row in versions]
    return Outcome(
        {"slots": list(map(asdict, slots)), "versions": list(map(asdict, versions))}, lines
    )


def _line(row: VersionRow) -> str:
    stands = f" on {row.base}" if row.base else ""
    return f"{row.name}: {row.state}, {row.method}{stands}, {row.digest[:12]}"


def _show(name: str) -> Outcome:
    """The manifest as registered, after the files were found to be what it says."""
    version = version_named(name)
    verify_version(version)
    data = {
        "name": version.name,
        "state": version.state,
        "folder": version.folder,
        "digest": version.digest,
        "slots": list(Slot.objects.filter(version=version).values_list("name", flat=True)),
        "manifest": version.manifest,
    }
    lines = [f"{key}: {value}" for key, value in data.items() if key != "manifest"]
    lines += [f"  {key}: {value}" for key, value in sorted(version.manifest.items())]
    return Outcome(data, lines)


def _add(folder_name: str, *, name: str) -> Outcome:
    folder = Path(folder_name)
    if name:
        describe_base(folder, name=name)
    return _version(add_version(folder))


def _version(version: ModelVersion) -> Outcome:
    data = {"name": version.name, "state": version.state, "digest": version.digest}
    return Outcome(data, [f"{version.name} is registered ({version.state})."])


def _placed(slot: Slot) -> Outcome:
    row = next(row for row in slot_rows() if row.slot == slot.name)
    return Outcome(asdict(row), [f"Slot {row.slot} serves {row.version} from the next ticket on."])
