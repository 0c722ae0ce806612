"""What is typed into a form while it is typed: static/desk/kept-form.js posts it here."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from people.roles import agent_required
from runtime.errors import InputError
from tickets import kept_forms


@require_POST
@sensitive_post_parameters()
@agent_required
def keep_form(request: HttpRequest, form: str) -> HttpResponse:
    """POST the form's fields; JSON {"kept": bool}, 400 with {"error"}. With `again`, what was kept
    is thrown away: back to the form, empty."""
    try:
        if "again" in request.POST:
            kept_forms.forget(request.session, form)
            return redirect(_page(form))
        return JsonResponse({"kept": kept_forms.keep(request.session, form, request.POST)})
    except kept_forms.NoSuchForm:
        raise Http404 from None
    except InputError as error:
        return JsonResponse({"error": str(error)}, status=400)


def _page(form: str) -> str:
    kind, _dash, number = form.partition("-")
    if kind == kept_forms.NEW_TICKET:
        return reverse("ticket-new")
    return reverse("canned-edit", args=[int(number)]) if number else reverse("canned-new")
