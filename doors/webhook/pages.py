"""The page of a webhook door, for admins: try a sample, then save and switch on."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from doors.models import Door
from doors.naming import free_source
from doors.webhook.forms import WebhookForm, initial_of
from doors.webhook.options import sealed
from doors.webhook.presets import preset, titles
from doors.webhook.trying import tried
from people.audit import note
from people.roles import admin_required, signed_in
from runtime.errors import InputError


@require_http_methods(["GET", "POST"])
@admin_required
def webhook(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    door = get_object_or_404(Door, pk=pk, kind=Door.Kind.WEBHOOK) if pk else None
    trying = "try" in request.POST
    form = WebhookForm(
        request.POST or None, door=door, initial=_initial(request, door), trying=trying
    )
    context: dict[str, Any] = {"form": form, "door": door, "presets": titles()}
    if request.method == "POST" and form.is_valid():
        if not trying:
            saved = _save(request, form)
            if not form.made:
                return redirect("door", pk=saved.pk)
            context |= {"saved": saved, "made": form.made}
            context["address"] = request.build_absolute_uri(reverse("door-in", args=[saved.source]))
            return render(request, "doors/webhook_keys.html", context)
        try:
            context["tried"] = tried(form.options, form.cleaned_data["sample"])
        except InputError as problem:
            context["untried"] = _(str(problem))
    if door is not None:
        context["address"] = request.build_absolute_uri(reverse("door-in", args=[door.source]))
    return render(request, "doors/webhook.html", context)


def _initial(request: HttpRequest, door: Door | None) -> dict[str, Any]:
    if door is not None:
        own = {"name": door.name, "team": door.team_id, "active": door.active}
        return initial_of(door.options) | own
    chosen = preset(request.GET.get("preset", ""))
    if chosen is None:
        return {"kind": "standard", "repeats": True, "remote_id": "id"}
    return initial_of(chosen.options) | {"name": chosen.title, "sample": chosen.sample}


def _save(request: HttpRequest, form: WebhookForm) -> Door:
    door = form.door or Door(kind=Door.Kind.WEBHOOK, created_by=signed_in(request.user))
    is_new = door.pk is None
    data = form.cleaned_data
    door.name, door.team, door.active = data["name"], data["team"], data["active"]
    door.options, door.secret_encrypted = data["options"], sealed(form.keys)
    with transaction.atomic():
        if is_new:
            door.source = free_source("webhook")
            door.save()
        else:
            door.save(update_fields=["name", "team", "active", "options", "secret_encrypted"])
        note(request.user, "door.made" if is_new else "door.changed", f"door {door.name}")
    return door
