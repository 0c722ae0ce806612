"""A draft said another way, by the version that wrote it and only from the draft."""

import re
import threading
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from llm.models import ModelVersion, Server
from llm.servers import options
from llm.servers.registering import add_served, add_server, allow
from people.models import AuditEntry
from tests.llm.servers.scripted import MODEL, PATIENT
from tests.llm.servers.scripted import scripted as scripted_server
from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tests.tickets.scripted_engine import scripted_one
from tickets import rewriting
from tickets.intake import add_customer_message
from tickets.misses import mark_missed
from tickets.models import Rewrite, Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.rewriting import MAX_ATTEMPTS, NotOffered, ask, sweep, write
from tickets.rights import erase_ticket

pytestmark = pytest.mark.django_db
DRAFT = "سلام، دامنه را تمدید کنید و با [PHONE_1] تماس بگیرید: https://shop.example/renew [1]"


@pytest.fixture
def ticket():
    return make_ticket()


@pytest.fixture
def drafts(ticket):
    made = make_drafts(ticket, texts=(DRAFT, "دو", "سه"))
    ModelVersion.objects.update(follows_instructions=True)
    return made


@pytest.fixture
def draft(drafts):
    return drafts[0]


@pytest.fixture
def engine(monkeypatch):
    def says(text, **more):
        monkeypatch.setattr(rewriting, "generate_one", scripted_one((text,), **more))

    return says


def _written(draft, sara, **how):
    row = ask(draft, agent=sara, **({"kind": "shorter"} | how))
    assert write(row.pk)
    row.refresh_from_db()
    return row


def test_draft_is_said_another_way(draft, sara, engine):
    engine("تمدید کنید؛ تلفن [PHONE_1]، https://shop.example/renew")
    row = _written(draft, sara)
    assert (row.state, row.text) == (
        "ready",
        "تمدید کنید؛ تلفن [PHONE_1]، https://shop.example/renew",
    )
    assert row.marks == {}
    assert (row.claim, row.error) == ("", "")
    assert row.tokens > 0
    draft.refresh_from_db()
    assert draft.text == DRAFT


def test_what_the_draft_does_not_have_is_removed_and_what_got_lost_is_told(draft, sara, engine):
    engine("Renew at https://evil.example/a, call [PHONE_2] or [EMAIL_1], not 0935 111 2233")
    row = _written(draft, sara, kind="translate", lang="en")
    assert "evil" not in row.text
    assert "[" not in row.text
    assert "0935" not in row.text
    assert row.marks["lost"] == ["[PHONE_1]"]
    assert row.marks["removed"]["placeholder"] == 2
    assert row.marks["removed"]["link"] == 1


def test_prompt_holds_the_draft_as_data_and_nothing_else(draft, sara, monkeypatch):
    seen = []

    def generate_one(parts, choices, **listeners):
        seen.append((parts, choices))
        return scripted_one(("x",))(parts, choices, **listeners)

    monkeypatch.setattr(rewriting, "generate_one", generate_one)
    _written(draft, sara, kind="translate", lang="he")
    ((parts, (choice,)),) = seen
    assert (parts.lang, parts.rewording) == ("he", "translate")
    assert [turn.text for turn in parts.turns] == [DRAFT]
    assert (parts.passages, parts.similar) == ((), ())
    assert choice.version == draft.version


@pytest.mark.parametrize(
    ("kind", "lang"), [("louder", ""), ("", ""), ("translate", ""), ("translate", "xx")]
)
def test_strange_wish_is_refused(draft, sara, kind, lang):
    with pytest.raises(NotOffered):
        ask(draft, agent=sara, kind=kind, lang=lang)
    assert not Rewrite.objects.exists()


def test_version_that_follows_no_instructions_is_not_asked(draft, sara, engine):
    row = ask(draft, agent=sara, kind="formal")
    ModelVersion.objects.update(follows_instructions=False)
    with pytest.raises(NotOffered):
        ask(draft, agent=sara, kind="shorter")
    engine("x")
    assert write(row.pk)  # it was switched off after it had been asked for
    row.refresh_from_db()
    assert (row.state, row.text) == ("failed", "")


def test_hosted_server_that_is_not_allowed_is_not_asked(draft, sara, mina):
    server = Server.objects.create(name="far", base_url="https://far.example/v1", hosted=True)
    ModelVersion.objects.filter(pk=draft.version_id).update(server=server, served_name="m")
    with pytest.raises(NotOffered):
        ask(draft, agent=sara, kind="shorter")
    allow(server, by=mina)
    assert ask(draft, agent=sara, kind="shorter").state == "pending"


def test_same_wish_again_is_the_same_row_and_a_failed_one_is_tried_anew(draft, sara, omid, engine):
    first = ask(draft, agent=sara, kind="shorter")
    assert ask(draft, agent=omid, kind="shorter").pk == first.pk
    engine("")
    assert write(first.pk)
    first.refresh_from_db()
    assert (first.state, first.error) == ("failed", rewriting.NOTHING)
    again = ask(draft, agent=omid, kind="shorter")
    assert again.pk != first.pk
    assert Rewrite.objects.count() == 1


def test_asking_queues_it(draft, sara, asked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = ask(draft, agent=sara, kind="shorter")
    assert ("rewrite", row.pk) in asked


def test_so_many_wait_at_once(draft, sara, monkeypatch):
    monkeypatch.setattr(rewriting, "MAX_OPEN", 2)
    ask(draft, agent=sara, kind="shorter")
    ask(draft, agent=sara, kind="formal")
    with pytest.raises(NotOffered):
        ask(draft, agent=sara, kind="friendlier")


def test_two_workers_write_it_once(draft, sara, engine):
    row = ask(draft, agent=sara, kind="shorter")
    engine("کوتاه")
    assert write(row.pk)
    assert not write(row.pk)
    row.refresh_from_db()
    assert row.attempts == 1


def test_text_grows_while_it_is_written(draft, sara, monkeypatch):
    row = ask(draft, agent=sara, kind="shorter")
    grown = []

    def generate_one(parts, choices, *, on_text, should_stop):
        on_text(0, "یک دو")
        grown.append(Rewrite.objects.values_list("state", "text").get(pk=row.pk))
        return scripted_one(("یک دو سه",))(parts, choices)

    monkeypatch.setattr(rewriting, "generate_one", generate_one)
    assert write(row.pk)
    assert grown == [("writing", "یک دو")]


@pytest.mark.parametrize("how", ["answered", "wrote again", "erased"])
def test_ticket_that_waits_no_more_stops_it(ticket, draft, sara, how, monkeypatch):
    """In the middle of writing: the engine is told to stop, and nothing is written any more."""
    row = ask(draft, agent=sara, kind="shorter")
    asked_to_stop = []

    def generate_one(parts, choices, *, on_text, should_stop):
        if how == "answered":
            send_reply(ticket.pk, agent=sara, text="خوب", suggestion_id=None, send_key="k")
        elif how == "erased":
            erase_ticket(ticket, user=None)
        else:
            add_customer_message(ticket, "باز هم")
        on_text(0, "یک")
        asked_to_stop.append(should_stop())
        return scripted_one(("یک دو سه",))(parts, choices)

    monkeypatch.setattr(rewriting, "generate_one", generate_one)
    assert not write(row.pk)
    assert asked_to_stop == [True]
    assert list(Rewrite.objects.values_list("state", "text", "claim")) == (
        [] if how == "erased" else [("cancelled", "", "")]
    )


def test_answered_ticket_gets_no_new_one(ticket, draft, sara, engine):
    row = ask(draft, agent=sara, kind="shorter")
    send_reply(ticket.pk, agent=sara, text="خوب", suggestion_id=None, send_key="k")
    engine("x")
    assert not write(row.pk)
    with pytest.raises(NotOffered):
        ask(draft, agent=sara, kind="formal")


def test_what_a_dead_worker_left_is_written_by_another(draft, sara, engine, settings):
    settings.STALE_SECONDS = 3600
    row = ask(draft, agent=sara, kind="shorter")
    dead = rewriting._Claim.take(row.pk)
    later = timezone.now() + timedelta(seconds=settings.STALE_SECONDS + 1)
    assert sweep(now=timezone.now()) == 0
    assert sweep(now=later) == 1
    assert not dead.beat()
    engine("کوتاه")
    assert write(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("ready", 2)


def test_what_fails_every_time_is_given_up(draft, sara, settings):
    settings.STALE_SECONDS = 3600
    row = ask(draft, agent=sara, kind="shorter")
    for _attempt in range(MAX_ATTEMPTS):
        assert rewriting._Claim.take(row.pk)
        sweep(now=timezone.now() + timedelta(seconds=settings.STALE_SECONDS + 1))
    assert rewriting._Claim.take(row.pk) is None
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", rewriting.FAILED_OFTEN)


def test_value_that_is_masked_meanwhile_is_not_written(ticket, sara, monkeypatch):
    draft = make_drafts(ticket, texts=("سلام زرافه‌نشان", "دو", "سه"))[0]
    ticket.messages.update(text="نام من زرافه‌نشان است")
    ModelVersion.objects.update(follows_instructions=True)
    row = ask(draft, agent=sara, kind="shorter")

    def generate_one(parts, choices, *, on_text, should_stop):
        mark_missed(ticket, "زرافه‌نشان", "PERSON", agent=sara)
        return scripted_one(("زرافه‌نشان",))(parts, choices)

    monkeypatch.setattr(rewriting, "generate_one", generate_one)
    assert not write(row.pk)
    row.refresh_from_db()
    assert (row.state, row.text) == ("pending", "")


# --- a real server, and pages


@pytest.fixture
def served(monkeypatch, draft):
    """The draft's version on a server of one's own that follows the script."""
    monkeypatch.setattr(options, "_refused", {})

    def on(url):
        version = add_served(add_server("gpu", url, seconds=PATIENT), MODEL)
        ModelVersion.objects.filter(pk=version.pk).update(follows_instructions=True)
        Suggestion.objects.filter(pk=draft.pk).update(version=version)

    return on


def test_server_gets_the_order_and_the_draft_apart(draft, sara, served):
    def script(connection, number):
        connection.begin()
        for part in ("تمدید کنید، ", "[PHO", "NE_1]"):
            connection.say(part)
        connection.done()

    with scripted_server(script) as server:
        served(server.url)
        row = _written(draft, sara, kind="formal")
        (request,) = server.requests
    assert (row.state, row.text) == ("ready", "تمدید کنید، [PHONE_1]")
    system, user = request["messages"]
    assert system["role"] == "system"
    assert "more formal" in system["content"]
    assert "[PHONE_1]" in user["content"]
    assert "تمدید" not in system["content"]
    assert PHONE not in str(request)


def test_server_that_is_down_fails_in_one_line(draft, sara, served):
    def script(connection, number):
        connection.reply("401 Unauthorized", '{"error": {"message": "no"}}')

    with scripted_server(script) as server:
        served(server.url)
        row = _written(draft, sara)
    assert (row.state, row.text) == ("failed", "")
    assert row.error == "The model's server refused the key."


def test_server_is_cut_off_when_the_ticket_is_answered(ticket, draft, sara, served):
    gone = threading.Event()

    def talking(connection, number):
        connection.begin()
        for _piece in range(200):
            connection.say("یک ")
            if gone.wait(0.02):
                return
        connection.done()

    def tell(self, number, text):
        """Somebody sends a reply between two pieces."""
        if not Ticket.objects.filter(pk=ticket.pk, state="answered").exists():
            send_reply(ticket.pk, agent=sara, text="خوب", suggestion_id=None, send_key="k")
        before(self, number, text)

    before = rewriting._Writing.on_text
    with scripted_server(talking) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewriting._Writing, "on_text", tell)
        served(server.url)
        row = ask(draft, agent=sara, kind="shorter")
        assert not write(row.pk)
        gone.set()
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_route_asks_and_refuses(ticket, draft, client, sara, navid, support):
    client.force_login(sara)
    address = reverse("suggestion-rewrite", args=[draft.pk])
    assert (
        client.post(address, {"kind": "shorter"}, headers={"HX-Request": "true"}).status_code == 204
    )
    assert client.post(address, {"kind": "formal"}).status_code == 302
    refused = client.post(address, {"kind": "translate"})
    assert refused.status_code == 400
    assert b"<" not in refused.content
    assert Rewrite.objects.count() == 2
    Ticket.objects.filter(pk=ticket.pk).update(team=support)
    client.force_login(navid)
    assert client.post(address, {"kind": "friendlier"}).status_code == 404


def _bar(client, draft):
    """How many drafts of the page can be said another way."""
    page = client.get(reverse("ticket", args=[draft.ticket_id])).content.decode()
    return len(re.findall(r'/rewrite/[^"]*" hx-post', page))


def test_bar_tells_no_versions_apart_before_all_are_rated(drafts, client, sara):
    client.force_login(sara)
    assert _bar(client, drafts[0]) == 3
    ModelVersion.objects.filter(pk=drafts[1].version_id).update(follows_instructions=False)
    assert _bar(client, drafts[0]) == 0
    for one in drafts:
        rate(one, agent=sara, stars=3)
    assert _bar(client, drafts[0]) == 2


def test_page_shows_what_was_written(drafts, client, sara, engine):
    engine("کوتاه‌تر نوشته")
    _written(drafts[0], sara)
    client.force_login(sara)
    page = client.get(
        reverse("ticket", args=[drafts[0].ticket_id]), headers={"accept-language": "en"}
    ).content.decode()
    assert "کوتاه‌تر نوشته" in page
    assert "got lost:" in page


def test_admin_says_which_version_follows_instructions(drafts, client, mina, sara):
    ModelVersion.objects.update(follows_instructions=False)
    version = drafts[0].version
    address = reverse("version-instructions", args=[version.name])
    client.force_login(sara)
    assert client.post(address, {"follows": "1"}).status_code == 403
    client.force_login(mina)
    assert client.post(address, {"follows": "maybe"}).status_code == 400
    assert client.post(address, {"follows": "1"}).status_code == 302
    version.refresh_from_db()
    assert version.follows_instructions
    assert AuditEntry.objects.get().action == "version.instructions"
    assert address in client.get(reverse("model-version", args=[version.name])).content.decode()
