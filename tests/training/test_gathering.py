"""Rows of the desk: each answer once, with its kind, its conversation and its customer's hash."""

import hashlib

import pytest

from kb.importing import import_sources
from kb.questions import KnownQuestion, upsert_questions
from tests.tickets.factories import EMAIL, make_drafts, make_ticket
from tickets import rating, replying
from tickets.intake import add_customer_message
from tickets.learning import learn_from, past_question_id
from training.datasets.gathering import bare_rows, corpus_now, rows_now
from training.datasets.pairs import pairs_now
from training.recipes import Prompts, Rows

pytestmark = pytest.mark.django_db

ALL = Rows(sources=("ticket", "reply", "rated", "faq", "generated"))


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PASOKH_HOME = tmp_path


def _sent(ticket, agent, text, *, suggestion=None):
    reply = replying.send_reply(
        ticket.pk,
        agent=agent,
        text=text,
        suggestion_id=suggestion.pk if suggestion else None,
        send_key=f"key-{ticket.pk}-{text}",
    )
    learn_from(reply.pk)
    return reply


def _past(count, answer="Look into the panel."):
    upsert_questions(
        KnownQuestion("ticket", f"old:{n}", "en", f"how do i reach page {n}", f"{answer} {n}")
        for n in range(count)
    )


def test_reply_is_a_row_once_with_the_edited_text_and_the_conversation(sara):
    ticket = make_ticket(text="سلام سایتم باز نمی‌شود", subject="")
    draft = make_drafts(ticket, texts=("پیش‌نویس", "دو", "سه"))[0]
    _sent(ticket, sara, "دامنه را تمدید کنید", suggestion=draft)
    add_customer_message(ticket, "کجا تمدید کنم؟")
    ticket.refresh_from_db()
    _sent(ticket, sara, "در پنل، بخش دامنه‌ها")
    _past(3)
    rows = {row.key: row for row in bare_rows(ALL)}
    first = rows[past_question_id("test", ticket.external_id)]
    second = rows[past_question_id("test", ticket.external_id, turn=2)]
    assert (first.kind, first.answer, first.turns) == ("reply", "دامنه را تمدید کنید", ())
    assert (second.kind, second.question) == ("reply", "کجا تمدید کنم؟")
    assert [role for role, _ in second.turns] == ["customer", "agent", "customer"]
    assert second.turns[1][1] == "دامنه را تمدید کنید"
    assert sorted(row.kind for row in rows.values()) == ["reply"] * 2 + ["ticket"] * 3
    hmac = ticket.customer.contact_hmac
    assert first.customer == second.customer != ""
    assert first.customer != hmac
    assert first.customer in hashlib.sha256(f"data set:{hmac}".encode()).hexdigest()
    assert EMAIL not in repr(rows)
    assert not [row for row in bare_rows(Rows(sources=("ticket",))) if row.kind == "reply"]


def test_ticket_never_stands_in_the_prompts_of_its_own_turns(sara):
    ticket = make_ticket(text="سلام سایتم باز نمی‌شود", subject="")
    _sent(ticket, sara, "دامنه را تمدید کنید")
    add_customer_message(ticket, "سایتم باز نمی‌شود هنوز")
    _sent(ticket, sara, "فردا درست می‌شود")
    other = make_ticket(text="سایتم باز نمی‌شود", subject="", contact="b@mail.test")
    _sent(other, sara, "میزبانی را ببینید")
    shown = {row.answer: row.similar for row in rows_now(prompt=Prompts(), settings=ALL)}
    assert [answer for _, answer in shown["دامنه را تمدید کنید"]] == ["میزبانی را ببینید"]
    assert [answer for _, answer in shown["فردا درست می‌شود"]] == ["میزبانی را ببینید"]
    assert len(shown["میزبانی را ببینید"]) == 2


def test_liked_draft_that_was_not_sent_is_a_row_and_a_sent_one_is_not(sara, mina):
    ticket = make_ticket(text="کارتم را چطور عوض کنم", subject="")
    liked, sent, poor = make_drafts(ticket, texts=("خوب", "فرستاده", "بد"))
    for draft, stars in ((liked, 5), (sent, 5), (poor, 1)):
        rating.rate(draft, agent=sara, stars=stars)
    rating.rate(liked, agent=mina, stars=3)
    _sent(ticket, sara, "فرستاده", suggestion=sent)
    rows = [row for row in bare_rows(ALL) if row.kind == "rated"]
    assert [(row.answer, row.question) for row in rows] == [("خوب", "کارتم را چطور عوض کنم")]
    rating.rate(liked, agent=mina, stars=2)
    assert not [row for row in bare_rows(ALL) if row.kind == "rated"]


def test_pairs_are_drafts_far_apart_in_stars_and_replies_against_poor_ones(sara):
    ticket = make_ticket(text="کارتم را چطور عوض کنم", subject="")
    best, middle, poor = make_drafts(ticket, texts=("عالی", "میانه", "یک متن کاملا دیگر"))
    for draft, stars in ((best, 5), (middle, 4), (poor, 2)):
        rating.rate(draft, agent=sara, stars=stars)
    found = {(one.chosen, one.rejected, one.gap) for one in pairs_now(least_gap=2, most=9)}
    assert found == {("عالی", poor.text, 3), ("میانه", poor.text, 2)}
    _sent(ticket, sara, "از بخش کارت‌ها در پنل", suggestion=None)
    found = {(one.chosen, one.rejected, one.gap) for one in pairs_now(least_gap=3, most=9)}
    assert found == {("عالی", poor.text, 3), ("از بخش کارت‌ها در پنل", poor.text, 0)}
    assert {one.row.answer for one in pairs_now(least_gap=3, most=9)} == {one[0] for one in found}


def test_max_rows_keeps_the_newest():
    _past(6)
    newest = bare_rows(Rows(max_rows=2))
    assert len(newest) == 2
    assert {row.key for row in newest} <= {f"old:{n}" for n in range(6)}


def test_internal_articles_are_in_no_corpus_and_ask_nothing(tmp_path):
    for name in ("open", "secret"):
        (tmp_path / f"{name}.md").write_text(
            f"---\ntitle: {name}\nlang: en\n---\nThe {name} word.\n"
        )
    import_sources([tmp_path / "open.md", tmp_path / "secret.md"])
    from kb.models import Article

    Article.objects.filter(title="secret").update(visibility="internal")
    assert [one.title for one in corpus_now(max_asked=5).sections] == ["open"]


def test_corpus_leaves_out_the_questions_of_the_holdout():
    _past(3)
    asked = corpus_now(max_asked=9, without=["old:1"]).asked
    assert sorted(one.question for one in asked) == [
        "how do i reach page 0",
        "how do i reach page 2",
    ]
