"""What people type at the desk. Forms only read and check; the domain does the rest."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.models import Team
from people.roles import is_admin
from tickets import canned, intake, misses
from tickets.importing.formats import FORMATS
from tickets.intake import NewTicket
from tickets.type_names import type_choices

DESK = "desk"

LANGUAGES = [
    ("", _("recognise it")),
    ("fa", _("Persian")),
    ("en", _("English")),
    ("uk", _("Ukrainian")),
    ("he", _("Hebrew")),
]


def _formats() -> list[tuple[str, Any]]:
    known = sorted((one.name, one.label) for one in FORMATS.values())
    return [("", _("recognise it")), *known]


def too_large() -> str:
    most = settings.MAX_UPLOAD_BYTES // 1024**2
    return gettext("The file may have %(size)s MB.") % {"size": most}


class NewTicketForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=intake.MAX_SUBJECT, required=False)
    text = forms.CharField(label=_("Message"), widget=forms.Textarea)
    name = forms.CharField(label=_("Customer's name"), max_length=intake.MAX_NAME, required=False)
    contact = forms.CharField(
        label=_("E-mail or telephone"), max_length=intake.MAX_CONTACT, required=False
    )
    lang = forms.ChoiceField(label=_("Language"), required=False, choices=LANGUAGES)
    team = forms.ModelChoiceField(
        label=_("Team"), required=False, queryset=Team.objects.none(), empty_label=_("everybody’s")
    )
    external_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *given: Any, user: User, **named: Any) -> None:
        super().__init__(*given, **named)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = Team.objects.all() if is_admin(user) else user.teams.all()

    @classmethod
    def blank(cls, user: User, typed: Mapping[str, str]) -> "NewTicketForm":
        """For somebody of one team, with that team chosen; `typed`: what was left in it before."""
        teams = list(user.teams.all()[:2])
        only = teams[0].pk if len(teams) == 1 else None
        initial: dict[str, Any] = {"external_id": uuid.uuid4(), "team": only}
        return cls(initial=initial | dict(typed), user=user)

    def new_ticket(self) -> NewTicket:
        data = self.cleaned_data
        return NewTicket(
            source=DESK,
            external_id=str(data["external_id"]),
            subject=data["subject"],
            text=data["text"],
            contact=data["contact"],
            name=data["name"],
            lang=data["lang"],
            team_id=data["team"].pk if data["team"] else None,
        )


class ReplyForm(forms.Form):
    text = forms.CharField(label=_("Reply"), widget=forms.Textarea, strip=False)
    suggestion = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    send_key = forms.CharField(max_length=64)
    opened = forms.CharField(max_length=200, required=False)
    """When the page was opened, signed (see tickets.desk.opened_at)."""


class KeptForm(forms.Form):
    """What was typed so far; empty: nothing, any more."""

    text = forms.CharField(strip=False, required=False)
    suggestion = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    send_key = forms.CharField(max_length=64, required=False)


class CannedReplyForm(forms.Form):
    title = forms.CharField(
        label=_("Title"),
        max_length=canned.MAX_TITLE,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("Text"),
        help_text=_("{name}, {agent}, {ticket} and {company} are filled in."),
        max_length=canned.MAX_TEXT,
        widget=forms.Textarea(attrs={"dir": "auto", "rows": 8}),
    )
    lang = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("all")), *LANGUAGES[1:]]
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("all teams")
    )

    def __init__(self, *given: Any, user: User, **named: Any) -> None:
        super().__init__(*given, **named)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = canned.teams_for(user)
        if not is_admin(user):
            team.required, team.empty_label = True, None


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), widget=forms.Textarea, strip=False, required=False)


class RatingForm(forms.Form):
    stars = forms.IntegerField(label=_("Stars"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000)


class MissForm(forms.Form):
    """What the engine left in a ticket's texts."""

    text = forms.CharField(
        label=_("Text to mask"),
        help_text=_("Exactly as it stands in the message."),
        max_length=misses.MOST,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
    )
    type = forms.ChoiceField(
        label=_("What it is"),
        initial="PERSON",
        choices=lambda: type_choices(misses.types()),
    )


class TesterForm(forms.Form):
    """A text to try the engine on, and perhaps a pattern to try with it."""

    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Name"),
        help_text=_("In Latin letters: ORDER becomes [ORDER_1] in the texts."),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    template = forms.CharField(
        label=_("Pattern"),
        help_text=_("# a digit, @ a letter, * either; everything else as it stands: KZ-#####"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false", "class": "code"}
        ),
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if len(text) > settings.MAX_TICKET_CHARACTERS:
            most = settings.MAX_TICKET_CHARACTERS
            raise forms.ValidationError(_("%(most)s characters are the most.") % {"most": most})
        return text


class HistoryForm(forms.Form):
    """A file of past tickets or chats, and how it is read."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        error_messages={"required": _("Choose a file.")},
    )
    format = forms.ChoiceField(label=_("Format"), required=False, choices=_formats)
    agents = forms.CharField(
        label=_("Who answers"),
        help_text=_("Names or addresses as they stand in the file, one a line. Empty: guessed."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"dir": "auto", "rows": 3, "spellcheck": "false"}),
    )
    silence_minutes = forms.IntegerField(
        label=_("A chat ends after so many minutes of silence"),
        required=False,
        min_value=1,
        max_value=7 * 24 * 60,
        initial=60,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    lang = forms.ChoiceField(label=_("Language"), required=False, choices=LANGUAGES)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(too_large())
        return file

    def clean_agents(self) -> list[str]:
        names = [line.strip() for line in self.cleaned_data["agents"].splitlines()]
        return [name for name in names if name]

    def options(self) -> dict[str, Any]:
        """As `tickets.importing.runs` takes them; what was left empty is left out."""
        given = self.cleaned_data
        names = ("format", "agents", "silence_minutes", "lang")
        return {name: given[name] for name in names if given[name]}


class CustomerForm(forms.Form):
    """A customer is found by the contact, and erased only when it is typed again."""

    contact = forms.CharField(
        label=_("E-mail or telephone"),
        max_length=intake.MAX_CONTACT,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
    )


class RuleForm(forms.Form):
    """Days that something is kept; empty: for good."""

    days = forms.IntegerField(
        label=_("Days"),
        required=False,
        min_value=1,
        max_value=36500,
        widget=forms.NumberInput(attrs={"class": "days", "inputmode": "numeric"}),
    )


def first_error(form: forms.Form) -> str:
    """One line for a person: the first thing that is wrong, with the field's name."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else None
        return f"{label}: {errors[0]}" if label else str(errors[0])
    return ""
