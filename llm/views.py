"""What admins change on the model page: slots, canaries, and which servers may be asked.

The page itself also shows what drafts cost, which tickets know: `tickets.views.models`. Each of
these views changes one thing and goes back there with one line about it; what a page does not offer
(an unknown version or share) is a 400.
"""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from llm.forms import AllowForm, CanaryForm, PlaceForm, RollbackForm
from llm.manifest import ManifestError
from llm.models import ModelVersion, Server
from llm.registry import RegistryError, promote, retire, rollback, set_canary, version_named
from llm.servers.health import check
from llm.servers.registering import allow, disallow
from people.audit import note
from people.roles import admin_required, signed_in


@require_POST
@admin_required
def promote_version(request: HttpRequest, slot: str) -> HttpResponse:
    """POST `version`, `expected`: it serves in the slot from the next ticket on."""
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    given = form.cleaned_data

    def change() -> str:
        version = version_named(given["version"])
        by = signed_in(request.user)
        promote(slot, version, by=by, expected=given["expected"])
        return _("%(version)s serves in slot %(slot)s from the next ticket on.") % {
            "version": version.name,
            "slot": slot,
        }

    return _changed(request, change)


@require_POST
@admin_required
def roll_back(request: HttpRequest, slot: str) -> HttpResponse:
    """POST `expected`."""
    form = RollbackForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()

    def change() -> str:
        by = signed_in(request.user)
        now = rollback(slot, by=by, expected=form.cleaned_data["expected"])
        return _("Slot %(slot)s serves %(version)s again.") % {"slot": slot, "version": now.version}

    return _changed(request, change)


@require_POST
@admin_required
def start_canary(request: HttpRequest, slot: str) -> HttpResponse:
    """POST `version`, `share` in per cent, one of `llm.forms.SHARES`."""
    form = CanaryForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    given = form.cleaned_data

    def change() -> str:
        version = version_named(given["version"])
        by = signed_in(request.user)
        set_canary(slot, version, share=given["share"] / 100, by=by)
        return _("%(version)s is tried in slot %(slot)s.") % {
            "version": version.name,
            "slot": slot,
        }

    return _changed(request, change)


@require_POST
@admin_required
def end_canary(request: HttpRequest, slot: str) -> HttpResponse:
    def change() -> str:
        retire(slot, by=signed_in(request.user))
        return _("The canary of slot %(slot)s has ended.") % {"slot": slot}

    return _changed(request, change)


@require_POST
@admin_required
def switch_instructions(request: HttpRequest, name: str) -> HttpResponse:
    """POST `follows`: "1" or "0". Whether agents are offered to have its drafts said another
    way."""
    version = get_object_or_404(ModelVersion, name=name)
    follows = request.POST.get("follows")
    if follows not in ("0", "1"):
        return HttpResponseBadRequest()
    with transaction.atomic():
        version.follows_instructions = follows == "1"
        version.save(update_fields=["follows_instructions"])
        note(request.user, "version.instructions", f"version {name}", follows=follows == "1")
    said = (
        _("%(version)s is asked to say its drafts another way.")
        if version.follows_instructions
        else _("%(version)s is not asked to say its drafts another way any more.")
    )
    messages.success(request, said % {"version": name})
    return redirect("model-version", name=name)


@require_POST
@admin_required
def allow_server(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `name`, as it is spelt: from now on customers' words may be sent there."""
    server = get_object_or_404(Server, pk=pk)
    form = AllowForm(request.POST)
    if not form.is_valid() or form.cleaned_data["name"] != server.name:
        messages.error(request, _("That is not the server’s name: nothing was allowed."))
    else:
        allow(server, by=signed_in(request.user))
        messages.success(request, _("%(server)s may be asked from now on.") % {"server": server})
    return redirect("models")


@require_POST
@admin_required
def forbid_server(request: HttpRequest, pk: int) -> HttpResponse:
    server = disallow(get_object_or_404(Server, pk=pk), by=signed_in(request.user))
    messages.success(request, _("Nothing is sent to %(server)s any more.") % {"server": server})
    return redirect("models")


@require_POST
@admin_required
def check_server(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask it for its list of models, which holds up the page for 5 seconds at most."""
    server = get_object_or_404(Server, pk=pk)
    health = check(server)
    if health.error:
        messages.error(request, f"{server}: {_(health.error)}")
    else:
        messages.success(request, _("%(server)s answers.") % {"server": server})
    return redirect("models")


def _changed(request: HttpRequest, change: Callable[[], str]) -> HttpResponse:
    """`change` returns what to say when it is done."""
    try:
        messages.success(request, change())
    except RegistryError as error:
        messages.error(request, str(error))
    except ManifestError as error:  # in English: it names files, for whoever repairs them
        line = _("The files of this version are damaged or gone.")
        messages.error(request, f"{line} ({error})")
    return redirect("models")
