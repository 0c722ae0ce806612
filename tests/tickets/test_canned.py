"""Canned replies: who writes them, who may use them, and how they are filled in for a ticket."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from people.models import AuditEntry, Team
from tests.tickets.everywhere import tables_with
from tests.tickets.factories import make_ticket
from tickets import canned
from tickets.models import CannedReply, Ticket, VaultEntry
from tickets.replying import delivered, send_reply

pytestmark = pytest.mark.django_db


def _save(user, *, title="سلام", text="سلام {name}، تمام شد.", lang="", team=None):
    return canned.save(CannedReply(), title=title, text=text, lang=lang, team=team, user=user)


def test_customers_name_is_a_placeholder_until_the_reply_goes_out(mina, sara):
    ticket = make_ticket(name="Zarrinkolah Zarafshan")
    reply = _save(mina, text="سلام {name}، تیکت {ticket}.\n{agent}، {company}")
    text = canned.filled(reply, ticket, agent=sara)
    assert text.startswith(f"سلام [PERSON_1]، تیکت {ticket.pk}.\nsara")
    sent = send_reply(ticket.pk, agent=sara, text=text, suggestion_id=None, send_key="k")
    assert delivered(sent, reader=sara).text.startswith("سلام Zarrinkolah Zarafshan، تیکت")
    assert tables_with("Zarrinkolah") == set()
    reply.refresh_from_db()
    assert reply.uses == 1


def test_name_that_nobody_knows_leaves_no_hole(mina, sara):
    ticket = make_ticket(contact="", name="")
    text = canned.filled(_save(mina), ticket, agent=sara)
    assert text == "سلام، تمام شد."
    assert not VaultEntry.objects.filter(type="PERSON").exists()


def test_same_name_twice_is_one_placeholder(mina, sara):
    ticket = make_ticket()
    reply = _save(mina)
    first, second = (canned.filled(reply, ticket, agent=sara) for _ in range(2))
    assert first == second
    assert VaultEntry.objects.filter(ticket=ticket, type="PERSON").count() == 1


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("", "x", "title and a text"),
        ("x", " ", "title and a text"),
        ("x" * 101, "x", "101"),
        ("x", "x" * 5001, "5001"),
        ("x", "سلام {nmae}", "nmae"),
        ("x", "به [PHONE_1] زنگ بزنید", "one customer"),
        ("x", "به 0912 345 6789 زنگ بزنید", "one customer"),
        ("0912 345 6789", "x", "one customer"),
    ],
)
def test_bad_canned_reply_is_refused(mina, title, text, said):
    with pytest.raises(canned.BadCannedReply, match=said):
        _save(mina, title=title, text=text)
    assert not CannedReply.objects.exists()


def test_leads_write_for_their_teams_and_admins_for_all(support, sara, parisa, mina):
    other = Team.objects.create(name="sales")
    theirs = _save(parisa, team=support)
    everybodys, foreign = _save(mina), _save(mina, team=other)
    for user, team in ((sara, support), (parisa, None), (parisa, other)):
        with pytest.raises(PermissionDenied):
            _save(user, team=team)
    for row in (everybodys, foreign):
        with pytest.raises(PermissionDenied):
            canned.delete(row, user=parisa)
        with pytest.raises(PermissionDenied):  # nor taken into one's own team
            canned.save(row, title="x", text="x", lang="", team=support, user=parisa)
    canned.delete(theirs, user=parisa)
    assert set(CannedReply.objects.all()) == {everybodys, foreign}
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["canned_reply.made"] * 3 + ["canned_reply.deleted"]


def test_picker_shows_those_that_fit_the_ticket_and_the_agent(support, sara, navid, mina):
    ticket = make_ticket(lang="fa")
    Ticket.objects.filter(pk=ticket.pk).update(team=support)
    ticket.refresh_from_db()
    english, persian = _save(mina, title="en", lang="en"), _save(mina, title="fa", lang="fa")
    ours, theirs = (
        _save(mina, title="ours", team=support),
        _save(mina, title="theirs", team=navid.teams.get()),
    )
    CannedReply.objects.filter(pk=english.pk).update(uses=9)
    assert canned.for_ticket(ticket, sara) == [persian, ours, english]
    assert theirs in canned.readable(navid)
    assert theirs not in canned.readable(sara)


def test_pages_make_change_and_delete(client, parisa, support):
    client.force_login(parisa)
    data = {"title": "بازگشت وجه", "text": "سلام {name}", "lang": "fa", "team": support.pk}
    assert client.post(reverse("canned-new"), data).status_code == 302
    row = CannedReply.objects.get()
    assert (row.title, row.team, row.created_by) == ("بازگشت وجه", support, parisa)
    page = client.get(reverse("canned-edit", args=[row.pk]))
    assert page.context["form"].initial["text"] == "سلام {name}"
    answer = client.post(reverse("canned-edit", args=[row.pk]), data | {"text": "{who}"})
    assert answer.status_code == 400
    assert "who" in answer.content.decode()
    client.post(reverse("canned-edit", args=[row.pk]), data | {"text": "درود"})
    row.refresh_from_db()
    assert row.text == "درود"
    assert "بازگشت وجه" in client.get(reverse("canned-replies")).content.decode()
    client.post(reverse("canned-delete", args=[row.pk]))
    assert not CannedReply.objects.exists()


def test_page_of_another_teams_reply_is_404(client, parisa, mina, support, navid):
    row = _save(mina, team=navid.teams.get())
    client.force_login(parisa)
    for path in (reverse("canned-edit", args=[row.pk]), reverse("canned-delete", args=[row.pk])):
        assert client.post(path, {}).status_code == 404
    assert row.title not in client.get(reverse("canned-replies")).content.decode()
    ticket = make_ticket()
    assert client.post(reverse("canned-use", args=[ticket.pk, row.pk])).status_code == 404


def test_use_answers_with_the_text_for_the_ticket(client, sara, mina):
    row, ticket = _save(mina), make_ticket()
    client.force_login(sara)
    assert row.title in client.get(reverse("ticket-canned", args=[ticket.pk])).content.decode()
    answer = client.post(reverse("canned-use", args=[ticket.pk, row.pk]))
    assert answer.json() == {"text": "سلام [PERSON_1]، تمام شد.", "title": "سلام"}
