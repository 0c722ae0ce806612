"""People and the tickets of today: with drafts, notes, files, canned replies, saved views."""

from typing import Any

from django.contrib.auth.models import Group, User

from llm.models import ModelVersion, Slot
from llm.prompts import PROMPT_VERSION, PromptBudget
from people import inviting, managing, resetting, teams, two_factor
from people.models import Team
from tests.browser.filling import PASSWORD
from tickets import assigning, attachments, canned, kept_drafts, misses, notes, states
from tickets.api.tokens import issue_token
from tickets.models import Attachment, CannedReply, Message, SavedView, Suggestion, Ticket
from tickets.prompting import build_prompt_input
from tickets.rating import rate
from tickets.refusing import refuse

PEOPLE = {"sara": "agent", "omid": "agent", "parisa": "lead", "mina": "admin", "kian": "agent"}
NAMES = {"sara": "سارا احمدی", "omid": "امید راد", "parisa": "پریسا نوری", "mina": "مینا صدر"}
TEXTS = {
    "fa": (
        "سلام، وقت بخیر. بله، هنوز می‌توانید همان را از پنل، بخش مربوط، انجام دهید؛ هزینه‌اش تغییری "
        "نکرده است و بلافاصله بعد از پرداخت ثبت می‌شود. اگر پیامی دیدید برایمان بفرستید.",
        "درود بر شما. در این حالت باید ابتدا وارد پنل شوید و گزینهٔ تمدید را بزنید. اگر بیش از ۳۰ "
        "روز گذشته باشد، هزینهٔ بازگردانی هم افزوده می‌شود.\n\nهمکاران ما در خدمت شما هستند.",
        "سلام. لطفاً شمارهٔ سفارش را بفرستید تا بررسی کنیم.",
    ),
    "en": (
        "Hello, yes: you can still do it yourself. Open the panel, choose the service and press "
        "Renew; the price is the same as before, and it takes effect at once.",
        "Thanks for writing. Within thirty days nothing changes but the date. After that a fee for "
        "restoring is added, which the panel shows before you pay.",
        "Please send us the order number, and we will look into it.",
    ),
}


def make_people() -> dict[str, User]:
    people = {}
    for name, role in PEOPLE.items():
        user, _new = User.objects.get_or_create(username=name)
        user.set_password(PASSWORD)
        user.email = f"{name}@desk.test"
        user.first_name = NAMES.get(name, "")
        user.save()
        user.groups.set([Group.objects.get_or_create(name=role)[0]])
        people[name] = user
    mina = people["mina"]
    support = teams.make("پشتیبانی فنی", by=mina)
    teams.set_members(support, [people[name] for name in ("sara", "omid", "parisa")], by=mina)
    teams.set_members(teams.make("Billing", by=mina), [people["kian"], people["parisa"]], by=mina)
    managing.set_active(people["kian"], False, by=mina)
    _with_second_factor()
    return people


def _with_second_factor() -> None:
    user = User.objects.create_user("nika", password=PASSWORD)
    user.groups.add(Group.objects.get(name="agent"))
    device = two_factor.begin(user)
    device.confirmed = True
    device.save()


def fill(people: dict[str, User]) -> dict[str, Any]:
    sara, mina = people["sara"], people["mina"]
    waiting = list(Ticket.objects.filter(state=Ticket.State.NEW).order_by("created_at"))
    by_lang = {
        lang: next(one for one in reversed(waiting) if one.lang == lang) for lang in ("fa", "en")
    }
    for ticket in waiting[:4] + waiting[-8:]:
        _draft(ticket)
    for ticket in by_lang.values():
        _work_on(ticket, people)
    _spread(waiting, people)
    refused = waiting[-3]
    refuse(refused, agent=sara, reason="no_article", text="هیچ مقاله‌ای از بازگشت وجه نمی‌گوید.")
    _rate(waiting[-6], sara)
    replies = _canned(people)
    _views(people)
    support = Team.objects.get(name="پشتیبانی فنی")
    invited = inviting.invite("negar@desk.test", role="agent", team=support, by=mina)
    inviting.invite("hamed@desk.test", role="lead", team=None, by=mina)
    inviting.withdraw(
        inviting.invite("old@desk.test", role="agent", team=None, by=mina).invitation, by=mina
    )
    issue_token(mina, name="Website form", scopes=["tickets:write"], days=90, actor=mina)
    issue_token(mina, name="گزارش شبانه", scopes=["tickets:read", "articles:read"], actor=mina)
    return {
        "ticket": {lang: one.pk for lang, one in by_lang.items()},
        "rated_ticket": waiting[-6].pk,
        "new_ticket": waiting[5].pk,
        "attachment": Attachment.objects.order_by("pk")[0].pk,
        "customer": by_lang["fa"].customer_id,
        "canned": replies[0].pk,
        "invitation": invited.secret,
        "new_password": resetting.path_for(people["omid"]),
        "person": sara.pk,
        "team": support.pk,
    }


