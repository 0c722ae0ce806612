"""The editor's pages: write, change, preview, history. For admins; agents read the history."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kb import editing
from kb.article_form import ArticleForm, gap_ids
from kb.differences import differences
from kb.editing import Outdated, UnusableArticle
from kb.models import Article, ArticleRevision, CoverageGap
from kb.rendering import render as render_markdown
from kb.scrubbing import scrubbed
from people import audit
from people.roles import admin_required, agent_required, is_admin, signed_in
from runtime.templatetags.desk_text import digits

State = Article.State
PER_PAGE = 30
SAVED_DRAFT = "saved_draft"
"""In the session: the form that was saved, so that the browser forgets its copy."""


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def article_new(request: HttpRequest) -> HttpResponse:
    """`?gaps=3,17` fills the form from searches that found nothing."""
    if request.method == "POST":
        return _save(request, None)
    gaps = CoverageGap.objects.filter(pk__in=gap_ids(request.GET.get("gaps", "")))
    wording = gaps.order_by("-count", "pk").first()
    initial = {"gaps": ",".join(str(gap.pk) for gap in gaps.order_by("pk"))}
    if wording is not None:
        initial |= {"title": wording.text, "lang": wording.lang}
    return _editor(request, ArticleForm(initial=initial), None)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def article_edit(request: HttpRequest, pk: int) -> HttpResponse:
    article = get_object_or_404(Article.objects.select_related("source"), pk=pk)
    if request.method == "POST":
        return _save(request, article)
    return _editor(request, ArticleForm(article=article), article)


def _save(request: HttpRequest, article: Article | None) -> HttpResponse:
    form = ArticleForm(request.POST, article=article)
    state = request.POST.get("state", "")
    if state not in State.values:
        form.add_error(None, _("Choose whether to publish the article or to keep a draft."))
    if not form.is_valid():
        return _editor(request, form, article, status=400)
    content, key = form.content(state), str(form.cleaned_data["key"])
    author = signed_in(request.user)
    try:
        with transaction.atomic():
            if article is None:
                gaps = form.cleaned_data["gaps"]
                saved = editing.create(content, author=author, key=key, gaps=gaps)
            else:
                seen = form.cleaned_data["seen"]
                saved = editing.save(article, content, author=author, seen=seen)
            action = "article.written" if article is None else "article.changed"
            audit.note(author, action, f"article {saved.pk}", state=saved.state)
    except UnusableArticle as error:
        form.add_error(error.field, str(error))
        return _editor(request, form, article, status=400)
    except Outdated as error:
        return _conflict(request, error.article)
    request.session[SAVED_DRAFT] = key
    messages.success(request, _said(saved))
    _say_what_was_taken_out(request, content)
    return redirect("article", pk=saved.pk)


def _say_what_was_taken_out(request: HttpRequest, content: editing.Content) -> None:
    count = scrubbed(content.title)[1] + scrubbed(content.text)[1]
    if count:
        said = ngettext(
            "%(number)s personal value was taken out of the text.",
            "%(number)s personal values were taken out of the text.",
            count,
        )
        messages.warning(request, said % {"number": digits(count)})


def _said(article: Article) -> str:
    if article.state == State.PUBLISHED:
        return _("Published: search finds it.")
    if article.state == State.ARCHIVED:
        return _("Archived: search no longer finds it.")
    return _("Saved as a draft: search does not find it.")


def _conflict(request: HttpRequest, stored: Article) -> HttpResponse:
    """Both texts, and the form as it was typed: saved again, it replaces what the other wrote."""
    data = request.POST.copy()
    data["seen"] = editing.version_of(stored)
    text = editing.clean(request.POST.get("text", ""))
    last = stored.revisions.select_related("author").first()
    conflict = {
        "article": stored,
        "blocks": differences(stored.text, text.rstrip()),
        "author": last.author if last is not None and last.text == stored.text else None,
    }
    form = ArticleForm(data, article=stored)
    return _editor(request, form, stored, status=409, conflict=conflict)


def _editor(
    request: HttpRequest,
    form: ArticleForm,
    article: Article | None,
    *,
    status: int = 200,
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:
    """`form`; `article` if it exists; `html`: the preview; `conflict`: what somebody else saved."""
    text = form["text"].value() or ""
    context = {
        "form": form,
        "article": article,
        "html": render_markdown(text[: editing.longest_text()]),
        "conflict": conflict,
        "longest": editing.longest_text(),
        "draft_key": f"{request.user.pk}:{article.pk if article else 'new'}",
    }
    return render(request, "kb/editor.html", context, status=status)


@require_POST
@admin_required
def article_preview(request: HttpRequest) -> HttpResponse:
    """The text as the article page would show it, alone."""
    text = request.POST.get("text", "")[: editing.longest_text()]
    return render(request, "kb/_preview.html", {"html": render_markdown(text)})


@require_safe
@agent_required
def article_history(request: HttpRequest, pk: int) -> HttpResponse:
    """`page_obj`: revisions, the newest first; `revision`: the one of `?revision=` or the newest,
    `blocks`: what it changed. `may_edit`: whether this person may restore it."""
    article = get_object_or_404(Article.objects.select_related("source"), pk=pk)
    revisions = article.revisions.select_related("author")
    chosen = request.GET.get("revision", "")
    revision = revisions.first()
    if chosen:
        number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else 0
        revision = get_object_or_404(revisions, pk=number)
    before = revisions.filter(pk__lt=revision.pk).first() if revision else None
    context = {
        "article": article,
        "page_obj": Paginator(revisions, PER_PAGE).get_page(request.GET.get("page")),
        "revision": revision,
        "before": before,
        "blocks": differences(before.text, revision.text) if revision and before else [],
        "html": render_markdown(revision.text) if revision else "",
        "is_current": revision is not None
        and (revision.title, revision.text) == (article.title, article.text),
        "may_edit": is_admin(request.user),
    }
    return render(request, "kb/history.html", context)


@require_POST
@admin_required
def article_restore(request: HttpRequest, pk: int, revision_pk: int) -> HttpResponse:
    revisions = ArticleRevision.objects.select_related("article__source")
    revision = get_object_or_404(revisions, article=pk, pk=revision_pk)
    try:
        with transaction.atomic():
            editing.restore(revision, author=signed_in(request.user))
            audit.note(
                signed_in(request.user), "article.restored", f"article {pk}", revision=revision_pk
            )
    except (UnusableArticle, Outdated) as error:
        messages.error(request, str(error))
        return redirect("article-history", pk=pk)
    messages.success(request, _("The older text is back, as a new version."))
    return redirect("article", pk=pk)


@require_POST
@admin_required
def article_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Imports may change the article again."""
    with transaction.atomic():
        editing.follow_source(get_object_or_404(Article, pk=pk))
        audit.note(signed_in(request.user), "article.followed", f"article {pk}")
    messages.success(
        request, _("The next import takes the article from its source again; the history stays.")
    )
    return redirect("article", pk=pk)
