"""What admins look after: doors, webhooks, gaps, imports, servers, privacy."""

import os
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from doors.django_helpdesk import options as helpdesk
from doors.mail.incoming import PROGRAM
from doors.mail.options import MailOptions
from doors.mail.sending import ADDRESS_REFUSED
from doors.models import Door, Incoming, Outgoing, WebhookDelivery
from doors.webhook import options as webhook
from doors.webhooks_out import endpoints, telling
from kb import coverage, editing
from kb.models import Article, CoverageGap, ImportRun, Source
from llm.models import ModelVersion, Server
from people.models import Team
from tests.doors.mail.servers import ADDRESS
from tests.doors.mail.servers import PASSWORD as MAIL_PASSWORD
from tickets import events, patterns, vault
from tickets.models import Customer, Reply, Ticket, TicketEvent, TicketImportRun
from tickets.rights.exporting import export_customer

GAPS = (
    ("آیا می‌توانم وجه سفارش لغو شده را نقد بگیرم؟", "fa"),
    ("وجه سفارش لغو شده را چطور نقد بگیرم", "fa"),
    ("Do you deliver to Kish island on Fridays?", "en"),
)


def fill(people: dict[str, User]) -> dict[str, Any]:
    mina = people["mina"]
    for text, lang in GAPS:
        coverage.record(text, lang=lang, origin=CoverageGap.Origin.TICKET, best_score=0.31)
    for name, template in (("ORDER", "ORD-######"), ("CONTRACT", "@@/####")):
        patterns.add_pattern(name, template, user=mina)
    export_customer(Customer.objects.order_by("pk").first(), user=mina)
    made = {"article": _article(mina)} | _source()
    made |= _imports(mina) | _doors() | _webhooks(mina) | _server(mina)
    return made


def _article(mina: User) -> int:
    article = Article.objects.filter(lang="fa").order_by("pk")[0]
    text = article.text + "\n\n## نکتهٔ تازه\n\nاز این پس رسید با **پیامک** هم فرستاده می‌شود.\n"
    content = editing.Content(title=article.title, text=text, lang="fa", state="published")
    editing.save(article, content, author=mina, seen=editing.version_of(article))
    return article.pk


def _source() -> dict[str, int]:
    source = Source.objects.create(
        kind=Source.Kind.SITEMAP,
        location="https://help.example.com/sitemap.xml",
        name="help.example.com",
        options={"lang": "fa"},
        refresh_hours=24,
        next_refresh_at=timezone.now() + timedelta(hours=9),
    )
    failed = [
        {"source": f"https://help.example.com/{page}", "error": "The page answered 404."}
        for page in ("old", "older")
    ]
    report = {"created": 12, "updated": 3, "unchanged": 40, "removed": 1, "chunks": 130}
    run = ImportRun.objects.create(
        source=source,
        state=ImportRun.State.DONE,
        trigger=ImportRun.Trigger.SCHEDULE,
        done=58,
        total=58,
        report=report | {"failed": failed, "seconds": 74.2, "taken_out": 2, "held": 4},
        finished_at=timezone.now(),
    )
    return {"source": source.pk, "import_run": run.pk}


def _imports(mina: User) -> dict[str, int]:
    report = {
        "created": 180,
        "conversations": 44,
        "duplicates": 12,
        "languages": {"fa": 150, "en": 30},
    }
    report |= {
        "placeholders": {"PHONE": 61, "EMAIL": 20},
        "left_out": {"signature": 90, "quoted": 31},
    }
    report |= {"failed": [{"line": 12, "error": "No question."}], "failed_count": 1, "seconds": 3.4}
    run = TicketImportRun.objects.create(
        state=TicketImportRun.State.DONE,
        started_by=mina,
        file_name="tickets-1404.csv",
        lang="fa",
        options={"format": "csv", "agents": [], "silence_minutes": 0},
        done=193,
        total=193,
        report=report,
        finished_at=timezone.now(),
    )
    running = TicketImportRun.objects.create(
        state=TicketImportRun.State.RUNNING,
        started_by=mina,
        file_name="WhatsApp گفتگو.zip",
        done=40,
        total=90,
        heartbeat_at=timezone.now() + timedelta(hours=1),
    )
    return {"ticket_import": run.pk, "running_import": running.pk}


