"""Change what a slot serves: `promote`, `set_canary`, `retire`, `rollback`, `set_slot`.

Each is one transaction that leaves a `SlotEvent`. Whoever changes a slot holds the rows of all
three, so changes take turns and none can meet another half-way (three rows and a few changes a
week: nobody waits). Workers only read, and serve what they read from the next ticket on. Files are
hashed before the transaction: a damaged version serves nowhere.
"""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from llm.models import ModelVersion, Slot, SlotEvent
from llm.registry.errors import RegistryError, SlotChanged
from llm.registry.versions import verify_version
from llm.servers.breaker import is_allowed
from people import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = ModelVersion.State
Kind = SlotEvent.Kind
WHY_LENGTH = 500
_AUDITED: dict[str, str] = {
    Kind.PROMOTE: "version.promoted",
    Kind.ROLLBACK: "version.rolled-back",
    Kind.CANARY: "canary.started",
    Kind.RETIRE: "canary.ended",
}


@transaction.atomic
def set_slot(name: str, version: ModelVersion, *, by: "User | None" = None, why: str = "") -> Slot:
    """Let any version that is not broken serve in a slot from the next ticket on; what served there
    before is kept for `rollback`."""
    slot = locked_slot(name)
    version.refresh_from_db(fields=["state"])
    _refuse_broken(version)
    return _place(slot, version, by=by, why=why)


def promote(
    name: str,
    version: ModelVersion,
    *,
    by: "User | None" = None,
    why: str = "",
    expected: str | None = None,
) -> Slot:
    """A candidate or canary that proved itself goes live in a slot.

    `expected`: the version that the person saw serving there ("" for none), where a page was
    looked at before; another one raises SlotChanged.
    """
    _refuse_unready(version)
    with transaction.atomic():
        slot = locked_slot(name)
        _refuse_changed(slot, expected)
        version.refresh_from_db(fields=["state"])
        if version.state not in (State.CANDIDATE, State.CANARY):
            raise RegistryError(
                _(
                    "Model version %(version)s is %(state)s; only a candidate or a canary is"
                    " promoted. `models slot` puts any version in a slot."
                )
                % {"version": version.name, "state": version.get_state_display()}
            )
        return _place(slot, version, by=by, why=why)


def set_canary(
    name: str,
    version: ModelVersion,
    *,
    share: float,
    by: "User | None" = None,
    why: str = "",
) -> Slot:
    """Let a version write for this share of tickets in the slot's place; the same version again
    changes its share. It takes the place of a canary that was there."""
    if not 0.0 < share <= 1.0:  # false for what is no number
        raise RegistryError(_("The share of a canary is over 0 and at most 1, like 0.1."))
    _refuse_unready(version)
    with transaction.atomic():
        slot = locked_slot(name)
        version.refresh_from_db(fields=["state"])
        _refuse_broken(version)
        if slot.version is None:
            raise RegistryError(
                _("Slot %(slot)s is empty: nothing to hold a canary against.") % {"slot": slot.name}
            )
        if slot.version_id == version.pk:
            raise RegistryError(
                _("Slot %(slot)s serves %(version)s already.")
                % {"slot": slot.name, "version": version.name}
            )
        former, slot.canary, slot.canary_share = slot.canary, version, share
        slot.save()
        _note(slot, Kind.CANARY, version, former, by=by, why=why)
        _restate(version, former)
    return slot


@transaction.atomic
def retire(name: str, *, by: "User | None" = None, why: str = "") -> Slot:
    """End the slot's canary: the live version writes for all tickets again."""
    slot = locked_slot(name)
    if slot.canary is None:
        raise RegistryError(_("Slot %(slot)s has no canary.") % {"slot": slot.name})
    former = slot.canary
    slot.canary, slot.canary_share = None, 0.0
    slot.save()
    _note(slot, Kind.RETIRE, former, None, by=by, why=why)
    _restate(former)
    return slot


