"""Every page and every API route: who may, and who not. A route without a line here fails.

Each route is really asked, with every method that it takes, as nobody, as somebody without a role,
as an agent, a lead and an admin, and, where it is about a ticket, as an agent of another team.

- nobody: a page leads to the sign-in, the API answers 401;
- somebody whose role may not: 403; somebody of another team: 404, as if there were no such ticket;
- whoever may: anything else, and never an error of the server.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from people.models import Team
from tests.tickets import factories
from tickets import attachments
from tickets.api.tokens import issue_token
from tickets.models import CannedReply, Rating, Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import send_reply

ANYBODY = "anybody"  # also who is not signed in
SIGNED = "signed"  # every one whose secret or signature fits: all others get 401, 403 or 404
SIGNED_IN = "signed in"  # with a role or without
AGENT, LEAD, ADMIN = "agent", "lead", "admin"
OWN = "own"  # only sara, whose own row it is: 403 for other agents of the team

ALLOWED = {
    ANYBODY: {"nobody", "outsider", "sara", "parisa", "mina"},
    SIGNED_IN: {"outsider", "sara", "parisa", "mina"},
    AGENT: {"sara", "parisa", "mina"},
    LEAD: {"parisa", "mina"},
    ADMIN: {"mina"},
    OWN: {"sara"},
    SIGNED: set(),
}
PERSONS = ("nobody", "outsider", "sara", "parisa", "mina")


@dataclass(frozen=True)
class Route:
    who: str
    about: str = ""
    """A key of ABOUT, for a route of a ticket: it makes what the address needs."""
    path: dict[str, Any] = field(default_factory=dict)
    """What the address needs otherwise; a number that is left out is of nothing (404 is right)."""
    other: dict[str, str] = field(default_factory=dict)
    """Methods that somebody else may: {"POST": ADMIN}."""
    body: dict[str, Any] = field(default_factory=dict)
    """What is posted; empty by default, and then mostly refused with 400."""
    nobody: int | None = None
    """The answer to nobody where it is neither the sign-in nor 401."""


def ticket(**more: Any) -> Route:
    """A page of one ticket, for agents of its team."""
    return Route(**({"who": AGENT, "about": "ticket"} | more))


# --- one line a route; keep each part together, in the order of its urls.py
ROUTES = {
    # tickets: inbox, ticket, imports
    "inbox": Route(AGENT),
    "inbox-news": Route(AGENT),
    "inbox-search": Route(AGENT),
    "inbox-change": Route(AGENT),
    "view-save": Route(AGENT),
    "view-remove": Route(AGENT),
    "ticket-change": ticket(body={"do": "close"}),
    "ticket-new": Route(AGENT),
    "ticket": ticket(),
    "ticket-drafts": ticket(),
    "ticket-send": ticket(),
    # agents need the permission tickets.reveal_values besides, which admins begin with
    "ticket-reveal": ticket(who=ADMIN, body={"placeholder": "[PHONE_1]"}),
    "ticket-mask": ticket(),
    "suggestion-rewrite": ticket(about="suggestion", body={"kind": "shorter"}),
    "ticket-refuse": ticket(body={"reason": "other"}),
    "ticket-attachment": ticket(about="attachment"),
    "ticket-keep": ticket(body={"text": "half an answer"}),
    "ticket-note": ticket(body={"text": "a note"}),
    "ticket-canned": ticket(),
    "canned-use": ticket(about="canned reply"),
    "reply-undo": ticket(who=OWN, about="held reply"),
    "canned-replies": Route(AGENT),
    "form-keep": Route(AGENT, path={"form": "ticket"}),
    "canned-new": Route(LEAD),
    "canned-edit": Route(LEAD),
    "canned-delete": Route(LEAD),
    "suggestion-rate": ticket(about="suggestion"),
    "ticket-imports": Route(ADMIN),
    "ticket-import": Route(ADMIN),
    "ticket-import-run": Route(ADMIN),
    "ticket-import-stop": Route(ADMIN),
    "ticket-import-continue": Route(ADMIN),
    # tickets: figures and models
    "ratings": Route(AGENT),
    "ratings-csv": Route(AGENT),
    "reports": Route(LEAD),
    "report": Route(LEAD, path={"page": "ratings"}),
    "report-csv": Route(LEAD, path={"page": "ratings", "slug": "weeks"}),
    "my-figures": Route(AGENT),
    "my-figures-csv": Route(AGENT, path={"slug": "weeks"}),
    "models": Route(AGENT),
    "model-version": Route(AGENT, path={"name": "none-of-this-name"}),
    # tickets: privacy
    "privacy": Route(ADMIN),
    "privacy-readings": Route(ADMIN),
    "privacy-retention": Route(ADMIN),
    "privacy-customers": Route(ADMIN),
    "privacy-customer": Route(ADMIN),
    "customer-export": Route(ADMIN),
    "customer-erase": Route(ADMIN),
    "privacy-tester": Route(ADMIN),
    "pattern-switch": Route(ADMIN),
    # kb
    "articles": Route(AGENT),
    "article": Route(AGENT),
    "article-new": Route(ADMIN),
    "article-preview": Route(ADMIN),
    "article-edit": Route(ADMIN),
    "article-history": Route(AGENT),
    "article-restore": Route(ADMIN),
    "article-follow": Route(ADMIN),
    "playground": Route(AGENT),
    "coverage": Route(AGENT),
    "coverage-change": Route(ADMIN),
    "import": Route(ADMIN),
    "import-web": Route(ADMIN),
    "import-run": Route(ADMIN),
    "import-stop": Route(ADMIN),
    "import-continue": Route(ADMIN),
    "imports": Route(ADMIN),
    "sources": Route(ADMIN),
    "source": Route(ADMIN),
    "source-refresh": Route(ADMIN),
    "source-schedule": Route(ADMIN),
    "source-archive": Route(ADMIN),
    # llm
    "slot-promote": Route(ADMIN, path={"slot": "A"}),
    "slot-roll-back": Route(ADMIN, path={"slot": "A"}),
    "slot-canary": Route(ADMIN, path={"slot": "A"}),
    "slot-canary-end": Route(ADMIN, path={"slot": "A"}),
    "server-allow": Route(ADMIN),
    "server-forbid": Route(ADMIN),
    "server-check": Route(ADMIN),
    "model-connect": Route(ADMIN),
    "model-connect-where": Route(ADMIN, path={"way": "vllm"}),
    "model-connect-server": Route(ADMIN),
    "model-connect-version": Route(ADMIN, path={"name": "none-of-this-name"}),
    "version-instructions": Route(ADMIN, path={"name": "none-of-this-name"}),
    # training
    "training": Route(ADMIN),
    "training-start": Route(ADMIN),
    "training-panel": Route(ADMIN),
    "training-run": Route(ADMIN),
    "training-losses": Route(ADMIN),
    "training-stop": Route(ADMIN),
    "training-resume": Route(ADMIN),
    "training-datasets": Route(ADMIN),
    "training-dataset": Route(ADMIN),
    "training-decisions": Route(ADMIN),
    "training-compare": Route(ADMIN),
    # the API
    "api-tickets": Route(AGENT),
    "api-ticket": ticket(),
    "api-messages": ticket(),
    "api-suggestions": ticket(),
    "api-replies": ticket(),
    "api-reply": ticket(about="reply"),
    "api-ratings": ticket(about="suggestion"),
    "api-rating": ticket(who=OWN, about="rating"),
    "api-search": Route(AGENT),
    "api-articles": Route(AGENT),
    "api-article": Route(AGENT),
    "api-notes": ticket(),
    "api-attachments": ticket(),
    "api-attachment": ticket(about="attachment of the API"),
    "api-refusals": ticket(),
    "api-events": ticket(),
    "api-webhooks": Route(ADMIN),
    "api-webhook": Route(ADMIN),
    "api-webhook-key": Route(ADMIN),
    "api-webhook-test": Route(ADMIN),
    "api-deliveries": Route(ADMIN),
    "api-delivery-again": Route(ADMIN),
    "api-schema": Route(ANYBODY),
    "api-docs": Route(ANYBODY),
    "api-nothing": Route(ANYBODY),
    "api-with-slash": Route(ANYBODY),
    # tokens, webhooks
    "tokens": Route(AGENT),
    "token-revoke": Route(AGENT),
    "webhooks": Route(ADMIN),
    "webhook-new": Route(ADMIN),
    "webhook": Route(ADMIN),
    "webhook-key": Route(ADMIN),
    "webhook-test": Route(ADMIN),
    "webhook-remove": Route(ADMIN),
    "delivery-again": Route(ADMIN),
    # doors
    "doors": Route(ADMIN),
    "door": Route(ADMIN),
    "door-pause": Route(ADMIN),
    "door-now": Route(ADMIN),
    "door-send-again": Route(ADMIN),
    "door-mark-sent": Route(ADMIN),
    "door-mail": Route(ADMIN),
    "door-mail-address": Route(ADMIN),
    "door-mail-servers": Route(ADMIN),
    "door-mail-folders": Route(ADMIN),
    "door-helpdesk": Route(ADMIN),
    "door-helpdesk-edit": Route(ADMIN),
    "door-webhook": Route(ADMIN),
    "door-webhook-edit": Route(ADMIN),
    "door-in": Route(SIGNED),
    "door-ticket": ticket(about="source and number"),
    # runtime
    "live": Route(SIGNED_IN, nobody=403),
    "set_language": Route(ANYBODY),
    # people
    "login": Route(ANYBODY),
    "second-step": Route(SIGNED_IN),
    "password-reset": Route(ANYBODY),
    "password-reset-confirm": Route(ANYBODY, path={"uidb64": "MQ", "token": "none-of-these"}),
    "invitation": Route(ANYBODY, path={"secret": "none-of-these"}),
    "logout": Route(ANYBODY),
    "account": Route(SIGNED_IN),
    "password": Route(SIGNED_IN),
    "second-factor": Route(SIGNED_IN),
    "second-factor-codes": Route(SIGNED_IN),
    "second-factor-off": Route(SIGNED_IN),
    "people": Route(LEAD),
    "person": Route(ADMIN),
    "person-details": Route(ADMIN),
    "person-password": Route(ADMIN),
    "person-factor": Route(ADMIN),
    "invitations": Route(ADMIN),
    "invitation-withdraw": Route(ADMIN),
    "teams": Route(ADMIN),
    "team": Route(ADMIN),
    "audit": Route(ADMIN),
    "audit-csv": Route(ADMIN),
}


# --- what the addresses of a ticket's routes need: of a ticket of team support
def _suggestion(of: Ticket) -> Suggestion:
    return factories.make_drafts(of)[0]


def _reply(of: Ticket) -> dict[str, Any]:
    draft = _suggestion(of)
    sara = User.objects.get(username="sara")
    made = send_reply(
        of.pk, agent=sara, text="Done.", suggestion_id=draft.pk, send_key=str(uuid.uuid4())
    )
    return {"pk": made.pk}


def _held_reply(of: Ticket) -> dict[str, Any]:
    sara = User.objects.get(username="sara")
    key = str(uuid.uuid4())
    made = send_reply(of.pk, agent=sara, text="Done.", suggestion_id=None, send_key=key, hold=True)
    return {"pk": made.pk}


def _canned_reply(of: Ticket) -> dict[str, Any]:
    made = CannedReply.objects.create(title="Hello", text="Hello {name}")
    return {"pk": of.pk, "canned_pk": made.pk}


def _rating(of: Ticket) -> dict[str, Any]:
    rated: Rating = rate(_suggestion(of), agent=User.objects.get(username="sara"), stars=4)
    return {"pk": rated.pk}


def _attachment(of: Ticket) -> dict[str, Any]:
    kept = attachments.store(of, of.messages.get(), name="a.txt", content=b"hello")
    return {"pk": of.pk, "attachment": kept.pk}


def _attachment_alone(of: Ticket) -> dict[str, Any]:
    return {"pk": _attachment(of)["attachment"]}


ABOUT: dict[str, Callable[[Ticket], dict[str, Any]]] = {
    "attachment": _attachment,
    "attachment of the API": _attachment_alone,
    "ticket": lambda of: {"pk": of.pk},
    "source and number": lambda of: {"source": of.source, "number": of.external_id},
    "suggestion": lambda of: {"pk": _suggestion(of).pk},
    "reply": _reply,
    "held reply": _held_reply,
    "canned reply": _canned_reply,
    "rating": _rating,
}


# --- the walk
def _named(resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _named(pattern)
        else:
            yield pattern.name or f"without a name: {pattern.pattern}", pattern


PATTERNS = dict(_named(get_resolver()))
NOTHING = 999_999


def test_every_route_has_a_line():
    missing = sorted(set(PATTERNS) - set(ROUTES))
    assert not missing, f"Say in tests/test_routes.py who may: {', '.join(missing)}"
    gone = sorted(set(ROUTES) - set(PATTERNS))
    assert not gone, f"No such routes any more: {', '.join(gone)}"


def test_no_two_routes_share_a_name():
    names = [name for name, _pattern in _named(get_resolver())]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker) -> Iterator[dict[str, str]]:
    """The people, made once; the name of each to a token."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _make_cast()
        transaction.set_rollback(True)


