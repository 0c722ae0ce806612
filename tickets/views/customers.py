"""A customer's rights at the desk: everything about one person as a file, or erased.

The contact that finds a customer comes by POST and stands in no address; the answers are kept by no
cache.
"""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.roles import admin_required, signed_in
from runtime.errors import InputError
from tickets import rights
from tickets.desk import known_of
from tickets.forms import CustomerForm
from tickets.models import Customer, Message, RightsRequest, VaultEntry
from tickets.vault import contact_hmac, decrypt

PER_PAGE = 30
MENTIONS_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("contact")
@never_cache
@admin_required
def find(request: HttpRequest) -> HttpResponse:
    """POST `contact` goes to the customer's page, or 404 with `form` saying that there is none.
    Template privacy/customers.html: `form`, `page_obj`: RightsRequests, the last first."""
    form = CustomerForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        found = rights.find_customer(form.cleaned_data["contact"])
        if found is not None:
            return redirect("privacy-customer", pk=found.pk)
        form.add_error("contact", _("There is no customer with this e-mail or telephone."))
        status = 404
    elif request.method == "POST":
        status = 400
    rows = RightsRequest.objects.select_related("requested_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "privacy/customers.html", {"form": form, "page_obj": page}, status=status
    )


@require_safe
@never_cache
@admin_required
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """Template privacy/customer.html, see `_page`. `?mentions=1` looks for the contact in the
    tickets of others, which may take a while."""
    person = get_object_or_404(Customer, pk=pk)
    mentions = None
    if request.GET.get("mentions"):
        try:
            contact = decrypt(person.contact_encrypted)
        except InputError as error:
            messages.error(request, str(error))
        else:
            mentions = rights.tickets_mentioning(contact, besides=person)
    return _page(request, person, CustomerForm(), mentions=mentions)


@require_POST
@never_cache
@admin_required
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about the customer as a JSON file."""
    person = get_object_or_404(Customer, pk=pk)
    try:
        everything = rights.export_customer(person, user=signed_in(request.user))
    except InputError as error:
        messages.error(request, str(error))
        return redirect("privacy-customer", pk=pk)
    answer = JsonResponse(everything, json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="customer-{person.pk}.json"'
    return answer


@require_POST
@sensitive_post_parameters("contact")
@never_cache
@admin_required
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `contact`, typed again; 400 with the form when it is another's."""
    person = get_object_or_404(Customer, pk=pk)
    form = CustomerForm(request.POST)
    if form.is_valid() and contact_hmac(form.cleaned_data["contact"]) != person.contact_hmac:
        form.add_error("contact", _("This is not the contact of this customer."))
    if form.is_valid():
        try:
            done = rights.erase_customer(person, user=signed_in(request.user))
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The customer was erased."))
            if done.versions:
                said = _("Trained on this customer's tickets: %(versions)s.")
                messages.warning(request, said % {"versions": ", ".join(done.versions)})
            return redirect("privacy-customers")
    return _page(request, person, form, status=400)


def _page(
    request: HttpRequest,
    person: Customer,
    form: CustomerForm,
    *,
    mentions: list[int] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Template privacy/customer.html: `customer` (`pk`, `created_at`), `known` {"name", "contact"},
    `counts` of tickets, messages and values, `tickets`: the last ones, `form`: the contact to type
    before erasing, `requests`: what was asked for this customer before, `mentions`: numbers of
    other people's tickets in which the contact stands (None: not looked for)."""
    tickets = person.tickets.order_by("-created_at")
    context: dict[str, Any] = {
        "customer": person,
        "known": known_of(person),
        "counts": {
            "tickets": tickets.count(),
            "messages": Message.objects.filter(ticket__customer=person).count(),
            "vault_entries": VaultEntry.objects.filter(ticket__customer=person).count(),
        },
        "tickets": tickets[:20],
        "form": form,
        "mentions": mentions and mentions[:MENTIONS_SHOWN],
        "mentions_count": len(mentions or ()),
        "requests": RightsRequest.objects.filter(customer_hmac=person.contact_hmac).select_related(
            "requested_by"
        )[:20],
    }
    return render(request, "privacy/customer.html", context, status=status)
