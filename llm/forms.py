"""What an admin may ask of a slot or a server at the desk."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

MAX_NAME: Final = 200
SHARES: Final = (1, 5, 10, 25, 50)
"""Per cent of tickets; the command takes any share."""


class PlaceForm(forms.Form):
    """`expected`: what the slot served when the page was made."""

    version = forms.CharField(max_length=MAX_NAME)
    expected = forms.CharField(max_length=MAX_NAME, required=False)


class RollbackForm(forms.Form):
    """As `PlaceForm`, without a version: there is one way back."""

    expected = forms.CharField(max_length=MAX_NAME)


class CanaryForm(forms.Form):
    version = forms.CharField(max_length=MAX_NAME)
    share = forms.TypedChoiceField(choices=[(share, share) for share in SHARES], coerce=int)


class AllowForm(forms.Form):
    """`name` is typed by hand: a server that gets customers' words is not allowed by a slip."""

    name = forms.CharField(
        max_length=MAX_NAME, label=_("Type the server’s name to confirm"), required=False
    )
