"""The privacy pages: what is masked and what was missed, the vault, who read values, retention."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from people.roles import admin_required, signed_in
from runtime.errors import InputError
from tickets.forms import RuleForm
from tickets.models import RetentionRule, VaultReading
from tickets.rights.report import SOON_DAYS, privacy_report
from tickets.rights.retention import rules, set_rule

PER_PAGE = 50
COMMANDS = "commands"
HIGHEST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class ShownRule:
    """A rule with its field."""

    rule: RetentionRule
    form: RuleForm


@require_safe
@never_cache
@admin_required
def overview(request: HttpRequest) -> HttpResponse:
    """Template privacy/overview.html, see `_overview`."""
    return _overview(request)


def _overview(request: HttpRequest, *, refused: tuple[str, RuleForm] | None = None) -> HttpResponse:
    """`report`: tickets.rights.report.PrivacyReport; `missed_share`: of all that is masked, in per
    cent; `vault_days`; `soon_days`; `rules`: ShownRules, `refused` with what was wrong."""
    report = privacy_report()
    given = dict([refused]) if refused else {}
    context: dict[str, Any] = {
        "report": report,
        "types": [
            {"row": row, "share": None if row.share is None else 100 * row.share}
            for row in report.types
        ],
        "missed_share": 100 * report.misses / report.masked if report.masked else None,
        "vault_days": settings.VAULT_DAYS,
        "soon_days": SOON_DAYS,
        "rules": [
            ShownRule(rule, given.get(rule.kind) or _form(rule.kind, days=rule.days))
            for rule in rules()
        ],
    }
    return render(request, "privacy/overview.html", context, status=400 if refused else 200)


def _form(kind: str, data: Any = None, *, days: int | None = None) -> RuleForm:
    return RuleForm(data, initial={"days": days}, auto_id=f"rule_{kind}_%s")


@require_POST
@admin_required
def retention(request: HttpRequest) -> HttpResponse:
    """POST `kind` and `days` (empty: for good). It is applied with the next daily run. 400 without
    a page for a kind that no page offers."""
    kind = request.POST.get("kind", "")
    if kind not in RetentionRule.Kind.values:
        return HttpResponseBadRequest()
    form = _form(kind, request.POST)
    if form.is_valid():
        try:
            set_rule(kind, form.cleaned_data["days"], by=signed_in(request.user))
        except InputError as error:
            form.add_error("days", str(error))
        else:
            messages.success(request, _("Saved. The rule is applied once a day."))
            return redirect("privacy")
    return _overview(request, refused=(kind, form))


@require_safe
@never_cache
@admin_required
def readings(request: HttpRequest) -> HttpResponse:
    """`?person=ID|commands&ticket=NUMBER&page=N`. Template privacy/readings.html: `page_obj` of
    VaultReadings, the last first; `people` who ever read a value; `person`, `ticket`: as asked."""
    person, ticket = request.GET.get("person", ""), request.GET.get("ticket", "").strip()
    rows = _filtered(person, ticket)
    readers = VaultReading.objects.order_by().values("user")
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "people": User.objects.filter(pk__in=readers).order_by("username"),
        "person": person,
        "ticket": ticket,
        "is_filtered": bool(person or ticket),
    }
    return render(request, "privacy/readings.html", context)


def _filtered(person: str, ticket: str) -> QuerySet[VaultReading]:
    rows = VaultReading.objects.select_related("user", "ticket")
    if person == COMMANDS:
        rows = rows.filter(user=None)
    elif person:
        rows = rows.filter(user=_number(person))
    if ticket:
        rows = rows.filter(ticket_number=_number(ticket))
    return rows


def _number(text: str) -> int:
    """What cannot be a row's number finds nothing. Persian digits are digits."""
    number = int(text) if text.isdecimal() and len(text) < 20 else 0
    return number if number <= HIGHEST_NUMBER else 0
