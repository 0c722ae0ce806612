"""The tester: an admin pastes a text, sees what is found in it and why, and adds patterns.

The text is read and shown, never stored: it comes by POST and goes with the answer, which no cache
keeps.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from people.roles import admin_required, signed_in
from runtime.errors import InputError
from text.privacy.patterns import Pattern
from tickets.forms import TesterForm
from tickets.models import CustomPattern
from tickets.patterns import RefusedPattern, active_patterns, add_pattern, checked
from tickets.patterns import set_active as set_pattern_active
from tickets.trying import explained

UNNAMED = "NEW_PATTERN"


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("text")
@never_cache
@admin_required
def tester(request: HttpRequest) -> HttpResponse:
    """POST `text`, `name`, `template`; with `add` the pattern is kept. Template
    privacy/tester.html: `form`; `parts` of the text (see tickets.trying) and `found`, those in
    which something was found; `tried`: the pattern being tried, `tried_count`: how often it was
    found; `patterns`: all of the company's. htmx gets privacy/_tester_result.html alone."""
    form = TesterForm(request.POST or None)
    is_valid = request.method == "POST" and form.is_valid()
    tried = _tried(form) if is_valid else None
    if is_valid and "add" in request.POST and not form.errors:
        tried = _add(request, form, tried)
    context = _result(form, tried) | {"form": form}
    fragment = bool(getattr(request, "htmx", False))
    if not fragment:
        context["patterns"] = CustomPattern.objects.select_related("created_by")
    template = "privacy/_tester_result.html" if fragment else "privacy/tester.html"
    status = 400 if form.errors and not fragment else 200
    return render(request, template, context, status=status)


def _tried(form: TesterForm) -> Pattern | None:
    given = form.cleaned_data
    if not given["template"]:
        return None
    try:
        return checked(given["name"] or UNNAMED, given["template"])
    except RefusedPattern as error:
        form.add_error("template", str(error))
        return None


def _add(request: HttpRequest, form: TesterForm, tried: Pattern | None) -> Pattern | None:
    if not form.cleaned_data["name"]:
        form.add_error("name", _("Give the pattern a name."))
    elif tried is None:
        form.add_error("template", _("Give a pattern."))
    else:
        try:
            row = add_pattern(tried.name, tried.template, user=signed_in(request.user))
        except InputError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("%(name)s is masked from now on.") % {"name": row.name})
    return tried


def _result(form: TesterForm, tried: Pattern | None) -> dict[str, Any]:
    text = form.cleaned_data.get("text", "") if form.is_bound else ""
    known = [one for one in active_patterns() if tried is None or one.type != tried.type]
    parts = explained(text, patterns=known, tried=tried) if text else []
    return {
        "parts": parts,
        "found": [part for part in parts if part.type],
        "tried": tried,
        "tried_count": sum(part.is_tried for part in parts),
    }


@require_POST
@admin_required
def switch_pattern(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `active` ("1" or ""): what was masked stays masked either way."""
    row = get_object_or_404(CustomPattern, pk=pk)
    try:
        set_pattern_active(row, active=bool(request.POST.get("active")), by=signed_in(request.user))
    except InputError as error:
        messages.error(request, str(error))
    return redirect("privacy-tester")