def _draft(ticket: Ticket) -> list[Suggestion]:
    """As a worker leaves them; the words are ours, so that pictures do not change with models."""
    message = ticket.messages.filter(role=Message.Role.CUSTOMER).latest("created_at", "pk")
    _parts, found = build_prompt_input(
        message.text, lang=ticket.lang, turns=(), budget=PromptBudget()
    )
    versions = dict(Slot.objects.values_list("name", "version"))
    marks: list[dict[str, Any]] = [
        {"cited": [1]},
        {"cited": [1, 2], "cut": True},
        {"unsupported": True},
    ]
    drafts = [
        Suggestion.objects.create(
            ticket=ticket,
            message=message,
            slot=slot,
            version=ModelVersion.objects.get(pk=versions[slot]),
            prompt_version=PROMPT_VERSION,
            position=place,
            state=Suggestion.State.READY,
            text=TEXTS.get(ticket.lang, TEXTS["en"])[place],
            sources=found,
            marks=marks[place],
            tokens=60 + 20 * place,
            seconds=1.5 + place,
        )
        for place, slot in enumerate(Slot.NAMES)
    ]
    Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.State.READY, found=found)
    return drafts


def _work_on(ticket: Ticket, people: dict[str, User]) -> None:
    sara, omid = people["sara"], people["omid"]
    notes.add_note(ticket.pk, author=omid, text="She called twice. شماره‌اش 0912 345 6789 است.")
    message = ticket.messages.latest("created_at", "pk")
    attachments.store(ticket, message, name="صورت‌حساب.txt", content=b"order 48213\n")
    attachments.store(ticket, message, name="setup.exe", content=b"MZ\x90\x00\x03" + bytes(200))
    assigning.assign(ticket.pk, sara, actor=sara)
    states.set_priority(ticket.pk, 2, actor=sara)
    kept_drafts.keep(ticket, agent=omid, text="Half an answer", suggestion_id=None)


def _spread(waiting: list[Ticket], people: dict[str, User]) -> None:
    """Teams, priorities and ends, so that the inbox's filters have something to hold on to."""
    mina = people["mina"]
    support = Team.objects.get(name="پشتیبانی فنی")
    for place, ticket in enumerate(waiting[8:20]):
        states.move_to_team(ticket.pk, support.pk, actor=mina)
        if place % 3 == 0:
            states.set_priority(ticket.pk, 3, actor=mina)
        if place % 4 == 1:
            assigning.assign(ticket.pk, people["omid"], actor=mina)
    states.mark_spam(waiting[20].pk, actor=mina)
    states.close(waiting[21].pk, actor=mina)
    word = waiting[22].messages.get().text.split()[0]
    misses.mark_missed(waiting[22], word, "PERSON", agent=people["sara"])


def _rate(ticket: Ticket, agent: User) -> None:
    for stars, draft in zip((5, 3, 1), ticket.suggestions.order_by("position"), strict=True):
        rate(draft, agent=agent, stars=stars, reason="Too short" if stars == 1 else "")


def _canned(people: dict[str, User]) -> list[CannedReply]:
    rows = [
        ("سلام و خداحافظی", "سلام {name}، از این‌که نوشتید سپاس‌گزاریم.", "fa"),
        ("Thanks", "Thank you for ticket {ticket}. We write again within a day.", "en"),
        ("We need the order number", "Hello {name}, please send us the number of your order.", ""),
    ]
    return [
        canned.save(
            CannedReply(), title=title, text=text, lang=lang, team=None, user=people["mina"]
        )
        for title, text, lang in rows
    ]


def _views(people: dict[str, User]) -> None:
    """Named in Persian and English, as people of a mixed desk do."""
    for place, (name, filters) in enumerate(
        [
            ("فوری‌های من", {"priority": "3"}),
            ("English, unassigned", {"lang": "en", "assignee": "nobody"}),
        ]
    ):
        SavedView.objects.create(name=name, owner=people["mina"], filters=filters, position=place)
