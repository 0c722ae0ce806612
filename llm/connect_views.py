"""The pages of the guide that connects the first real model (`llm.connecting`), for admins.

Four pages, each with an address of its own, so that it can be left and gone on with: where the
model is; the server; what it serves; trying it and putting it into a slot.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from llm import connecting
from llm.forms import SHARES, AllowForm, ConnectFolderForm, ConnectServerForm, UseForm
from llm.manifest import ManifestError
from llm.models import ModelVersion, Server, Slot
from llm.registry import promote, set_canary
from llm.servers.breaker import is_allowed
from llm.servers.health import check
from llm.servers.registering import allow
from people.roles import admin_required, signed_in
from runtime.errors import InputError

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@never_cache
@admin_required
def choose(request: HttpRequest) -> HttpResponse:
    """Template llm/connect.html: `ways`, and `unfinished` (llm.connecting.Unfinished)."""
    context = {"ways": connecting.WAYS.values(), "unfinished": connecting.unfinished()}
    return render(request, "llm/connect.html", context)


@get_or_post
@never_cache
@admin_required
def where(request: HttpRequest, way: str) -> HttpResponse:
    """Template llm/connect_where.html: `way`, `form` (None for a folder where there is none).
    POST what the form has; goes to the server's page, or the version's. 400 with what is wrong."""
    chosen = connecting.WAYS.get(way)
    if chosen is None:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = _folder_form(posted) if way == "folder" else _server_form(chosen, posted)
    if posted is not None and form is not None and form.is_valid():
        try:
            return _connected(chosen, form.cleaned_data, request)
        except (InputError, ManifestError) as error:
            form.add_error(None, _(str(error)))
    context = {"way": chosen, "form": form}
    status = 400 if posted is not None else 200
    return render(request, "llm/connect_where.html", context, status=status)


@get_or_post
@never_cache
@admin_required
def server(request: HttpRequest, pk: int) -> HttpResponse:
    """Template llm/connect_server.html: `server`, `allowed`, `health` (of a
    check that was just made, or None), `versions` that stand on it. POST `do`: "allow" with the
    server's `name`, "check", or "use" with one of the names that it `served`."""
    row = get_object_or_404(Server, pk=pk)
    health = None
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do == "allow":
        form = AllowForm(request.POST)
        if form.is_valid() and form.cleaned_data["name"] == row.name:
            allow(row, by=signed_in(request.user))
            return redirect("model-connect-server", pk=pk)
        messages.error(request, _("That is not the server’s name: nothing was allowed."))
    elif do == "check":
        health = check(row)
    elif do == "use":
        try:
            served = request.POST.get("served", "")
            made = connecting.connect_served(row, served, by=signed_in(request.user))
            return redirect("model-connect-version", name=made.name)
        except InputError as error:
            messages.error(request, str(error))
    row.refresh_from_db()
    context = {
        "server": row,
        "allowed": is_allowed(row),
        "health": health,
        "health_said": _(health.error) if health and health.error else "",
        "versions": row.versions.order_by("-pk"),
    }
    status = 400 if do in ("allow", "use") or (request.method == "POST" and not do) else 200
    return render(request, "llm/connect_server.html", context, status=status)


@get_or_post
@never_cache
@admin_required
def version(request: HttpRequest, name: str) -> HttpResponse:
    """Template llm/connect_version.html: `version`, `allowed`, `tried` (llm.connecting.Tried or
    None), `slots`, `shares`. POST `do`: "try", or "use" with `slot` and `how`."""
    rows = ModelVersion.objects.select_related("server", "base")
    row = get_object_or_404(rows, name=name)
    tried = None
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do == "use":
        done = _used(request, row)
        if done is not None:
            return done
    elif do == "try" and row.server is not None:
        tried = connecting.try_on_example(row, lang=(get_language() or "en")[:2])
    context: dict[str, Any] = {
        "version": row,
        "allowed": row.server is None or is_allowed(row.server),
        "tried": tried,
        "tried_said": _(tried.error) if tried and tried.error else "",
        "slots": _slots(),
        "shares": SHARES,
    }
    status = 400 if do == "use" else 200
    return render(request, "llm/connect_version.html", context, status=status)


def _connected(way: connecting.Way, given: dict[str, Any], request: HttpRequest) -> HttpResponse:
    by = signed_in(request.user)
    if way.key == "folder":
        made = connecting.connect_folder(given["folder"], name=given["name"], by=by)
        return redirect("model-connect-version", name=made.name)
    return redirect("model-connect-server", pk=connecting.connect_server(way, by=by, **given).pk)


def _server_form(way: connecting.Way, posted: Any) -> ConnectServerForm:
    return ConnectServerForm(posted, initial={"url": way.url, "name": way.key})


def _folder_form(posted: Any) -> ConnectFolderForm | None:
    found = list(connecting.folders())
    return ConnectFolderForm(posted, folders=found) if found else None


def _used(request: HttpRequest, row: ModelVersion) -> HttpResponse | None:
    """To the model page when it serves; None, with a message, where it does not."""
    form = UseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a slot, and whether it is tried or serves at once."))
        return None
    slot, how = form.cleaned_data["slot"], form.cleaned_data["how"]
    by = signed_in(request.user)

    def change() -> str:
        if how == "live":
            promote(slot, row, by=by)
            return _("%(version)s serves in slot %(slot)s from the next ticket on.")
        set_canary(slot, row, share=int(how) / 100, by=by)
        return _("%(version)s is tried in slot %(slot)s.")

    return _done(request, change, version=row.name, slot=slot)


def _done(request: HttpRequest, change: Callable[[], str], **names: str) -> HttpResponse | None:
    try:
        messages.success(request, change() % names)
    except (InputError, ManifestError) as error:
        messages.error(request, str(error))
        return None
    return redirect("models")


def _slots() -> list[dict[str, str]]:
    """Each with what serves in it, "" for nothing: a canary needs something to be held against."""
    rows = dict(Slot.objects.exclude(version=None).values_list("name", "version__name"))
    return [{"name": name, "serves": rows.get(name, "")} for name in Slot.NAMES]
