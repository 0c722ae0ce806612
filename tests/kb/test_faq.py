"""Questions that articles answer themselves."""

import pytest

from kb import faq, tasks
from kb.faq import questions_in, refresh_faq
from kb.importing import import_sources
from kb.indexing import index_articles, unindex
from kb.models import Article, Question
from kb.questions import upsert_question
from kb.retrieval import search, similar_questions

pytestmark = pytest.mark.django_db

TEXT = """# Payments

We take all cards.

## How do I pay?

By card.

### Fine print

In two days.

## پرداخت قسطی چگونه است

در چهار قسط.

## Prices

They are low.

**Can I pay later?**

Within a week.

## Is it safe?
"""


def import_article(write_jsonl, text=TEXT, title="Payments", lang="en"):
    row = {"external_id": "pay", "title": title, "text": text, "lang": lang}
    return import_sources([write_jsonl([row])])


def stored():
    rows = Question.objects.filter(kind="faq").order_by("pk")
    return dict(rows.values_list("text", "answer"))


def test_headings_that_ask_are_questions_with_what_stands_below():
    assert questions_in("Payments", TEXT) == [
        ("How do I pay?", "By card.\n\nFine print\n\nIn two days."),
        ("پرداخت قسطی چگونه است", "در چهار قسط."),
        ("Can I pay later?", "Within a week."),
    ]


def test_title_that_asks_is_answered_by_the_first_section():
    assert questions_in("How do I pay?", "# How do I pay?\n\nBy card.\n\n## More\n\nLater.") == [
        ("How do I pay?", "By card.")
    ]
    assert questions_in("How do I pay?", "## Card\n\nBy card.") == [
        ("How do I pay?", "Card\n\nBy card.")
    ]


def test_long_answer_ends_with_a_block():
    answer = questions_in("What is it?", "One.\n\n" + "word " * 700 + "\n\n" + "more " * 700)[0][1]
    assert answer.startswith("One.")
    assert "more" not in answer
    assert len(answer) <= faq.MAX_ANSWER


def test_import_keeps_the_questions_of_articles_in_step(write_jsonl):
    import_article(write_jsonl)
    assert set(stored()) == {"How do I pay?", "پرداخت قسطی چگونه است", "Can I pay later?"}
    before = dict(Question.objects.values_list("text", "pk"))
    import_article(write_jsonl, TEXT.replace("By card", "By phone").replace("later?", "never?"))
    after = dict(Question.objects.values_list("text", "pk"))
    assert set(after) == {"How do I pay?", "پرداخت قسطی چگونه است", "Can I pay never?"}
    assert after["How do I pay?"] == before["How do I pay?"]
    assert stored()["How do I pay?"].startswith("By phone.")


def test_question_leads_to_its_article(write_jsonl):
    import_article(write_jsonl)
    (found, *_) = search("can I pay later", mode="questions", k=1)
    assert found.external_id == "pay"


def test_archived_article_is_not_found_by_its_questions(write_jsonl):
    import_article(write_jsonl)
    unindex(Article.objects.all())
    assert search("can I pay later", mode="questions", k=1) == []
    article = Article.objects.get()
    article.state = "published"
    article.save()
    index_articles([article])
    assert search("can I pay later", mode="questions", k=1)


def test_refreshing_again_changes_nothing(write_jsonl):
    import_article(write_jsonl)
    assert refresh_faq(list(Article.objects.all()), models=True) == 0


def test_sweep_takes_up_what_is_behind(write_jsonl, monkeypatch):
    import_article(write_jsonl)
    Question.objects.all().delete()
    tasks.sweep()
    assert stored() == {}  # up to date as far as the marks say
    monkeypatch.setattr(faq, "VERSION", faq.VERSION + 1)
    tasks.sweep()
    assert len(stored()) == 3
    Article.objects.update(text="# Nothing")
    tasks.sweep()
    assert stored() == {}


def test_article_takes_its_questions_with_it_and_leaves_past_answers(write_jsonl):
    import_article(write_jsonl)
    article = Article.objects.get()
    past = Question.objects.create(
        kind="ticket", external_id="t", article=article, text="?", answer="!", text_version=1
    )
    article.source.delete()
    past.refresh_from_db()
    assert past.article is None
    assert Question.objects.count() == 1


def test_questions_of_articles_that_are_not_shown_are_no_similar_questions(write_jsonl):
    import_article(write_jsonl)
    article = Article.objects.get()
    assert similar_questions("can I pay later", visibility="public")
    article.visibility = "internal"
    article.save()
    assert similar_questions("can I pay later")
    assert similar_questions("can I pay later", visibility="public") == []
    assert search("can I pay later", mode="questions", visibility="public") == []
    unindex(Article.objects.all())
    assert similar_questions("can I pay later") == []


def test_past_answer_is_found_whatever_became_of_its_article(write_jsonl):
    import_article(write_jsonl)
    article = Article.objects.get()
    upsert_question("ticket", "t", "en", "can I pay some day?", "Ask us.", article)
    unindex(Article.objects.all())
    found = similar_questions("can I pay some day", visibility="public")
    assert [one.kind for one in found] == ["ticket"]
