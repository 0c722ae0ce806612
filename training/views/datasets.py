"""Frozen data sets: what each holds, what the checks found, and some of its rows."""

import json
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.roles import admin_required
from training.models import DatasetSnapshot, TrainingRun

PER_PAGE = 30
ROWS_SHOWN: Final = 20
RUNS_SHOWN: Final = 20
MOST_CHARACTERS: Final = 1_000
"""Of a text that is shown."""


@require_safe
@never_cache
@admin_required
def dataset_list(request: HttpRequest) -> HttpResponse:
    """Template training/dataset_list.html: `page_obj` of DatasetSnapshots with `run_count`."""
    rows = DatasetSnapshot.objects.annotate(run_count=Count("runs")).order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "training/dataset_list.html", {"page_obj": page})


@require_safe
@never_cache
@admin_required
def dataset(request: HttpRequest, pk: int) -> HttpResponse:
    """Template training/dataset.html: `dataset`; `rows`: the first of them, as {"kind", "lang",
    "texts": [(label, text)]}; `runs` that learned from it; `is_gone`: its file is not there."""
    found = get_object_or_404(DatasetSnapshot, pk=pk)
    path = Path(settings.PASOKH_HOME) / found.path
    context = {
        "dataset": found,
        "rows": first_rows(path),
        "is_gone": not path.is_file(),
        "runs": TrainingRun.objects.filter(dataset=found).select_related("version")[:RUNS_SHOWN],
    }
    return render(request, "training/dataset.html", context)


def first_rows(path: Path) -> list[dict[str, Any]]:
    """Texts as they are frozen: with placeholders. Those of an erased customer are empty, and
    left out."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        shown = (_shown(json.loads(line)) for line in file if line.strip())
        return list(islice((one for one in shown if one["texts"]), ROWS_SHOWN))


def _shown(line: dict[str, Any]) -> dict[str, Any]:
    """A row, a pair of drafts, a section of an article or a past question."""
    own = line.get("row")
    row: dict[str, Any] = own if isinstance(own, dict) else line
    pairs = (
        ("question", row.get("question")),
        ("chosen", line.get("chosen")),
        ("rejected", line.get("rejected")),
        ("answer", None if "chosen" in line else row.get("answer")),
        ("title", row.get("title")),
        ("text", row.get("text")),
    )
    return {
        "kind": row.get("kind", ""),
        "lang": row.get("lang", ""),
        "gap": line.get("gap") or None,
        "texts": [
            (name, text[:MOST_CHARACTERS]) for name, text in pairs if isinstance(text, str) and text
        ],
    }
