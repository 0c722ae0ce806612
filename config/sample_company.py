"""The sample company in a desk: its articles, its past tickets and its tickets that wait."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from kb.importing import import_sources
from kb.models import Article
from tickets.importing import import_tickets
from tickets.intake import NewTicket, receive
from tickets.models import Ticket

SOURCE = "sample"
WAITING_MINUTES_APART = 7


def load_sample_company(*, progress: Callable[[str], None]) -> dict[str, int]:
    """Articles, past tickets, then the new tickets, which wait for their drafts. Once only: a desk
    that has tickets of the sample company keeps them as its agents left them."""
    company = Path(settings.SAMPLE_DIR) / "company"
    if Ticket.objects.filter(source=SOURCE).exists():
        return {"articles": Article.objects.count(), "tickets": Ticket.objects.count()}
    progress("Articles of the sample company …")
    import_sources([company / "articles"])
    progress("Past tickets of the sample company …")
    import_tickets(sorted((company / "past_tickets").glob("*.jsonl")))
    progress("New tickets of the sample company …")
    rows = list(new_tickets(company))
    now = timezone.now()
    for number, row in enumerate(rows):
        receive(
            NewTicket(
                source=SOURCE,
                external_id=row["external_id"],
                subject=row["subject"],
                text=row["question"],
                contact=row["customer_email"],
                name=row["customer_name"],
                lang=row["lang"],
                created_at=now - timedelta(minutes=WAITING_MINUTES_APART * (len(rows) - number)),
            )
        )
    return {"articles": Article.objects.count(), "tickets": Ticket.objects.count()}


def new_tickets(company: Path) -> Iterator[dict[str, Any]]:
    """The new tickets of all groups, one of each group in turn: an inbox as it looks on a day."""
    groups = [
        [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        for path in sorted((company / "new_tickets").glob("*.jsonl"))
    ]
    for position in range(max(map(len, groups), default=0)):
        for group in groups:
            if position < len(group):
                yield group[position]
