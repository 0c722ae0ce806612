"""Canned replies: the page on which they are written, and the picker on a ticket's page."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.roles import agent_required, lead_required, signed_in
from runtime.errors import InputError
from tickets import canned, kept_forms
from tickets.access import seen_ticket
from tickets.forms import CannedReplyForm
from tickets.models import CannedReply


@require_safe
@agent_required
def canned_list(request: HttpRequest) -> HttpResponse:
    """Template tickets/canned_list.html: `rows`: those that this person may use, each with
    `may_change`; `may_add`."""
    user = signed_in(request.user)
    rows = list(canned.readable(user).select_related("team"))
    context = {
        "rows": [(one, canned.may_change(user, one.team_id)) for one in rows],
        "may_add": canned.teams_for(user).exists() or canned.may_change(user, None),
    }
    return render(request, "tickets/canned_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@lead_required
def canned_new(request: HttpRequest) -> HttpResponse:
    """Template tickets/canned_edit.html: `form`, `reply` (None for a new one); `kept_as`,
    `is_back` as for a new ticket."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@lead_required
def canned_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, _own(request, pk))


@require_POST
@lead_required
def canned_delete(request: HttpRequest, pk: int) -> HttpResponse:
    canned.delete(_own(request, pk), user=signed_in(request.user))
    return redirect("canned-replies")


@require_safe
@agent_required
def picker(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment tickets/_canned.html: `replies` for this ticket, `ticket`."""
    ticket = seen_ticket(request.user, pk)
    replies = canned.for_ticket(ticket, signed_in(request.user))
    return render(request, "tickets/_canned.html", {"replies": replies, "ticket": ticket})


@require_POST
@agent_required
def use(request: HttpRequest, pk: int, canned_pk: int) -> HttpResponse:
    """JSON {"text", "title"}: the reply filled in for this ticket."""
    user = signed_in(request.user)
    ticket = seen_ticket(user, pk)
    reply = get_object_or_404(canned.readable(user), pk=canned_pk)
    return JsonResponse({"text": canned.filled(reply, ticket, agent=user), "title": reply.title})


def _own(request: HttpRequest, pk: int) -> CannedReply:
    """404 too for one of a team that this person may not write for."""
    user = signed_in(request.user)
    reply: CannedReply = get_object_or_404(canned.readable(user), pk=pk)
    if not canned.may_change(user, reply.team_id):
        raise Http404
    return reply


def _edit(request: HttpRequest, reply: CannedReply | None) -> HttpResponse:
    user, kept_as = signed_in(request.user), f"canned-{reply.pk}" if reply else "canned"
    context: dict[str, Any] = {"reply": reply, "kept_as": kept_as}
    if request.method != "POST":
        initial = (
            {"title": reply.title, "text": reply.text, "lang": reply.lang, "team": reply.team_id}
            if reply
            else {}
        )
        typed = kept_forms.kept(request.session, kept_as)
        context["form"] = CannedReplyForm(initial=initial | typed, user=user)
        return render(request, "tickets/canned_edit.html", context | {"is_back": bool(typed)})
    form = CannedReplyForm(request.POST, user=user)
    if form.is_valid():
        try:
            canned.save(reply or CannedReply(), **form.cleaned_data, user=user)
        except InputError as error:
            form.add_error("text", str(error))
        else:
            kept_forms.forget(request.session, kept_as)
            return redirect("canned-replies")
    return render(request, "tickets/canned_edit.html", context | {"form": form}, status=400)
