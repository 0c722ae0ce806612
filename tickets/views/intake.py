"""A ticket entered at the desk, for a customer on the telephone or at the counter."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets import kept_forms
from tickets.forms import NewTicketForm
from tickets.intake import receive


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def new_ticket(request: HttpRequest) -> HttpResponse:
    """Template tickets/new.html: `form` with subject, text, name, contact, lang (a choice; empty
    means: recognise it), team (of the agent's; empty: everybody's) and a hidden external_id, so
    that sending twice makes one ticket. 400 with the form's errors when it is refused; goes to the
    ticket page when done. `kept_as`, `is_back`: what was typed before and not sent (see
    tickets.kept_forms) fills the form."""
    user = signed_in(request.user)
    if request.method != "POST":
        typed = kept_forms.kept(request.session, kept_forms.NEW_TICKET)
        blank = NewTicketForm.blank(user, typed)
        return render(request, "tickets/new.html", _context(blank, is_back=bool(typed)))
    form = NewTicketForm(request.POST, user=user)
    if form.is_valid():
        try:
            ticket = receive(form.new_ticket()).ticket
            kept_forms.forget(request.session, kept_forms.NEW_TICKET)
            return redirect("ticket", pk=ticket.pk)
        except InputError as error:
            form.add_error(None, str(error))
    return render(request, "tickets/new.html", _context(form), status=400)


def _context(form: NewTicketForm, *, is_back: bool = False) -> dict[str, Any]:
    return {"form": form, "kept_as": kept_forms.NEW_TICKET, "is_back": is_back}
