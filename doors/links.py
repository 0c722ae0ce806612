"""From a ticket to its page in the other program, and back: `page_elsewhere`, `door_ticket`."""

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from doors.django_helpdesk import options as helpdesk
from doors.models import Door
from doors.webhook import options as webhook
from people.roles import agent_required
from tickets.access import tickets_of
from tickets.models import Ticket


def page_elsewhere(ticket: Ticket) -> str:
    """ "" where the ticket came through no door, or its door knows no pages."""
    kinds = (Door.Kind.DJANGO_HELPDESK, Door.Kind.WEBHOOK)
    door = Door.objects.filter(source=ticket.source, kind__in=kinds).first()
    if door is None:
        return ""
    number = quote(ticket.external_id, safe="")
    if door.kind == Door.Kind.DJANGO_HELPDESK:
        return helpdesk.of(door).page_of(number)
    return webhook.of(door).ticket_page.replace("{ticket}", number)


@require_GET
@agent_required
def door_ticket(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """For a link over there: /doors/old-desk/tickets/17/ leads to the ticket here."""
    found = tickets_of(request.user).filter(source=source, external_id=number).first()
    if found is None:
        raise Http404
    return redirect("ticket", pk=found.pk)
