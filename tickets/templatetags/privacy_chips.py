"""Placeholders in a masked text as chips: `{% load privacy_chips %}`.

`{% chips text %}` shows them; `{% chips text ticket revealable %}` lets somebody ask for the values
in `revealable`, names of the ticket's placeholders (None: may not reveal any). A chip carries its
placeholder in `data-placeholder`, so that a script that takes the words of a text (a draft into the
reply) takes the placeholder and not what is shown. Everything else in the text is escaped.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from runtime.templatetags.desk_text import digits
from text.privacy.placeholders import Placeholder, cut, pieces
from tickets.desk import Entry
from tickets.models import Ticket
from tickets.report_names import COUNTS, named
from tickets.type_names import is_destroyed, type_icon, type_name

register = template.Library()


@register.simple_tag
def chips(
    text: str, ticket: Ticket | None = None, revealable: Collection[str] | None = None
) -> SafeString:
    """A text with its placeholders as chips, those that may be revealed as buttons."""
    shown = [_chip(one, ticket, revealable) for one in pieces(text)]
    return format_html_join("", "{}", ((one,) for one in shown))


@register.filter
def in_words(text: str) -> str:
    """For titles and other plain text: «mobile number 1»."""
    return "".join(
        f"«{_label(one)}»" if isinstance(one, Placeholder) else one for one in pieces(text)
    )


@register.filter
def short(text: str, most: int) -> str:
    """As `truncatechars`, but never with half a placeholder at the end."""
    return text if len(text) <= most else f"{cut(text, most)}…"


@register.filter
def stamp(thread: Sequence[Entry]) -> str:
    """Differs when a message, a note or a file came, and when one was masked afterwards."""
    files = (f"{one.name}{one.state}" for entry in thread for one in entry.attachments)
    return text_stamp("\0".join([*(entry.text for entry in thread), *files]))


@register.filter
def text_stamp(text: str) -> str:
    """Differs also where what was masked is as long as its placeholder."""
    return f"{zlib.crc32(text.encode()):08x}"


@register.filter
def counted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """What a request for rights counted, by name, without what is none."""
    return named(counts, COUNTS)


@register.simple_tag
def type_chip(type_: str) -> SafeString:
    """A type alone, as it looks in a text."""
    return format_html('<span class="chip" dir="{}">{}</span>', _direction(), _face(type_))


def _chip(one: str | Placeholder, ticket: Ticket | None, revealable: Collection[str] | None) -> str:
    if isinstance(one, str):
        return one
    face = format_html("{} {}", _face(one.type), _number(one.number))
    if ticket is not None and revealable and one.name in revealable:
        return format_html(
            '<button type="button" class="chip" dir="{}" data-placeholder="{}" title="{}"'
            ' data-value-of="{}" hx-post="{}" hx-swap="none" hx-target="this">{}</button>',
            _direction(),
            one.name,
            _("Show the value for 30 seconds. That is written down."),
            _label(one),
            reverse("ticket-reveal", args=[ticket.pk]),
            face,
        )
    return format_html(
        '<span class="chip" dir="{}" data-placeholder="{}" title="{}">{}</span>',
        _direction(),
        one.name,
        _why_hidden(one.type, may_reveal=ticket is not None and revealable is not None),
        face,
    )


def _why_hidden(type_: str, *, may_reveal: bool) -> str:
    if is_destroyed(type_):
        return _("It was destroyed at once: nobody can see it.")
    if may_reveal:
        return _("This value is not kept any more.")
    return _("The value is kept apart from the text.")


def _face(type_: str) -> SafeString:
    return format_html(
        '<svg width="14" height="14" aria-hidden="true"><use href="#type-{}"/></svg>'
        "<span>{}</span>",
        type_icon(type_),
        type_name(type_),
    )


def _number(number: int) -> SafeString:
    return format_html('<span class="chip-number">{}</span>', digits(number))


def _label(one: Placeholder) -> str:
    return f"{type_name(one.type)} {digits(one.number)}"


def _direction() -> str:
    return "rtl" if get_language_bidi() else "ltr"
