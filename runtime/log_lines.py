"""What no line of the log may hold: the secrets of links that let somebody in.

Django logs the address of every request that it refuses, and a form that is filled in wrongly is
one: the link would stand there while it still works.
"""

import logging
import re
from typing import Any

_LINK = re.compile(r"(/sign-in/(?:invitation|new-password)/)\S+")


class WithoutSecrets(logging.Filter):
    """For handlers: lets every line through, without the secret part of such an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _without(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_without(one) for one in record.args)
        return True


def _without(part: Any) -> Any:
    return _LINK.sub(r"\1…", part) if isinstance(part, str) else part
