"""What was searched and answered by nothing: a list of articles to write."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from kb import coverage
from kb.article_form import gap_ids
from kb.models import CoverageGap
from people.roles import admin_required, agent_required, is_admin
from runtime.templatetags.desk_text import digits

PER_PAGE = 30
State = CoverageGap.State


@require_safe
@agent_required
def coverage_list(request: HttpRequest) -> HttpResponse:
    """`page_obj`: groups of searches in `?state=`, open ones where nothing is said."""
    state = request.GET.get("state", State.OPEN)
    state = state if state in State.values else State.OPEN
    counts = dict(CoverageGap.objects.order_by().values_list("state").annotate(number=Count("pk")))
    groups = coverage.groups(state)
    context = {
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in State.choices],
        "page_obj": Paginator(groups, PER_PAGE).get_page(request.GET.get("page")),
        "may_edit": is_admin(request.user),
    }
    return render(request, "kb/coverage.html", context)


@require_POST
@admin_required
def coverage_change(request: HttpRequest) -> HttpResponse:
    """`gaps` go to `state`: dismissed, or open again."""
    state = request.POST.get("state", "")
    if state not in (State.DISMISSED, State.OPEN):
        messages.error(request, _("Choose whether to dismiss it or to open it again."))
        return redirect("coverage")
    count = coverage.change_state(gap_ids(request.POST.get("gaps", "")), State(state))
    said = (
        ngettext("%(number)s search dismissed.", "%(number)s searches dismissed.", count)
        if state == State.DISMISSED
        else ngettext("%(number)s search opened.", "%(number)s searches opened.", count)
    )
    messages.success(request, said % {"number": digits(count)})
    return redirect("coverage")
