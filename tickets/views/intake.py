"""A ticket entered at the desk, for a customer on the telephone or at the counter."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets.forms import NewTicketForm
from tickets.intake import receive


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def new_ticket(request: HttpRequest) -> HttpResponse:
    """Template tickets/new.html: `form` with subject, text, name, contact, lang (a choice; empty
    means: recognise it), team (of the agent's; empty: everybody's) and a hidden external_id, so
    that sending twice makes one ticket. 400 with the form's errors when it is refused; goes to the
    ticket page when done."""
    user = signed_in(request.user)
    if request.method != "POST":
        return render(request, "tickets/new.html", {"form": NewTicketForm.blank(user)})
    form = NewTicketForm(request.POST, user=user)
    if form.is_valid():
        try:
            return redirect("ticket", pk=receive(form.new_ticket()).ticket.pk)
        except InputError as error:
            form.add_error(None, str(error))
    return render(request, "tickets/new.html", {"form": form}, status=400)
