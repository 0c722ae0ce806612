"""Article pages: list and search, one article."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from kb import coverage
from kb.embedding import active_cut
from kb.models import Article, CoverageGap, Source
from kb.passage_questions import with_questions
from kb.rendering import render as render_article
from kb.retrieval import Result, nothing_fits, search
from kb.views.editing import SAVED_DRAFT
from people.roles import agent_required, is_admin
from text.language import detect

PER_PAGE = 50
RESULTS = 20
MAX_QUERY = 1000
MAX_TITLE_WORDS = 100
MOST_QUESTIONS = 500


@require_safe
@agent_required
def article_list(request: HttpRequest) -> HttpResponse:
    """`page_obj`: articles, the last changed first, with their source. With `?q=`, `results` are
    the passages that search finds, best first. `may_edit`: whether this person may write."""
    query = request.GET.get("q", "").strip()[:MAX_QUERY]
    context: dict[str, Any] = {"q": query, "may_edit": is_admin(request.user)}
    if query:
        results = _search(query)
        context |= {"results": results, "nothing_fits": nothing_fits(results)}
        return render(request, "kb/article_list.html", context)
    chosen, rows = _chosen(request)
    per_state: dict[str, int] = {}
    langs: dict[str, int] = {}
    for state, lang, number in Article.objects.values_list("state", "lang").annotate(Count("pk")):
        per_state[state] = per_state.get(state, 0) + number
        langs[lang] = langs.get(lang, 0) + number
    context |= {
        "chosen": chosen,
        "is_filtered": any(value for name, value in chosen.items() if name != "state"),
        "states": [(value, label, per_state.get(value, 0)) for value, label in _STATES],
        "total": sum(per_state.values()),
        "langs": sorted(langs, key=lambda lang: (-langs[lang], lang)),
        "sources": Source.objects.order_by("name", "pk"),
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "kb/article_list.html", context)


_STATES = Article.State.choices


def _search(query: str) -> list[Result]:
    results = search(query, k=RESULTS, models=False)
    if nothing_fits(results):
        best = results[0].score if results else 0.0
        coverage.record(query, lang=detect(query), origin=CoverageGap.Origin.DESK, best_score=best)
    return results


def _chosen(request: HttpRequest) -> tuple[dict[str, str], QuerySet[Article]]:
    """The filters as they hold, and the articles that they leave."""
    rows = Article.objects.select_related("source").order_by("-updated_at", "-pk")
    chosen = {
        "state": request.GET.get("state", ""),
        "lang": request.GET.get("lang", "")[:12],
        "source": request.GET.get("source", ""),
        "title": request.GET.get("title", "").replace("\x00", "").strip()[:MAX_TITLE_WORDS],
    }
    if chosen["state"] not in Article.State.values:
        chosen["state"] = ""
    if not (chosen["source"].isascii() and chosen["source"].isdigit()) or len(chosen["source"]) > 9:
        chosen["source"] = ""
    if chosen["state"]:
        rows = rows.filter(state=chosen["state"])
    if chosen["lang"]:
        rows = rows.filter(lang=chosen["lang"].replace("\x00", ""))
    if chosen["source"]:
        rows = rows.filter(source=int(chosen["source"]))
    for word in chosen["title"].split():
        rows = rows.filter(title__icontains=word)
    return chosen, rows


@require_safe
@agent_required
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """`article`, `html`: its text, safe to show as it is; `passages` that search has of it, with
    the known questions that lead to each, and the `questions` that lead to the article as a whole.
    `saved_draft`: the form that has just been saved."""
    row = get_object_or_404(Article.objects.select_related("source"), pk=pk)
    chunks = row.chunks.filter(cut=active_cut()).select_related("article").order_by("position")
    known = row.questions.order_by("kind", "pk")[:MOST_QUESTIONS]
    passages, questions = with_questions(chunks, list(known))
    context = {
        "article": row,
        "html": render_article(row.text),
        "passages": passages,
        "questions": questions,
        "revision_count": row.revisions.count(),
        "may_edit": is_admin(request.user),
        "saved_draft": request.session.pop(SAVED_DRAFT, ""),
    }
    return render(request, "kb/article.html", context)
