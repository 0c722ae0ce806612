"""The pages of webhooks out, for admins: the list, one with its log, and what is done there."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doors.models import WebhookDelivery, WebhookEndpoint
from doors.webhooks_out import endpoints, telling
from doors.webhooks_out.forms import EndpointForm
from people.roles import admin_required
from runtime.errors import InputError

PAGE = 50


@require_safe
@admin_required
def webhooks(request: HttpRequest) -> HttpResponse:
    """Template webhooks/list.html: `endpoints` with `waiting`, how many tellings wait."""
    unsettled = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).order_by()
    waiting = dict(unsettled.values_list("endpoint").annotate(Count("pk")))
    rows = list(WebhookEndpoint.objects.all())
    for row in rows:
        row.waiting = waiting.get(row.pk, 0)  # type: ignore[attr-defined]
    return render(request, "webhooks/list.html", {"endpoints": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def new(request: HttpRequest) -> HttpResponse:
    """POST makes one and shows its key, this once. Template webhooks/edit.html: `form`."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.given()
        given.pop("active")
        try:
            row, key = endpoints.create(**given, actor=request.user)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            return _page(request, row, key=key)
    return _form(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One with its log; POST changes it. Template webhooks/webhook.html: `endpoint`, `form`,
    `key` (only after it was made or changed), `page_obj`: the log."""
    row = get_object_or_404(WebhookEndpoint, pk=pk)
    if request.method != "POST":
        return _page(request, row)
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            endpoints.change(row, **form.given(), actor=request.user)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", pk=pk)
    return _page(request, row, form=form)


@require_POST
@never_cache
@admin_required
def change_key(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookEndpoint, pk=pk)
    try:
        key = endpoints.rotate(row, actor=request.user)
    except InputError as error:
        messages.error(request, str(error))
        return redirect("webhook", pk=pk)
    return _page(request, row, key=key)


@require_POST
@admin_required
def test(request: HttpRequest, pk: int) -> HttpResponse:
    telling.tell_test(get_object_or_404(WebhookEndpoint, pk=pk))
    messages.success(request, _("A test is on its way; the log tells whether it arrived."))
    return redirect("webhook", pk=pk)


@require_POST
@admin_required
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    endpoints.remove(get_object_or_404(WebhookEndpoint, pk=pk), actor=request.user)
    messages.success(request, _("The webhook is removed."))
    return redirect("webhooks")


@require_POST
@admin_required
def again(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookDelivery, pk=pk)
    if telling.tell_again(row):
        messages.success(request, _("It is sent again."))
    else:
        messages.error(request, _("It is being sent at this moment."))
    return redirect("webhook", pk=row.endpoint_id)


def _page(
    request: HttpRequest, row: WebhookEndpoint, *, form: EndpointForm | None = None, key: str = ""
) -> HttpResponse:
    log = Paginator(row.deliveries.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    known = {"name": row.name, "url": row.url, "kinds": row.kinds, "active": row.active}
    context = {
        "endpoint": row,
        "form": form or EndpointForm(initial=known),
        "key": key,
        "page_obj": log,
    }
    status = 400 if form is not None else 200
    return render(request, "webhooks/webhook.html", context, status=status)


def _form(request: HttpRequest, form: EndpointForm) -> HttpResponse:
    status = 400 if form.errors else 200
    return render(request, "webhooks/edit.html", {"form": form}, status=status)