def _make_cast() -> dict[str, str]:
    roles = {"sara": AGENT, "parisa": LEAD, "mina": ADMIN, "navid": AGENT, "outsider": ""}
    teams = {name: Team.objects.create(name=name) for name in ("support", "sales")}
    tokens = {}
    for name, role in roles.items():
        user = User.objects.create_user(name, password=f"{name}-pass")
        if role:
            user.groups.add(Group.objects.get_or_create(name=role)[0])
        if name in ("sara", "parisa"):
            teams["support"].members.add(user)
        tokens[name] = issue_token(user, name="routes")
    teams["sales"].members.add(User.objects.get(username="navid"))
    return tokens


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(ROUTES) & set(PATTERNS)))
def test_route_is_for_those_who_may(name, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    }
    route, pattern = ROUTES[name], PATTERNS[name]
    address = _address(name, pattern, route)
    for method in _methods(pattern, address):
        who = route.other.get(method, route.who)
        for person in PERSONS + (("navid",) if route.about else ()):
            status = _ask(address, method, person, route, cast)
            wrong = _wrong(status, person, who, route, address)
            assert not wrong, f"{name}: {method} as {person}: {status}, but {wrong}"


def _address(name: str, pattern: URLPattern, route: Route) -> str:
    needs = dict(route.path)
    if route.about:
        made = factories.make_ticket()
        Ticket.objects.filter(pk=made.pk).update(team=Team.objects.get(name="support"))
        made.refresh_from_db()
        needs |= ABOUT[route.about](made)
    for parameter in pattern.pattern.regex.groupindex:
        needs.setdefault(parameter, NOTHING)
    return reverse(name, kwargs=needs)


