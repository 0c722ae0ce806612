"""Every error of the API is {"detail": one line}: the handler in settings.REST_FRAMEWORK."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from runtime.errors import InputError
from tickets.intake import TicketTooLong
from tickets.replying import AlreadyAnswered

_STATUS: tuple[tuple[type[InputError], int], ...] = (
    (TicketTooLong, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE),
    (AlreadyAnswered, status.HTTP_409_CONFLICT),
    (InputError, status.HTTP_400_BAD_REQUEST),
)


def one_line(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, InputError):
        code = next(code for kind, code in _STATUS if isinstance(error, kind))
        return Response({"detail": str(error)}, status=code)
    if isinstance(error, RequestDataTooBig):
        detail = _("The request is too large.")
        return Response({"detail": detail}, status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, ValidationError):
        response.data = {"detail": _first(error.detail)}
    return response


def _first(detail: Any, field: str = "") -> str:
    """The first thing that is wrong, with the field's name."""
    if isinstance(detail, dict):
        name = next(iter(detail))
        return _first(detail[name], "" if name == "non_field_errors" else str(name))
    if isinstance(detail, list):
        return _first(detail[0], field) if detail else ""
    return f"{field}: {detail}" if field else str(detail)
