"""The search playground: all modes side by side."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kb.article_form import LANGUAGES
from kb.playground import compare
from people.roles import agent_required, is_admin

MAX_QUERY = 1000


@require_safe
@agent_required
def playground(request: HttpRequest) -> HttpResponse:
    """`columns`: what each mode finds for `?q=`, in `?lang=` or any language."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    lang = request.GET.get("lang", "")[:12]
    lang = lang if lang in dict(LANGUAGES) else ""
    context = {
        "q": query,
        "lang": lang,
        "langs": [code for code, _name in LANGUAGES if code],
        "may_edit": is_admin(request.user),
        "columns": compare(query, lang=lang or None) if query else [],
    }
    return render(request, "kb/playground.html", context)
