"""The inbox: tickets by state, the longest waiting first."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from people.roles import agent_required
from tickets.inbox import TABS, inbox_rows, name_customers, state_counts

PAGE_SIZE = 50


@require_safe
@agent_required
def inbox(request: HttpRequest) -> HttpResponse:
    """`?tab=open|answered|all&page=N`. Template tickets/inbox.html:

    - `page_obj`: Page of tickets, each with `.customer_name` ("" if unknown), `.preview` (start of
      the customer's last message), `.state`, `.subject`, `.lang`, `.waiting_since` (when that
      message came)
    - `tab`: the tab shown; `tabs`: [(tab, count)] in order open, answered, all

    The page listens to the live topic "inbox" and asks for `tickets/_inbox_rows.html` (same
    context) with htmx when something came.
    """
    tab = request.GET.get("tab", "open")
    if tab not in TABS:
        tab = "open"
    counts = state_counts()
    page = Paginator(inbox_rows(tab), PAGE_SIZE).get_page(request.GET.get("page"))
    name_customers(page.object_list)
    context = {"page_obj": page, "tab": tab, "tabs": [(name, counts[name]) for name in TABS]}
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    rows_only = bool(htmx) and not htmx.boosted
    template = "tickets/_inbox_rows.html" if rows_only else "tickets/inbox.html"
    return render(request, template, context)
