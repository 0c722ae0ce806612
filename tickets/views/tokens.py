"""Tokens for the API: everybody their own; admins see and revoke all."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from people.roles import Person, agent_required, is_admin, signed_in
from runtime.api.scopes import SCOPES
from runtime.errors import InputError
from tickets.api.tokens import MAX_DAYS, MAX_NAME, is_good, issue_token, revoke
from tickets.models import ApiToken

PAGE = 50
DAYS = 90


class TokenForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=MAX_NAME)
    days = forms.IntegerField(
        label=gettext_lazy("Valid for how many days"),
        min_value=1,
        max_value=MAX_DAYS,
        initial=DAYS,
        required=False,
        help_text=gettext_lazy("Empty: until it is revoked."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[(name, name) for name in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Nothing chosen: all that you may do yourself."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@agent_required
def tokens(request: HttpRequest) -> HttpResponse:
    """POST makes one and shows it, this once: the answer is not redirected, so that the token is
    kept nowhere. Template api/tokens.html: `form`, `token`, `page_obj` with `good` in each row,
    `scopes`, `sees_all`."""
    form, token = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        user = signed_in(request.user)
        try:
            token = issue_token(user, **given, actor=user)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            form = TokenForm()
    page = Paginator(_shown(request.user), PAGE).get_page(request.GET.get("page"))
    for row in page.object_list:
        row.good = is_good(row)  # type: ignore[attr-defined]
    context = {
        "form": form,
        "token": token,
        "page_obj": page,
        "scopes": SCOPES,
        "sees_all": is_admin(request.user),
    }
    return render(request, "api/tokens.html", context, status=400 if form.errors else 200)


@require_POST
@agent_required
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """404 for somebody else's, but for admins."""
    row = get_object_or_404(_shown(request.user), pk=pk)
    revoke(row, actor=request.user)
    messages.success(request, _("%(name)s is revoked.") % {"name": row.name})
    return redirect("tokens")


def _shown(user: Person) -> QuerySet[ApiToken]:
    rows = ApiToken.objects.select_related("user").order_by("-pk")
    return rows if is_admin(user) else rows.filter(user=user.pk)
