"""Articles at the desk: revisions, two editors at once, publishing, the source followed again."""

import uuid

import pytest

from kb import coverage, editing
from kb.editing import Content, Outdated, UnusableArticle, version_of
from kb.importing import import_sources
from kb.models import Article, CoverageGap, Source
from kb.retrieval import search

pytestmark = pytest.mark.django_db


def new(author, *, key="", **fields) -> Article:
    content = Content(**{"title": "Gift cards", "text": "Buy one in the shop.", **fields})
    return editing.create(content, author=author, key=key or uuid.uuid4().hex)


def change(article, author, **fields) -> Article:
    stored = Article.objects.get(pk=article.pk)
    content = {"title": stored.title, "text": stored.text, "lang": stored.lang}
    content |= {"visibility": stored.visibility, "state": stored.state}
    return editing.save(
        stored, Content(**{**content, **fields}), author=author, seen=version_of(stored)
    )


@pytest.fixture
def imported(make_centre):
    import_sources([make_centre(1)])
    return Article.objects.get()


def test_a_draft_is_not_found_and_a_published_one_is(mina):
    article = new(mina, text="Redeem the xylophone voucher.")
    assert (article.state, article.lang) == ("draft", "en")
    assert search("xylophone voucher") == []
    change(article, mina, state="published")
    assert [one.article_id for one in search("xylophone voucher")] == [article.pk]
    change(article, mina, text="Redeem the zither voucher.")
    assert [one.article_id for one in search("zither")] == [article.pk]
    assert search("xylophone") == []
    change(article, mina, state="archived")
    assert search("zither") == []
    change(article, mina, state="published")
    assert search("zither")


def test_what_is_written_at_the_desk_has_one_source(mina):
    article, other = new(mina), new(mina)
    assert article.source == other.source == Source.objects.get(location="desk:")
    assert article.source.kind == Source.Kind.DESK
    assert not change(article, mina, title="Other").is_edited


def test_a_form_that_is_sent_twice_makes_one_article(mina):
    key = uuid.uuid4().hex
    assert new(mina, key=key).pk == new(mina, key=key).pk
    assert Article.objects.get().revisions.count() == 1


def test_every_change_is_a_revision_with_its_author(mina, sara):
    article = new(mina)
    change(article, sara, text="Buy one at the till.", visibility="internal")
    change(article, sara)
    newest, oldest = article.revisions.all()
    assert (newest.author, newest.text, newest.visibility) == (
        sara,
        "Buy one at the till.",
        "internal",
    )
    assert (oldest.author, oldest.text) == (mina, "Buy one in the shop.")


def test_the_later_of_two_editors_is_told(mina, sara):
    article = new(mina)
    seen = version_of(article)
    change(article, sara, text="Sara's words.")
    with pytest.raises(Outdated) as refused:
        editing.save(article, Content("Gift cards", "Mina's words."), author=mina, seen=seen)
    assert refused.value.article.text == "Sara's words."
    assert Article.objects.get().text == "Sara's words."
    assert article.revisions.count() == 2


def test_the_same_form_again_is_no_conflict(mina):
    article = new(mina)
    seen, content = version_of(article), Content("Gift cards", "New words.", "en")
    for _ in range(2):
        editing.save(article, content, author=mina, seen=seen)
    assert article.revisions.count() == 2


def test_the_first_change_keeps_a_text_that_no_revision_holds(imported, mina):
    before = imported.text
    imported.revisions.all().delete()
    changed = change(imported, mina, text="Our own words.")
    assert changed.is_edited
    newest, oldest = changed.revisions.all()
    assert (oldest.text, oldest.author, oldest.created_at) == (before, None, imported.updated_at)
    assert (newest.text, newest.author) == ("Our own words.", mina)


def test_imports_leave_changed_articles_alone_until_the_source_is_followed(
    imported, mina, make_centre
):
    change(imported, mina, text="Our own words.")
    folder = make_centre(1)
    (folder / "0000.md").write_text("# Title\n\nThe source's new words.\n")
    import_sources([folder])
    assert Article.objects.get().text == "Our own words."
    editing.follow_source(Article.objects.get())
    assert Article.objects.get().text == "Our own words."
    import_sources([folder])
    article = Article.objects.get()
    assert ("The source's new words." in article.text, article.is_edited) == (True, False)
    assert "Our own words." in article.revisions.values_list("text", flat=True)


def test_an_older_text_comes_back_as_a_new_revision(mina, sara):
    article = new(mina, state="published", text="Redeem the xylophone.")
    change(article, mina, text="Redeem the zither.")
    oldest = article.revisions.last()
    restored = editing.restore(oldest, author=sara)
    assert (restored.text, restored.state) == ("Redeem the xylophone.", "published")
    assert article.revisions.count() == 3
    assert article.revisions.first().author == sara
    assert search("xylophone")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "  \n "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"text": "x" * 200_001}, "text"),
        ({"text": " \n", "state": "published"}, "text"),
    ],
)
def test_what_no_article_can_be_is_refused(mina, fields, field):
    with pytest.raises(UnusableArticle) as refused:
        new(mina, **fields)
    assert refused.value.field == field
    assert "\n" not in str(refused.value)
    assert not Article.objects.exists()


def test_what_a_database_cannot_keep_is_cleaned(mina):
    article = new(mina, title="A\x00 \n title", text="one\r\ntwo\x00\ud800\n\n")
    assert (article.title, article.text) == ("A title", "one\ntwo")


def test_with_a_neural_embedder_the_worker_is_asked(
    mina, monkeypatch, django_capture_on_commit_callbacks
):
    from kb.models import EmbeddingRecipe

    EmbeddingRecipe.objects.create(
        kind="sentence-transformers", model="m", dimension=8, text_version=1, state="active"
    )
    asked = []
    monkeypatch.setattr("kb.tasks.index.delay", lambda: asked.append(True))
    with django_capture_on_commit_callbacks(execute=True):
        new(mina)
        assert asked == []
        new(mina, state="published", text="Redeem the xylophone.")
    assert asked == [True]
    assert search("xylophone", models=False)


def test_a_gap_is_written_when_its_article_is_published(mina):
    coverage.record("gift cards", lang="en", origin=CoverageGap.Origin.DESK)
    gap = CoverageGap.objects.get()
    article = editing.create(
        Content("Gift cards", "In the shop."), author=mina, key="k", gaps=[gap.pk]
    )
    gap.refresh_from_db()
    assert (gap.state, gap.article) == ("open", article)
    change(article, mina, state="published")
    gap.refresh_from_db()
    assert gap.state == "written"
