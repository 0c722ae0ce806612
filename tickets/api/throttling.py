"""So many requests a minute for each token, counted in the token's row.

One UPDATE counts, and gives back what it counted: it holds for all web processes together, needs
no cache server and no row of its own. The window begins with its first request.
"""

from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tickets.models import ApiToken

WINDOW = 60
_FRESH = "window_at > statement_timestamp() - make_interval(secs => %(window)s)"
_COUNT = f"""
UPDATE tickets_apitoken SET
  window_at = CASE WHEN {_FRESH} THEN window_at ELSE statement_timestamp() END,
  window_count = CASE WHEN {_FRESH} THEN window_count + 1 ELSE 1 END
WHERE id = %(token)s
RETURNING window_count,
  ceil(extract(epoch FROM window_at - statement_timestamp()) + %(window)s)::int
"""  # noqa: S608  nothing but the constant above


class TokenThrottle(BaseThrottle):
    """429 with Retry-After beyond settings.API_RATE; RateLimit headers with every answer."""

    left = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        limit = settings.API_RATE
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"window": WINDOW, "token": request.auth.pk})
            row = cursor.fetchone()
        if row is None:  # revoked and deleted in this very moment
            return True
        count, self.left = row
        request.rate_headers = {  # type: ignore[attr-defined]
            "RateLimit-Policy": f'"token";q={limit};w={WINDOW}',
            "RateLimit": f'"token";r={max(limit - count, 0)};t={max(self.left, 0)}',
        }
        return bool(count <= limit)

    def wait(self) -> float:
        return float(max(self.left, 1))
