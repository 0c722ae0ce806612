"""Errors as RFC 9457 has them: `problem(status, detail, …)`, application/problem+json.

`detail` is the one line for people; `errors` names each field with what is wrong with it. `type`
leads to the place of the API's own page that explains it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rest_framework.request import Request
from rest_framework.response import Response

MEDIA_TYPE: Final = "application/problem+json"
MAX_ERRORS: Final = 20
MAX_LINE: Final = 500
KINDS: Final[dict[int, tuple[str, str, str]]] = {
    400: (
        "invalid",
        "Invalid request",
        "Something in the request cannot be used; `errors` says what.",
    ),
    401: (
        "unauthenticated",
        "No valid token",
        "The token is missing, unknown, expired or revoked.",
    ),
    403: ("forbidden", "Not allowed", "The token's person or scopes do not allow this."),
    404: ("not-found", "Not found", "There is nothing at this address that you may see."),
    405: ("method", "Method not allowed", "The address has no such method."),
    406: ("not-acceptable", "Not acceptable", "The API answers in JSON."),
    409: ("conflict", "Conflict", "Somebody or something was faster; read again, then decide."),
    413: ("too-large", "Too large", "The request or a text in it is longer than allowed."),
    415: ("media-type", "Unsupported media type", "Send JSON, files as multipart/form-data."),
    422: (
        "key-used-otherwise",
        "Idempotency key used otherwise",
        "The Idempotency-Key was sent before with another request.",
    ),
    429: ("too-many-requests", "Too many requests", "Wait as long as Retry-After says."),
}
"""{status: (last part of the type, title, explanation)}"""


def problem(
    request: Request | None,
    status: int,
    detail: str,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    slug, title, _why = KINDS.get(status, ("error", "Error", ""))
    body: dict[str, Any] = {
        "type": f"/api/docs/#{slug}",
        "title": title,
        "status": status,
        "detail": _sayable(detail),
        "instance": request.path if request is not None else "",
    }
    if errors:
        shown = list(errors.items())[:MAX_ERRORS]
        body["errors"] = {name: [_sayable(line) for line in lines] for name, lines in shown}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def _sayable(line: str) -> str:
    """What was sent may stand in it: not all of it, and half a surrogate pair is in no answer."""
    return line[:MAX_LINE].encode(errors="replace").decode()


def first_line(detail: Any, field: str = "") -> str:
    """The first thing that is wrong, with the field's name."""
    if isinstance(detail, dict):
        name = next(iter(detail))
        return first_line(detail[name], "" if name == "non_field_errors" else str(name))
    if isinstance(detail, list):
        return first_line(detail[0], field) if detail else ""
    return f"{field}: {detail}" if field else str(detail)


def by_field(detail: Any) -> dict[str, list[str]]:
    """{field: [what is wrong with it]}; what concerns no field stands under ""."""
    if isinstance(detail, dict):
        return {
            "" if name == "non_field_errors" else str(name): _lines(wrong)
            for name, wrong in detail.items()
        }
    return {"": _lines(detail)}


def _lines(wrong: Any) -> list[str]:
    if isinstance(wrong, dict):
        return [first_line(wrong)]
    return [first_line(one) for one in wrong] if isinstance(wrong, list) else [str(wrong)]
