"""What a token may do: a view names its scope for each method, a token lists those that it has.

A token without any, from before there were scopes, may do everything that its person may.
"""

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

SCOPES: Final[dict[str, Any]] = {
    "tickets:read": gettext_lazy("read tickets, their messages, drafts, replies, notes and events"),
    "tickets:write": gettext_lazy(
        "make tickets, add messages, notes and files, change states, refuse drafts"
    ),
    "replies:write": gettext_lazy("send replies"),
    "ratings:write": gettext_lazy("rate drafts"),
    "search:read": gettext_lazy("search the articles"),
    "articles:read": gettext_lazy("read articles"),
    "webhooks:write": gettext_lazy("see and change webhooks (admins only)"),
}


class HasScope(BasePermission):
    """403 for a token without the scope that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = getattr(view, "scopes", {}).get(_method(request))
        if wanted is None:
            return True
        self.message = _("This token lacks the scope %(scope)s.") % {"scope": wanted}
        return may(request.auth, wanted)


def may(token: Any, scope: str) -> bool:
    """Scopes are limits of tokens: where there is no token, roles alone decide."""
    has = getattr(token, "scopes", None)
    return not has or scope in has


def _method(request: Request) -> str:
    return "GET" if request.method == "HEAD" else str(request.method)
