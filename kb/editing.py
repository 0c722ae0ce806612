"""Articles written and changed at the desk: `save`, `restore`, `follow_source`.

Every change leaves a revision; a text that came by another way (an import) becomes a revision of
its own before the first change, so that nothing is ever lost. Of two people who change an article
at once the later one is told: `save` wants the version that the form was filled from, and raises
`Outdated` where the article has gone on since. What is published can be searched when `save`
returns; with a neural embedder, which only the workers load, its vectors follow.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from kb import coverage, indexing
from kb.embedding import active_recipe, is_light
from kb.faq import refresh_faq
from kb.importing.document import MAX_TITLE, clean
from kb.models import Article, ArticleRevision, Source
from kb.scrubbing import scrubbed
from runtime.errors import InputError
from text.language import detect

MAX_TEXT = 200_000
"""Characters of a text at the desk; longer articles come from imports."""
DESK_LOCATION = "desk:"
DETECTED_FROM = 5000

State = Article.State


class Outdated(InputError):
    """Somebody else has changed the article since the form was filled; `article` as it is now."""

    def __init__(self, article: Article) -> None:
        super().__init__(_("Somebody else has changed this article meanwhile."))
        self.article = article


class UnusableArticle(InputError):
    """A title or a text that no article can have; `field` says which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Content:
    """What a person decides of an article. Without a language, the text's own is found."""

    title: str
    text: str
    lang: str = ""
    visibility: str = Article.Visibility.PUBLIC
    state: str = State.DRAFT


def longest_text() -> int:
    return min(MAX_TEXT, settings.MAX_ARTICLE_CHARACTERS)


def version_of(article: Article) -> str:
    """Two of them are equal exactly when nothing that a person can change differs."""
    parts = [article.title, article.text, article.lang, article.visibility, article.state]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def create(content: Content, *, author: User, key: str, gaps: Collection[int] = ()) -> Article:
    """A new article of the desk. `key` names it: sent twice, it is made once. `gaps`: what was
    asked for and is answered by it once it is published."""
    content = checked(content)
    source = desk_source()
    made = Article.objects.filter(source=source, external_id=key).first()
    if made is not None:
        return save(made, content, author=author, seen=version_of(made))
    article = Article(source=source, external_id=key)
    _fill(article, content)
    prepared = indexing.prepare([article])
    with transaction.atomic():
        article.save()
        _add_revision(article, author)
        indexing.write(prepared)
        coverage.link(gaps, article)
        coverage.settle(article)
    _refresh_questions(article)
    return article


def save(article: Article, content: Content, *, author: User, seen: str) -> Article:
    """The article as the person has it now. `seen` is `version_of` what the form was filled from.
    Saving what is stored already leaves no revision."""
    content = checked(content)
    changed = Article(pk=article.pk, source_id=article.source_id)
    _fill(changed, content)
    prepared = indexing.prepare([changed])
    with transaction.atomic():
        stored = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
        now = version_of(stored)
        if now == version_of(changed):
            return stored  # a form that was sent twice, too
        if now != seen:
            raise Outdated(stored)
        _keep_what_was(stored)
        _fill(stored, content)
        stored.is_edited = stored.is_edited or stored.source.kind != Source.Kind.DESK
        stored.save()
        _add_revision(stored, author)
        indexing.write([replace(item, article=stored) for item in prepared])
        coverage.settle(stored)
    _refresh_questions(stored)
    return stored


def restore(revision: ArticleRevision, *, author: User) -> Article:
    """Title and text as they were; whether it is published stays as it is."""
    article = Article.objects.get(pk=revision.article_id)
    content = Content(
        revision.title, revision.text, article.lang, article.visibility, article.state
    )
    return save(article, content, author=author, seen=version_of(article))


def follow_source(article: Article) -> None:
    """The next import may change the article again; the desk's words stay among its revisions."""
    with transaction.atomic():
        stored = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
        _keep_what_was(stored)
        stored.is_edited, stored.content_hash = False, ""
        stored.save(update_fields=["is_edited", "content_hash"])


def desk_source() -> Source:
    source, _made = Source.objects.get_or_create(
        location=DESK_LOCATION,
        defaults={"kind": Source.Kind.DESK, "name": "Written at the desk"},
    )
    return source


def checked(content: Content) -> Content:
    """Cleaned, without personal values, within the limits and with a language, or
    UnusableArticle."""
    title = " ".join(clean(content.title).split())
    text = clean(content.text).strip("\n").rstrip()
    if not title:
        raise UnusableArticle("title", _("Give the article a title."))
    if len(title) > MAX_TITLE:
        raise UnusableArticle(
            "title", _("A title has at most %(most)s characters.") % {"most": MAX_TITLE}
        )
    if len(text) > longest_text():
        raise UnusableArticle(
            "text",
            _("The text has %(size)s characters; %(most)s are the most at the desk.")
            % {"size": f"{len(text):,}", "most": f"{longest_text():,}"},
        )
    if content.state == State.PUBLISHED and not text.strip():
        raise UnusableArticle("text", _("An article without text can only be saved as a draft."))
    title, text = scrubbed(title)[0], scrubbed(text)[0]
    lang = content.lang or detect(f"{title}\n{text[:DETECTED_FROM]}")
    return Content(title, text, lang, content.visibility, content.state)


def _fill(article: Article, content: Content) -> None:
    article.title, article.text, article.lang = content.title, content.text, content.lang
    article.visibility, article.state = content.visibility, content.state


def _keep_what_was(article: Article) -> None:
    """A text that no revision holds (it was imported) becomes one, of the time when it came."""
    last = article.revisions.first()
    if last is not None and (last.title, last.text) == (article.title, article.text):
        return
    row = _add_revision(article, None)
    ArticleRevision.objects.filter(pk=row.pk).update(created_at=article.updated_at)


def _add_revision(article: Article, author: User | None) -> ArticleRevision:
    revision = ArticleRevision.of(article)
    revision.author = author
    revision.save()
    return revision


def _refresh_questions(article: Article) -> None:
    """The questions that the article answers, and the vectors that this process cannot make. The
    message is a hint only: the sweep finds what a lost one leaves."""
    from kb.tasks import index  # tasks load all that workers do; a page needs the one message

    if article.state != State.PUBLISHED:
        return
    refresh_faq([article], models=False)
    recipe = active_recipe()
    if recipe is not None and not is_light(recipe):
        transaction.on_commit(index.delay)
