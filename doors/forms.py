"""What the forms of all kinds of doors share."""

from django import forms
from django.utils.translation import gettext as _

from doors.models import Door


class NamedForm(forms.Form):
    """A form with the field `name`, of a door that is there (`door`) or is to be made (None)."""

    door: Door | None

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Door.objects.filter(name=name)
        if self.door is not None:
            others = others.exclude(pk=self.door.pk)
        if others.exists():
            raise forms.ValidationError(_("Another door has this name."))
        return name
