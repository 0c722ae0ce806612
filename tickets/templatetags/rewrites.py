"""Below a draft: how it can be said another way, and what was written so."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django import template

from tickets.desk import Draft
from tickets.forms import LANGUAGES
from tickets.models import Rewrite, Suggestion
from tickets.rewriting import is_offered

register = template.Library()
_KEPT = "_rewrites_of_message"


@dataclass(frozen=True)
class Shown:
    """`kinds`: what may be asked for, (value, label), none where the draft's version does not
    follow instructions; `languages` to translate into; `rewrites` of this draft, oldest first."""

    kinds: list[tuple[str, str]] = field(default_factory=list)
    languages: list[tuple[str, Any]] = field(default_factory=list)
    rewrites: list[Rewrite] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.kinds or self.rewrites)


@register.simple_tag(takes_context=True)
def rewrites_of(context: dict[str, Any], draft: Draft) -> Shown:
    """What one draft can be asked for would tell the versions apart, so nothing is shown before
    the agent has rated all of them, unless all can be asked for the same. Two queries for all
    drafts of a message."""
    offered, rewrites = _of_message(context, draft.suggestion)
    if draft.suggestion.state != Suggestion.State.READY:
        return Shown()
    if not draft.model_name and not all(offered.values()):
        return Shown()
    shown = rewrites.get(draft.suggestion.pk, [])
    if not offered.get(draft.suggestion.pk):
        return Shown(rewrites=shown)
    kinds = [(one.value, str(one.label)) for one in Rewrite.Kind]
    return Shown(kinds, [one for one in LANGUAGES if one[0]], shown)


def _of_message(
    context: dict[str, Any], suggestion: Suggestion
) -> tuple[dict[int, bool], dict[int, list[Rewrite]]]:
    """Kept with the request: a page shows three drafts of one message."""
    request = context["request"]
    kept: dict[int, Any] = vars(request).setdefault(_KEPT, {})
    if suggestion.message_id not in kept:
        drafts = Suggestion.objects.filter(
            message=suggestion.message_id, state=Suggestion.State.READY
        ).select_related("version__server")
        offered = {one.pk: is_offered(one.version) for one in drafts}
        rewrites: dict[int, list[Rewrite]] = defaultdict(list)
        if any(offered.values()):
            for one in Rewrite.objects.filter(suggestion__in=offered).order_by("pk"):
                rewrites[one.suggestion_id].append(one)
        kept[suggestion.message_id] = offered, rewrites
    known: tuple[dict[int, bool], dict[int, list[Rewrite]]] = kept[suggestion.message_id]
    return known
