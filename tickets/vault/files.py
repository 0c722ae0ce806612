"""Files under the vault's key, below MEDIA_ROOT: `write`, `read`, `remove`, `renew`.

Names on the disk are random; what a file is called and whose it is stands in rows only.
"""

import os
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.fernet import InvalidToken
from django.conf import settings

from tickets.vault.cipher import UnreadableVault, fernet, is_current

FOLDER: Final = "attachments"


def write(content: bytes) -> str:
    """Its path below MEDIA_ROOT. It is whole and on the disk when this returns."""
    name = uuid.uuid4().hex
    path = f"{FOLDER}/{name[:2]}/{name}"
    _put(_file(path), fernet().encrypt(content))
    return path


def read(path: str) -> bytes:
    """Raises UnreadableVault when no key opens it, FileNotFoundError where it is gone."""
    try:
        return fernet().decrypt(_file(path).read_bytes())
    except InvalidToken:
        raise UnreadableVault from None


def remove(paths: Collection[str]) -> None:
    for path in paths:
        if path:
            _file(path).unlink(missing_ok=True)


def renew(path: str) -> bool:
    """Under the newest key; False where it was. Raises as `read`."""
    token = _file(path).read_bytes()
    if is_current(token):
        return False
    try:
        content = fernet().decrypt(token)
    except InvalidToken:
        raise UnreadableVault from None
    _put(_file(path), fernet().encrypt(content))
    return True


def older_than(seconds: float) -> Iterator[str]:
    """Paths of files that were written so long ago."""
    before = time.time() - seconds
    for file in (Path(settings.MEDIA_ROOT) / FOLDER).glob("*/*"):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < before:
                yield f"{FOLDER}/{file.parent.name}/{file.name}"


def _file(path: str) -> Path:
    return Path(settings.MEDIA_ROOT) / path


def _put(file: Path, token: bytes) -> None:
    """Whole or not at all: a process that dies leaves the former file, and one that is swept."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_name(f"{uuid.uuid4().hex}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(token)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(beside, file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
