"""Changes to one ticket from its page: whose it is, its state, priority and team, merging."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets.access import may_see, seen_ticket
from tickets.assigning import UNASKED
from tickets.changing import change
from tickets.walking import read_walk


@require_POST
@agent_required
def change_ticket(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `do`: "close", "assign:me", "team:3", …, or `action` and `value`; `seen`: the state that
    the page showed, `had`: who had it then (an id, or "0"). Back to the ticket with a line that
    says what could not be done; to the list when the ticket is now another team's."""
    ticket = seen_ticket(request.user, pk)
    actor, walk = signed_in(request.user), read_walk(request.GET)
    action, _colon, value = request.POST.get("do", "").partition(":")
    action = action or request.POST.get("action", "")
    value = value or request.POST.get("value", "")
    try:
        done = change(
            ticket.pk,
            action,
            value,
            actor=actor,
            seen=request.POST.get("seen", ""),
            instead_of=_had(request.POST.get("had", "")),
        )
    except InputError as error:
        messages.error(request, str(error))
        return redirect(walk.to(pk))
    if not done:
        messages.info(request, _("It was so already."))
    ticket.refresh_from_db(fields=["team", "merged_into"])
    if not may_see(request.user, ticket):
        messages.success(request, _("The ticket is another team's now."))
        return redirect(walk.back)
    return redirect(walk.to(ticket.merged_into_id or pk))


def _had(value: str) -> int | None:
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        return UNASKED
    return int(value) or None
