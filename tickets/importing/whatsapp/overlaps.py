"""Messages that a second export of a chat repeats: `Overlaps.repeats(...)`.

Exports of one chat overlap where the later begins before the earlier ends; so time steps back, and
until it is back where it was, a message that was read before is a repeated one. Anywhere else the
same words of the same minute are said twice, and stay. A message is remembered by 8 bytes.
"""

from datetime import datetime


class Overlaps:
    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._latest = datetime.min
        self._again: set[int] | None = None  # met since time stepped back

    def repeats(self, at: datetime, name: str, text: str, *, partner: str) -> bool:
        """`partner`: the customer who spoke last. An agent writes the same to several in one
        minute, and their chats may stand one behind the other in a file."""
        key = hash((at, name, text, partner))
        if at < self._latest and self._again is None:
            self._again = set()
        elif at > self._latest:
            self._latest = at
            self._close()
        if self._again is None:
            self._seen.add(key)
            return False
        self._again.add(key)
        return key in self._seen

    def _close(self) -> None:
        if self._again is not None:
            self._seen |= self._again
            self._again = None
