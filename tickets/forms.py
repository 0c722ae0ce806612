"""What people type at the desk. Forms only read and check; the domain does the rest."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets import intake
from tickets.intake import NewTicket

DESK = "desk"


class NewTicketForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=intake.MAX_SUBJECT, required=False)
    text = forms.CharField(label=_("Message"), widget=forms.Textarea)
    name = forms.CharField(label=_("Customer's name"), max_length=intake.MAX_NAME, required=False)
    contact = forms.CharField(
        label=_("E-mail or telephone"), max_length=intake.MAX_CONTACT, required=False
    )
    lang = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[
            ("", _("recognise it")),
            ("fa", _("Persian")),
            ("en", _("English")),
            ("uk", _("Ukrainian")),
            ("he", _("Hebrew")),
        ],
    )
    external_id = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def blank(cls) -> "NewTicketForm":
        return cls(initial={"external_id": uuid.uuid4()})

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
        )


class ReplyForm(forms.Form):
    text = forms.CharField(label=_("Reply"), widget=forms.Textarea, strip=False)
    suggestion = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    send_key = forms.CharField(max_length=64)


class RatingForm(forms.Form):
    stars = forms.IntegerField(label=_("Stars"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000)


def first_error(form: forms.Form) -> str:
    """One line for a person: the first thing that is wrong, with the field's name."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else None
        return f"{label}: {errors[0]}" if label else str(errors[0])
    return ""
