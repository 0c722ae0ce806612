"""Zendesk's export of tickets: `read(path, options)`.

An object a line, as Zendesk's account export writes it, or a document with a list of tickets; each
with its comments (https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/).
The requester, those in copy and authors whose role is end-user are the customer's side; everybody
else answers. Private comments are the team's own notes: they are left out and counted, and so are
attachments and tickets that were deleted or are spam.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument
from tickets.importing.agents import is_agent
from tickets.importing.html_text import text_of_html
from tickets.importing.json_objects import is_document, read_objects
from tickets.importing.json_rows import start_of
from tickets.importing.records import (
    AGENT,
    CUSTOMER,
    FileProblem,
    LeftOut,
    ReadingOptions,
    Record,
    Role,
    Turn,
)
from tickets.importing.rows import BadRow, moment
from tickets.importing.turns import conversation

_GONE: Final = frozenset({"deleted", "spam"})


def looks_like(start: str) -> bool:
    """Its first ticket has comments and a requester."""
    if start.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return False
    return '"comments"' in start and any(mark in start for mark in ('"requester', '"submitter_id"'))


def read(path: Path, options: ReadingOptions) -> Iterator[Record]:
    document = is_document(start_of(path))
    for found in read_objects(path, document=document, progress=options.progress):
        if isinstance(found, FileProblem):
            yield found
            continue
        line, row = found
        ticket = _ticket(row)
        try:
            if str(ticket.get("status", "")).lower() in _GONE:
                yield LeftOut(str(path), line, "deleted")
            else:
                yield from _conversation(ticket, str(path), line, options)
        except BadRow as error:
            yield FileProblem(str(path), line, str(error))


def _ticket(row: dict[str, Any]) -> dict[str, Any]:
    """The API wraps it: {"ticket": {…}, "comments": […]}."""
    inner = row.get("ticket")
    return {**inner, "comments": row.get("comments", [])} if isinstance(inner, dict) else row


def _conversation(
    ticket: dict[str, Any], source: str, line: int, options: ReadingOptions
) -> Iterator[Record]:
    number = ticket.get("id")
    if not isinstance(number, int | str) or not str(number).strip():
        raise BadRow(_("The ticket has no id."))
    left: list[LeftOut] = []
    turns = list(_turns(ticket, source, line, options, left))
    yield from left
    yield conversation(
        turns,
        external_id=f"zendesk-{number}",
        source=source,
        line=line,
        subject=str(ticket.get("subject") or ticket.get("raw_subject") or ""),
        contact=_contact(ticket),
    )


def _turns(
    ticket: dict[str, Any],
    source: str,
    line: int,
    options: ReadingOptions,
    left: list[LeftOut],
) -> Iterator[Turn]:
    comments = ticket.get("comments")
    if not isinstance(comments, list) or not comments:
        at = moment(str(ticket.get("created_at") or ""))
        yield Turn(CUSTOMER, str(ticket.get("description") or ""), at)
        return
    customers = _customers(ticket)
    dated = [one for one in comments if isinstance(one, dict)]
    if len(dated) < len(comments):
        raise BadRow(_("A comment is no JSON object."))
    for comment in sorted(dated, key=lambda one: str(one.get("created_at") or "")):
        left += [LeftOut(source, line, "attachment") for _one in comment.get("attachments") or ()]
        if comment.get("public") is False:
            left.append(LeftOut(source, line, "private"))
            continue
        role = _role(comment, customers, options)
        at = moment(str(comment.get("created_at") or ""))
        yield Turn(role, _body(comment), at)


def _contact(ticket: dict[str, Any]) -> str:
    requester = ticket.get("requester")
    person = requester if isinstance(requester, dict) else {}
    return str(person.get("email") or person.get("phone") or "")


def _customers(ticket: dict[str, Any]) -> set[Any]:
    """Ids of the requester and those in copy."""
    requester = ticket.get("requester")
    ids = {ticket.get("requester_id")}
    if isinstance(requester, dict):
        ids.add(requester.get("id"))
    for name in ("collaborator_ids", "email_cc_ids"):
        ids |= {one for one in ticket.get(name) or () if isinstance(one, int | str)}
    return ids - {None}


def _role(comment: dict[str, Any], customers: set[Any], options: ReadingOptions) -> Role:
    author = comment.get("author")
    person = author if isinstance(author, dict) else {}
    if options.agents and person:
        names = (str(person.get("name") or ""), str(person.get("email") or ""))
        if any(is_agent(name, options.agents) for name in names if name):
            return AGENT
    if person.get("role") == "end-user":
        return CUSTOMER
    if person.get("role") in ("agent", "admin"):
        return AGENT
    number = comment.get("author_id", person.get("id"))
    return CUSTOMER if number in customers else AGENT


def _body(comment: dict[str, Any]) -> str:
    for name in ("plain_body", "body"):
        if isinstance(comment.get(name), str) and comment[name].strip():
            return str(comment[name]).replace("&nbsp;", " ")
    html = comment.get("html_body")
    if not isinstance(html, str):
        return ""
    try:
        return text_of_html(html)
    except UnreadableDocument as error:
        raise BadRow(str(error)) from error
