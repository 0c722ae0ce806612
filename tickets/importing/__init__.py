"""Years of answered tickets from files: `import_tickets`.

Each row becomes a ticket with two messages, and a past answer that search finds. Rows are read one
by one and written in batches, so memory does not grow with the file. A run that was cut off goes on
when it is started again: tickets that are there count as duplicates, and a past answer that is
missing is made. Values of tickets older than the vault keeps anything are masked and forgotten at
once.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from kb.models import Question
from kb.questions import KnownQuestion, upsert_questions
from runtime.batches import batches
from runtime.live import publish
from text.language import detect
from tickets import vault
from tickets.importing.records import FileProblem
from tickets.importing.rows import PastTicket, read_past_tickets
from tickets.intake import stored_external_id
from tickets.learning import past_question_id
from tickets.models import Message, Ticket, VaultEntry

SOURCE: Final = "import"
BATCH: Final = 1000
_LOCK: Final = 7_263_002  # one import at a time writes; others wait


@dataclass
class TicketImportReport:
    """`duplicates`: tickets that were there already, or twice in the files. `unanswered`: rows
    without an answer, which teach nothing and are left out. `placeholders`: values masked."""

    created: int = 0
    duplicates: int = 0
    unanswered: int = 0
    placeholders: dict[str, int] = field(default_factory=dict)
    failed: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Masked:
    """A row ready to be written: texts with placeholders, and the masker that has the values."""

    external_id: str
    lang: str
    question: str
    answer: str
    created_at: datetime
    masker: vault.TicketMasker


def import_tickets(
    paths: Sequence[Path], *, source: str = SOURCE, progress: Callable[[int], None] = lambda n: None
) -> TicketImportReport:
    """Read all files. Raises BadHistoryFile for one that cannot be read as any known format, before
    anything of it is written; single rows that cannot be read are in `report.failed`.
    `progress` gets the number of rows done."""
    started = time.monotonic()
    report = TicketImportReport()
    placeholders: Counter[str] = Counter()
    done = 0
    rows = _usable(read_past_tickets(paths), report)
    for batch in batches(rows, BATCH):
        placeholders.update(_import_batch(batch, source, report))
        done += len(batch)
        progress(done)
    report.placeholders = dict(sorted(placeholders.items()))
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _usable(
    rows: Iterable[PastTicket | FileProblem], report: TicketImportReport
) -> Iterator[PastTicket]:
    for row in rows:
        if isinstance(row, FileProblem):
            report.failed.append(asdict(row))
        elif not row.answer:
            report.unanswered += 1
        else:
            yield row


def _import_batch(
    batch: Sequence[PastTicket], source: str, report: TicketImportReport
) -> Counter[str]:
    masked: dict[str, _Masked] = {}
    for row in batch:
        one = _mask(row, source)
        masked.setdefault(one.external_id, one)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        there = set(
            Ticket.objects.filter(source=source, external_id__in=masked).values_list(
                "external_id", flat=True
            )
        )
        fresh = [one for key, one in masked.items() if key not in there]
        _write(fresh, source)
        publish("inbox", imported=len(fresh))
    report.created += len(fresh)
    report.duplicates += len(batch) - len(fresh)
    _teach(masked.values(), source)
    return Counter(found.type for one in fresh for found in one.masker.found)


def _mask(row: PastTicket, source: str) -> _Masked:
    external_id = stored_external_id(row.external_id) if row.external_id else _digest(row)
    masker = vault.TicketMasker(source=source, external_id=external_id)
    question = masker.mask(row.question)
    return _Masked(
        external_id=external_id,
        lang=row.lang or detect(question),
        question=question,
        answer=masker.mask(row.answer),
        created_at=row.created_at or timezone.now(),
        masker=masker,
    )


def _digest(row: PastTicket) -> str:
    """Names a row without an id, so that a second import knows it."""
    moment = row.created_at.isoformat() if row.created_at else ""
    digest = hashlib.sha256("\0".join((row.question, row.answer, moment)).encode())
    return vault.opaque_id(digest.hexdigest())


def _write(rows: Sequence[_Masked], source: str) -> None:
    tickets = Ticket.objects.bulk_create(
        Ticket(
            source=source,
            external_id=row.external_id,
            lang=row.lang,
            state=Ticket.State.ANSWERED,
            created_at=row.created_at,
        )
        for row in rows
    )
    messages = []
    entries: list[VaultEntry] = []
    now = timezone.now()
    for ticket, row in zip(tickets, rows, strict=True):
        for role, text in (
            (Message.Role.CUSTOMER, row.question),
            (Message.Role.AGENT, row.answer),
        ):
            messages.append(Message(ticket=ticket, role=role, text=text, created_at=row.created_at))
        expires_at = vault.expiry(row.created_at)
        if expires_at > now:
            entries += row.masker.entries(ticket, expires_at=expires_at)
    Message.objects.bulk_create(messages)
    VaultEntry.objects.bulk_create(entries)


def _teach(rows: Iterable[_Masked], source: str) -> None:
    """Past answers for the rows that have none yet, also those of a run that was cut off."""
    named = {past_question_id(source, row.external_id): row for row in rows}
    there = Question.objects.filter(kind=Question.Kind.TICKET, external_id__in=named)
    missing = named.keys() - set(there.values_list("external_id", flat=True))
    if missing:
        upsert_questions(
            (
                KnownQuestion(
                    kind=Question.Kind.TICKET,
                    external_id=external_id,
                    lang=row.lang,
                    text=row.question,
                    answer=row.answer,
                )
                for external_id, row in named.items()
                if external_id in missing
            ),
            models=True,
        )
