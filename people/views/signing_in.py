"""Signing in: password, second step, a forgotten password, an invitation."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth import views as auth
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp import login as remember_device

from people import inviting, known_devices, resetting, two_factor
from people.audit import note
from people.forms import AcceptForm, CodeForm, EmailForm, SignInForm, forgive
from people.managing import target
from people.roles import signed_in, signed_in_required
from people.sessions import ask_again_for
from people.throttling import Key, Limit, TooManyAttempts, address_of, attempt
from runtime.errors import InputError

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Nothing says whether one was needed: each counts until it is forgotten.
RESETS, RESETS_FROM = Limit(3, 3600, forgets=3600), Limit(20, 3600, forgets=3600)


class SignIn(auth.LoginView):
    """Template registration/login.html: `form`, `next`, `can_reset`: mail can be sent. 429 while a
    name or an address has to wait."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(can_reset=settings.SMTP_SET, **context)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        known_devices.remember(answer, form.get_user().get_username())
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_invalid(form)
        wait = getattr(form, "wait", 0)
        if wait:
            answer.status_code = 429
            answer["Retry-After"] = str(wait)
        return answer


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@never_cache
@signed_in_required
def second_step(request: HttpRequest) -> HttpResponse:
    """POST `code`: of the app, or a recovery code. Template registration/second_step.html: `form`,
    `next`."""
    user = signed_in(request.user)
    onward = _onward(request)
    if user.is_verified() or not two_factor.is_on(user):  # type: ignore[attr-defined]
        return redirect(onward)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            device = two_factor.verify(user, form.cleaned_data["code"])
        except InputError as error:
            form.add_error("code", str(error))
        else:
            request.session.cycle_key()
            remember_device(request, device)
            return redirect(onward)
    context = {"form": form, "next": onward}
    status = 400 if form.errors else 200
    return render(request, "registration/second_step.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    """POST `email`: says the same whether it is known. Template registration/password_reset.html:
    `form`, `can_reset`: mail can be sent, `hours` that a link lasts; `asked`: it was posted."""
    form = EmailForm(request.POST or None)
    asked = request.method == "POST" and form.is_valid()
    if asked and settings.SMTP_SET:
        email = form.cleaned_data["email"]
        address = address_of(request)
        try:
            attempt(
                [Key(RESETS, ("reset", email.casefold())), Key(RESETS_FROM, ("reset", address))]
            )
        except TooManyAttempts:
            pass  # one mail more or less: the page tells nothing
        else:
            desk = request.build_absolute_uri("/")
            resetting.ask(email, desk=desk, lang=get_language() or settings.LANGUAGE_CODE)
    context = {
        "form": form,
        "asked": asked,
        "can_reset": settings.SMTP_SET,
        "hours": resetting.hours(),
    }
    status = 400 if form.errors else 200
    return render(request, "registration/password_reset.html", context, status=status)


class NewPassword(auth.PasswordResetConfirmView):
    """The link of a mail or of an admin. Template registration/password_new.html: `form`,
    `validlink`."""

    template_name = "registration/password_new.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> User | None:
        """Nobody who is switched off: the password would be theirs once they are let in again."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            answer = super().form_valid(form)
            user = self.user
            assert isinstance(user, User)
            note(user, "person.password-reset", target(user))
            ask_again_for(user)
        forgive(user.get_username(), self.request)
        messages.success(self.request, _("The password is changed. Sign in with it."))
        return answer


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Template registration/invitation.html: `invitation`, `form`; or, 404, `refused`: one line."""
    try:
        row = inviting.found(secret)
    except InputError as error:
        context: dict[str, Any] = {"refused": str(error)}
        return render(request, "registration/invitation.html", context, status=404)
    proposed = row.email.partition("@")[0][:150]
    form = AcceptForm(request.POST or None, initial={"username": proposed})
    if request.method == "POST" and form.is_valid():
        try:
            user = inviting.accept(secret, **form.cleaned_data)
        except inviting.BadPassword as error:
            form.add_error("password", str(error))
        except InputError as error:
            form.add_error("username", str(error))
        else:
            sign_in(request, user, backend=BACKEND)
            messages.success(request, _("Welcome to the desk."))
            return redirect("inbox")
    context = {"invitation": row, "form": form}
    status = 400 if form.errors else 200
    return render(request, "registration/invitation.html", context, status=status)


def _onward(request: HttpRequest) -> str:
    wish = request.POST.get("next", request.GET.get("next", ""))
    if url_has_allowed_host_and_scheme(
        wish, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wish
    return resolve_url(settings.LOGIN_REDIRECT_URL)
