"""How the figures of training are written: `{% load training_figures %}`."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from llm.figure_names import measure_name
from llm.templatetags.model_figures import signed
from runtime.jobs import State
from runtime.templatetags.desk_text import language_name, number
from training.decisions import Figure, figures_of
from training.models import Decision, TrainingRun

register = template.Library()
register.filter(measure_name)
register.filter(signed)

PHASES: dict[str, Promise] = {
    "data": _("reading the data"),
    "training": _("training"),
    "measuring": _("measuring"),
    "deciding": _("deciding"),
}
KINDS: dict[str, Promise] = {
    "ticket": _("past tickets"),
    "reply": _("sent replies"),
    "article": _("sentences of articles"),
    "faq": _("frequent questions"),
    "generated": _("generated questions"),
    "rated": _("drafts rated well"),
    "file": _("of a file"),
}
TEXTS: dict[str, Promise] = {
    "question": _("Question"),
    "answer": _("Answer"),
    "chosen": _("Liked better"),
    "rejected": _("Liked less"),
    "title": _("Title"),
    "text": _("Text"),
}
MANIFEST: dict[str, Promise] = {
    "learned": _("Learned from"),
    "validation": _("Watched for the loss"),
    "canaries": _("Planted copies"),
    "kept_out": _("Kept out"),
    "sections": _("Sections"),
    "questions": _("Questions"),
    "pairs": _("Pairs"),
    "share": _("Share kept out"),
    "rows": _("Rows"),
    "followed": _("Rows of the one before"),
}
LEFT_OUT: dict[str, Promise] = {
    "holdout": _("rows of the holdout"),
    "customer": _("customers of the holdout"),
    "reserved": _("customers kept for a later holdout"),
    "question": _("nearly the same question as in the holdout"),
}
SIDES: dict[str, Promise] = {
    "difference": _("Difference"),
    "new": _("new version"),
    "old": _("version before"),
    "share": _("Share of tickets"),
    "rows": _("Rows"),
}
_GIB = 2**30


@register.filter
def phase_name(name: str) -> str:
    return str(PHASES.get(name, name))


@register.filter
def figure_name(figure: Figure) -> str:
    """What a decision's figure is called: a language and a measure by their names."""
    path = [one for one in figure.path if one not in ("languages", "guards")]
    in_language = "languages" in figure.path
    return " · ".join(_part_name(one, in_language=in_language) for one in path)


def _part_name(part: str, *, in_language: bool) -> str:
    if part in SIDES:
        return str(SIDES[part])
    return str(language_name(part)) if in_language else measure_name(part)


@register.filter
def kind_name(name: str) -> str:
    return str(KINDS.get(name, name))


@register.filter
def text_name(name: str) -> str:
    return str(TEXTS.get(name, name))


@register.filter
def reason_name(name: str) -> str:
    """Why rows were left out."""
    return str(LEFT_OUT.get(name, name))


@register.filter
def gibibytes(size: int | None) -> str:
    """Of bytes: "1.2 GiB"."""
    if not size:
        return "–"
    return gettext("%(size)s GiB") % {"size": number(round(size / _GIB, 2))}


@register.filter
def rounded(value: float | str | None) -> str:
    """What is missing (None, or "" as a template gives it) is a dash."""
    return "–" if value is None or value == "" else number(round(float(value), 3))


@register.filter
def decided_on(decision: Decision) -> list[Figure]:
    return figures_of(decision)


@register.filter
def counted(counts: Any) -> list[tuple[str, int]]:
    """A mapping of counts, the largest first."""
    if not isinstance(counts, Mapping):
        return []
    known = [(str(name), count) for name, count in counts.items() if isinstance(count, int)]
    return sorted(known, key=lambda one: (-one[1], one[0]))


@register.filter
def manifest_counts(manifest: Any) -> list[tuple[str, str]]:
    """The numbers of a data set's manifest that have a name."""
    given = manifest if isinstance(manifest, Mapping) else {}
    return [
        (str(name), number(given[key]))
        for key, name in MANIFEST.items()
        if isinstance(given.get(key), int | float) and not isinstance(given.get(key), bool)
    ]


@register.filter
def is_stopping(run: TrainingRun) -> bool:
    return run.stop_asked and run.state == State.RUNNING
