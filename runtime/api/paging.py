"""Pages of lists: `CappedPages` by limit and offset, `KeysetPages` by the last row of a page.

Offsets grow dearer the farther one reads, so they end at `MAX_OFFSET`; a keyset costs the same on
every page. Both answer {count, next, previous, results}; pages after the first do not count again.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

PAGE: Final = 50
MAX_PAGE: Final = 200
MAX_OFFSET: Final = 10_000


class PageInput(serializers.Serializer[Any]):
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE, default=PAGE, help_text="Rows on a page."
    )
    offset = serializers.IntegerField(
        min_value=0, max_value=MAX_OFFSET, default=0, help_text="Rows to leave out."
    )


class CappedPages(LimitOffsetPagination):
    """As REST framework has it, but what cannot be used is refused, not guessed."""

    default_limit = PAGE
    max_limit = MAX_PAGE

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        given = PageInput(data=request.query_params)
        given.is_valid(raise_exception=True)
        return super().paginate_queryset(queryset, request, view)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        whole = {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}
        return [_limit(), _query("offset", whole, "Rows to leave out.")]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return pages_schema(schema)


class KeysetPages(CappedPages):
    """The newest first, by (`moment`, id): `cursor` names the last row that was seen. An `offset`
    is still understood, as earlier releases had it."""

    moment = "created_at"

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        self._keyset = "offset" not in request.query_params
        ordered = queryset.order_by(f"-{self.moment}", "-pk")
        if not self._keyset:
            return super().paginate_queryset(ordered, request, view)
        given = PageInput(data=request.query_params)
        given.is_valid(raise_exception=True)
        most = given.validated_data["limit"]
        cursor = request.query_params.get("cursor", "")
        self.count: Any = None if cursor else queryset.count()
        rows = list((ordered.filter(self._after(cursor)) if cursor else ordered)[: most + 1])
        self._next = _packed(rows[most - 1], self.moment) if len(rows) > most else ""
        self._address = request.build_absolute_uri()
        return rows[:most]

    def _after(self, cursor: str) -> Q:
        at, pk = _unpacked(cursor)
        here = self.moment
        earlier = Q(**{f"{here}__lt": at}) | Q(**{here: at, "pk__lt": pk})
        return Q(**{f"{here}__lte": at}) & earlier

    def get_next_link(self) -> str | None:
        if not self._keyset:
            return super().get_next_link()
        return replace_query_param(self._address, "cursor", self._next) if self._next else None

    def get_previous_link(self) -> str | None:
        return None if self._keyset else super().get_previous_link()

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "count": self.count,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                "results": data,
            }
        )

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor = {"type": "string", "maxLength": 200}
        return [
            *super().get_schema_operation_parameters(view),
            _query("cursor", cursor, "Where the page before ended: taken from its `next`."),
        ]


def pages_schema(schema: dict[str, Any]) -> dict[str, Any]:
    link = {"type": "string", "format": "uri", "nullable": True}
    return {
        "type": "object",
        "required": ["count", "next", "previous", "results"],
        "properties": {
            "count": {
                "type": "integer",
                "nullable": True,
                "description": "Rows in all; null on pages that a cursor leads to.",
            },
            "next": link,
            "previous": link,
            "results": schema,
        },
    }


def _limit() -> dict[str, Any]:
    whole = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": PAGE}
    return _query("limit", whole, "Rows on a page.")


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }


def _packed(row: Any, moment: str) -> str:
    text = f"{getattr(row, moment).isoformat()}|{row.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpacked(cursor: str) -> tuple[datetime, int]:
    try:
        padded = cursor[:200] + "=" * (-len(cursor[:200]) % 4)
        at, _bar, pk = base64.urlsafe_b64decode(padded).decode().partition("|")
        # An offset of a day more than the calendar has is no moment for PostgreSQL.
        moment, number = datetime.fromisoformat(at).astimezone(UTC), int(pk)
        if datetime.fromisoformat(at).tzinfo is None or not 0 < number < 2**63:
            raise ValueError
    except (ValueError, OverflowError, binascii.Error) as error:
        raise ValidationError({"cursor": [_("This cursor is not one of ours.")]}) from error
    return moment, number
