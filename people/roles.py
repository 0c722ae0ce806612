"""Who may do what: Django groups "agent", "lead" and "admin"; a superuser is an admin.

A lead may do all that an agent may, and an admin all that a lead may. Which tickets somebody sees
is another question: see `tickets.access`. Somebody who is signed in without a group may do nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

AGENT: Final = "agent"
LEAD: Final = "lead"
ADMIN: Final = "admin"
ROLES: Final = (AGENT, LEAD, ADMIN)

Person = User | AbstractBaseUser | AnonymousUser
"""Whoever makes a request, signed in or not."""
View = Callable[..., HttpResponseBase]


def is_agent(user: Person) -> bool:
    """Agents, leads and admins."""
    return not _roles(user).isdisjoint(ROLES)


def is_lead(user: Person) -> bool:
    """Leads and admins."""
    return not _roles(user).isdisjoint((LEAD, ADMIN))


def is_admin(user: Person) -> bool:
    return ADMIN in _roles(user)


def _roles(user: Person) -> frozenset[str]:
    """Read once for the user of a request, however often a page asks."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset((ADMIN,))
    known: frozenset[str] | None = getattr(user, "_roles", None)
    if known is None:
        known = frozenset(user.groups.values_list("name", flat=True))
        user._roles = known  # type: ignore[attr-defined]
    return known


def signed_in(user: Person) -> User:
    """A request's user, behind `agent_required` or the API's permissions."""
    assert isinstance(user, User)
    return user


def signed_in_required(view: View) -> View:
    """Whoever is signed in, with a role or without: for pages about oneself."""
    return _required(view, lambda user: user.is_authenticated)


def agent_required(view: View) -> View:
    """Anonymous people are sent to sign in, others without the role get 403."""
    return _required(view, is_agent)


def lead_required(view: View) -> View:
    """As `agent_required`, for leads and admins."""
    return _required(view, is_lead)


def admin_required(view: View) -> View:
    """As `agent_required`, for admins."""
    return _required(view, is_admin)


def _shown(request: HttpRequest) -> str:
    """Where to go on after signing in. What a form was sent to shows nothing: the page with the
    form does."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host() or not page.path.startswith("/"):
        return "/"
    return urlunsplit(("", "", page.path.replace("//", "/"), page.query, ""))


def _required(view: View, allowed: Callable[[Person], bool]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(_shown(request))
        if not allowed(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked
