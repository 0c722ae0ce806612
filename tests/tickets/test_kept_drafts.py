"""What was typed and not sent: encrypted, one's own, and gone when it is sent."""

import pytest
from django.db import connection

from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets import kept_drafts
from tickets.models import ReplyDraft
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db


def _keep(ticket, agent, text, **more):
    return kept_drafts.keep(ticket, agent=agent, text=text, **({"suggestion_id": None} | more))


def test_what_was_typed_comes_back_to_its_agent_alone(sara, omid):
    ticket = make_ticket()
    draft = make_drafts(ticket)[2]
    assert _keep(ticket, sara, f"با {PHONE}\r\nتماس", suggestion_id=draft.pk)
    kept = kept_drafts.kept(ticket, agent=sara)
    assert (kept.text, kept.suggestion_id) == (f"با {PHONE}\nتماس", draft.pk)
    assert kept_drafts.kept(ticket, agent=omid) is None
    assert kept_drafts.kept(make_ticket(), agent=sara) is None
    assert PHONE not in repr(kept)


def test_nothing_readable_stands_in_the_table(sara):
    _keep(make_ticket(), sara, f"با {PHONE}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT convert_from(text_encrypted, 'UTF8') FROM tickets_replydraft")
        (stored,) = cursor.fetchone()
    assert PHONE not in stored
    assert "0912 " not in stored  # with its space: four digits are in a sealed text by chance


def test_later_words_replace_earlier_ones_and_none_throw_them_away(sara):
    ticket = make_ticket()
    _keep(ticket, sara, "یک")
    _keep(ticket, sara, "یک دو")
    assert kept_drafts.kept(ticket, agent=sara).text == "یک دو"
    assert ReplyDraft.objects.count() == 1
    assert _keep(ticket, sara, " \n") is False
    assert kept_drafts.kept(ticket, agent=sara) is None


def test_sending_forgets_it_and_a_late_page_brings_it_not_back(sara, omid):
    ticket = make_ticket()
    _keep(ticket, sara, "پاسخ سارا")
    _keep(ticket, omid, "پاسخ امید")
    send_reply(ticket.pk, agent=sara, text="پاسخ سارا", suggestion_id=None, send_key="k")
    assert _keep(ticket, sara, "پاسخ سا", send_key="k") is False
    assert kept_drafts.kept(ticket, agent=sara) is None
    assert kept_drafts.kept(ticket, agent=omid).text == "پاسخ امید"


def test_too_much_is_refused_and_the_former_stays(sara, settings):
    ticket = make_ticket()
    _keep(ticket, sara, "یک")
    settings.MAX_TICKET_CHARACTERS = 10
    with pytest.raises(kept_drafts.TooLongToKeep):
        _keep(ticket, sara, "x" * 11)
    assert kept_drafts.kept(ticket, agent=sara).text == "یک"


def test_suggestion_of_another_ticket_is_not_kept(sara):
    foreign = make_drafts(make_ticket())[0]
    ticket = make_ticket()
    _keep(ticket, sara, "یک", suggestion_id=foreign.pk)
    assert kept_drafts.kept(ticket, agent=sara).suggestion_id is None


def test_row_that_no_key_opens_is_left_alone(sara):
    ticket = make_ticket()
    _keep(ticket, sara, "یک")
    ReplyDraft.objects.update(text_encrypted=b"of another key")
    assert kept_drafts.kept(ticket, agent=sara) is None
    assert ReplyDraft.objects.count() == 1


def test_others_are_told_who_is_writing(sara, omid):
    ticket = make_ticket()
    _keep(ticket, omid, "یک")
    assert kept_drafts.writers(ticket, but=sara) == ["omid"]
    assert kept_drafts.writers(ticket, but=omid) == []
    ReplyDraft.objects.update(updated_at="2026-01-01T00:00:00Z")
    assert kept_drafts.writers(ticket, but=sara) == []
