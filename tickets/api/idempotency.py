"""Requests that may be sent twice: a POST with the header `Idempotency-Key`.

The row that says "this key made message 12" is written in the transaction that makes the message,
so there is no moment at which one is there without the other, wherever a process dies. While that
transaction is open an advisory lock stands for the key: a second request with it is told 409. A
repetition is answered by showing the row again, so no answer with anybody's values is kept.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from runtime.api.views import ApiView
from runtime.errors import InputError
from tickets.models import ApiToken, IdempotencyKey

KEPT: Final = timedelta(hours=48)
MAX_KEY: Final = 255
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")
_LOCK: Final = 7_263_041


class BadKey(InputError):
    """The header has no key, or one that cannot be used."""


class UnderWay(InputError):
    """A request with this key is being worked on."""


class KeyUsedOtherwise(InputError):
    """The key came with another request before."""


class CreatingView(ApiView):
    """POST makes one row: `make` it, `find` it again for a repetition, `show` it."""

    creates: ClassVar[bool] = True  # the OpenAPI document describes the header

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        """The row and the status: 201, or 200 for one that was there."""
        raise NotImplementedError

    def find(self, request: Request, pk: int) -> Model:
        """Http404 where the row is gone or is no longer shown to this person."""
        raise NotImplementedError

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        raise NotImplementedError

    def post(self, request: Request, **where: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            row, status = self.make(request, **where)
            return Response(self.show(request, row, first=True), status=status)
        made, known = once(request, key, lambda: self.make(request, **where))
        if known is None:
            assert made is not None
            row, status = made
            return Response(self.show(request, row, first=True), status=status)
        row = self.find(request, int(known.reference.rpartition(" ")[2]))
        answer = Response(self.show(request, row, first=False), status=known.status)
        answer["Idempotent-Replayed"] = "true"
        return answer


def once(
    request: Request, key: str, make: Callable[[], tuple[Model, int]]
) -> tuple[tuple[Model, int] | None, IdempotencyKey | None]:
    """What `make` made now, or the row of the request that this one repeats."""
    if not _KEY.fullmatch(key):
        raise BadKey(
            _("The Idempotency-Key must have 1 to %(limit)d visible ASCII characters.")
            % {"limit": MAX_KEY}
        )
    digest = _digest(request)
    token = request.auth
    assert isinstance(token, ApiToken)
    key_hash = hashlib.sha256(key.encode()).hexdigest()
    which: dict[str, Any] = {"token": token, "key_hash": key_hash}
    with transaction.atomic():
        if not _locked(token.pk, key_hash):
            raise UnderWay(_("A request with this Idempotency-Key is still under way."))
        known = IdempotencyKey.objects.filter(**which).first()
        if known is not None and known.request_digest != digest:
            raise KeyUsedOtherwise(
                _("This Idempotency-Key was sent before with another request; take a new one.")
            )
        if known is not None:
            return None, known
        row, status = make()
        IdempotencyKey.objects.create(
            **which,
            request_digest=digest,
            status=status,
            reference=f"{row._meta.model_name} {row.pk}",
        )
    return (row, status), None


def forget_old() -> int:
    """Keys from before two days: a request that comes so late is a new one."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _locked(token_id: int, key_hash: str) -> bool:
    number = int.from_bytes(hashlib.sha256(f"{token_id} {key_hash}".encode()).digest()[:4])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, number - 2**31])
        return bool(cursor.fetchone()[0])


def _digest(request: Request) -> str:
    """Keyed, since a short text could be guessed from a plain one."""
    data = request.data
    if hasattr(data, "lists"):
        data = sorted((name, [_part(one) for one in parts]) for name, parts in data.lists())
    text = json.dumps([request.method, request.path, data], sort_keys=True)
    return salted_hmac("pasokh.idempotency", text, algorithm="sha256").hexdigest()


def _part(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    found = hashlib.sha256()
    for chunk in value.chunks():
        found.update(chunk)
    value.seek(0)
    return [value.name, found.hexdigest()]
