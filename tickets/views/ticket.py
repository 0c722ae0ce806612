"""The ticket page: read, watch the drafts, pick, rate, send; and what goes with it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from runtime.templatetags.desk_text import numbered
from tickets import desk, kept_drafts, states
from tickets.access import seen_or_404, seen_ticket
from tickets.forms import KeptForm, MissForm, NoteForm, RatingForm, ReplyForm, first_error
from tickets.models import Reply, Suggestion, Ticket
from tickets.notes import MAX_NOTE, add_note
from tickets.rating import rate
from tickets.replying import AlreadyAnswered, send_reply
from tickets.undoing import seconds_left, undo_reply, undoable, undone_of
from tickets.walking import Steps, read_walk

JSON = "application/json"


@require_safe
@agent_required
def ticket_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Template tickets/ticket.html: what `_drafts` and `_page` below say. All of it is in the first
    answer; the page listens to the live topic "ticket:ID" and fetches `ticket-drafts` when told.
    """
    ticket = seen_ticket(request.user, pk, "customer", "team", "assignee", "merged_into")
    return render(request, "tickets/ticket.html", _page(request, ticket))


@require_safe
@agent_required
def drafts(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment tickets/_drafts.html with what changes while the page is open: see `_drafts`."""
    return _fragment(request, seen_ticket(request.user, pk, "team", "assignee"))


@require_POST
@agent_required
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `text`, `suggestion` (id or empty), `send_key`, `opened`. Goes to the ticket page when
    sent. What was refused comes back as tickets/ticket.html with `error` and the text as typed: 409
    when somebody else answered meanwhile, else 400. A script that accepts JSON gets {"to": address}
    or {"error": line} instead, so that a page whose session ended keeps what was typed."""
    ticket = seen_ticket(request.user, pk, "customer", "team", "assignee", "merged_into")
    form = ReplyForm(request.POST)
    by_script = request.headers.get("Accept") == JSON
    try:
        if not form.is_valid():
            raise InputError(first_error(form))
        send_reply(
            ticket.pk,
            agent=signed_in(request.user),
            text=form.cleaned_data["text"],
            suggestion_id=form.cleaned_data["suggestion"],
            send_key=form.cleaned_data["send_key"],
            opened_at=desk.opened_at(ticket, form.cleaned_data["opened"]),
            hold=True,
        )
    except InputError as error:
        status = 409 if isinstance(error, AlreadyAnswered) else 400
        if by_script:
            return JsonResponse({"error": numbered(error)}, status=status)
        ticket.refresh_from_db(fields=["state", "found", "no_good_answer"])
        context = _page(request, ticket) | {
            "error": str(error),
            "reply_text": request.POST.get("text", ""),
            "picked": form.cleaned_data.get("suggestion"),
        }
        return render(request, "tickets/ticket.html", context, status=status)
    to = read_walk(request.GET).to(pk)
    return JsonResponse({"to": to}) if by_script else redirect(to)


@require_http_methods(["GET", "POST"])
@agent_required
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `text`, `suggestion`, `send_key`: what was typed so far; JSON {"kept": bool}. GET: what
    is kept, JSON {"text", "suggestion"}."""
    ticket = seen_ticket(request.user, pk)
    if request.method == "GET":
        there = kept_drafts.kept(ticket, agent=signed_in(request.user))
        found = {"text": there.text, "suggestion": there.suggestion_id} if there else {"text": ""}
        return JsonResponse(found, headers={"Cache-Control": "no-store"})
    form = KeptForm(request.POST)
    try:
        if not form.is_valid():
            raise InputError(first_error(form))
        values = form.cleaned_data
        kept = kept_drafts.keep(
            ticket,
            agent=signed_in(request.user),
            text=values["text"],
            suggestion_id=values["suggestion"],
            send_key=values["send_key"],
        )
    except InputError as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"kept": kept})


@require_POST
@agent_required
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: take one's own reply back. Goes to its ticket either way, and says if it was too
    late. Asked again, it was done before."""
    agent, walk = signed_in(request.user), read_walk(request.GET)
    done = undone_of(pk, agent=agent)
    if done is not None:
        messages.info(request, _("The reply was taken back before; nobody has got it."))
        return redirect(walk.to(done.pk))
    reply = seen_or_404(Reply.objects.all(), request.user, "ticket__", pk=pk)
    if reply.agent_id != agent.pk:
        raise PermissionDenied
    try:
        undo_reply(reply.pk, agent=agent)
    except InputError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The reply was taken back; nobody has got it."))
    return redirect(walk.to(reply.ticket_id))


@require_POST
@agent_required
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `text`. Goes to the ticket page; htmx gets the fragment of `drafts`, or 422 with a
    line."""
    ticket = seen_ticket(request.user, pk, "team", "assignee")
    form = NoteForm(request.POST)
    form.is_valid()
    try:
        add_note(ticket.pk, author=signed_in(request.user), text=form.cleaned_data.get("text", ""))
    except InputError as error:
        if request.headers.get("HX-Request"):
            return HttpResponse(
                numbered(error), status=422, content_type="text/plain; charset=utf-8"
            )
        messages.error(request, str(error))
    if request.headers.get("HX-Request"):
        return _fragment(request, ticket)
    return redirect(read_walk(request.GET).to(pk))


@require_POST
@agent_required
def rate_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `stars` (1 to 5), `reason` (may be empty). Fragment tickets/_draft.html: `draft`,
    `ticket`, `can_reply`, `revealable`, `error` ("" or one line, then status 400). When this was
    the last draft to rate, the answer carries `HX-Trigger: ratings-complete`: fetch
    `ticket-drafts`, the model names are in it now.
    """
    rows = Suggestion.objects.select_related("ticket")
    suggestion = seen_or_404(rows, request.user, "ticket__", pk=pk)
    form = RatingForm(request.POST)
    problem = ""
    try:
        if not form.is_valid():
            raise InputError(first_error(form))
        rate(suggestion, agent=signed_in(request.user), **form.cleaned_data)
    except InputError as error:
        problem = str(error)
    shown = desk.drafts_for(
        suggestion.ticket, agent=signed_in(request.user), message_id=suggestion.message_id
    )
    draft = next(one for one in shown if one.suggestion.pk == suggestion.pk)
    context = {
        "draft": draft,
        "ticket": suggestion.ticket,
        "can_reply": suggestion.ticket.state in Ticket.OPEN_STATES,
        "revealable": desk.revealable(suggestion.ticket, reader=request.user),
        "error": problem,
    }
    response = render(request, "tickets/_draft.html", context, status=400 if problem else 200)
    if not problem and draft.model_name:
        response["HX-Trigger"] = "ratings-complete"
    return response


def _fragment(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    return render(request, "tickets/_drafts.html", _drafts(request, ticket))


def _drafts(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """What changes while the page is open:

    - `ticket`; `messages_list`: Messages, oldest first; `thread`: desk.Entry, notes among them
    - `drafts`: desk.Draft in the order of showing, their numbers are the keys that pick them; the
      `model_name` is "" until this agent has rated all ready drafts
    - `articles`, `similar`: what search found, there before the drafts are; `similar` with `alike`
    - `drafts_done`: no draft is pending or being written; `guesses`: they are, and there is no good
      answer among them; `can_reply`: the ticket waits for an answer
    - `revealable`: names of the placeholders whose values this agent may see ("[PHONE_1]")
    - `writers`: names of others who are typing an answer; `answered_by`: who has answered, or None
    - `history`: events; `changing`: what may be chosen (tickets.states.choices)
    - `walk`: walking.Steps along the list that the address names
    """
    agent = signed_in(request.user)
    conversation = desk.conversation(ticket)
    shown = desk.drafts_for(ticket, agent=agent, message_id=desk.last_of_customer(conversation))
    busy = (Suggestion.State.PENDING, Suggestion.State.WRITING)
    done = ticket.state not in (Ticket.State.NEW, Ticket.State.DRAFTING)
    done = done and not any(draft.suggestion.state in busy for draft in shown)
    return {
        "ticket": ticket,
        "drafts": shown,
        "guesses": done and ticket.no_good_answer and bool(shown),
        "articles": desk.found_for(ticket, "chunk"),
        "similar": desk.similar_for(ticket, conversation),
        "drafts_done": done,
        "can_reply": ticket.state in Ticket.OPEN_STATES,
        "messages_list": conversation,
        "thread": desk.thread(ticket, conversation),
        "revealable": desk.revealable(ticket, reader=request.user),
        "writers": kept_drafts.writers(ticket, but=agent),
        "history": desk.history(ticket),
        "changing": states.choices(ticket, reader=agent),
        "walk": Steps(read_walk(request.GET), ticket, reader=agent),
    }


def _page(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """What is said once:

    - `customer`: {"name", "contact"} ("" where unknown); `earlier`: desk.Earlier
    - `send_key`, `opened`: go back with the reply (hidden): sending twice is sending once
    - `reply_text`, `picked`: what this agent had typed, and the suggestion's id that filled it;
      `error`: one line, why a send was refused, else ""
    - `max_characters` of a reply, `max_note` of a note
    - `undoable`, `undo_seconds`: this agent's reply that can be taken back still, on any ticket
    - `mask_form`: for what the engine missed (see tickets.views.values)
    """
    agent = signed_in(request.user)
    kept = kept_drafts.kept(ticket, agent=agent)
    held = undoable(agent)
    return _drafts(request, ticket) | {
        "customer": desk.customer_of(ticket),
        "earlier": desk.earlier_tickets(ticket, reader=agent),
        "send_key": str(uuid.uuid4()),
        "opened": desk.opened_now(ticket),
        "reply_text": kept.text if kept else "",
        "picked": kept.suggestion_id if kept else None,
        "error": "",
        "max_characters": settings.MAX_TICKET_CHARACTERS,
        "max_note": MAX_NOTE,
        "undoable": held,
        "undo_seconds": max(1, int(seconds_left(held))) if held else 0,
        "mask_form": MissForm(auto_id="mask_%s"),
    }