def _doors() -> dict[str, int]:
    support = Team.objects.order_by("pk")[0]
    address = MailOptions(
        address="help@shop.test", imap_host="imap.shop.test", smtp_host="smtp.shop.test"
    )
    now = timezone.now()
    mail = Door.objects.create(
        kind=Door.Kind.MAIL,
        name="help@shop.test",
        source="mail",
        team=support,
        options=address.stored(),
        secret_encrypted=vault.encrypt("none"),
        last_ok_at=now - timedelta(minutes=2),
        checked_at=now,
        cursor={"uid": 41},
    )
    desk = helpdesk.HelpdeskOptions(url="https://desk.example.com/helpdesk/", username="pasokh")
    other = Door.objects.create(
        kind=Door.Kind.DJANGO_HELPDESK,
        name="django-helpdesk",
        source="helpdesk",
        options=helpdesk.cleaned(desk),
        secret_encrypted=vault.encrypt("none"),
        failures=3,
        last_error="The other desk cannot answer now.",
        checked_at=now,
    )
    hook = Door.objects.create(
        kind=Door.Kind.WEBHOOK,
        name="فروشگاه",
        source="shop",
        active=False,
        options={"mapping": {"ticket": "id", "message": "message.id", "text": "message.text"}},
        secret_encrypted=webhook.sealed(webhook.Keys(key_in="whsec_" + "A" * 32)),
    )
    _passed(mail)
    return {
        "door": mail.pk,
        "door_mailbox": _mailbox().pk,
        "door_helpdesk": other.pk,
        "door_webhook": hook.pk,
    }


def _mailbox() -> Door:
    """One that the page of its folders can really ask: IMAP_PORT is a server of ours."""
    there = MailOptions(
        address=ADDRESS,
        imap_host="127.0.0.1",
        imap_port=int(os.environ.get("IMAP_PORT", "1")),
        imap_security="none",
    )
    return Door.objects.create(
        kind=Door.Kind.MAIL,
        name="پشتیبانی",
        source="mail-2",
        active=False,
        options=there.stored(),
        secret_encrypted=vault.encrypt(MAIL_PASSWORD),
    )


def _passed(door: Door) -> None:
    """What came in and went out: of each state one, as far as there are replies."""
    now = timezone.now()
    for number, ticket in enumerate(Ticket.objects.filter(source="weeks").order_by("-pk")[:6]):
        outcome = Incoming.Outcome.IGNORED if number == 4 else Incoming.Outcome.TICKET
        why = PROGRAM if number == 4 else ""
        Incoming.objects.create(
            door=door, remote_key=f"{number:064d}", outcome=outcome, why=why, ticket=ticket
        )
    replies = Reply.objects.filter(ticket__source="weeks").order_by("-pk")
    for state, reply in zip(Outgoing.State.values, replies, strict=False):
        Outgoing.objects.create(
            door=door,
            reply=reply,
            state=state,
            next_at=now,
            attempts=2 if state in ("unsure", "failed") else 1,
            error=ADDRESS_REFUSED if state == "failed" else "",
            sent_at=now if state == "sent" else None,
        )


def _webhooks(mina: User) -> dict[str, int]:
    row, _key = endpoints.create(
        name="CRM", url="https://crm.example.com/hooks", kinds=["ticket.replied"], actor=mina
    )
    endpoints.create(name="گزارش‌ها", url="https://bi.example.com/in", actor=mina)
    for number, ticket in enumerate(Ticket.objects.filter(source="weeks").order_by("-pk")[:5]):
        events.record(ticket, TicketEvent.Kind.REPLIED, actor=mina, object_id=number)
    telling.tell_test(row)
    states = ("delivered", "delivered", "failed", "waiting", "delivered")
    for state, one in zip(states, row.deliveries.order_by("pk"), strict=False):
        status = {"delivered": 204, "failed": 500}.get(state)
        WebhookDelivery.objects.filter(pk=one.pk).update(
            state=state,
            status=status,
            attempts=1,
            error="The server answered 500." if state == "failed" else "",
            delivered_at=timezone.now() if state == "delivered" else None,
        )
    return {"webhook": row.pk}


def _server(mina: User) -> dict[str, Any]:
    server = Server.objects.create(
        name="vllm", base_url="http://127.0.0.1:8000/v1", hosted=False, last_ok_at=timezone.now()
    )
    hosted = Server.objects.create(
        name="hosted", base_url="https://api.example.com/v1", key_env="HOSTED_KEY"
    )
    version = ModelVersion.objects.create(
        name="vllm-qwen3-8b",
        method="served",
        folder="",
        digest="q" * 64,
        prompt_version="1",
        server=server,
        served_name="qwen3-8b-2508",
        follows_instructions=True,
    )
    return {"server": server.pk, "hosted": hosted.pk, "version": version.name}
