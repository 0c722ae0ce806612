"""The ticket page: read, watch the drafts, pick, rate, send."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets.desk import conversation, customer_of, drafts_for, found_for, revealable
from tickets.forms import MissForm, RatingForm, ReplyForm, first_error
from tickets.inbox import neighbours
from tickets.models import Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import AlreadyAnswered, send_reply


@require_safe
@agent_required
def ticket_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Template tickets/ticket.html:

    - `ticket`: the Ticket; `customer`: {"name", "contact"} ("" where unknown)
    - `messages_list`: Messages, oldest first (`.role` "customer"|"agent", `.text`, `.created_at`)
    - `drafts`: list of Draft in the order of showing:
        `.suggestion` (`.pk`, `.text`, `.state` pending|writing|ready|failed|cancelled, `.error`,
        `.seconds`), `.number` (1 to 3, the key that picks it), `.stars` and `.reason` (what this
        agent gave, None and "" before), `.model_name` ("" until this agent rated all ready
        drafts), `.sources` (see below), `.can_rate`
    - `articles`, `similar`: what was found: dicts with `title`, `url`, `text`, `score`, `id`, and
      for similar past answers `text` (the question) and `answer`; shown before drafts are there
    - `drafts_done`: no draft is pending or being written; `guesses`: they are, and there is no good
      answer among them
    - `can_reply`: the ticket waits for an answer
    - `send_key`: goes back with the reply form (hidden), so that sending twice is sending once
    - `reply_text`, `picked`: what was typed, and the suggestion's id that filled it, after a
      refused send ("" and None at first); `error`: one line, why it was refused, else ""
    - `max_characters`: of a reply
    - `revealable`: names of the placeholders whose values this agent may see ("[PHONE_1]")
    - `mask_form`: for what the engine missed (see tickets.views.values)
    - `previous_ticket`, `next_ticket`: numbers of the neighbours in the open inbox, or None

    The page listens to the live topic "ticket:ID" and fetches `ticket-drafts` when told.
    """
    ticket = get_object_or_404(Ticket.objects.select_related("customer"), pk=pk)
    return render(request, "tickets/ticket.html", _page(request, ticket))


@require_safe
@agent_required
def drafts(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment tickets/_drafts.html: `ticket`, `drafts`, `articles`, `similar`, `drafts_done`,
    `can_reply`, `messages_list`, `revealable` as on the page."""
    ticket = get_object_or_404(Ticket, pk=pk)
    return render(request, "tickets/_drafts.html", _drafts(request, ticket))


@require_POST
@agent_required
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `text`, `suggestion` (id or empty), `send_key`. Goes to the ticket page when sent. What
    was refused comes back as tickets/ticket.html with `error` and the text as typed: 409 when
    somebody else answered meanwhile, else 400."""
    ticket = get_object_or_404(Ticket.objects.select_related("customer"), pk=pk)
    form = ReplyForm(request.POST)
    try:
        if not form.is_valid():
            raise InputError(first_error(form))
        send_reply(
            ticket.pk,
            agent=signed_in(request.user),
            text=form.cleaned_data["text"],
            suggestion_id=form.cleaned_data["suggestion"],
            send_key=form.cleaned_data["send_key"],
        )
    except InputError as error:
        context = _page(request, ticket) | {
            "error": str(error),
            "reply_text": request.POST.get("text", ""),
            "picked": form.cleaned_data.get("suggestion"),
        }
        status = 409 if isinstance(error, AlreadyAnswered) else 400
        return render(request, "tickets/ticket.html", context, status=status)
    return redirect("ticket", pk=pk)


@require_POST
@agent_required
def rate_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `stars` (1 to 5), `reason` (may be empty). Fragment tickets/_draft.html: `draft`,
    `ticket`, `can_reply`, `revealable`, `error` ("" or one line, then status 400). When this was
    the last draft to rate, the answer carries `HX-Trigger: ratings-complete`: fetch
    `ticket-drafts`, the model names are in it now.
    """
    suggestion = get_object_or_404(Suggestion.objects.select_related("ticket"), pk=pk)
    form = RatingForm(request.POST)
    problem = ""
    try:
        if not form.is_valid():
            raise InputError(first_error(form))
        rate(suggestion, agent=signed_in(request.user), **form.cleaned_data)
    except InputError as error:
        problem = str(error)
    shown = drafts_for(
        suggestion.ticket, agent=signed_in(request.user), message_id=suggestion.message_id
    )
    draft = next(one for one in shown if one.suggestion.pk == suggestion.pk)
    context = {
        "draft": draft,
        "ticket": suggestion.ticket,
        "can_reply": suggestion.ticket.state in Ticket.OPEN_STATES,
        "revealable": revealable(suggestion.ticket, reader=request.user),
        "error": problem,
    }
    response = render(request, "tickets/_draft.html", context, status=400 if problem else 200)
    if not problem and draft.model_name:
        response["HX-Trigger"] = "ratings-complete"
    return response


def _drafts(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    shown = drafts_for(ticket, agent=signed_in(request.user))
    busy = (Suggestion.State.PENDING, Suggestion.State.WRITING)
    done = ticket.state not in (Ticket.State.NEW, Ticket.State.DRAFTING)
    done = done and not any(draft.suggestion.state in busy for draft in shown)
    return {
        "ticket": ticket,
        "drafts": shown,
        "guesses": done and ticket.no_good_answer and bool(shown),
        "articles": found_for(ticket, "chunk"),
        "similar": found_for(ticket, "question"),
        "drafts_done": done,
        "can_reply": ticket.state in Ticket.OPEN_STATES,
        "messages_list": conversation(ticket),
        "revealable": revealable(ticket, reader=request.user),
    }


def _page(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    ticket.refresh_from_db(fields=["state", "found", "no_good_answer"])
    previous_ticket, next_ticket = neighbours(ticket)
    return _drafts(request, ticket) | {
        "customer": customer_of(ticket),
        "send_key": str(uuid.uuid4()),
        "reply_text": "",
        "picked": None,
        "error": "",
        "max_characters": settings.MAX_TICKET_CHARACTERS,
        "previous_ticket": previous_ticket,
        "next_ticket": next_ticket,
        "mask_form": MissForm(auto_id="mask_%s"),
    }
