"""So many requests a minute and door, counted in the door's row, for all web processes together:
`allowed(door_id)`. Signed requests only are counted, so that nobody without the key can use the
door's share up.
"""

from typing import Final

from django.db import connection

PER_MINUTE: Final = 1200
_FRESH: Final = (
    "window_at BETWEEN statement_timestamp() - interval '1 minute' AND statement_timestamp()"
)
_COUNT: Final = f"""
UPDATE doors_door SET
  window_at = CASE WHEN {_FRESH} THEN window_at ELSE statement_timestamp() END,
  window_count = CASE WHEN {_FRESH} THEN window_count + 1 ELSE 1 END
WHERE id = %s
RETURNING window_count
"""  # noqa: S608  nothing but the constant above


def allowed(door_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [door_id])
        row = cursor.fetchone()
    return row is None or row[0] <= PER_MINUTE
