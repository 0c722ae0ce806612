"""Past answers lead to the articles that say the same."""

import json

import pytest
from django.db import connection

from kb.importing import import_sources
from kb.matching import article_for
from kb.models import Article, Question
from kb.questions import upsert_question
from kb.retrieval import search
from tests.another_process import holding
from tests.tickets.factories import make_drafts, make_ticket
from tickets import linking, sweeping, tasks
from tickets.learning import learn_from
from tickets.linking import CITED, has_waiting, link_past_answers
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db

ARTICLES = {
    "domain": "نیم‌سرورهای دامنه را در پنل ثبت‌کننده روی ns1.kazheh.example بگذارید و بقیه را پاک "
    "کنید. این تغییر حداکثر تا ۲۴ ساعت در همه‌جا دیده می‌شود.",
    "refund": "تا ۷ روز بعد از خرید هاست کل مبلغ برگشت داده می‌شود؛ گزینهٔ لغو و بازگشت وجه را بزنید "
    "و شمارهٔ شبا را وارد کنید.",
    "lamp": "لامپ L3 فقط به شبکهٔ وای‌فای ۲٫۴ گیگاهرتز وصل می‌شود؛ نام شبکه را در مودم جدا کنید.",
}
ABOUT_DOMAINS = (
    "سلام وقت بخیر. نیم‌سرورهای دامنه را در پنل ثبت‌کننده روی ns1.kazheh.example بگذارید؛ تغییر تا "
    "۲۴ ساعت دیده می‌شود. ممنون از همراهی شما."
)
ABOUT_NOTHING = "سلام، همکاران ما در بخش مالی فردا صبح با شما تماس خواهند گرفت و پیگیری می‌کنند."


@pytest.fixture(autouse=True)
def centre(tmp_path, settings):
    settings.PASOKH_HOME = tmp_path / "home"
    rows = [
        {"external_id": name, "title": name, "text": text, "lang": "fa"}
        for name, text in ARTICLES.items()
    ]
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_sources([path])


def past(number, answer, **fields):
    values = {"kind": "ticket", "external_id": f"past:{number}", "lang": "fa"}
    return upsert_question(**values, text=f"دامنه‌ام وصل نیست {number}", answer=answer, **fields)


def linked():
    rows = Question.objects.filter(kind="ticket").order_by("external_id")
    return list(rows.values_list("article__external_id", flat=True))


def test_answer_is_matched_only_where_an_article_clearly_says_it():
    assert article_for(ABOUT_DOMAINS) == Article.objects.get(external_id="domain").pk
    assert article_for(ABOUT_NOTHING) is None
    assert article_for("دامنه") is None
    assert article_for("[PHONE_1] [EMAIL_2]") is None


def test_two_articles_that_say_it_alike_are_none(tmp_path):
    path = tmp_path / "copy.jsonl"
    row = {"external_id": "copy", "title": "domain", "text": ARTICLES["domain"], "lang": "fa"}
    path.write_text(json.dumps(row))
    import_sources([path])
    assert article_for(ABOUT_DOMAINS) is None


def test_past_answers_are_linked_once_and_then_found():
    past(1, ABOUT_DOMAINS)
    past(2, ABOUT_NOTHING)
    past(3, ABOUT_DOMAINS)
    assert has_waiting()
    assert link_past_answers() == 3
    assert linked() == ["domain", None, "domain"]
    assert not has_waiting()
    assert link_past_answers() == 0
    assert search("دامنه وصل نیست", mode="questions", k=1)[0].external_id == "domain"


def test_same_answers_cost_one_search(django_assert_max_num_queries):
    for number in range(20):
        past(number, ABOUT_DOMAINS)
    with django_assert_max_num_queries(60):
        link_past_answers()
    assert linked() == ["domain"] * 20


def test_work_comes_in_parts(monkeypatch):
    monkeypatch.setattr(linking, "AT_A_TIME", 2)
    for number in range(5):
        past(number, ABOUT_DOMAINS)
    assert link_past_answers(seconds=0) == 2
    assert link_past_answers(seconds=0) == 2
    assert link_past_answers(seconds=0) == 1
    assert linked() == ["domain"] * 5


def test_many_more_articles_have_all_looked_for_anew():
    past(1, ABOUT_DOMAINS)
    link_past_answers()
    Article.objects.filter(external_id__in=["refund", "lamp"]).update(state="archived")
    assert has_waiting()
    link_past_answers()
    assert linked() == ["domain"]


def test_changed_answer_is_matched_anew_and_the_same_keeps_its_link():
    past(1, ABOUT_DOMAINS)
    link_past_answers()
    past(1, ABOUT_DOMAINS)
    assert linked() == ["domain"]
    assert not has_waiting()
    past(1, ABOUT_NOTHING)
    assert has_waiting()
    link_past_answers()
    assert linked() == [None]


def test_sweep_sends_for_the_link_worker(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(tasks.link, "delay", lambda: sent.append("link"))
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeping.sweep()["to_link"] == 0
    past(1, ABOUT_DOMAINS)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeping.sweep()["to_link"] == 1
    assert sent == ["link"]
    tasks.link()
    assert linked() == ["domain"]


def _send(agent, *, text, article):
    ticket = make_ticket(text="دامنه من وصل نیست")
    draft = make_drafts(ticket, texts=("پیش‌نویس اول برای مشتری", "دو", "سه"))[0]
    draft.sources = [
        {"kind": "question", "id": 1},
        {"kind": "chunk", "id": 1, "article": article.pk},
    ]
    draft.save()
    reply = send_reply(
        ticket.pk, agent=agent, text=text, suggestion_id=draft.pk, send_key=str(ticket.pk)
    )
    assert learn_from(reply.pk)
    return Question.objects.get(external_id=f"test:{ticket.external_id}")


def test_reply_sent_as_drafted_leads_to_the_drafts_article(sara):
    article = Article.objects.get(external_id="refund")
    question = _send(sara, text="پیش‌نویس اول برای مشتری", article=article)
    assert (question.article, question.link_mark) == (article, CITED)
    link_past_answers()
    question.refresh_from_db()
    assert question.article == article


def test_reply_that_was_written_anew_is_matched_by_its_words(sara):
    article = Article.objects.get(external_id="refund")
    question = _send(sara, text=ABOUT_DOMAINS, article=article)
    assert question.article is None
    link_past_answers()
    question.refresh_from_db()
    assert question.article.external_id == "domain"


def test_deleted_article_leaves_the_past_answer_to_be_matched(sara):
    article = Article.objects.get(external_id="refund")
    question = _send(sara, text="پیش‌نویس اول برای مشتری", article=article)
    article.delete()
    assert has_waiting()
    link_past_answers()
    question.refresh_from_db()
    assert (question.article, question.link_mark != CITED) == (None, True)
    assert not has_waiting()


def test_second_worker_does_nothing():
    past(1, ABOUT_DOMAINS)
    with holding(linking._LOCK):
        assert link_past_answers() == 0
    connection.ensure_connection()
    assert link_past_answers() == 1