def _methods(pattern: URLPattern, address: str) -> list[str]:
    """What the route takes, as it says itself."""
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    actions = getattr(pattern.callback, "actions", None)
    if view is not None:
        known = set(actions or ()) or {one for one in view.http_method_names if hasattr(view, one)}
        allowed = {one.upper() for one in known}
    else:
        with _undone():
            answer = Client().options(address)
        allowed = {one.strip() for one in answer.headers.get("Allow", "").split(",")}
    return sorted(allowed & {"GET", "POST", "PUT", "PATCH", "DELETE"}) or ["GET"]


def _undone() -> Any:
    return _Undone()


class _Undone:
    """What a request changes is taken back, so that the next person finds the same."""

    def __enter__(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            transaction.set_rollback(True)
        self.block.__exit__(*error)


def _ask(
    address: str, method: str, person: str, route: Route, tokens: dict[str, str]
) -> tuple[int, str]:
    client, headers = Client(), {}
    is_api = address.startswith("/api/")
    with _undone():
        if person != "nobody" and is_api:
            headers["Authorization"] = f"Bearer {tokens[person]}"
        elif person != "nobody":
            client.force_login(User.objects.get(username=person))
        ask = getattr(client, method.lower())
        if method == "GET":
            answer = ask(address, headers=headers)
        elif is_api or method != "POST":
            answer = ask(address, json.dumps(route.body), "application/json", headers=headers)
        else:
            answer = ask(address, route.body, headers=headers)
        if person != "nobody" and route.who != ANYBODY and answer.status_code == 200:
            assert "no-store" in answer.headers.get("Cache-Control", ""), f"kept: {address}"
        return answer.status_code, answer.headers.get("Location", "")


def _wrong(
    status: tuple[int, str], person: str, who: str, route: Route, address: str
) -> str | None:
    """What should have come, or None."""
    code, location = status
    to_sign_in = code == 302 and urlsplit(location).path == reverse("login")
    if code >= 500:
        return "no request may end in an error of the server"
    if who == SIGNED:
        return None if code in (400, 401, 403, 404, 405) else "nothing is taken without a signature"
    if person == "navid":
        return None if code == 404 else "another team's is 404"
    if person not in ALLOWED[who]:
        if person != "nobody":
            return None if code == 403 else "403 was expected"
        if route.nobody:
            return None if code == route.nobody else f"{route.nobody} was expected"
        if address.startswith("/api/"):
            return None if code == 401 else "401 was expected"
        return None if to_sign_in else "the sign-in was expected"
    refused = {401, 403} | ({404} if route.about else set())
    if code in refused or (to_sign_in and who != ANYBODY):
        return f"{person} may"
    return None
