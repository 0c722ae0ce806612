"""What a mapping makes of a payload, before it is switched on: `tried(options, sample)`. Masked as
a ticket would be, and stored nowhere."""

from doors.texts import plain
from doors.webhook.arriving import read_json
from doors.webhook.mapping import CLOSED, read_event
from doors.webhook.options import WebhookOptions
from tickets import vault


def tried(options: WebhookOptions, sample: str) -> list[tuple[str, str]]:
    """(field, what it would hold). Raises NotJson, NotMapped, BadMapping."""
    event = read_event(read_json(sample.encode()), options.mapping, options.events)
    masker = vault.TicketMasker(source="sample", external_id="sample")
    told = [("event", event.kind), ("ticket", masker.mask(event.ticket))]
    if event.kind == CLOSED:
        return told
    text = masker.mask(plain(event.text))
    rows = (
        ("message", masker.mask(event.message)),
        ("subject", masker.mask(event.subject)),
        ("text", text),
        ("contact", "•••" if event.contact else ""),
        ("name", "•••" if event.name else ""),
        ("lang", event.lang),
        ("attachments", str(len(event.attachments)) if event.attachments else ""),
    )
    return told + [(name, value) for name, value in rows if value]
