"""Inviting somebody: the link is shown once, and mailed where a mail server is set."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from people import inviting
from people.forms import InviteForm
from people.models import Invitation
from people.roles import admin_required, signed_in
from runtime.errors import InputError

PER_PAGE = 30
log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def invitations(request: HttpRequest) -> HttpResponse:
    """POST `email`, `role`, `team`. Template people/invitations.html: `form`, `page_obj` of
    Invitations with `.status` (open, accepted, withdrawn, expired), `days` that a link lasts; after
    inviting `link` and `invited`, and `mailed`: it went out by mail, too."""
    form = InviteForm(request.POST or None)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            context = _invite(request, form)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            form = InviteForm()
    rows = Invitation.objects.select_related("team", "invited_by", "accepted_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.status = inviting.state_of(row)  # type: ignore[attr-defined]
    context |= {"form": form, "page_obj": page, "days": inviting.DAYS}
    status = 400 if form.errors else 200
    return render(request, "people/invitations.html", context, status=status)


@require_POST
@never_cache
@admin_required
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Invitation, pk=pk)
    if inviting.withdraw(row, by=signed_in(request.user)):
        messages.success(request, _("The invitation is withdrawn."))
    return redirect("invitations")


def _invite(request: HttpRequest, form: InviteForm) -> dict[str, Any]:
    made = inviting.invite(by=signed_in(request.user), **form.cleaned_data)
    link = request.build_absolute_uri(reverse("invitation", kwargs={"secret": made.secret}))
    mailed = settings.SMTP_SET and _mail(made.invitation, link)
    return {"link": link, "invited": made.invitation, "mailed": mailed}


def _mail(row: Invitation, link: str) -> bool:
    """Now and not by a worker: the secret of the link is in no queue."""
    text = _(
        "You are invited to this desk. Open the link within %(days)s days and choose a name and"
        " a password:\n\n%(link)s"
    ) % {"days": inviting.DAYS, "link": link}
    try:
        send_mail(_("An invitation to Pasokh"), text, settings.DEFAULT_FROM_EMAIL, [row.email])
    except (OSError, SMTPException) as error:
        log.warning("An invitation could not be mailed: %s", type(error).__name__)
        return False
    return True
