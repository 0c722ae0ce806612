"""The forms of webhooks out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doors.http import MAX_URL
from doors.webhooks_out.endpoints import MAX_NAME
from tickets.models import TicketEvent


class EndpointForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    url = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL,
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "url", "autocomplete": "off"}),
        help_text=_("Begins with https://"),
    )
    kinds = forms.MultipleChoiceField(
        label=_("What is told"),
        choices=[(f"ticket.{value}", label) for value, label in TicketEvent.Kind.choices],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing chosen: everything."),
    )
    active = forms.BooleanField(label=_("active"), required=False, initial=True)

    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
