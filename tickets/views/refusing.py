"""None of the drafts is good: what the dialog of the ticket page posts."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets.access import seen_ticket
from tickets.refusing import refuse
from tickets.walking import read_walk


@require_POST
@sensitive_post_parameters("text")
@agent_required
def refuse_drafts(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `reason` (NoGoodAnswer.Reason), `text` (may be empty). Back to the ticket; by htmx 204,
    and the page says the line. 400 with one line as plain text where it was not kept."""
    ticket = seen_ticket(request.user, pk)
    try:
        refuse(
            ticket,
            agent=signed_in(request.user),
            reason=request.POST.get("reason", ""),
            text=request.POST.get("text", ""),
        )
    except InputError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    said = _("Noted: no draft was good.")
    if request.headers.get("HX-Request"):
        told = json.dumps({"desk:say": {"text": said}})
        return HttpResponse(status=204, headers={"HX-Trigger": told})
    messages.success(request, said)
    return redirect(read_walk(request.GET).to(pk))
