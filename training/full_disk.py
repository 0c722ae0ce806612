"""Whether the system refused a write for want of room: `DiskFull`, `is_full`. No torch here."""

import errno
from typing import Final

from runtime.errors import InputError

_FULL: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
# What torch and safetensors say about a write that the system refused, in errors of their own.
_SIGNS: Final = (
    "no space left",
    "file too large",
    "quota exceeded",
    "file write failed",
    "unexpected pos",
    "os error 27",
    "os error 28",
)


class DiskFull(InputError):
    """Something could not be written whole."""


def is_full(error: BaseException) -> bool:
    """Full, over a quota, or over the limit of a file's size."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return any(sign in str(error).lower() for sign in _SIGNS)
