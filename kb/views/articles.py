"""Article pages: list and search, one article."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from kb.models import Article
from kb.rendering import render as render_article
from kb.retrieval import search
from runtime.people import agent_required, is_admin

PER_PAGE = 50
RESULTS = 20
MAX_QUERY = 1000


@require_safe
@agent_required
def article_list(request: HttpRequest) -> HttpResponse:
    """`page_obj`: articles, the last changed first, with their source. With `?q=`, `results` are
    the passages that search finds, best first. `may_import`: whether this person may upload."""
    query = request.GET.get("q", "").strip()[:MAX_QUERY]
    articles = Article.objects.select_related("source").order_by("-updated_at", "-pk")
    context = {
        "q": query,
        "results": search(query, k=RESULTS, models=False) if query else [],
        "page_obj": Paginator(articles, PER_PAGE).get_page(request.GET.get("page")),
        "may_import": is_admin(request.user),
    }
    return render(request, "kb/article_list.html", context)


@require_safe
@agent_required
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """`article`, and `html`: its text, safe to show as it is."""
    row = get_object_or_404(Article.objects.select_related("source"), pk=pk)
    context = {"article": row, "html": render_article(row.text)}
    return render(request, "kb/article.html", context)
