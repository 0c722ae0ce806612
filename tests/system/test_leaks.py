"""Ten thousand personal values go in by every door; then everything that the desk keeps, says or
gives away is searched for them. They may stand encrypted only."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from rest_framework.test import APIClient

from kb.embedding.filling import embedded_text
from kb.exporting import export_corpus
from kb.models import Chunk, CoverageGap, Question
from llm.prompts import PromptBudget, render
from runtime.database import connection_settings
from tests.dump import cells, tables
from tests.planting import Planter, found_in_all
from tests.queues import forget_broker
from tests.system.doors import Doors
from tests.tickets.factories import fill_slots
from tests.tickets.scripted_engine import scripted
from text.privacy.placeholders import placeholders_in
from text.privacy.spans import BANK_CARD, CARD_CODE, EMAIL, PHONE
from tickets import suggesting, tasks
from tickets.api.tokens import issue_token
from tickets.exporting import FORMS, export_conversations
from tickets.models import Message, Rating, Reply, Ticket, VaultEntry
from tickets.rights.report import privacy_report
from training.datasets.files import freeze
from training.datasets.gathering import corpus_now, rows_now
from training.recipes import Prompts, Rows

pytestmark = pytest.mark.django_db

PLANTED = 10_000
MOMENTS = ("created", "msecs", "relativeCreated", "process", "thread")
DRAFTED = 15  # tickets for which drafts are written


class Collected(logging.Handler):
    """Every line of every logger, with what a formatter may show of it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, str]] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        known = {name: value for name, value in vars(record).items() if name not in MOMENTS}
        extra = json.dumps(known, default=str, ensure_ascii=False)
        self.lines.append((f"log {record.name}", f"{self.format(record)}\n{extra}"))


@pytest.fixture
def logs() -> Iterator[Collected]:
    """As LOG_LEVEL=DEBUG has them."""
    root, collected = logging.getLogger(), Collected()
    before, root.handlers, level = root.handlers, [collected], root.level
    root.setLevel(logging.DEBUG)
    yield collected
    root.handlers = before
    root.setLevel(level)


@pytest.fixture
def plant() -> Planter:
    return Planter(20261121)


@pytest.fixture
def queue(settings) -> Iterator[None]:
    """The real one, emptied afterwards: its messages outlive the test's transaction."""
    yield
    forget_broker()
    # By DELETE: to truncate them would wait for the test's own transaction, which has read them.
    with psycopg.connect(**connection_settings(), autocommit=True) as cleaner:
        for name in ("index", "suggest", "doors"):
            cleaner.execute(sql.SQL("DELETE FROM pgmq.{}").format(sql.Identifier(f"q_{name}")))


@pytest.fixture
def doors(plant, sara, mina, client, admin_client, settings, tmp_path) -> Doors:
    settings.PASOKH_HOME = tmp_path / "home"
    settings.MEDIA_ROOT = tmp_path / "home" / "uploads"
    client.force_login(sara)
    admin_client.force_login(mina)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(sara, name='test')}")
    return Doors(plant, client, admin_client, api)


def _work_of_the_queue(prompts: list[str]) -> None:
    """What the workers would do, by the tasks themselves."""
    for ticket in Ticket.objects.filter(state=Ticket.State.NEW).order_by("pk")[:DRAFTED]:
        tasks.suggest.apply(args=[ticket.pk], throw=True)
    for reply in Reply.objects.all():
        tasks.learn.apply(args=[reply.pk], throw=True)
    assert prompts


def _recording(prompts: list[str]):
    write = scripted()

    def generate(jobs, **options):
        budget = PromptBudget(total=200_000)
        prompts.extend(render(job.parts, count_tokens=len, budget=budget).text for job in jobs)
        return write(jobs, **options)

    return generate


def _exports(folder: Path) -> Iterator[tuple[str, str]]:
    for form in FORMS:
        file = io.StringIO()
        assert export_conversations(file, form=form).conversations > 100
        yield f"export {form}", file.getvalue()
    export_corpus(folder / "corpus")
    for path in (folder / "corpus").iterdir():
        yield "corpus", f"{path.name}\n{path.read_text()}"
    for command in ("privacy_report", "ratings_report"):
        said = io.StringIO()
        call_command(command, "--json", stdout=said)
        yield command, said.getvalue()
    yield "privacy report", json.dumps(privacy_report().as_dict(), default=str)


