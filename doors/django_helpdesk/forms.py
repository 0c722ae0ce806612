"""The form of a django-helpdesk door."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doors.django_helpdesk.options import AUTHS, STARTS, HelpdeskOptions, cleaned, numbers, of
from doors.forms import NamedForm
from doors.models import Door
from people.models import Team
from runtime.errors import InputError
from tickets.vault import encrypt

_AUTH_NAMES = (_("user name and password"), _("token (Token …)"), _("token (Bearer …)"))
_START_NAMES = (_("all that is open"), _("what is opened from now on"))


class HelpdeskForm(NamedForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    url = forms.CharField(
        label=_("Address of the other desk"),
        max_length=400,
        help_text=_("Where django-helpdesk's pages are: https://help.example.com/helpdesk/"),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )
    auth = forms.ChoiceField(
        label=_("Signs in by"), choices=list(zip(AUTHS, _AUTH_NAMES, strict=True))
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        required=False,
        help_text=_("An account of its own over there, with the staff mark."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    secret = forms.CharField(
        label=_("Password or token"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "new-password"}),
    )
    queues = forms.CharField(
        label=_("Queues"),
        max_length=500,
        required=False,
        help_text=_("Their numbers with commas between; empty: all."),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )
    start = forms.ChoiceField(
        label=_("Which tickets come in"), choices=list(zip(STARTS, _START_NAMES, strict=True))
    )
    reply_status = forms.IntegerField(
        label=_("Status over there after a reply"),
        min_value=1,
        max_value=1000,
        required=False,
        help_text=_("A number, 3 is resolved; empty: it stays as it is."),
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.all(), required=False, empty_label=_("everybody")
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, door: Door | None = None) -> None:
        super().__init__(data, initial=_initial(door))
        self.door = door
        if door is not None:
            self.fields["secret"].help_text = _("Empty: it stays as it is.")
            del self.fields["start"]  # what was left alone stays so
        else:
            self.fields["secret"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            data["options"] = cleaned(self._options(data))
        except InputError as problem:
            raise forms.ValidationError(str(problem)) from problem
        return data

    def filled(self) -> Door:
        """The door as it would be saved."""
        door = self.door or Door(kind=Door.Kind.DJANGO_HELPDESK)
        door.name, door.options = self.cleaned_data["name"], self.cleaned_data["options"]
        door.team = self.cleaned_data["team"]
        if self.cleaned_data["secret"]:
            door.secret_encrypted = encrypt(self.cleaned_data["secret"])
        return door

    def _options(self, data: dict[str, Any]) -> HelpdeskOptions:
        before = of(self.door).__dict__ if self.door else {}
        return HelpdeskOptions(
            **{
                **before,
                "url": data["url"],
                "auth": data["auth"],
                "username": data["username"],
                "queues": numbers(data["queues"]),
                "reply_status": data["reply_status"],
                **({"start": data["start"]} if "start" in data else {}),
            }
        )


def _initial(door: Door | None) -> dict[str, Any]:
    if door is None:
        return {}
    told = of(door)
    return {
        **told.__dict__,
        "name": door.name,
        "team": door.team_id,
        "queues": ", ".join(map(str, told.queues)),
    }
