"""Which tickets a list holds: `TicketFilters(data=request.query_params)`, then `apply(rows)`."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from people.roles import Person
from tickets.api.serializers import PRIORITIES
from tickets.models import Ticket

ME, NOBODY = "me", "nobody"


class TicketFilters(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        choices=Ticket.State.values, required=False, help_text="Only tickets in this state."
    )
    lang = serializers.RegexField(
        r"^[A-Za-z-]{2,12}$", required=False, help_text="Language code, such as fa or en."
    )
    source = serializers.CharField(  # type: ignore[assignment]  # not Field.source
        max_length=100, required=False, help_text="Where they came from."
    )
    external_id = serializers.CharField(
        max_length=200, required=False, help_text="Their id there; with `source`, one ticket."
    )
    assignee = serializers.CharField(
        max_length=150, required=False, help_text='A username, "me" or "nobody".'
    )
    team = serializers.CharField(
        max_length=100, required=False, help_text='A team\'s name, or "nobody".'
    )
    priority = serializers.ChoiceField(
        choices=list(PRIORITIES), required=False, help_text="Only tickets of this priority."
    )
    updated_since = serializers.DateTimeField(
        required=False, help_text="Changed at this moment or later (ISO 8601)."
    )
    created_since = serializers.DateTimeField(
        required=False, help_text="Made at this moment or later."
    )
    created_before = serializers.DateTimeField(required=False, help_text="Made before this moment.")

    def apply(self, rows: QuerySet[Ticket], user: Person) -> QuerySet[Ticket]:
        given = dict(self.validated_data)
        plain = {name: given[name] for name in ("state", "lang", "source") if name in given}
        rows = rows.filter(**plain)
        if "external_id" in given:
            rows = rows.filter(external_id__in=_stored(given["external_id"]))
        if "priority" in given:
            rows = rows.filter(priority=PRIORITIES[given["priority"]])
        for name, lookup in (
            ("updated_since", "updated_at__gte"),
            ("created_since", "created_at__gte"),
            ("created_before", "created_at__lt"),
        ):
            if name in given:
                rows = rows.filter(**{lookup: given[name]})
        return rows.filter(_whose(given, user))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        since, before = attrs.get("created_since"), attrs.get("created_before")
        if since and before and since >= before:
            raise serializers.ValidationError(
                {"created_before": [_("This must be later than created_since.")]}
            )
        return attrs


def _whose(given: dict[str, Any], user: Person) -> Q:
    found = Q()
    if "assignee" in given:
        name = given["assignee"]
        if name == ME:
            found &= Q(assignee=user.pk)
        else:
            found &= Q(assignee=None) if name == NOBODY else Q(assignee__username=name)
    if "team" in given:
        name = given["team"]
        found &= Q(team=None) if name == NOBODY else Q(team__name=name)
    return found


def _stored(external_id: str) -> list[str]:
    """As it was given, and as it is kept where it is personal data itself."""
    from tickets.intake import stored_external_id

    return [external_id, stored_external_id(external_id)]
