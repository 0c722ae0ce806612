"""Every error of the API is a problem (see runtime.api.problems): the handler in
settings.REST_FRAMEWORK."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from runtime.api.problems import by_field, first_line, problem
from runtime.errors import InputError
from tickets.api.idempotency import KeyUsedOtherwise, UnderWay
from tickets.api.inputs import OthersTicket
from tickets.intake import TicketTooLong
from tickets.replying import AlreadyAnswered
from tickets.states import ChangedMeanwhile

# Parts that this one may not import say it themselves: `api_status` of the error.
_STATUS: tuple[tuple[type[InputError], int], ...] = (
    (TicketTooLong, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE),
    (AlreadyAnswered, status.HTTP_409_CONFLICT),
    (ChangedMeanwhile, status.HTTP_409_CONFLICT),
    (OthersTicket, status.HTTP_409_CONFLICT),
    (UnderWay, status.HTTP_409_CONFLICT),
    (KeyUsedOtherwise, status.HTTP_422_UNPROCESSABLE_ENTITY),
    (InputError, status.HTTP_400_BAD_REQUEST),
)


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    request = context.get("request")
    if isinstance(error, InputError):
        code = next(code for kind, code in _STATUS if isinstance(error, kind))
        return problem(request, getattr(error, "api_status", code), str(error))
    if isinstance(error, RequestDataTooBig):
        detail = _("The request is too large.")
        return problem(request, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, detail)
    if isinstance(error, SuspiciousOperation):  # too many fields, files or parameters
        return problem(request, status.HTTP_400_BAD_REQUEST, _("The request has too many parts."))
    if isinstance(error, RecursionError):  # JSON of a hundred thousand brackets
        return problem(request, status.HTTP_400_BAD_REQUEST, _("The request is nested too deeply."))
    answer = exception_handler(error, context)
    if answer is None:
        return None
    found = answer.data
    if isinstance(error, ValidationError):
        told = problem(
            request, answer.status_code, first_line(error.detail), errors=by_field(error.detail)
        )
    else:
        detail = found.get("detail", "") if isinstance(found, dict) else first_line(found)
        told = problem(request, answer.status_code, str(ErrorDetail(detail)))
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in answer:
            told[name] = answer[name]
    return told
