"""Runs on the overview of the reports: the one that goes on, or else the last, with its losses."""

from typing import Any

from people.roles import Person, is_admin
from runtime.jobs import OPEN
from tickets.reporting.panels import Panel
from training.models import TrainingRun
from training.runs import run_folder
from training.runs.curves import curve_of, read_losses
from training.runs.folders import LOG


def runs_panel(user: Person) -> Panel | None:
    """For admins, as all pages about training."""
    if not is_admin(user):
        return None
    return Panel("training/_report_panel.html", {"styles": "desk/training.css"} | latest_run())


def latest_run() -> dict[str, Any]:
    """`run`, None where there is none; `is_open`; its `curve`; `count` of all runs."""
    runs = TrainingRun.objects.select_related("version").defer("config", "metrics")
    run = runs.filter(state__in=OPEN).order_by("pk").first() or runs.order_by("-pk").first()
    return {
        "run": run,
        "is_open": run is not None and run.state in OPEN,
        "curve": run and curve_of(read_losses(run_folder(run) / LOG), total=run.total),
        "count": TrainingRun.objects.count(),
    }
