"""What `manage.py doctor` looks at: one small function a check, each says what it found.

A check never changes anything and never raises for what it looks for: what is missing is its
finding.
"""

import fcntl
import importlib.metadata
import platform
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.celery import app
from kb.models import Article, Chunk, EmbeddingRecipe
from llm.manifest import ManifestError
from llm.models import Slot
from llm.registry import verify_version
from llm.troubles import trouble_of
from runtime.jobs import State, stands_still
from tickets.models import Ticket, VaultEntry
from tickets.second_opinion.folder import UnusableNameModel
from tickets.second_opinion.opening import required
from tickets.vault import UnreadableVault, decrypt
from training.models import training_runs

EXAMPLE = "سلام، دامنه‌ی من از دیروز وصل نمی‌شود و پیام خطا می‌دهد. لطفاً راهنمایی کنید. " * 4


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    detail: str


def run_checks() -> list[Check]:
    return [check() for check in CHECKS]


def packages() -> Check:
    """The versions of requirements.txt are the ones that were tested together."""
    wrong = []
    for line in (settings.BASE_DIR / "requirements.txt").read_text().splitlines():
        match = re.match(r"([\w.-]+)(?:\[[^]]*\])?==(\S+)", line)
        if match is None:
            continue
        name, version = match.groups()
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed = "missing"
        if installed.split("+")[0] != version:
            wrong.append(f"{name} {installed} instead of {version}")
    detail = "; ".join(wrong) or f"Python {platform.python_version()}, all as in requirements.txt"
    return Check("packages", not wrong, detail)


def database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            server = cursor.fetchone()[0]
            cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
            row = cursor.fetchone()
    except DatabaseError as error:
        return Check("database", False, str(error).splitlines()[0])
    kind = "embedded" if settings.EMBEDDED_DATABASE else "DATABASE_URL"
    vector = f"pgvector {row[0]}" if row else "pgvector is missing: CREATE EXTENSION vector"
    return Check("database", row is not None, f"PostgreSQL {server} ({kind}), {vector}")


def database_role() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")
        name, is_superuser = cursor.fetchone()
    detail = f"{name} has {'' if is_superuser else 'no '}superuser rights"
    return Check("database role", not is_superuser, detail)


def queue() -> Check:
    scheme = app.conf.broker_url.split(":")[0]
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except (OperationalError, OSError) as error:
        return Check("queue", False, f"{scheme} cannot be reached: {type(error).__name__}")
    return Check("queue", True, f"{scheme} answers")


def processes() -> Check:
    """Not running is no fault: commands work without the desk."""
    path = Path(settings.PASOKH_HOME) / "supervisor.lock"
    if path.exists():
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Check("desk", True, "running")
    return Check("desk", True, "not running (make run starts it)")


def search() -> Check:
    articles = Article.objects.filter(state=Article.State.PUBLISHED).count()
    recipe = EmbeddingRecipe.objects.filter(state=EmbeddingRecipe.State.ACTIVE).first()
    how = f"embedder {recipe.kind} {recipe.model}" if recipe else "lexical only (under 50 chunks)"
    chunks = Chunk.objects.filter(cut=recipe.cut if recipe else "").count()
    return Check("search", True, f"{articles} articles, {chunks} chunks, {how}")


def models() -> Check:
    found, broken = [], []
    for slot in Slot.objects.select_related("version__server"):
        if slot.version is None:
            broken.append(f"slot {slot.name} is empty")
            continue
        if slot.version.server is not None:
            trouble = trouble_of(slot.version)
            broken += [f"slot {slot.name}: {trouble.line}"] if trouble else []
        else:
            try:
                verify_version(slot.version)
            except ManifestError as error:
                broken.append(f"slot {slot.name}: {error}")
        found.append(f"{slot.name} {slot.version.name}")
    if not found and not broken:
        broken.append("no slots: manage.py setup_desk fills them")
    return Check("models", not broken, "; ".join(broken or found))


def tickets() -> Check:
    waiting = Ticket.objects.filter(state__in=Ticket.OPEN_STATES).count()
    return Check("tickets", True, f"{waiting} waiting of {Ticket.objects.count()}")


def training() -> Check:
    """A run that stands still is begun again by the sweep, where the desk runs."""
    still = training_runs.rows.filter(stands_still(timezone.now())).count()
    waiting = training_runs.rows.filter(state=State.QUEUED).count()
    run = training_runs.rows.filter(state=State.RUNNING).first()
    found = [f"run {run.pk} goes on, step {run.done} of {run.total}"] if run else ["no run goes on"]
    found += [f"{waiting} waiting"] if waiting else []
    found += [f"{still} without a sign of life"] if still else []
    return Check("training", True, ", ".join(found))


def vault() -> Check:
    """The oldest and the newest value open: a key that is missing shows at one end."""
    rows = VaultEntry.objects.order_by("pk").values_list("value_encrypted", flat=True)
    ends = [token for token in (rows.first(), rows.last()) if token is not None]
    try:
        for token in ends:
            decrypt(token)
    except UnreadableVault as error:
        return Check("vault", False, str(error))
    keys = len(settings.KEYS.vault)
    return Check("vault", True, f"{rows.count()} values, {keys} {'key' if keys == 1 else 'keys'}")


def names() -> Check:
    """Loads the model: a file that is damaged inside shows only then."""
    if not settings.NER_MODEL:
        return Check("names", True, "no name model (PASOKH_NER_MODEL)")
    try:
        opinion = required(titles=False)
        assert opinion is not None
        opinion.spans([EXAMPLE])  # the first one costs more
        started = time.perf_counter()
        opinion.spans([EXAMPLE])
    except UnusableNameModel as error:
        return Check("names", False, str(error))
    milliseconds = (time.perf_counter() - started) * 1000
    kinds = sorted({type_ for type_ in opinion.model.labels.types if type_})
    folder = Path(settings.NER_MODEL).name
    detail = (
        f"{folder} labels {', '.join(kinds)}; {len(EXAMPLE)} characters in {milliseconds:.0f} ms"
    )
    return Check("names", True, detail)


CHECKS: tuple[Callable[[], Check], ...] = (
    packages, database, database_role, queue, processes, search, models, training,
    tickets, vault, names,
)  # fmt: skip
