"""Who may read articles (agents, admins) and who may import them (admins), by Django's groups."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

READERS = ("agent", "admin")
IMPORTERS = ("admin",)

View = Callable[..., HttpResponseBase]


def may_read(user: object) -> bool:
    return _in_group(user, READERS)


def may_import(user: object) -> bool:
    return _in_group(user, IMPORTERS)


def _in_group(user: object, names: tuple[str, ...]) -> bool:
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_superuser or user.groups.filter(name__in=names).exists()


def reader_required(view: View) -> View:
    """Anonymous people are sent to sign in, others without the role get 403."""
    return _required(view, may_read)


def importer_required(view: View) -> View:
    return _required(view, may_import)


def _required(view: View, allowed: Callable[[object], bool]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not allowed(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(checked)


class IsReader(BasePermission):
    """403 for the token of somebody who may not read articles at the desk either."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_read(request.user)