@transaction.atomic
def rollback(
    name: str,
    *,
    by: "User | None" = None,
    why: str = "",
    expected: str | None = None,
) -> Slot:
    """The slot serves what it served before; there is one step back, not more. No file is hashed
    here: a way back must be quick, and loading hashes them anyway."""
    slot = locked_slot(name)
    _refuse_changed(slot, expected)
    if slot.previous is None:
        raise RegistryError(_("Slot %(slot)s has nothing to go back to.") % {"slot": slot.name})
    if slot.previous.state == State.BROKEN:
        raise RegistryError(
            _("Slot %(slot)s: %(version)s is marked as broken.")
            % {"slot": slot.name, "version": slot.previous.name}
        )
    left, slot.version, slot.previous = slot.version, slot.previous, None
    _end_own_canary(slot)
    slot.save()
    _note(slot, Kind.ROLLBACK, slot.version, left, by=by, why=why)
    _restate(slot.version, left)
    return slot


def locked_slot(name: str) -> Slot:
    """The slot's row; all three are held to the end of the transaction."""
    if name not in Slot.NAMES:
        raise RegistryError(_("A slot is A, B or C."))
    if Slot.objects.count() < len(Slot.NAMES):
        Slot.objects.bulk_create([Slot(name=one) for one in Slot.NAMES], ignore_conflicts=True)
    # "no key": drafts that are written meanwhile refer to versions, and need not wait for this.
    rows = Slot.objects.select_for_update(no_key=True).order_by("name")
    return {slot.name: slot for slot in rows}[name]


def _place(slot: Slot, version: ModelVersion, *, by: "User | None", why: str) -> Slot:
    if slot.version_id == version.pk:
        return slot
    slot.previous, slot.version = slot.version, version
    _end_own_canary(slot)
    slot.save()
    _note(slot, Kind.PROMOTE, version, slot.previous, by=by, why=why)
    _restate(version, slot.previous)
    return slot


def _end_own_canary(slot: Slot) -> None:
    """A canary that went live stands beside nothing any more."""
    if slot.canary_id is not None and slot.canary_id == slot.version_id:
        slot.canary, slot.canary_share = None, 0.0


def _note(
    slot: Slot,
    kind: str,
    version: ModelVersion | None,
    previous: ModelVersion | None,
    *,
    by: "User | None",
    why: str,
) -> None:
    SlotEvent.objects.create(
        slot=slot.name, kind=kind, version=version, previous=previous, by=by, why=why[:WHY_LENGTH]
    )
    former = previous.name if previous else ""
    audit.note(by, _AUDITED[kind], f"version {version}", slot=slot.name, before=former)


def _restate(*versions: ModelVersion | None) -> None:
    """A version in any slot is live, one that is only tried is a canary, and one that left its last
    place is retired. A broken one stays broken."""
    for version in versions:
        if version is None:
            continue
        version.refresh_from_db(fields=["state"])
        state = version.state
        if Slot.objects.filter(version=version).exists():
            state = State.LIVE
        elif Slot.objects.filter(canary=version).exists():
            state = State.CANARY
        elif state in (State.LIVE, State.CANARY):
            state = State.RETIRED
        changing = ModelVersion.objects.filter(pk=version.pk).exclude(state=State.BROKEN)
        if changing.update(state=state):
            version.state = state


def _refuse_changed(slot: Slot, expected: str | None) -> None:
    serves = slot.version.name if slot.version else ""
    if expected is not None and serves != expected:
        raise SlotChanged(
            _("Slot %(slot)s was changed meanwhile and serves %(version)s now. Look again.")
            % {"slot": slot.name, "version": serves or "–"}
        )


def _refuse_broken(version: ModelVersion) -> None:
    if version.state == State.BROKEN:
        raise RegistryError(
            _("Model version %(version)s is marked as broken.") % {"version": version.name}
        )


def _refuse_unready(version: ModelVersion) -> None:
    """Raises ManifestError for files that are not what was registered."""
    _refuse_broken(version)
    if version.server is None:
        verify_version(version)
    elif not is_allowed(version.server):
        raise RegistryError(
            _("The server %(server)s belongs to somebody else: an admin allows it by name first.")
            % {"server": version.server.name}
        )
