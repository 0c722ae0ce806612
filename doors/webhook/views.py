"""POST /doors/in/<source>/: where other programs knock. One line of plain text in answer."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from doors.models import Door
from doors.webhook.arriving import MAX_BODY, NotJson, arrive
from doors.webhook.options import of, secrets_of
from doors.webhook.rates import allowed
from doors.webhook.signing import NotSigned, verify
from tickets.vault import UnreadableVault


@csrf_exempt
@require_POST
def door_in(request: HttpRequest, source: str) -> HttpResponse:
    door = Door.objects.filter(kind=Door.Kind.WEBHOOK, source=source).first()
    if door is None:
        return _said(HTTPStatus.NOT_FOUND, "There is no such door.")
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal():
        return _said(HTTPStatus.LENGTH_REQUIRED, "Send the length of the body.")
    if int(length) > MAX_BODY:
        return _said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{MAX_BODY:,} bytes are the most.")
    if request.content_type != "application/json":
        return _said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON (application/json).")
    return _taken(door, {name.lower(): value for name, value in request.headers.items()}, request)


def _taken(door: Door, headers: dict[str, str], request: HttpRequest) -> HttpResponse:
    body = request.body
    try:
        verify(of(door).scheme, secrets_of(door).known(), headers, body)
        if not door.active:
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "This door is paused: send it later.")
        if not allowed(door.pk):
            return _said(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests: send it later.")
        with override("en"):  # lines that end up in rows
            taken = arrive(door, headers, body)
    except NotSigned as problem:
        return _said(HTTPStatus.UNAUTHORIZED, str(problem))
    except NotJson as problem:
        return _said(HTTPStatus.BAD_REQUEST, str(problem))
    except UnreadableVault:
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, "This door cannot check signatures now.")
    if not taken.created:
        return _said(HTTPStatus.OK, "Taken in before.")
    return _said(HTTPStatus.ACCEPTED, taken.row.why or "Taken in.")


def _said(status: HTTPStatus, line: str) -> HttpResponse:
    answer = HttpResponse(f"{line}\n", status=status, content_type="text/plain; charset=utf-8")
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer["Retry-After"] = "60"
    return answer
