"""What the figures of models are called: `measure_name("rouge_l")`, `figure_name("base_chrf")`,
`group_name(("holdout", "languages", "fa"))`. What is not here stands for itself."""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from runtime.templatetags.desk_text import language_name

MEASURES: Final[dict[str, Promise]] = {
    "score": _("Score"),
    "loss": _("Loss of the team’s answer"),
    "perplexity": _("Perplexity"),
    "groundedness": _("Groundedness"),
    "length_ratio": _("Length beside the team’s"),
    "right_language": _("Right language"),
    "refusal": _("Refusal"),
    "repetition": _("Repetition"),
    "canaries": _("Planted values"),
    "seconds": _("Seconds"),
}
_PROPER: Final = {"chrf": "chrF", "rouge_l": "ROUGE-L"}
_OTHERS: Final[dict[str, Promise]] = {
    "base_chrf": _("chrF of the base"),
    "present_score": _("Score before"),
    "difference": _("Difference"),
    "mean": _("Difference"),
    "failed": _("Failed drafts"),
    "rows": _("Rows"),
    "clusters": _("Customers"),
    "kept_out": _("Kept out"),
    "max_new_tokens": _("Tokens at most"),
    "temperature": _("Temperature"),
    "top_p": _("Share of likely tokens (top-p)"),
    "repetition_penalty": _("Penalty for repetition"),
    "seed": _("Seed"),
}
GROUPS: Final[dict[str, Promise]] = {
    "holdout": _("On the holdout"),
    "new_tickets": _("On new tickets"),
    "gate": _("The gate’s decision"),
    "sweep": _("When its settings were chosen"),
    "check": _("on other rows"),
    "new": _("new version"),
    "old": _("version before"),
    "difference": _("Difference"),
    "languages": _("by language"),
    "guards": _("differences that may refuse it"),
}
"""What figures were measured on, in the order in which they are shown."""
ORDER: Final = (
    *("score", "present_score", "chrf", "base_chrf", "difference", "mean"),
    *("rouge_l", "groundedness", "loss", "perplexity", "length_ratio", "right_language"),
    *("refusal", "repetition", "canaries", "failed", "rows", "clusters", "kept_out", "seconds"),
)
"""The mean, the base beside it, how far they are apart; last of how many rows."""


def measure_name(name: str) -> str:
    """An unknown one stands for itself."""
    return _PROPER.get(name) or str(MEASURES.get(name, name))


def figure_name(name: str, *, measured_on: Iterable[str] = ()) -> str:
    """A loss that was measured on nothing in particular is that of the training."""
    if name == "loss" and not measured_on:
        return str(_("Loss"))
    return str(_OTHERS[name]) if name in _OTHERS else measure_name(name)


def group_name(path: Iterable[str]) -> str:
    """("gate", "new") → "The gate’s decision · new version"."""
    named, before = [], ""
    for part in path:
        if before == "languages":
            named.append(str(language_name(part)))
        else:
            named.append(str(GROUPS[part]) if part in GROUPS else measure_name(part))
        before = part
    return " · ".join(named)
