"""A row of a table or an object of JSON as a past conversation: `past_conversation(row, …)`.

Fields: external_id, question, answer, created_at, lang, subject, contact, by these names or by
those that desks give them in Persian and English; or `messages`, a list of {role, text, at}.
question (or messages) is needed, others may be missing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from text.persian import canonical
from tickets.importing.records import (
    AGENT,
    CUSTOMER,
    FileProblem,
    LeftOut,
    PastConversation,
    Record,
    Role,
    Turn,
)
from tickets.importing.turns import conversation
from tickets.intake import MAX_EXTERNAL_ID, aware, check_moment, clean

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "external_id": (
        *("external_id", "id", "ticket_id", "ticket", "ticket_number", "number", "case_id"),
        *("شناسه", "شماره تیکت", "شناسه تیکت", "کد پیگیری", "شماره", "کد"),
    ),
    "question": (
        *("question", "customer_message", "customer", "message", "request", "description", "body"),
        *("query", "text", "inquiry", "سوال", "پرسش", "پیام مشتری", "متن سوال", "درخواست"),
        *("متن تیکت", "متن پیام", "پیام", "شرح", "متن"),
    ),
    "answer": (
        *("answer", "agent_reply", "agent_message", "agent", "reply", "response", "solution"),
        *("resolution", "پاسخ", "جواب", "پاسخ پشتیبان", "پاسخ پشتیبانی", "متن پاسخ", "راه حل"),
    ),
    "created_at": (
        *("created_at", "created", "date", "datetime", "timestamp", "time", "created_on"),
        *("تاریخ ایجاد", "تاریخ ثبت", "تاریخ", "زمان"),
    ),
    "contact": (
        *("contact", "email", "e mail", "customer_email", "requester_email", "phone", "mobile"),
        *(
            "customer_phone",
            "ایمیل",
            "پست الکترونیک",
            "تلفن",
            "موبایل",
            "شماره تماس",
            "شماره موبایل",
        ),
    ),
    "lang": ("lang", "language", "locale", "زبان"),
    "subject": ("subject", "title", "topic", "موضوع", "عنوان"),
}
_CUSTOMER_ROLES = frozenset(
    ("customer", "user", "client", "requester", "end-user", "visitor", "human", "مشتری", "کاربر")
)
_AGENT_ROLES = frozenset(
    (
        *("agent", "assistant", "support", "operator", "staff", "admin"),
        *("پشتیبان", "پشتیبانی", "کارشناس"),
    )
)
_TEXT_KEYS = ("text", "content", "body", "message", "متن")
_TIME_KEYS = ("at", "created_at", "time", "timestamp", "date", "تاریخ")
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_SEPARATORS = re.compile(r"[\s_\u200c-]+")


class BadRow(ValueError):
    """A row cannot be used; the message says why, without its contents."""


def field_names(heading: Iterable[str]) -> dict[str, str]:
    """{"question": the heading that names it}: of several, the one that says it most plainly."""
    given: dict[str, str] = {}
    for name in heading:
        given.setdefault(_plain(name), name)
    found = {}
    for field, names in _NAMES.items():
        match = next((given[plain] for name in names if (plain := _plain(name)) in given), None)
        if match is not None:
            found[field] = match
    return found


def past_conversation(
    row: Mapping[str, Any], *, source: str, line: int, names: Mapping[str, str] | None = None
) -> Iterator[Record]:
    """`names`: what `field_names` says of a table's heading; without it, of the row's own keys."""
    if names is None:
        names = field_names(row)
    try:
        values = {field: _text(row, name) for field, name in names.items()}
        messages = row.get("messages")
        left: list[LeftOut] = []
        if isinstance(messages, list):
            turns = list(_message_turns(messages, source, line, left))
        else:
            turns = _two_turns(values)
        record = _checked(values, turns, source, line)
    except BadRow as error:
        yield FileProblem(source, line, str(error))
        return
    yield from left
    yield record


def _checked(
    values: Mapping[str, str], turns: list[Turn], source: str, line: int
) -> PastConversation | FileProblem:
    external_id, lang = values.get("external_id", ""), values.get("lang", "")
    if len(external_id) > MAX_EXTERNAL_ID:
        raise BadRow(_("The external id has more than %d characters.") % MAX_EXTERNAL_ID)
    if lang and not _LANG.fullmatch(lang):
        raise BadRow(_("The language must be a code such as fa or en."))
    return conversation(
        turns,
        external_id=external_id,
        source=source,
        line=line,
        lang=lang,
        subject=values.get("subject", ""),
        contact=values.get("contact", ""),
    )


def _two_turns(values: Mapping[str, str]) -> list[Turn]:
    question, answer = values.get("question", ""), values.get("answer", "")
    if not question:
        raise BadRow(_("The question is missing."))
    limit = settings.MAX_TICKET_CHARACTERS
    if max(len(question), len(answer)) > limit:
        raise BadRow(_("Question or answer has more than %d characters.") % limit)
    at = moment(values.get("created_at", ""))
    turns = [Turn(CUSTOMER, question, at)]
    return [*turns, Turn(AGENT, answer, at)] if answer else turns


def _message_turns(
    messages: list[Any], source: str, line: int, left: list[LeftOut]
) -> Iterator[Turn]:
    for message in messages:
        if not isinstance(message, dict):
            raise BadRow(_("A message is no JSON object."))
        name = next((key for key in _TEXT_KEYS if key in message), "text")
        text = _text(message, name)
        at_name = next((key for key in _TIME_KEYS if message.get(key)), "at")
        role = _role(message.get("role"))
        if role is None:
            left.append(LeftOut(source, line, "system"))
        else:
            yield Turn(role, text, moment(_text(message, at_name)))


def _role(value: Any) -> Role | None:
    """None for the machine's own messages."""
    name = value.strip().lower() if isinstance(value, str) else ""
    if name in _CUSTOMER_ROLES:
        return CUSTOMER
    if name in _AGENT_ROLES:
        return AGENT
    if name in ("system", "bot", "tool"):
        return None
    raise BadRow(_("A message's role must be customer or agent."))


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and name not in ("question", "answer", *_TEXT_KEYS):  # ids and moments
        value = str(value)
    if not isinstance(value, str):
        raise BadRow(_("The field %s is no text.") % name[:40])
    return clean(value)


def moment(value: str) -> datetime | None:
    """ISO 8601, a day, or seconds since 1970. Raises BadRow."""
    if not value:
        return None
    found = _read_moment(value)
    if found is None:
        raise BadRow(_("created_at is no date (2026-05-31 or 2026-05-31T10:00:00+03:30)."))
    try:
        check_moment(found)
        return aware(found)
    except (OverflowError, ValueError) as error:
        raise BadRow(_("created_at is out of range.")) from error


def _read_moment(value: str) -> datetime | None:
    if value.isdecimal() and 9 <= len(value) <= 13:
        return datetime.fromtimestamp(int(value) / (1000 if len(value) > 10 else 1), UTC)
    try:
        found = parse_datetime(value)
        day = None if found else parse_date(value)
    except ValueError:  # well formed, but no date
        return None
    return datetime(day.year, day.month, day.day) if day else found


def _plain(name: str) -> str:
    return _SEPARATORS.sub(" ", canonical(str(name)).lower()).strip().replace("ؤ", "و")
