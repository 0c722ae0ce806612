"""Teams: who sees which tickets."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people import teams as changing
from people.forms import MembersForm, TeamForm
from people.models import Team
from people.roles import admin_required, signed_in
from runtime.errors import InputError


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def teams(request: HttpRequest) -> HttpResponse:
    """POST `name`: a new team. Template people/teams.html: `form`, `teams` with `.people`: how
    many."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = changing.make(form.cleaned_data["name"], by=signed_in(request.user))
        except InputError as error:
            form.add_error("name", str(error))
        else:
            return redirect("team", pk=made.pk)
    rows = Team.objects.annotate(people=Count("members"))
    context: dict[str, Any] = {"form": form, "teams": rows}
    return render(request, "people/teams.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `name`, `members`. Template people/team.html: `team`, `form`."""
    row = get_object_or_404(Team, pk=pk)
    members = row.members.values_list("pk", flat=True)
    form = MembersForm(request.POST or None, initial={"name": row.name, "members": list(members)})
    people = User.objects.filter(is_active=True) | User.objects.filter(pk__in=members)
    form.fields["members"].queryset = people.order_by("username")  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, row, form)
        except InputError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("team", pk=pk)
    context = {"team": row, "form": form}
    return render(request, "people/team.html", context, status=400 if form.errors else 200)


def _change(request: HttpRequest, row: Team, form: MembersForm) -> None:
    by = signed_in(request.user)
    changing.rename(row, form.cleaned_data["name"], by=by)
    changing.set_members(row, form.cleaned_data["members"], by=by)
