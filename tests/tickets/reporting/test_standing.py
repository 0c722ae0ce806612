"""Which article a draft stands on: the category of its ratings."""

from importlib import import_module

import pytest
from django.db import connection

from kb.models import Article, Source
from tests.tickets.factories import make_drafts, make_ticket
from tickets.draft_rows import _stands_on
from tickets.models import Suggestion

pytestmark = pytest.mark.django_db


@pytest.fixture
def articles():
    source = Source.objects.create(name="Wallet", location="/wallet")
    return [
        Article.objects.create(
            source=source, external_id=name, title=name, text="", lang="fa", content_hash=""
        ).pk
        for name in "abc"
    ]


def passages(*articles):
    past = {"kind": "question", "id": 1}
    return [*({"kind": "chunk", "id": one, "article": one} for one in articles), past]


@pytest.fixture
def draft():
    return make_drafts(make_ticket())[0]


@pytest.mark.parametrize(
    ("cited", "expected"), [([], 0), ([2], 1), ([3, 2], 1), ([4], 0), ([9], 0)]
)
def test_first_passage_that_is_cited_or_was_given(draft, articles, cited, expected):
    """The fourth source is a past answer, and of a ninth there is none."""
    used = passages(*articles)
    Suggestion.objects.filter(pk=draft.pk).update(article=_stands_on(used, cited))
    draft.refresh_from_db()
    assert draft.article_id == articles[expected]


@pytest.mark.parametrize("used", [[], passages(), passages(10**9)])
def test_no_article_is_none_and_the_row_is_still_written(draft, used):
    changed = Suggestion.objects.filter(pk=draft.pk).update(
        article=_stands_on(used, [1]), text="written"
    )
    draft.refresh_from_db()
    assert (changed, draft.article_id, draft.text) == (1, None, "written")


def test_drafts_from_before_get_theirs_in_the_migration(articles):
    drafts = make_drafts(make_ticket())
    for draft, cited in zip(drafts, ([], [2], [4, 3]), strict=True):
        draft.sources, draft.marks = passages(*articles), {"cited": cited} if cited else {}
        draft.save()
    with connection.cursor() as cursor:
        cursor.execute(import_module("tickets.migrations.0004_the_desk").STANDS_ON)
    assert [Suggestion.objects.get(pk=draft.pk).article_id for draft in drafts] == articles


def test_an_erased_article_leaves_the_draft(draft, articles):
    Suggestion.objects.filter(pk=draft.pk).update(article=articles[0])
    Article.objects.get(pk=articles[0]).delete()
    draft.refresh_from_db()
    assert draft.article_id is None
