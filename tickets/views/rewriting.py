"""A draft said another way: what the buttons below it post."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets.access import seen_or_404
from tickets.models import Suggestion
from tickets.rewriting import ask
from tickets.walking import read_walk


@require_POST
@agent_required
def rewrite_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `kind` (Rewrite.Kind), `lang` for a translation. By htmx 204: the page hears of it by
    its live topic; else back to the ticket. 400 with one line as plain text where it is refused."""
    suggestion = seen_or_404(Suggestion.objects.all(), request.user, "ticket__", pk=pk)
    kind, lang = request.POST.get("kind", ""), request.POST.get("lang", "")
    try:
        ask(suggestion, agent=signed_in(request.user), kind=kind, lang=lang)
    except InputError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect(read_walk(request.GET).to(suggestion.ticket_id))
