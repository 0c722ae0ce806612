"""Personal values at the desk: seeing one behind a placeholder, and masking what was missed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from runtime.templatetags.desk_text import digits
from tickets import vault
from tickets.access import seen_ticket
from tickets.forms import MissForm
from tickets.misses import mark_missed
from tickets.models import Ticket
from tickets.walking import Steps, read_walk

REVEAL = "tickets.reveal_values"
NOTHING_THERE = 404


@require_POST
@never_cache
@agent_required
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `placeholder` ("[PHONE_1]") → {"value"}, kept by no cache. 403 without the permission,
    404 with one line as plain text where no value is (any more)."""
    ticket = seen_ticket(signed_in(request.user), pk)
    try:
        value = vault.reveal(
            ticket, request.POST.get("placeholder", "")[:100], reader=signed_in(request.user)
        )
    except InputError as error:
        return _line(str(error), status=409)
    if value is None:
        return _line(_("This value is not kept any more."), status=NOTHING_THERE)
    return JsonResponse({"value": value})


def _line(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("text")
@never_cache
@agent_required
def mask(request: HttpRequest, pk: int) -> HttpResponse:
    """Template tickets/mask.html: `ticket`, `form` (`text` as it stands in a message, `type`). Back
    to the ticket when it is masked; 400 with what is wrong. The ticket page has the same form in a
    dialog."""
    ticket = seen_ticket(signed_in(request.user), pk)
    form = MissForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _masked(request, ticket, form):
        return redirect(read_walk(request.GET).to(pk))
    walk = Steps(read_walk(request.GET), ticket, reader=signed_in(request.user))
    context: dict[str, Any] = {"ticket": ticket, "form": form, "walk": walk}
    status = 400 if request.method == "POST" else 200
    return render(request, "tickets/mask.html", context, status=status)


def _masked(request: HttpRequest, ticket: Ticket, form: MissForm) -> bool:
    given = form.cleaned_data
    try:
        miss = mark_missed(ticket, given["text"], given["type"], agent=signed_in(request.user))
    except InputError as error:
        form.add_error("text", str(error))
        return False
    said = ngettext("Masked in %(number)s text.", "Masked in %(number)s texts.", miss.places)
    messages.success(request, said % {"number": digits(miss.places)})
    return True
