"""What people type about people. Forms read and check; the domain does the rest."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from people import known_devices
from people.adding import MAX_NAME
from people.models import Invitation, Team
from people.throttling import Key, Limit, TooManyAttempts, address_of, attempt, succeeded
from runtime.days import BadDay, read_day

NO_ROLE = [("", _("none: may do nothing"))]
_PASSWORD = {"autocomplete": "new-password", "dir": "ltr"}
_EMAIL = {"dir": "ltr", "autocomplete": "email", "autocapitalize": "none"}

# A name may be guessed from many places, and from one place many names: each has its own limit. The
# name alone has a short wait, so that nobody can shut another person out for long. A browser in
# which the person signed in before has a limit of its own: out of it nobody can be shut at all.
PAIR, NAME, ADDRESS = Limit(5, 900), Limit(25, 60), Limit(60, 900)
PASSWORDS = Limit(5, 900)
"""The present password, asked for within a session."""


class SignInForm(AuthenticationForm):
    """Django's, with a wait after some failures. `wait` is its length in seconds, or 0."""

    wait = 0

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username", "")).casefold()
        address = address_of(self.request)
        own, shared = _of_name(name, address), [Key(ADDRESS, ("sign-in from", address))]
        if device := known_devices.of(self.request, name):
            own, shared = [Key(PAIR, ("sign-in with", name, device))], []
        try:
            attempt([*own, *shared])
        except TooManyAttempts as error:
            self.wait = error.seconds
            raise ValidationError(str(error), code="throttled") from error
        cleaned = super().clean()
        succeeded(own, shared)
        return cleaned


def forgive(name: str, request: HttpRequest) -> None:
    """Somebody has shown by a link that the name is theirs: the guesses before count no more."""
    succeeded(_of_name(name.casefold(), address_of(request)))


def _of_name(name: str, address: str) -> list[Key]:
    return [Key(PAIR, ("sign-in", name, address)), Key(NAME, ("sign-in", name))]


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "dir": "ltr"}
        ),
    )


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs=_EMAIL))


class PeopleField(forms.ModelMultipleChoiceField):
    """People by the names that colleagues see."""

    def label_from_instance(self, obj: Any) -> str:
        return obj.get_full_name() or obj.get_username()


class NameField(forms.CharField):
    """What colleagues see, as the person writes it."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Name"),
            max_length=MAX_NAME,
            required=False,
            help_text=_("As colleagues see it."),
            widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "name"}),
        )


class DetailsForm(forms.Form):
    name = NameField()
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("For a forgotten password."),
        widget=forms.EmailInput(attrs=_EMAIL),
    )


class OwnDetailsForm(DetailsForm):
    """A forgotten password goes to the address: whoever could change it without the present one, at
    a desk that was left open, could take the account along."""

    password = forms.CharField(
        label=_("Present password"),
        required=False,
        strip=False,
        max_length=200,
        help_text=_("Only to change the e-mail address."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "dir": "ltr"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        password = cleaned.pop("password", "")
        if "email" in cleaned and cleaned["email"] != self.user.email:
            check_present_password(self.user, password)
        return cleaned


def check_present_password(user: User, password: str) -> None:
    """Raises ValidationError, and so it does for the right one after too many wrong ones."""
    keys = password_keys(user)
    try:
        attempt(keys)
    except TooManyAttempts as error:
        raise ValidationError({"password": str(error)}, code="throttled") from error
    if not user.check_password(password):
        raise ValidationError({"password": _("Give your present password to change the address.")})
    succeeded(keys)


def password_keys(user: User) -> list[Key]:
    return [Key(PASSWORDS, ("password", str(user.pk)))]


class PersonForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[*NO_ROLE, *Invitation.Role.choices]
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        required=False,
        queryset=Team.objects.all(),
        widget=forms.CheckboxSelectMultiple,
    )
    is_active = forms.BooleanField(label=_("May sign in"), required=False)


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs=_EMAIL))
    role = forms.ChoiceField(label=_("Role"), choices=Invitation.Role.choices)
    team = forms.ModelChoiceField(
        label=_("Team"), required=False, queryset=Team.objects.all(), empty_label=_("none")
    )


class TeamForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class MembersForm(TeamForm):
    members = PeopleField(
        label=_("Members"),
        required=False,
        queryset=User.objects.order_by("username"),
        widget=forms.CheckboxSelectMultiple,
    )


class AcceptForm(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        max_length=MAX_NAME,
        help_text=_("To sign in with: letters, digits and @ . + - _"),
        widget=forms.TextInput(
            attrs={"dir": "ltr", "autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    name = NameField()
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        help_text=_("At least 8 characters, and not a common password."),
        widget=forms.PasswordInput(attrs=_PASSWORD),
    )


class DayField(forms.CharField):
    """A day of the Jalali or the Gregorian calendar, as it is typed."""

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        try:
            return read_day(text) if text else None
        except BadDay as error:
            raise ValidationError(str(error)) from error


class AuditFilter(forms.Form):
    """GET; what is not understood filters nothing, and is said."""

    action = forms.CharField(required=False, max_length=60)
    person = forms.CharField(required=False, max_length=20)
    since = DayField(required=False)
    until = DayField(required=False)