def _snapshots() -> Iterator[tuple[str, str]]:
    corpus = corpus_now(max_asked=30)
    freeze([*corpus.sections, *corpus.asked], {})
    freeze(rows_now(prompt=Prompts(), settings=Rows(max_rows=30)), {})
    kept = list((Path(django_settings.MEDIA_ROOT) / "attachments").glob("*/*"))
    assert len(kept) == 12
    for path in Path(django_settings.PASOKH_HOME).rglob("*"):
        if path.is_file():
            yield f"file {path.parent.name}", f"{path.name}\n{path.read_text(errors='replace')}"


def _source_texts() -> Iterator[tuple[str, str]]:
    for model in (Chunk, Question):
        for row in model.objects.all():
            yield f"embedded {model.__name__}", "\n".join(embedded_text(row))


def test_no_value_stands_anywhere_but_encrypted(
    plant, doors, logs, queue, tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    fill_slots()
    prompts: list[str] = []
    monkeypatch.setattr(suggesting, "generate", _recording(prompts))
    with django_capture_on_commit_callbacks(execute=True):
        doors.by_articles(6)
        doors.by_api(62)
        doors.refused_by_api()
        doors.by_forms(15)
        doors.by_files()
        doors.by_attached_files(12)
        doors.by_mail(8)
        doors.by_refusing(3)
        doors.by_searching(14)
        doors.by_privacy_pages()
        doors.waiting(DRAFTED)
        _work_of_the_queue(prompts)
    assert plant.needles.count >= PLANTED
    _check_that_it_came_in()
    everything = [
        *cells(),
        *logs.lines,
        *(("prompt", text) for text in prompts),
        *(("page", text) for text in doors.said),
        *_source_texts(),
        *_exports(tmp_path),
        *_snapshots(),
    ]
    assert {"log celery.app.trace", "log django.request"} <= {where for where, _ in logs.lines}
    assert any(where.startswith("pgmq.q_") for where, _ in everything)
    assert any(where.startswith("file datasets") for where, _ in everything)
    assert found_in_all(plant.needles, everything) == set()


def _check_that_it_came_in() -> None:
    assert VaultEntry.objects.count() > 5000
    assert min(model.objects.count() for model in (Message, Rating, Reply, Question)) > 60
    assert CoverageGap.objects.count() > 10
    masked = sum(
        len(placeholders_in(text)) for text in Message.objects.values_list("text", flat=True)
    )
    assert masked > 7000


def test_a_value_in_a_table_is_found_in_every_spelling(plant):
    """The test above can fail: what it looks with finds what is stored on purpose."""
    phone, card, email = (plant.value(kind) for kind in (PHONE, BANK_CARD, EMAIL))
    digits = next(iter(plant.needles.numbers.values()))[0][1]
    code = plant.sentence(CARD_CODE)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE pgmq.scratch (words text, bytes bytea, document jsonb)")
        cursor.execute(
            "INSERT INTO pgmq.scratch VALUES (%s, %s, %s)",
            [f"… {phone} … {code}", f"شماره {card}".encode(), json.dumps({"a": [email]})],
        )
    assert "pgmq.scratch" in tables()
    found = found_in_all(plant.needles, cells())
    assert found == {
        ("pgmq.scratch.words", PHONE),
        ("pgmq.scratch.words", CARD_CODE),
        ("pgmq.scratch.bytes", BANK_CARD),
        ("pgmq.scratch.document", EMAIL),
    }
    spelled = [
        digits,
        f"0{digits}",
        digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        " ".join(digits),
        "-".join(digits),
        "\u200c".join(digits),
        f"{digits[:3]}) {digits[3:]}",
    ]
    for text in spelled:
        assert plant.needles.found_in(f"x {text} y") == {(PHONE, digits)}
    drawn = [
        f"{digits[:8]}-{digits[8:]}00-4000-8000-000000000000",
        f"2026-11-21T10:20:{digits[:2]}.{digits[2:8]}+{digits[8:]}:00",
        f"succeeded in 0.0{digits}1s",
    ]
    for text in drawn:
        assert plant.needles.found_in(f"x {text} y") == set()
