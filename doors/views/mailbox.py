"""Connect a mailbox, step by step: whose it is, its servers (checked for real), its folders.

The door is made paused in the first step and works when the last is done; the same pages change
it later.
"""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from doors.kinds import DoorTrouble
from doors.mail.forms import AddressForm, FoldersForm, ServersForm
from doors.mail.guessing import guessed
from doors.mail.mailbox import Position, opened
from doors.mail.options import MailOptions
from doors.mail.working import check_options
from doors.models import Door
from doors.naming import free_source
from people.audit import note
from people.roles import admin_required, signed_in
from tickets import vault

SENT_NAMES = ("Sent", "Sent Items", "Sent Messages", "INBOX.Sent")


@require_http_methods(["GET", "POST"])
@admin_required
def address(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    door = _door(pk) if pk else None
    before = _before(door) if door else MailOptions()
    initial = before.stored() | {"name": door.name if door else ""}
    form = AddressForm(request.POST or None, initial=initial, door=door)
    if request.method == "POST" and form.is_valid():
        options = form.options(before)
        if door is None or options.domain != before.domain:
            options = guessed(options)
        saved = _save(request, door, options, name=form.cleaned_data["name"])
        return redirect("door-mail-servers", pk=saved.pk)
    return _page(request, "address", door, form)


@require_http_methods(["GET", "POST"])
@admin_required
def servers(request: HttpRequest, pk: int) -> HttpResponse:
    door = _door(pk)
    before = _before(door)
    form = ServersForm(request.POST or None, initial=before.stored())
    if request.method == "POST" and form.is_valid():
        options = form.options(before)
        trouble = _trouble(replace(options, folder="INBOX", afterwards="keep", sent_folder=""))
        if not trouble:
            _save(request, door, options)
            return redirect("door-mail-folders", pk=door.pk)
        form.add_error(None, trouble)
    return _page(request, "servers", door, form)


@require_http_methods(["GET", "POST"])
@admin_required
def folders(request: HttpRequest, pk: int) -> HttpResponse:
    door = _door(pk)
    before = _before(door)
    try:
        with opened(before) as mailbox:
            names, sent = mailbox.folders(), mailbox.sent_folder()
    except DoorTrouble as problem:
        messages.error(request, _(str(problem)))
        return redirect("door-mail-servers", pk=pk)
    initial = before.stored() | {"team": door.team_id, "since": ""}
    initial["sent_folder"] = _sent(names, before.sent_folder, sent)
    is_new = not door.cursor
    form = FoldersForm(request.POST or None, initial=initial, folders=names, is_new=is_new)
    if request.method == "POST" and form.is_valid():
        options = form.options(before)
        door.team = form.cleaned_data["team"]
        trouble = _trouble(options) or _begin(
            door, options, changed=options.folder != before.folder
        )
        if not trouble:
            _save(request, door, options)
            messages.success(request, _("The mailbox is connected."))
            return redirect("door", pk=door.pk)
        form.add_error(None, trouble)
    return _page(request, "folders", door, form)


def _door(pk: int) -> Door:
    found: Door = get_object_or_404(Door, pk=pk, kind=Door.Kind.MAIL)
    return found


def _before(door: Door) -> MailOptions:
    """Where the key to the password is missing, without it: then it is written anew."""
    try:
        return MailOptions.of(door)
    except vault.UnreadableVault:
        return MailOptions.of(door, password=False)


def _page(request: HttpRequest, step: str, door: Door | None, form: Any) -> HttpResponse:
    context = {"step": step, "door": door, "form": form, "is_new": door is None or not door.cursor}
    return render(request, f"doors/mail_{step}.html", context)


def _trouble(options: MailOptions) -> str:
    """Both servers are asked for real; one line, in the reader's language."""
    try:
        with override("en"):
            check_options(options)
    except DoorTrouble as trouble:
        return _(str(trouble))
    return ""


def _begin(door: Door, options: MailOptions, *, changed: bool) -> str:
    """A mailbox without a past begins where its folder ends now. An empty mark means that mail of
    earlier days is wanted."""
    if door.cursor and not changed:
        return ""
    try:
        with opened(options) as mailbox:
            here = mailbox.select(options.folder, readonly=True)
    except DoorTrouble as trouble:
        return _(str(trouble))
    start = Position(here.validity, 0 if options.since and not door.cursor else here.last)
    door.cursor = {"validity": start.validity, "last": start.last}
    door.active = True
    return ""


def _save(request: HttpRequest, door: Door | None, options: MailOptions, *, name: str = "") -> Door:
    with transaction.atomic():
        is_new = door is None
        if door is None:
            door = Door(
                kind=Door.Kind.MAIL,
                source=free_source("mail"),
                active=False,
                created_by=signed_in(request.user),
            )
        door.name = name or door.name
        door.options = options.stored()
        door.secret_encrypted = vault.encrypt(options.password)
        door.failures, door.last_error, door.checked_at = 0, "", None
        if is_new:
            door.save()
        else:  # never the claim of the process that works it
            door.save(
                update_fields=[
                    *("name", "options", "secret_encrypted", "failures", "last_error"),
                    *("checked_at", "team", "cursor", "active"),
                ]
            )
        note(request.user, "door.made" if is_new else "door.changed", f"door {door.name}")
    return door


def _sent(names: list[str], chosen: str, marked: str) -> str:
    for name in (chosen, marked, *SENT_NAMES):
        if name and name in names:
            return name
    return ""
