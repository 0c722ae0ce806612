"""Sources beside a draft: `{% passage source draft %}`, with what the draft used of it marked."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from text.overlap import TextPiece, used_pieces
from tickets.desk import Draft
from tickets.models import Suggestion
from tickets.templatetags.privacy_chips import chips

register = template.Library()
_CACHED = 512


@register.simple_tag
def passage(source: dict[str, Any], draft: Draft) -> SafeString:
    """While the draft is written nothing is marked yet: the marks would jump about."""
    suggestion = draft.suggestion
    text = source.get("answer") or source["text"]
    if suggestion.state != Suggestion.State.READY:
        return chips(text)
    return format_html_join("", "{}", ((_shown(one),) for one in _pieces(text, suggestion.text)))


@register.simple_tag
def used_count(source: dict[str, Any], draft: Draft) -> int:
    """How many parts of the passage the draft draws on."""
    if draft.suggestion.state != Suggestion.State.READY:
        return 0
    text = source.get("answer") or source["text"]
    return sum(one.used for one in _pieces(text, draft.suggestion.text))


def _shown(piece: TextPiece) -> SafeString:
    if not piece.used:
        return chips(piece.text)
    words = piece.text.rstrip()
    return format_html("<mark>{}</mark>{}", chips(words), piece.text[len(words) :])


@lru_cache(maxsize=_CACHED)
def _pieces(text: str, draft: str) -> tuple[TextPiece, ...]:
    """An open page asks for the same ones again and again."""
    return tuple(used_pieces(text, draft))
