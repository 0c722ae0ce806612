"""The OpenAPI document at /api/schema/, and the page of it at /api/docs/: for everybody, since they
say nothing about this desk.

The document is made once for a process. The page is plain HTML from it: no script, nothing from
another server.
"""

import json
import re
from functools import cache
from typing import Any, Final

import yaml
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from runtime.api.problems import KINDS
from runtime.api.schema import METHODS
from runtime.api.scopes import SCOPES

JSON: Final = "application/vnd.oai.openapi+json"
YAML: Final = "application/vnd.oai.openapi"


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """YAML, or JSON for `?format=json` and for who asks for JSON."""
    wants_json = "json" in request.headers.get("Accept", "")
    form = request.GET.get("format", "json" if wants_json else "yaml")
    body, media_type = (as_json(), JSON) if form == "json" else (as_yaml(), YAML)
    return HttpResponse(body, content_type=f"{media_type}; charset=utf-8")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Template api/docs.html: `parts`: {tag: [operations]}, `scopes`, `problems`."""
    problems = [(code, *KINDS[code]) for code in KINDS]
    context = {"parts": operations(), "scopes": SCOPES, "problems": problems}
    return render(request, "api/docs.html", context)


@cache
def document() -> dict[str, Any]:
    with translation.override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
        # Lazy strings become English now, not in the language of who asks first.
        return json.loads(json.dumps(made, default=str))


@cache
def as_json() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1)


@cache
def as_yaml() -> str:
    return yaml.safe_dump(document(), allow_unicode=True, sort_keys=False)


@cache
def operations() -> dict[str, list[dict[str, Any]]]:
    """By tag, in the order of the addresses."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                one = _operation(path, method, item[method])
                found.setdefault(one["tag"], []).append(one)
    return found


def _operation(path: str, method: str, said: dict[str, Any]) -> dict[str, Any]:
    text = re.sub(r"\s*Scope: `[^`]*`", "", said.get("description", ""))
    return {
        "id": said["operationId"],
        "tag": said.get("tags", ["other"])[0],
        "method": method.upper(),
        "path": path,
        "summary": said.get("summary", ""),
        "description": text,
        "scope": said.get("x-scope", ""),
        "parameters": said.get("parameters", []),
        "fields": _fields(said.get("requestBody", {}).get("content", {})),
        "example": _example(said.get("requestBody", {}).get("content", {})),
        "codes": sorted(said["responses"]),
    }


def _fields(content: dict[str, Any]) -> list[dict[str, Any]]:
    for body in content.values():
        name = body["schema"].get("$ref", "").rpartition("/")[2]
        shape = document()["components"]["schemas"].get(name, body["schema"])
        required = shape.get("required", [])
        return [
            {"name": field, "required": field in required, **_kind(about)}
            for field, about in shape.get("properties", {}).items()
        ]
    return []


def _kind(about: dict[str, Any]) -> dict[str, Any]:
    kind = about.get("type") or "one of a few words"
    return {"type": kind, "description": about.get("description", "")}


def _example(content: dict[str, Any]) -> str:
    for body in content.values():
        for example in body.get("examples", {}).values():
            return json.dumps(example["value"], ensure_ascii=False, indent=2)
    return ""
