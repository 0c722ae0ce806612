"""The models that come with Pasokh, made again from the sample company: `make sample-models`.

Public entries: `build` (train and measure in this desk), `measure_on_new_tickets`. Everything is
learned from the past tickets and articles of `sample/company`; the new tickets are never trained
on, and serving itself writes the drafts that are measured: search, prompt and engine are those of
the desk.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from llm.engine.serving import generate_one
from llm.manifest import FILE_NAME
from llm.models import ModelVersion, Slot
from llm.registry import SlotChoice, add_version, folder_of
from runtime.errors import InputError
from tickets.models import Suggestion, Ticket
from tickets.suggesting import prompt_parts
from training.evaluation import chrf, compare
from training.finetuning import Report, finetune
from training.orders import Nothing, Order
from training.pretraining import pretrain_base
from training.recipes import load_recipe
from training.versions import new_folder, restate

BASE: Final = "sample-base"
TUNED: Final = {"tuned-a": "sample-tuned-a", "tuned-b": "sample-tuned-b"}
SOURCE: Final = "sample"


class NoSampleCompany(InputError):
    """The desk that builds the models does not hold the sample company."""


@dataclass(frozen=True)
class NewTicketDraft:
    """What each version wrote for a new ticket, by the version's name."""

    external_id: str
    lang: str
    question: str
    reference: str
    drafts: dict[str, str]


def build(
    *, base: bool, tuned: Sequence[str] = tuple(TUNED), report: Report
) -> dict[str, dict[str, Any]]:
    """Train in this desk, which was made for it, then put the finished versions into sample/models
    all at once; returns each version's metrics. `base`: the base anew as well."""
    _forget_installed_models()
    target = Path(settings.SAMPLE_DIR) / "models"
    if base:
        made = pretrain_base(load_recipe(BASE), name=BASE, report=_after("base", report))
        if made is None:
            raise NoSampleCompany("There are no articles here: load the sample company first.")
        versions = {"base": made.version}
    elif (target / "base" / FILE_NAME).is_file():
        versions = {"base": add_version(target / "base")}
    else:
        raise NoSampleCompany("There is no base in sample/models; build it with --base.")
    for name in tuned:
        recipe = load_recipe(TUNED[name])
        order = Order(recipe=recipe, name=recipe.name, challenge=False)
        one = finetune(order, report=_after(name, report))
        if isinstance(one, Nothing):
            raise NoSampleCompany("There are no past tickets here: load the sample company first.")
        versions[name] = one.version
    metrics = _with_new_tickets(versions, report=_after("new tickets", report))
    for name, version in versions.items():
        if folder_of(version) != target / name:
            _place(folder_of(version), target / name)
    return metrics


def measure_on_new_tickets(
    versions: dict[str, ModelVersion], *, report: Report = lambda text: None
) -> list[NewTicketDraft]:
    """Drafts for the sample company's new tickets, exactly as the desk makes them."""
    references = _references(Path(settings.SAMPLE_DIR) / "company" / "new_tickets")
    choices = [SlotChoice(slot="A", version=version) for version in versions.values()]
    tickets = Ticket.objects.filter(source=SOURCE, external_id__in=references)
    found = []
    for number, ticket in enumerate(tickets.order_by("external_id"), start=1):
        parts, _ = prompt_parts(ticket, choices)
        written = generate_one(parts, choices)
        found.append(
            NewTicketDraft(
                external_id=ticket.external_id,
                lang=ticket.lang,
                question=references[ticket.external_id]["question"],
                reference=references[ticket.external_id]["reference"],
                drafts={name: one.result.text for name, one in zip(versions, written, strict=True)},
            )
        )
        report(f"{number} of {len(references)}")
    if len(found) != len(references):
        raise NoSampleCompany("The new tickets are not here: load the sample company first.")
    return found


def _with_new_tickets(
    versions: dict[str, ModelVersion], *, report: Report
) -> dict[str, dict[str, Any]]:
    rows = measure_on_new_tickets(versions, report=report)
    scores = {name: [chrf(row.drafts[name], row.reference) for row in rows] for name in versions}
    metrics = {name: dict(version.metrics) for name, version in versions.items()}
    for name, version in versions.items():
        if name != "base":
            measured = asdict(compare(scores[name], scores["base"], seed=1))
            metrics[name]["new_tickets"] = measured
            restate(folder_of(version), metrics={"new_tickets": measured})
    return metrics


def _forget_installed_models() -> None:
    """A new desk has registered the present sample models, whose names the new ones take."""
    if Suggestion.objects.exists():
        raise NoSampleCompany("This desk is in use; leave out --here.")
    Slot.objects.all().delete()
    ModelVersion.objects.exclude(base=None).delete()
    ModelVersion.objects.all().delete()


def _place(made: Path, final: Path) -> None:
    with new_folder(final) as work:
        shutil.copytree(made, work, dirs_exist_ok=True)


def _references(folder: Path) -> dict[str, dict[str, str]]:
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return {row["external_id"]: row for row in rows}


def _after(name: str, report: Report) -> Report:
    return lambda text: report(f"{name}: {text}")
