"""From a verdict to what is tried at the desk: `admit`; `failed` for a run that came to nothing.

One transaction each, taking turns with every review: the slot and the row that says why change
together or not at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from llm import registry
from llm.manifest import ManifestError
from llm.models import ModelVersion, Slot
from llm.registry import RegistryError
from training.gate.judging import Verdict
from training.gate.reasons import Why
from training.models import Decision, TrainingRun

LOCK: Final = 7_263_033
Kind = Decision.Kind


@contextmanager
def taking_turns() -> Iterator[None]:
    """A transaction in which nobody else decides."""
    with translation.override("en"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


def admit(run: TrainingRun | None, version: ModelVersion, slot: str, verdict: Verdict) -> Decision:
    """A version that passes becomes the slot's canary, or serves at once in a slot that is empty;
    one that does not is refused. What serves stays as it is wherever anything is amiss. A run that
    went on after its decision gets the same one again."""
    with taking_turns():
        known = Decision.objects.filter(run=run, version=version, slot=slot).exclude(
            kind=Kind.FAILED
        )
        if run is not None and (decided := known.order_by("pk").first()) is not None:
            return decided
        row = Slot.objects.filter(name=slot).select_related("version", "canary").first()
        live = row.version if row else None
        made = Decision(
            kind=Kind.REFUSED,
            slot=slot,
            version=version,
            against=live,
            run=run,
            why=verdict.why,
            figures={**verdict.figures},
        )
        if verdict.passes and live is not None and verdict.against != live.name:
            made.why = str(Why.SLOT_CHANGED)
        elif verdict.passes:
            _let_in(made, version, live, row.canary if row else None)
        made.save()
    return made


def failed(
    run: TrainingRun | None,
    *,
    slot: str = "",
    version: ModelVersion | None = None,
    why: str = Why.RUN_FAILED,
) -> Decision:
    """A run that came to no verdict. `why`: one line without customer text."""
    return Decision.objects.create(
        kind=Kind.FAILED, slot=slot, version=version, run=run, why=str(why)[:500]
    )


def _let_in(
    made: Decision, version: ModelVersion, live: ModelVersion | None, tried: ModelVersion | None
) -> None:
    share = settings.CANARY_SHARE
    try:
        with transaction.atomic():
            if live is None:
                registry.set_slot(made.slot, version, why=made.why)
                made.kind = Kind.PROMOTED
                return
            registry.set_canary(made.slot, version, share=share, why=made.why)
    except (RegistryError, ManifestError) as error:
        made.why, made.figures = str(Why.NOT_ADMITTED), {**made.figures, "error": str(error)[:300]}
        return
    made.kind = Kind.CANARY
    made.figures = {**made.figures, "share": share}
    if tried is not None and tried.pk != version.pk:
        note(Kind.RETIRED, made.slot, tried, live, Why.REPLACED, {})


def note(
    kind: str,
    slot: str,
    version: ModelVersion | None,
    against: ModelVersion | None,
    why: str,
    figures: dict[str, Any],
) -> Decision:
    """A decision that no run brought about."""
    return Decision.objects.create(
        kind=kind, slot=slot, version=version, against=against, why=str(why), figures=figures
    )
