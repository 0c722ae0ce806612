"""The three steps of connecting a mailbox: whose it is, its servers, what becomes of its mail."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from doors.forms import NamedForm
from doors.mail.options import MailOptions
from doors.models import Door
from people.models import Team

SECURITY = [
    ("tls", _("TLS from the start")),
    ("starttls", _("STARTTLS")),
    ("none", _("none (only in one's own network)")),
]
AFTERWARDS = [
    ("seen", _("mark it as read")),
    ("keep", _("leave it as it is")),
    ("move", _("move it to another folder")),
]
SENT_COPY = [
    ("append", _("we put them there")),
    ("server", _("the mail server puts them there by itself")),
    ("copy", _("we send ourselves a copy, and move it there")),
]
SINCE = [
    ("", _("only mail that comes from now on")),
    ("7", _("mail of the last 7 days too")),
    ("30", _("mail of the last 30 days too")),
]
_HOST = RegexValidator(
    r"\A[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?\Z", _("This is no name of a server.")
)
_ONE_LINE = RegexValidator(r"\A[^\x00-\x1f\x7f<>\"]*\Z", _("These letters cannot stand there."))
_LTR = {"dir": "ltr", "spellcheck": "false", "autocapitalize": "none"}


def _text(**more: Any) -> forms.TextInput:
    return forms.TextInput(attrs=_LTR | more)


class AddressForm(NamedForm):
    """The first step, and where the password is changed."""

    name = forms.CharField(
        label=_("What the desk calls it"), max_length=100, validators=[_ONE_LINE]
    )
    address = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs=_LTR | {"autocomplete": "off"})
    )
    display_name = forms.CharField(
        label=_("Name that customers see"), max_length=100, required=False, validators=[_ONE_LINE]
    )
    user = forms.CharField(
        label=_("User name"),
        max_length=200,
        required=False,
        widget=_text(autocomplete="off"),
        help_text=_("Where it is not the address."),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "It is kept encrypted and never shown. Services with two-factor sign-in want a "
            "password made for programs."
        ),
    )

    def __init__(self, *args: Any, door: Door | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.door = door
        if door is not None:
            self.fields["password"].required = False
            self.fields["password"].help_text = _("Left empty it stays as it is.")

    def options(self, before: MailOptions) -> MailOptions:
        data = self.cleaned_data
        return replace(
            before,
            address=data["address"].lower(),
            display_name=data["display_name"],
            user=data["user"],
            password=data["password"] or before.password,
        )


class ServersForm(forms.Form):
    imap_host = forms.CharField(
        label=_("IMAP server"), max_length=253, validators=[_HOST], widget=_text()
    )
    imap_port = forms.IntegerField(label=_("IMAP port"), min_value=1, max_value=65535)
    imap_security = forms.ChoiceField(label=_("Security of IMAP"), choices=SECURITY)
    smtp_host = forms.CharField(
        label=_("SMTP server"), max_length=253, validators=[_HOST], widget=_text()
    )
    smtp_port = forms.IntegerField(label=_("SMTP port"), min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(label=_("Security of SMTP"), choices=SECURITY)
    smtp_sign_in = forms.BooleanField(
        label=_("The SMTP server wants the user name and password"), required=False
    )

    def options(self, before: MailOptions) -> MailOptions:
        return replace(before, **self.cleaned_data)


class FoldersForm(forms.Form):
    folder = forms.ChoiceField(label=_("Take mail in from"))
    afterwards = forms.ChoiceField(label=_("Then"), choices=AFTERWARDS)
    move_to = forms.ChoiceField(label=_("The other folder"), required=False)
    sent_folder = forms.ChoiceField(label=_("Copies of replies lie in"), required=False)
    sent_copy = forms.ChoiceField(
        label=_("How they get there"),
        choices=SENT_COPY,
        help_text=_(
            "When a connection breaks while a reply is sent, only the second and third way tell "
            "for sure whether it went out; with the first a person is asked."
        ),
    )
    lists = forms.BooleanField(
        label=_("Take in mail that came through a mailing list"),
        required=False,
        help_text=_("For an address that is a group or list itself."),
    )
    team = forms.ModelChoiceField(
        label=_("Whose tickets they are"),
        queryset=Team.objects.all(),
        required=False,
        empty_label=_("everybody's"),
    )
    since = forms.ChoiceField(label=_("Begin with"), choices=SINCE, required=False)

    def __init__(self, *args: Any, folders: Sequence[str], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, name) for name in folders]
        self._choices("folder").choices = choices
        self._choices("move_to").choices = [("", "–"), *choices]
        self._choices("sent_folder").choices = [("", _("nowhere")), *choices]
        if not is_new:
            del self.fields["since"]

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("afterwards") == "move" and data.get("move_to") in ("", data.get("folder")):
            self.add_error("move_to", _now("Choose another folder for mail that was read."))
        if data.get("sent_copy") != "append" and not data.get("sent_folder"):
            self.add_error("sent_folder", _now("Say in which folder copies of replies lie."))
        return data

    def options(self, before: MailOptions) -> MailOptions:
        names = ("folder", "afterwards", "move_to", "sent_folder", "sent_copy", "lists")
        changed = replace(before, **{name: self.cleaned_data[name] for name in names})
        days = self.cleaned_data.get("since")
        if days:
            first = timezone.localdate() - timedelta(days=int(days))
            changed = replace(changed, since=first.isoformat())
        return changed
