"""`manage.py models`: the registry and the slots from the command line."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from llm.models import ModelVersion, Slot
from llm.registry import (
    RegistryError,
    add_version,
    describe_base,
    promote,
    retire,
    rollback,
    set_canary,
    set_slot,
    verify_version,
    version_named,
)
from llm.reports import SlotRow, VersionRow, lineage_of, slot_rows, version_rows
from llm.servers import commands as servers
from runtime.commands import JsonCommand, Outcome

DEFAULT_SHARE: Final = 0.1
ACTIONS = (
    "list",
    "show",
    "add",
    "slot",
    "promote",
    "canary",
    "retire",
    "rollback",
    *servers.SERVER_ACTIONS,
)
LINEAGE: Final = (
    "base_revision",
    "method",
    "recipe",
    "dataset_digest",
    "dataset_rows",
    "metrics",
    "generation",
    "server",
    "served_name",
    "tuned_as",
)
NOT_RECORDED: Final[tuple[Any, ...]] = ("", None, {})
CHANGES = ("slot", "promote", "canary", "retire", "rollback")


class Command(JsonCommand):
    help = (
        "Model versions and slots: list | show VERSION | add FOLDER [--name NAME [--revision R]]"
        " | slot SLOT VERSION | promote SLOT VERSION | canary SLOT VERSION [--share 0.1]"
        " | retire SLOT | rollback SLOT" + servers.HELP
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=ACTIONS, nargs="?", default="list")
        parser.add_argument("arguments", nargs="*", metavar="ARGUMENT")
        servers.add_options(parser)
        parser.add_argument(
            "--name", default="", help="add: describe a base from elsewhere under this name."
        )
        parser.add_argument(
            "--revision", default="", help="add --name: which of its publisher's versions it is."
        )
        parser.add_argument(
            "--share", type=float, help="canary: the share of tickets, over 0 and at most 1."
        )
        parser.add_argument("--why", default="", help="A change of a slot: why, for its history.")

    def run(self, *, action: str, arguments: list[str], name: str, **options: Any) -> Outcome:
        servers.refuse_strange_options(action, options)
        _refuse_strange_options(action, options)
        if action in servers.SERVER_ACTIONS:
            return servers.run_action(action, arguments, name=name, **options)
        if name and action != "add":
            raise RegistryError("--name belongs to `models add`.")
        if action == "add":
            return _add(*_exactly(arguments, "FOLDER"), name=name, revision=options["revision"])
        if action == "show":
            return _show(*_exactly(arguments, "VERSION"))
        if action in CHANGES:
            return _change(action, arguments, share=options["share"], why=options["why"])
        _exactly(arguments)
        return _list()


def _refuse_strange_options(action: str, options: dict[str, Any]) -> None:
    places = {"revision": ("add",), "share": ("canary",), "why": CHANGES}
    for name, actions in places.items():
        if options[name] not in ("", None) and action not in actions:
            raise RegistryError(f"--{name} belongs to `models {actions[0]}`.")


def _change(action: str, arguments: list[str], *, share: float | None, why: str) -> Outcome:
    if action == "rollback":
        (slot,) = _exactly(arguments, "SLOT")
        return _placed(rollback(slot.upper(), why=why))
    if action == "retire":
        (slot,) = _exactly(arguments, "SLOT")
        return _placed(retire(slot.upper(), why=why))
    slot, name = _exactly(arguments, "SLOT", "VERSION")
    version = version_named(name)
    if action == "canary":
        given = DEFAULT_SHARE if share is None else share
        return _placed(set_canary(slot.upper(), version, share=given, why=why))
    place = set_slot if action == "slot" else promote
    return _placed(place(slot.upper(), version, why=why))


def _exactly(arguments: list[str], *names: str) -> list[str]:
    if len(arguments) != len(names):
        wanted = " ".join(names) or "no arguments"
        raise RegistryError(f"This needs {wanted}; see `models --help`.")
    return arguments


def _list() -> Outcome:
    slots, versions = slot_rows(), version_rows()
    lines = [_slot_line(row) for row in slots]
    lines += [_line(row) for row in versions]
    return Outcome(
        {"slots": list(map(asdict, slots)), "versions": list(map(asdict, versions))}, lines
    )


def _slot_line(row: SlotRow) -> str:
    canary = f", canary {row.canary} for {row.canary_share:.0%}" if row.canary else ""
    troubles = [row.detail or row.trouble, row.canary_detail or row.canary_trouble]
    return ". ".join(
        [f"slot {row.slot}: {row.version or '(empty)'}{canary}", *filter(None, troubles)]
    )


def _line(row: VersionRow) -> str:
    where = row.base or row.server
    stands = f" on {where}" if where else ""
    return f"{row.name}: {row.state}, {row.method}{stands}, {row.digest[:12]}"


def _show(name: str) -> Outcome:
    """Where it comes from and its manifest as registered, after the files were found to be what it
    says."""
    version = version_named(name)
    if version.server is None:
        verify_version(version)
    data = {
        "name": version.name,
        "state": version.state,
        "folder": version.folder,
        "digest": version.digest,
        "slots": list(Slot.objects.filter(version=version).values_list("name", flat=True)),
        "manifest": version.manifest,
        "canary_in": list(Slot.objects.filter(canary=version).values_list("name", flat=True)),
        "lineage": lineage_of(version),
    }
    lines = [f"{key}: {value}" for key, value in data.items() if key not in ("manifest", "lineage")]
    lines += _lineage_lines(data["lineage"])
    lines += [f"  {key}: {value}" for key, value in sorted(version.manifest.items())]
    return Outcome(data, lines)


def _lineage_lines(lineage: dict[str, Any], *, depth: str = "") -> list[str]:
    """A version's, then its base's; what is not recorded is left out."""
    lines = [f"{depth}{key}: {lineage[key]}" for key in LINEAGE if lineage[key] not in NOT_RECORDED]
    base = lineage["base"]
    if base is None:
        return lines
    return [*lines, f"{depth}base: {base['name']}", *_lineage_lines(base, depth="  " + depth)]


def _add(folder_name: str, *, name: str, revision: str) -> Outcome:
    folder = Path(folder_name)
    if name:
        describe_base(folder, name=name, revision=revision)
    elif revision:
        raise RegistryError("--revision needs --name: a manifest says it otherwise.")
    return _version(add_version(folder))


def _version(version: ModelVersion) -> Outcome:
    data = {"name": version.name, "state": version.state, "digest": version.digest}
    return Outcome(data, [f"{version.name} is registered ({version.state})."])


def _placed(slot: Slot) -> Outcome:
    row = next(row for row in slot_rows() if row.slot == slot.name)
    line = f"Slot {row.slot} serves {row.version} from the next ticket on"
    if row.canary:
        line += f", and its canary {row.canary} {row.canary_share:.0%} of tickets"
    return Outcome(asdict(row), [f"{line}."])
