"""Views of the inbox that people keep under a name: made, removed, and whose they are."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.roles import agent_required, is_lead, signed_in
from tickets.access import team_ids
from tickets.inbox_filters import read_filters
from tickets.models import SavedView

MOST_VIEWS = 30


@require_POST
@agent_required
def save_view(request: HttpRequest) -> HttpResponse:
    """POST `name`, `team` (an id of one's own teams, or empty: for oneself), `query`."""
    reader = signed_in(request.user)
    filters = read_filters(QueryDict(request.POST.get("query", "")[:2000]))
    name = " ".join(request.POST.get("name", "").split())
    team = request.POST.get("team", "")
    if not name or len(name) > 60 or "\x00" in name:
        messages.error(request, _("A view's name has 1 to 60 characters."))
    elif team and team not in map(str, own_teams(request)):
        messages.error(request, _("There is no such team."))
    else:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=reader.pk)
            if reader.saved_views.count() >= MOST_VIEWS:
                said = _("You have %(most)d views already; remove one first.")
                messages.error(request, said % {"most": MOST_VIEWS})
            else:
                SavedView.objects.create(
                    owner=reader,
                    name=name,
                    team_id=int(team) if team else None,
                    filters=filters.as_dict(),
                )
                messages.success(request, _("The view is kept."))
    return redirect(f"{reverse('inbox')}?{filters.query}")


@require_POST
@agent_required
def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own; a team's also by its lead, and by admins."""
    view = saved(request).filter(pk=pk).first()
    if view is None or not may_remove(request, view):
        raise Http404
    view.delete()
    messages.success(request, _("The view was removed."))
    return redirect("inbox")


def saved(request: HttpRequest) -> Any:
    mine = Q(owner=signed_in(request.user).pk, team=None) | Q(team__in=team_ids(request.user))
    return SavedView.objects.filter(mine).select_related("team")


def may_remove(request: HttpRequest, view: SavedView) -> bool:
    return view.owner_id == signed_in(request.user).pk or is_lead(request.user)


def own_teams(request: HttpRequest) -> frozenset[int]:
    return team_ids(request.user)
