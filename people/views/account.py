"""My account: name, address, password, second factor. For everybody who is signed in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as remember_device

from people import two_factor
from people.audit import note
from people.forms import CodeForm, OwnDetailsForm, password_keys
from people.managing import role_of, set_details, target
from people.models import Invitation
from people.qr import drawn
from people.roles import signed_in, signed_in_required
from people.sessions import ask_again_for
from people.throttling import TooManyAttempts, attempt, succeeded
from runtime.errors import InputError


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in_required
def account(request: HttpRequest) -> HttpResponse:
    """POST `name`, `email`, `password` (the present one, for another address). Template
    people/account.html: `form`, `role` in words, `teams`, `second_factor`: it is on, `codes_left`,
    `is_required`."""
    user = signed_in(request.user)
    shown = {"name": user.get_full_name(), "email": user.email}
    form = OwnDetailsForm(request.POST or None, initial=shown, user=user)
    if request.method == "POST" and form.is_valid():
        set_details(user, by=user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account")
    context: dict[str, Any] = {
        "form": form,
        "role": dict(Invitation.Role.choices).get(role_of(user), ""),
        "teams": user.teams.all(),
        "second_factor": two_factor.is_on(user),
        "codes_left": two_factor.codes_left(user),
        "is_required": two_factor.is_required(user),
    }
    return render(request, "people/account.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@signed_in_required
def password(request: HttpRequest) -> HttpResponse:
    """Django's form with the present password, which may not be guessed at either. All other
    sessions of the person end. Template people/password.html: `form`."""
    user = signed_in(request.user)
    keys = password_keys(user)
    form: PasswordChangeForm = PasswordChangeForm(user, request.POST or None)
    if request.method == "POST":
        try:
            attempt(keys)
        except TooManyAttempts as error:
            form = PasswordChangeForm(user)
            context = {"form": form, "refused": str(error)}
            return render(request, "people/password.html", context, status=429)
        if form.is_valid():
            succeeded(keys)
            with transaction.atomic():
                form.save()
                note(user, "person.password-changed", target(user))
                ask_again_for(user)
            update_session_auth_hash(request, user)
            messages.success(request, _("The password is changed."))
            return redirect("account")
        if "old_password" not in form.errors:
            succeeded(keys)
    status = 400 if form.errors else 200
    return render(request, "people/password.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@never_cache
@signed_in_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """POST `code`: the first of the app. Template people/second_factor.html: `form`; to set one up
    `picture` (SVG) and `secret`; when it is on `codes_left`; `codes`: recovery codes, shown once;
    `is_required`."""
    user = signed_in(request.user)
    form = CodeForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "is_required": two_factor.is_required(user)}
    if two_factor.is_on(user):
        return _page(request, context | {"codes_left": two_factor.codes_left(user)})
    if request.method == "POST" and form.is_valid():
        try:
            device, codes = two_factor.confirm(user, "".join(form.cleaned_data["code"].split()))
        except InputError as error:
            form.add_error("code", str(error))
        else:
            request.session.cycle_key()
            remember_device(request, device)
            return _page(request, {"codes": codes})
    waiting = two_factor.begin(user)
    context |= {"picture": drawn(waiting.config_url), "secret": two_factor.secret_of(waiting)}
    return _page(request, context, status=400 if form.errors else 200)


@require_POST
@sensitive_post_parameters("code")
@never_cache
@signed_in_required
def second_factor_codes(request: HttpRequest) -> HttpResponse:
    """POST `code`: new recovery codes in place of the old."""
    user = signed_in(request.user)
    form = CodeForm(request.POST)
    if not _took(request, form):
        return _on(request, form)
    return _page(request, {"codes": two_factor.renew_codes(user)})


@require_POST
@sensitive_post_parameters("code")
@never_cache
@signed_in_required
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """POST `code`."""
    user = signed_in(request.user)
    form = CodeForm(request.POST)
    if not _took(request, form):
        return _on(request, form)
    two_factor.remove(user, by=user)
    messages.success(request, _("The second factor is off."))
    return redirect("account")


def _took(request: HttpRequest, form: CodeForm) -> bool:
    """Something this grave is asked for with a code of now, signed in or not."""
    if not form.is_valid():
        return False
    try:
        two_factor.verify(signed_in(request.user), form.cleaned_data["code"])
    except InputError as error:
        form.add_error("code", str(error))
        return False
    return True


def _on(request: HttpRequest, form: CodeForm) -> HttpResponse:
    user = signed_in(request.user)
    if not two_factor.is_on(user):
        return redirect("second-factor")
    context = {"form": form, "codes_left": two_factor.codes_left(user)}
    context["is_required"] = two_factor.is_required(user)
    return _page(request, context, status=400)


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, "people/second_factor.html", context, status=status)
