"""The ways into the desk, each with texts full of planted values: for the leak test.

A door takes a `Planter` and goes through the real path: a request, an upload, a file.
"""

import uuid
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from doors.mail.options import MailOptions
from doors.mail.receiving import take_in
from doors.mail.sending import mail_of, packed
from doors.models import Door, Outgoing
from kb import running as kb_running
from kb.models import ImportRun
from kb.scrubbing import TAKEN
from tests.planting import Planter
from tests.system.history_files import CONVERSATIONS, MANY, HistoryFiles
from tests.tickets.factories import make_drafts
from text.privacy.spans import (
    API_KEY,
    BANK_CARD,
    DESTROYED,
    EMAIL,
    IBAN,
    IP,
    LANDLINE,
    PHONE,
    STRUCTURED,
    URL_SECRET,
)
from tickets import attachments
from tickets.importing import running
from tickets.models import Attachment, Suggestion, Ticket, TicketImportRun

TELLING = (API_KEY, BANK_CARD, EMAIL, IBAN, IP, LANDLINE, PHONE, URL_SECRET)
"""What may be told by an id; other numbers are taken for counters there."""


@dataclass
class Doors:
    """`agent` and `admin` are signed in; `api` has a token. `said`: what the desk answered."""

    plant: Planter
    agent: Client
    admin: Client
    api: APIClient
    said: list[str] = field(default_factory=list, repr=False)

    def by_api(self, count: int) -> None:
        for number in range(count):
            ticket = self._new_ticket(f"n-{number}")
            self._posted(
                reverse("api-messages", args=[ticket]), 201, {"text": self.plant.text(MANY)}
            )
            draft = make_drafts(Ticket.objects.get(pk=ticket))[0]
            rating = {"stars": 1, "reason": self.plant.text(6)}
            self._posted(reverse("api-ratings", args=[draft.pk]), 201, rating)
            reply = {"text": self._reply(), "send_key": f"{number} {self.plant.value(EMAIL)}"}
            self._posted(reverse("api-replies", args=[ticket]), 201, reply)

    def by_attached_files(self, count: int) -> None:
        """As mail and other desks bring them: values in the names and in the bytes."""
        for number, ticket in enumerate(Ticket.objects.order_by("pk")[:count]):
            message = ticket.messages.earliest("created_at", "pk")
            name = f"عکس {self.plant.value(PHONE)}.{('txt', 'exe')[number % 2]}"
            content = self.plant.text(MANY).encode()
            kept = attachments.store(ticket, message, name=name, content=content)
            assert kept.state == Attachment.State.KEPT, kept.why
            refused = attachments.store(ticket, message, name=name, content=b"MZ\0" + content)
            assert refused.state == Attachment.State.REFUSED
            fetched = self.agent.get(reverse("ticket-attachment", args=[ticket.pk, kept.pk]))
            assert fetched.content == content
            self.said.append(str(fetched.headers))

    def by_mail(self, count: int) -> None:
        """As they lie in a mailbox, and the replies as they leave."""
        options = MailOptions(address="help@desk.example")
        door = Door.objects.create(
            kind="mail", name="mail", source="mail", options=options.stored()
        )
        for number in range(count):
            mail = EmailMessage()
            writer = self.plant.value(EMAIL)
            mail["From"] = Address("مشتری", addr_spec=writer)
            mail["Message-ID"] = f"<{number}.{writer}>"
            mail["Subject"] = self.plant.line()
            mail.set_content(self.plant.text(MANY))
            taken = take_in(door, options, mail.as_bytes())
            assert taken.row.outcome == "ticket", taken.row.why
            reply = {"text": self._reply(), "send_key": f"mail {number} {writer}"}
            self._posted(reverse("api-replies", args=[taken.row.ticket_id]), 201, reply)
        for row in Outgoing.objects.filter(door=door).select_related("door"):
            recipients, _raw = packed(mail_of(row, options))
            assert "@" in recipients[0]
        self.said.append(self.admin.get(reverse("door", args=[door.pk])).content.decode())

    def by_refusing(self, count: int) -> None:
        for number in range(count):
            ticket = self._new_ticket(f"refused-{number}")
            form = {"reason": "wrong", "text": self.plant.text(6)}
            refused = self.agent.post(reverse("ticket-refuse", args=[ticket]), form)
            assert refused.status_code == 302

    def waiting(self, count: int) -> None:
        """Tickets that nobody has answered: drafts are written for them."""
        for number in range(count):
            self._new_ticket(f"waits-{number}")

    def refused_by_api(self) -> None:
        """Values where none belongs, and texts beyond the limits."""
        plant = self.plant
        for wrong in (
            {"text": plant.text(), "lang": plant.line()},
            {"text": plant.text(), "source": plant.line()},
            {"text": plant.text(), "created_at": plant.line()},
            {"text": plant.text(), "subject": plant.text(60)},
            {"text": plant.text(), "question": plant.text()},
        ):
            self._posted(reverse("api-tickets"), 400, wrong)
        self._posted(reverse("api-tickets"), 413, {"text": plant.text() + "x" * 30_000})
        draft = Suggestion.objects.latest("pk")
        address = reverse("api-ratings", args=[draft.pk])
        self._posted(address, 400, {"stars": plant.line(), "reason": plant.text()})

    def by_forms(self, count: int) -> None:
        for _ in range(count):
            form = {
                "external_id": str(uuid.uuid4()),
                "subject": self.plant.line(),
                "text": self.plant.text(MANY),
                "contact": self.plant.value(PHONE),
                "name": f"مریم {self.plant.value(PHONE)}",
            }
            assert self.agent.post(reverse("ticket-new"), form).status_code == 302
        for ticket in Ticket.objects.filter(source="desk"):
            draft = make_drafts(ticket)[0]
            rating = {"stars": 2, "reason": self.plant.text(6)}
            rated = self.agent.post(reverse("suggestion-rate", args=[draft.pk]), rating)
            assert rated.status_code == 200
            reply = {"text": self._reply(), "send_key": str(uuid.uuid4())}
            sent = self.agent.post(reverse("ticket-send", args=[ticket.pk]), reply)
            assert sent.status_code == 302

    def by_searching(self, count: int) -> None:
        for _ in range(count):
            query = {"q": self.plant.text(8)}
            found = [
                self.api.get(reverse("api-search"), query),
                self.agent.get(reverse("playground"), {"q": self.plant.text(8)}),
                self.agent.get(reverse("articles"), {"q": f"دامنه قطع {self.plant.text(8)}"}),
            ]
            assert {answer.status_code for answer in found} == {200}

    def by_privacy_pages(self) -> None:
        tried = self.admin.post(reverse("privacy-tester"), {"text": self.plant.text(MANY)})
        assert tried.status_code == 200
        for kind in (PHONE, EMAIL):
            asked = {"contact": self.plant.value(kind)}
            assert self.admin.post(reverse("privacy-customers"), asked).status_code == 404

    def by_files(self) -> None:
        """Every format of past tickets, uploaded at the desk."""
        for name, content, agents in HistoryFiles(self.plant).all():
            file = SimpleUploadedFile(name, content)
            form = {"file": file, "agents": agents}
            preview = self.admin.post(reverse("ticket-import"), {**form, "preview": "1"})
            assert preview.status_code == 200
            file.seek(0)
            started = self.admin.post(reverse("ticket-import"), form)
            assert started.status_code == 302
            run = TicketImportRun.objects.latest("pk")
            assert running.run(run.pk)
            run.refresh_from_db()
            assert run.state == TicketImportRun.State.DONE, run.error
            assert run.report["created"] >= CONVERSATIONS, (name[-5:], run.report["left_out"])
            address = reverse("ticket-import-run", args=[run.pk])
            self.said.append(self.admin.get(address).content.decode())

    def by_articles(self, count: int) -> None:
        """Uploads and the editor, which are for admins."""
        for number in range(count):
            text = f"# راهنمای شماره {number}\n\n{self._article()}"
            file = SimpleUploadedFile(f"guide-{number}.md", text.encode())
            assert self.admin.post(reverse("import"), {"file": file}).status_code == 302
            assert kb_running.run(ImportRun.objects.latest("pk").pk)
            form = {
                "title": f"مقاله {number}",
                "text": self._article(),
                "visibility": "public",
                "key": str(uuid.uuid4()),
                "state": "published",
            }
            assert self.admin.post(reverse("article-new"), form).status_code == 302

    def _new_ticket(self, external_id: str) -> int:
        new = {
            "external_id": f"{external_id} {self.plant.value(self._of_ids())}",
            "subject": self.plant.line(),
            "text": self.plant.text(MANY),
            "contact": self.plant.value(EMAIL),
            "name": self.plant.value(PHONE),
        }
        return self._posted(reverse("api-tickets"), 201, new)["id"]

    def _of_ids(self) -> str:
        return TELLING[self.plant.needles.count % len(TELLING)]

    def _posted(self, address: str, status: int, content: dict) -> dict:
        answer = self.api.post(address, content, format="json")
        assert answer.status_code == status, answer.status_code
        return answer.data

    def _reply(self) -> str:
        """No password or code: a reply cannot hold them."""
        return self.plant.text_of(STRUCTURED - DESTROYED)

    def _article(self) -> str:
        """What `kb.scrubbing` takes: the others are what help centres are full of."""
        return f"{self.plant.text_of(TAKEN)}\n\n{self.plant.text_of(TAKEN)}"
