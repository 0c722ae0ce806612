"""Files that came with messages, kept aside: `store`, `read`, `forget`, `sweep`.

What a file is, is told by its bytes (`tickets.file_types`); what is not on the list is refused, and
the row says so. The bytes lie encrypted under a random name (`tickets.vault.files`); the name is
masked like any other word of a customer. Nothing here is ever shown: it is downloaded or not.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtime.errors import InputError
from runtime.live import publish
from text.privacy.placeholders import cut
from tickets.file_types import FileType, RefusedType, type_of
from tickets.models import Attachment, Message, Ticket, VaultReading
from tickets.vault import TicketMasker, files
from tickets.vault.cipher import keyed

MAX_FILES: Final = 20
"""Of a message."""
MAX_NAME: Final = 200
READING: Final = "FILE"
"""Among the types of `VaultReading`."""
ORPHAN_SECONDS: Final = 3600.0
"""A file without a row is that old before it goes: the row may be on its way."""

TOO_LARGE: Final = gettext_noop("The file is too large.")
TOO_MANY: Final = gettext_noop("The message has too many files.")
EMPTY: Final = gettext_noop("The file is empty.")
REFUSALS: Final = (  # what `tickets.file_types` says, for the translations
    gettext_noop("Files of this kind are not kept."),
    gettext_noop("Office files with macros are not kept."),
    gettext_noop("Archives are not kept: send the files one by one."),
    gettext_noop("This file is damaged."),
)

State = Attachment.State


class NoSuchFile(InputError):
    """It was refused or erased, or its file is gone from the disk."""


def store(ticket: Ticket, message: Message, *, name: str, content: bytes) -> Attachment:
    """The row: KEPT, or REFUSED with the reason in `why` (English, translated when shown). The same
    file with the same message gives the same row, and with another message of the ticket shares
    its bytes. Takes the lock on the ticket's row. Rows of a message never number more than
    MAX_FILES + 1."""
    found, why = _judged(content)
    with transaction.atomic():
        row = Ticket.objects.select_for_update().get(pk=ticket.pk)
        of_message = list(Attachment.objects.filter(message=message))
        digest = _digest(row, content)
        for one in of_message:
            if one.digest == digest:
                return one
        if len(of_message) > MAX_FILES:
            return of_message[-1]
        if len(of_message) == MAX_FILES:
            why = TOO_MANY
        return _stored(
            row, message, name=name, content=content, digest=digest, found=found, why=why
        )


def read(attachment: Attachment, *, reader: User | None) -> bytes:
    """Written down first, as every reading of a customer's values. The caller has checked that the
    reader may see the ticket. Raises NoSuchFile, UnreadableVault."""
    if attachment.state != State.KEPT:
        raise NoSuchFile(_("This file is not kept."))
    VaultReading.objects.create(
        user=reader,
        ticket=attachment.ticket,
        ticket_number=attachment.ticket_id,
        types=[READING],
        purpose=VaultReading.Purpose.REVEAL,
    )
    try:
        return files.read(attachment.path)
    except FileNotFoundError:
        raise NoSuchFile(_("This file is gone from the disk.")) from None


def by_message(ticket: Ticket) -> Mapping[int, list[Attachment]]:
    """For a page: all of the ticket's, by the message that they came with."""
    found: dict[int, list[Attachment]] = defaultdict(list)
    for one in Attachment.objects.filter(ticket=ticket):
        found[one.message_id].append(one)
    return found


def forget(tickets: Sequence[Ticket], *, keep_rows: bool = False) -> int:
    """Erase the files of tickets, inside the transaction that erases their words; the bytes go when
    it is committed, or with the sweep. How many were kept. `keep_rows`: for tickets whose rows
    stay."""
    rows = Attachment.objects.filter(ticket__in=tickets)
    kept = rows.filter(state=State.KEPT)
    paths = set(kept.exclude(path="").values_list("path", flat=True))
    count = kept.count()
    if keep_rows:
        kept.update(state=State.ERASED)
        rows.update(name="", path="", digest="")
    else:
        rows.delete()
    transaction.on_commit(lambda: _remove_unused(paths), robust=True)
    return count


def sweep(*, seconds: float = ORPHAN_SECONDS) -> int:
    """Delete files that no row knows any more; how many."""
    gone = 0
    part: list[str] = []
    for path in files.older_than(seconds):
        part.append(path)
        if len(part) == 500:
            gone += _remove_unused(part)
            part = []
    return gone + _remove_unused(part)


def safe_name(name: str, *, suffixes: Collection[str] = ()) -> str:
    """The last part of the name, without what no name has or what turns its reading round (bidi
    controls); with a suffix that its bytes deserve."""
    last = re.split(r"[\\/]", name[-4 * MAX_NAME :])[-1]
    seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in last)
    plain = " ".join(re.sub(r'[<>:"|?*;%]+', "_", seen).split()).lstrip(".") or "file"
    suffix = PurePosixPath(plain).suffix
    if suffixes and suffix.lower() not in suffixes:
        plain, suffix = f"{plain}{next(iter(suffixes))}", next(iter(suffixes))
    stem = plain.removesuffix(suffix) if suffix else plain
    return f"{stem[: MAX_NAME // 2]}{suffix[:20]}"


def _judged(content: bytes) -> tuple[FileType | None, str]:
    if not content:
        return None, EMPTY
    if len(content) > settings.MAX_ATTACHMENT_BYTES:
        return None, TOO_LARGE
    try:
        return type_of(content), ""
    except RefusedType as error:
        return None, str(error)


def _stored(
    ticket: Ticket,
    message: Message,
    *,
    name: str,
    content: bytes,
    digest: str,
    found: FileType | None,
    why: str,
) -> Attachment:
    path = "" if why else _path(ticket, digest, content)
    masker = TicketMasker.of(ticket)
    shown = safe_name(name, suffixes=found.suffixes if found else ())
    row = Attachment.objects.create(
        ticket=ticket,
        message=message,
        name=cut(masker.mask(shown), MAX_NAME),
        media_type=found.media_type if found else "",
        size=len(content),
        digest=digest,
        path=path,
        state=State.REFUSED if why else State.KEPT,
        why=why,
    )
    masker.keep(ticket)
    publish(f"ticket:{ticket.pk}", file=row.pk)
    return row


def _path(ticket: Ticket, digest: str, content: bytes) -> str:
    """Of the bytes that the ticket has already, or where they are written now. Should the
    transaction fail, the file is an orphan and swept."""
    there = Attachment.objects.filter(ticket=ticket, digest=digest, state=State.KEPT).first()
    return there.path if there is not None else files.write(content)


def _digest(ticket: Ticket, content: bytes) -> str:
    """Keyed and bound to the ticket: a stolen database links no two tickets by one."""
    seen = hashlib.sha256(content).hexdigest()
    return keyed("attachment", f"{ticket.source}\n{ticket.external_id}\n{seen}")


def _remove_unused(paths: Iterable[str]) -> int:
    paths = set(paths)
    used = set(Attachment.objects.filter(path__in=paths).values_list("path", flat=True))
    files.remove(paths - used)
    return len(paths - used)
