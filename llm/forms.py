"""What an admin may ask of a slot or a server at the desk."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from llm.models import Slot

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


class ConnectServerForm(forms.Form):
    """A server that models stand on; `key_env` names a variable, it is not the key."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("As it is called at this desk: letters, digits, and . _ -"),
    )
    url = forms.CharField(label=_("Address"), max_length=500, help_text=_("With its /v1."))
    key_env = forms.CharField(
        label=_("Environment variable with the key"),
        max_length=100,
        required=False,
        help_text=_("The variable’s name, never the key: it is stored nowhere."),
    )
    seconds = forms.FloatField(
        label=_("Seconds for a whole answer"), min_value=1, max_value=600, initial=30
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in ("name", "url", "key_env"):
            attributes = {"dir": "ltr", "spellcheck": "false", "autocapitalize": "none"}
            self.fields[field].widget.attrs.update(attributes)


class ConnectFolderForm(forms.Form):
    """`folders`: those that there are."""

    folder = forms.ChoiceField(label=_("Folder"))
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("For weights that were not trained here."),
    )

    def __init__(self, *given: Any, folders: Iterable[str], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["folder"].choices = [(one, one) for one in folders]  # type: ignore[attr-defined]


class UseForm(forms.Form):
    """Where a version is put, and how: "live", or a canary's share in per cent."""

    slot = forms.ChoiceField(label=_("Slot"), choices=[(one, one) for one in Slot.NAMES])
    how = forms.ChoiceField(
        choices=[("live", "live"), *((str(share), str(share)) for share in SHARES)]
    )


class AllowForm(forms.Form):
    """`name` is typed by hand: a server that gets customers' words is not allowed by a slip."""

    name = forms.CharField(
        max_length=MAX_NAME, label=_("Type the server’s name to confirm"), required=False
    )
