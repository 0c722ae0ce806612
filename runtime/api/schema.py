"""What the OpenAPI document says of every operation, so that no view says it: errors, the scope,
the rate's headers, the Idempotency-Key.

`Described` is the schema class of all views; `add_what_all_share` goes over the whole document
once. Errors are one component, `Problem`, with an example for each status.
"""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from runtime.api.problems import KINDS, MEDIA_TYPE

METHODS: Final = ("get", "post", "put", "patch", "delete")
_ALWAYS: Final = (401, 403, 406, 429)
_WITH_BODY: Final = (400, 409, 413, 415)
PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One line for people."},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "object",
            "description": "What is wrong with each field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Random, a new one for each thing to be made. The same request with the same key within "
        "48 hours makes nothing again and is answered as before, with Idempotent-Replayed: true."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_RATE: Final = {
    "RateLimit": {"description": "Requests left, and seconds.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "Requests a window.", "schema": {"type": "string"}},
}


class Described(AutoSchema):
    """Operations know the scope that they need and whether they make something."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        scope = getattr(self.view, "scopes", {}).get(self.method)
        if scope:
            said = operation.get("description", "")
            operation["description"] = f"{said}\n\nScope: `{scope}`".strip()
            operation["x-scope"] = scope
        if self.method == "POST" and getattr(self.view, "creates", False):
            operation.setdefault("parameters", []).append(KEY)
            operation["x-creates"] = True
        return operation


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "tickets.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "pasokh_…"}


def add_what_all_share(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {f"Problem{code}": _response(code) for code in KINDS}
    for path, item in result.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                _add(item[method], path, method)
    return result


def _add(operation: dict[str, Any], path: str, method: str) -> None:
    told = operation["responses"]
    for answer in told.values():
        answer.setdefault("headers", {}).update(_RATE)
    codes = [*_ALWAYS]
    if "{" in path:
        codes.append(404)
    if "requestBody" in operation:
        codes += _WITH_BODY
    elif operation.get("parameters"):
        codes.append(400)
    if operation.pop("x-creates", False):
        codes += [400, 409, 422]
    for code in codes:
        told.setdefault(str(code), {"$ref": f"#/components/responses/Problem{code}"})


def _response(code: int) -> dict[str, Any]:
    slug, title, why = KINDS[code]
    example = {
        "type": f"/api/docs/#{slug}",
        "title": title,
        "status": code,
        "detail": why,
        "instance": "/api/v1/tickets/12/",
    }
    answer: dict[str, Any] = {
        "description": why,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }
    if code == 429:
        answer["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
            **_RATE,
        }
    return answer
