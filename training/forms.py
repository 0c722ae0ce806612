"""The form that starts a run: it checks what can be checked before anything is queued."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from llm.models import Slot
from training.models import DatasetSnapshot
from training.recipes import load_recipe, recipe_names

MAX_MINUTES = 7 * 24 * 60
OF_OTHER_COMMANDS = ("pretrain", "continued", "contrastive")
"""Methods that make a base or an embedder: `finetune` refuses them."""


class StartForm(forms.Form):
    recipe = forms.ChoiceField(label=_("Recipe"))
    slot = forms.ChoiceField(
        label=_("Slot"),
        required=False,
        help_text=_("The new version is to challenge the one that serves there."),
    )
    source = forms.ChoiceField(label=_("Learn from"), required=False)
    max_minutes = forms.IntegerField(
        label=_("Minutes at most"),
        required=False,
        min_value=1,
        max_value=MAX_MINUTES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=_("Training stops then with a checkpoint, and can go on later."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("recipe", [(name, name) for name in tuning_recipes()])
        self._choose("slot", [("", _("the one rated worst")), *((one, one) for one in Slot.NAMES)])
        self._choose("source", [("", _("what the desk knows now")), *_imported()])

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def tuning_recipes() -> list[str]:
    """Those that `finetune` takes, small ones first, which any machine can do."""
    known = [name for name in recipe_names() if load_recipe(name).method not in OF_OTHER_COMMANDS]
    return sorted(known, key=lambda name: (not name.startswith(("sample-", "small-")), name))


def _imported() -> list[tuple[str, str]]:
    """Data sets that were imported under a name, each by its newest snapshot."""
    named = DatasetSnapshot.objects.exclude(name="").exclude(kind=DatasetSnapshot.Kind.HOLDOUT)
    names = dict.fromkeys(named.order_by("-pk").values_list("name", flat=True)[:200])
    return [(name, name) for name in names]
