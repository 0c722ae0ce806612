"""The form of a webhook door: how it is signed, what a payload means, what goes out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doors.forms import NamedForm
from doors.models import Door
from doors.webhook import options as told
from doors.webhook.mapping import FIELDS, KINDS, OUT_FIELDS, read_lines
from doors.webhook.options import Keys, WebhookOptions
from doors.webhook.signing import ALGORITHMS, ENCODINGS, SCHEMES, SIGNED, STANDARD, Scheme
from people.models import Team
from runtime.errors import InputError
from runtime.webhooks import new_key

MAX_LINES = 10_000
OVERLAP_SECONDS = 24 * 3600.0
"""For which the key before a new one is good, as that of webhooks out."""
_SCHEME_NAMES = (_("Standard Webhooks"), _("an HMAC in a header"), _("a secret word in a header"))


def _line(label: Any, most: int = 400, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"dir": "ltr"})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget, **more)


def _lines(label: Any, *, rows: int = 8, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"dir": "ltr", "rows": rows, "spellcheck": "false"})
    return forms.CharField(label=label, max_length=MAX_LINES, widget=widget, **more)


def _choice(label: Any, names: Sequence[str]) -> forms.ChoiceField:
    widget = forms.Select(attrs={"dir": "ltr"})
    return forms.ChoiceField(label=label, choices=[(one, one) for one in names], widget=widget)


class KeyInput(forms.PasswordInput):
    """Hidden and never shown again, but no password: three in a form mislead password managers."""

    input_type = "text"


def _key(label: Any) -> forms.CharField:
    widget = KeyInput(
        attrs={"class": "key", "dir": "ltr", "autocomplete": "off", "spellcheck": "false"}
    )
    return forms.CharField(label=label, max_length=1000, required=False, widget=widget)


class WebhookForm(NamedForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.all(), required=False, empty_label=_("everybody")
    )
    kind = forms.ChoiceField(
        label=_("What proves who sends"), choices=list(zip(SCHEMES, _SCHEME_NAMES, strict=True))
    )
    key_in = _key(_("Key of what comes in"))
    signature_header = _line(_("Header of the signature"), 100)
    algorithm = _choice(_("Hash"), ALGORITHMS)
    encoding = _choice(_("Written as"), ENCODINGS)
    signature_prefix = _line(_("What stands before it"), 20)
    signed = _choice(_("What is signed"), SIGNED)
    timestamp_header = _line(_("Header of the time"), 100)
    mapping = _lines(
        _("Fields"),
        help_text=_(
            "One a line, field = path: text = comment.body. Paths: a.b[0].c, =words, a | b."
        ),
    )
    events = _lines(
        _("Events"),
        rows=4,
        help_text=_(
            "One a line, meaning = values with commas: customer_message = comment_created."
        ),
    )
    sample = _lines(_("A payload to try"), required=False)
    url = _line(_("Replies go to"), help_text=_("{ticket} stands for the number over there."))
    method = _choice(_("Method"), told.METHODS)
    template = _lines(
        _("Fields of a reply"),
        required=False,
        rows=4,
        help_text=_("One a line, path = $text, $html, $ticket, $reply, $lang or =a constant."),
    )
    key_out = _key(_("Key that signs replies"))
    header = _line(_("A header of their own"), 100)
    header_value = _key(_("Its value"))
    remote_id = _line(_("Where their answer tells the reply's number"), 200)
    ticket_page = _line(_("Address of a ticket's page over there"))
    repeats = forms.BooleanField(
        label=_("They know a webhook-id that comes again: send again what was perhaps sent"),
        required=False,
    )
    active = forms.BooleanField(label=_("Switched on"), required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        door: Door | None,
        initial: Mapping[str, Any],
        trying: bool = False,
    ) -> None:
        """`trying`: a payload is tried, for which no keys are needed."""
        super().__init__(data, initial=dict(initial))
        self.trying = trying
        self.door = door
        self.made: list[tuple[str, str]] = []
        """Keys that we made, to be shown once."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            self.options = _options(data)
            self.keys = self._keys(data)
            data["options"] = told.checked(self.options, self.keys)
        except InputError as problem:
            raise forms.ValidationError(str(problem)) from problem
        return data

    def _keys(self, data: Mapping[str, Any]) -> Keys:
        """What was written, what was there, or, where we may choose, one of ours."""
        if self.trying:
            return Keys(new_key(), new_key(), data["header_value"])
        before = told.secrets_of(self.door) if self.door else Keys()
        key_in = data["key_in"] or before.key_in
        key_out = data["key_out"] or before.key_out
        if not key_in and data["kind"] == STANDARD:
            key_in = self._new("key_in")
        if not key_out and data["url"]:
            key_out = self._new("key_out")
        keys = Keys(key_in, key_out, data["header_value"] or before.header_value)
        if not before.key_in or before.key_in == key_in:
            return replace(keys, key_before=before.key_before, before_until=before.before_until)
        return replace(keys, key_before=before.key_in, before_until=time.time() + OVERLAP_SECONDS)

    def _new(self, name: str) -> str:
        key = new_key()
        self.made.append((str(self.fields[name].label), key))
        return key


def initial_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a form shows of stored options, or of a preset's."""
    scheme = dict(options.get("scheme", {}))
    scheme["signature_header"] = scheme.pop("header", "")
    scheme["signature_prefix"] = scheme.pop("prefix", "")
    shown = {**scheme, **{name: options[name] for name in options if name != "scheme"}}
    for name in ("mapping", "events", "template"):
        pairs = dict(options.get(name, {}))
        order = {"mapping": FIELDS, "events": KINDS}.get(name, tuple(pairs))
        shown[name] = "\n".join(f"{one} = {pairs[one]}" for one in order if one in pairs)
    return shown


def _options(data: Mapping[str, Any]) -> WebhookOptions:
    plain = ("url", "method", "header", "repeats", "remote_id", "ticket_page")
    scheme = ("kind", "algorithm", "encoding", "signed", "timestamp_header")
    return WebhookOptions(
        scheme=Scheme(
            header=data["signature_header"],
            prefix=data["signature_prefix"],
            **{name: data[name] for name in scheme},
        ),
        mapping=read_lines(data["mapping"], most=len(FIELDS)),
        events=read_lines(data["events"], most=len(KINDS)),
        template=read_lines(data["template"], most=OUT_FIELDS),
        **{name: data[name] for name in plain},
    )
