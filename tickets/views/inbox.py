"""The inbox: views, filters, search, and changes to many tickets at once. Views that people keep:
`tickets.views.saved_views`."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from people.models import Team
from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets import inbox as rows
from tickets.access import tickets_of
from tickets.assigning import MOST_PEOPLE, people
from tickets.changing import change_many
from tickets.inbox_filters import (
    DAYS,
    DEFAULT_VIEWS,
    HOURS,
    PEOPLE,
    SORTS,
    STATES,
    Filters,
    matching,
    read_filters,
)
from tickets.models import SavedView, Ticket
from tickets.places import page_of
from tickets.searching import read_query
from tickets.views.saved_views import MOST_VIEWS, may_remove, own_teams, saved
from tickets.walking import Walk, lead

LANGUAGES = ("fa", "en", "uk", "he", "ar")


@require_safe
@agent_required
def inbox(request: HttpRequest) -> HttpResponse:
    """Template tickets/inbox.html, by the filters of the address (tickets.inbox_filters):

    - `page`: `.tickets`, each with `.customer_name`, `.preview`, `.address` (of the ticket, with
      the list that it stands in); `.before`, `.after`: cursors
    - `filters`, `query` (the filters as an address), `shown`: the page's numbers with commas
    - `views`: [(key, name, query, count)] of the default views; `saved`: SavedViews with `.query`;
      `view`: key of the default view shown, or the SavedView, or None; `may_remove`: that one
    - `people`, `teams`, `priorities`, `states`, `sorts`, `languages`, `hours`, `days`: choices

    The page listens to the live topic "inbox" and then asks for `inbox-news`.
    """
    reader = signed_in(request.user)
    filters = read_filters(request.GET)
    page = rows.page(
        filters,
        reader=reader,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    cursor = page_of(request.GET)
    lead(page.tickets, Walk(filters, cursor))
    context = _views(request, filters) | {
        "page": page,
        "filters": filters,
        "query": filters.query,
        "cursor": cursor,
        "shown": ",".join(str(ticket.pk) for ticket in page.tickets),
        **_choices(filters),
    }
    return render(request, "tickets/inbox.html", context)


@require_safe
@agent_required
def news(request: HttpRequest) -> HttpResponse:
    """What changed on a page that is open, `shown` being its tickets' numbers. Fragment
    tickets/_inbox_news.html, taken in part by part, so that nothing moves under a pointer:

    - `tickets`: those shown, as they are now, `.has_left` where they are of this view no more
    - `gone`: numbers of those that may not be seen any more
    - `new`: how many would stand on this page and do not
    - `views` with their counts; `query`
    """
    reader = signed_in(request.user)
    filters = read_filters(request.GET)
    shown = _numbers(request.GET.get("shown", "").split(","))[: rows.PAGE_SIZE]
    matched = matching(filters, reader=reader)
    before = request.GET.get("before", "")
    now = rows.page_keys(filters, matched, after=request.GET.get("after", ""), before=before)
    here = set(matched.filter(pk__in=shown).values_list("pk", flat=True))
    seen = set(tickets_of(reader).filter(pk__in=shown).values_list("pk", flat=True))
    tickets = rows.load([pk for pk in shown if pk in seen])
    for ticket in tickets:
        ticket.has_left = ticket.pk not in here
    cursor = page_of(request.GET)
    lead(tickets, Walk(filters, cursor))
    context = {
        "tickets": tickets,
        "gone": [pk for pk in shown if pk not in seen],
        "new": len(set(now[: rows.PAGE_SIZE]) - set(shown)),
        "query": filters.query,
        "cursor": cursor,
        "filters": filters,
        "views": _counted(request),
    }
    return render(request, "tickets/_inbox_news.html", context)


@require_POST
@sensitive_post_parameters("q")
@agent_required
def search(request: HttpRequest) -> HttpResponse:
    """POST `q`, and `query`: the filters as they are. To the ticket, for its number; to the inbox
    of a customer, for their address; else to what has the words, with whatever in them was
    personal left out: by POST, so that no address stands in an address."""
    try:
        wanted = read_query(request.POST.get("q", ""), reader=request.user)
    except InputError as error:
        messages.error(request, str(error))
        return redirect(_back(request))
    if wanted.ticket is not None:
        return redirect("ticket", pk=wanted.ticket)
    found = Filters(state="all", customer=str(wanted.customer or ""), q=wanted.words)
    return redirect(f"{reverse('inbox')}?{found.query}")


@require_POST
@agent_required
def change(request: HttpRequest) -> HttpResponse:
    """POST `ticket` (several), `do`: "close", "assign:me", "priority:3", "team:none", …, `query`
    and `cursor`: where to go back to, with a line that says what was done; `had` (several), whose
    each row was: "7:3", "8:0" for nobody."""
    action, _colon, value = request.POST.get("do", "").partition(":")
    pks = _numbers(request.POST.getlist("ticket"))
    try:
        done = change_many(pks, action, value, actor=signed_in(request.user), had=_had(request))
    except InputError as error:
        messages.error(request, str(error))
        return redirect(_back(request))
    if done.changed:
        said = ngettext(
            "%(count)d ticket was changed.", "%(count)d tickets were changed.", done.changed
        )
        messages.success(request, said % {"count": done.changed})
    elif not done.refused:
        messages.info(request, _("It was so already."))
    if done.refused:
        said = ngettext(
            "%(count)d ticket stays as it is: %(why)s",
            "%(count)d tickets stay as they are: %(why)s",
            done.refused,
        )
        messages.warning(request, said % {"count": done.refused, "why": " ".join(done.reasons)})
    return redirect(_back(request))


def _views(request: HttpRequest, filters: Filters) -> dict[str, Any]:
    shown: str | SavedView | None = next(
        (key for key, (_name, one) in DEFAULT_VIEWS.items() if one == filters), None
    )
    views = list(saved(request)[: 4 * MOST_VIEWS])
    for view in views:
        kept = read_filters(view.filters)
        view.query = kept.query
        if shown is None and kept == filters:
            shown = view
    is_own = isinstance(shown, SavedView) and may_remove(request, shown)
    return {
        "views": _counted(request),
        "saved": views,
        "view": shown,
        "may_remove": is_own,
        "own_teams": [
            team for team in Team.objects.all()[:MOST_PEOPLE] if team.pk in own_teams(request)
        ],
    }


def _counted(request: HttpRequest) -> list[tuple[str, Any, str, int]]:
    wanted = {key: filters for key, (_name, filters) in DEFAULT_VIEWS.items()}
    counted = rows.counts(wanted, reader=signed_in(request.user))
    return [
        (key, name, filters.query, counted[key]) for key, (name, filters) in DEFAULT_VIEWS.items()
    ]


def _choices(filters: Filters) -> dict[str, Any]:
    languages = dict.fromkeys((*LANGUAGES, *(code for code, _name in settings.LANGUAGES)))
    if filters.lang:
        languages[filters.lang] = None
    return {
        "people": list(people()[:MOST_PEOPLE]),
        "teams": list(Team.objects.all()[:MOST_PEOPLE]),
        "priorities": [(str(value), label) for value, label in Ticket.Priority.choices],
        "states": STATES.items(),
        "assignees": PEOPLE.items(),
        "sorts": SORTS.items(),
        "languages": list(languages),
        "hours": [(str(one), one) for one in HOURS],
        "days": [(str(one), one) for one in DAYS],
    }


def _back(request: HttpRequest) -> str:
    """The inbox as it was; whatever else stands in `query` is dropped."""
    filters = read_filters(QueryDict(request.POST.get("query", "")[:2000]))
    side, _equal, value = request.POST.get("cursor", "").partition("=")
    return Walk(filters, page_of({side: value})).back


def _had(request: HttpRequest) -> dict[int, int | None]:
    pairs = [one.split(":") for one in request.POST.getlist("had")]
    numbers = [_numbers(pair) for pair in pairs if len(pair) == 2]
    return {pair[0]: pair[1] or None for pair in numbers if len(pair) == 2}


def _numbers(values: list[str]) -> list[int]:
    return [int(one) for one in values if one.isascii() and one.isdigit() and len(one) <= 18]
