"""The desk's people: admins change them, leads see those of their teams and change nothing."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people import managing, resetting, two_factor
from people.forms import DetailsForm, PersonForm
from people.models import AuditEntry, Authenticator, Invitation
from people.roles import admin_required, is_admin, lead_required, signed_in
from runtime.errors import InputError

PER_PAGE = 50
ENTRIES = 20
ROLE_NAMES = dict(Invitation.Role.choices)


@require_safe
@never_cache
@lead_required
def people(request: HttpRequest) -> HttpResponse:
    """Template people/people.html: `page_obj` of people with `.role_name`, `.has_factor`;
    `may_change`; `open_invitations`: how many (for admins)."""
    user = signed_in(request.user)
    may_change = is_admin(user)
    rows = managing.people() if may_change else managing.in_teams_of(user)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    protected = set(
        Authenticator.objects.filter(user__in=list(page), confirmed=True).values_list(
            "user", flat=True
        )
    )
    for one in page:
        one.role_name = ROLE_NAMES.get(managing.role_of(one), "")  # type: ignore[attr-defined]
        one.has_factor = one.pk in protected  # type: ignore[attr-defined]
    context = {"page_obj": page, "may_change": may_change}
    return render(request, "people/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `role`, `teams`, `is_active`. Template people/person.html, see `_page`."""
    row = get_object_or_404(managing.people(), pk=pk)
    form = PersonForm(request.POST or None, initial=_shown(row))
    if request.method == "POST" and form.is_valid():
        given, by = form.cleaned_data, signed_in(request.user)
        try:
            managing.change(
                row,
                role=given["role"],
                teams=given["teams"],
                is_active=given["is_active"],
                by=by,
            )
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("person", pk=pk)
    return _page(request, row, form=form, status=400 if form.errors else 200)


@require_POST
@never_cache
@admin_required
def person_details(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `name`, `email`. One's own are changed at one's account."""
    if pk == signed_in(request.user).pk:
        return redirect("account")
    row = get_object_or_404(managing.people(), pk=pk)
    details = DetailsForm(request.POST)
    if not details.is_valid():
        return _page(request, row, details=details, status=400)
    managing.set_details(row, by=signed_in(request.user), **details.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("person", pk=pk)


@require_POST
@never_cache
@admin_required
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A link for a new password, shown once: where no mail server is set, or no mail comes. For
    oneself the present password is asked for, as of everybody."""
    if pk == signed_in(request.user).pk:
        return redirect("password")
    row = get_object_or_404(managing.people(), pk=pk, is_active=True)
    path = resetting.link_by(signed_in(request.user), row)
    return _page(request, row, link=request.build_absolute_uri(path))


@require_POST
@never_cache
@admin_required
def person_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the second factor away, for somebody who lost the telephone and the codes. One's own
    goes with a code alone."""
    if pk == signed_in(request.user).pk:
        return redirect("second-factor")
    row = get_object_or_404(managing.people(), pk=pk)
    if two_factor.remove(row, by=signed_in(request.user)):
        messages.success(request, _("The second factor is off: a new one can be set up."))
    return redirect("person", pk=pk)


def _shown(row: User) -> dict[str, Any]:
    return {
        "role": managing.role_of(row),
        "teams": [team.pk for team in row.teams.all()],
        "is_active": row.is_active,
    }


def _page(
    request: HttpRequest,
    row: User,
    *,
    form: PersonForm | None = None,
    details: DetailsForm | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    """Template people/person.html: `person`, `form`, `details`, `link` for a new password, `hours`
    that it lasts, `second_factor`: it is on, `entries` of the audit trail about the person."""
    shown = {"name": row.get_full_name(), "email": row.email}
    about = AuditEntry.objects.filter(target=managing.target(row)).select_related("actor")
    context: dict[str, Any] = {
        "person": row,
        "form": form or PersonForm(initial=_shown(row)),
        "details": details or DetailsForm(initial=shown, auto_id="details_%s"),
        "link": link,
        "hours": resetting.hours(),
        "second_factor": two_factor.is_on(row),
        "entries": about[:ENTRIES],
    }
    return render(request, "people/person.html", context, status=status)
