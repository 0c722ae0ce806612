"""From an exported chat to a version that answers as one of the two does: every command in turn."""

import io
import json
import re
import tomllib
from importlib.resources import files

import pytest
from django.core.management import call_command

from kb.models import Question
from llm.engine import engines
from llm.models import ModelVersion
from llm.prompts import PromptBudget, layout_of, render
from llm.registry import add_version
from tests.training.persona.chat import FRIEND, PERSONA, export
from tests.training.tiny import SHAPE
from tickets.models import Ticket
from training.datasets import read_rows
from training.datasets.files import path_of
from training.methods.checkpoints import read_log
from training.models import TrainingRun
from training.recipes import load_recipe
from training.runs import run_folder

TALKS, ANSWERS = 32, 92
MARKS = re.compile(r"</?s>|<person|\\n")


@pytest.fixture
def desk(base, transactional_db, tmp_path, settings):
    settings.PASOKH_HOME = tmp_path / "home"
    add_version(base[0])
    chat = tmp_path / f"WhatsApp Chat with {FRIEND}.txt"
    chat.write_text(export(), encoding="utf-8")
    yield chat
    engines.keep_only([])


def run(command, *arguments):
    out = io.StringIO()
    try:
        call_command(command, *arguments, as_json=True, stdout=out)
    except SystemExit:
        raise AssertionError(out.getvalue()) from None
    return json.loads(out.getvalue())


def tiny_recipe(tmp_path):
    """small-persona on a base of 86,000 parameters, which has to learn faster."""
    text = (files("training.recipes") / "small-persona.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    changed = text.replace('base = "sample-base"', 'base = "tiny-base"')
    changed = changed.replace("learning_rate = 2e-3", "learning_rate = 1e-2")
    changed = changed.replace("patience = 3", "patience = 0")
    for name in ("vocabulary", "width", "layers", "heads", "feed_forward", "context"):
        changed = changed.replace(f"{name} = {table['shape'][name]}\n", f"{name} = {SHAPE[name]}\n")
    path = tmp_path / "tiny-persona.toml"
    path.write_text(changed, encoding="utf-8")
    return path


def test_chat_becomes_a_persona(desk, tmp_path):
    _import_the_chat(desk)
    told = run("finetune", "--recipe", str(tiny_recipe(tmp_path)), "--name", "mina")
    assert told["version"] == "mina"
    run_row = TrainingRun.objects.get(version__name="mina")
    _assert_rows_are_lines_of_the_export(run_row, tmp_path)
    _assert_it_learned(run_row)
    _sweep()
    _talk_side_by_side(tmp_path)


def _import_the_chat(chat):
    told = run(
        *("import_tickets", str(chat), "--format", "whatsapp", "--agent", PERSONA, "--every-turn")
    )
    assert (told["created"], Ticket.objects.count()) == (TALKS, TALKS)
    assert told["left_out"] == {"system": 1}
    assert Question.objects.filter(kind=Question.Kind.TICKET).count() == ANSWERS


def _assert_rows_are_lines_of_the_export(run_row, tmp_path):
    """Training reads what `export_conversations` writes, up to the answer."""
    lines = tmp_path / "lines.txt"
    run("export_conversations", str(lines), "--form", "two-speaker")
    written = lines.read_text(encoding="utf-8").splitlines()
    assert len(written) == TALKS
    rows = [row for row in read_rows(path_of(run_row.dataset)) if "canary" not in row.key]
    held = read_rows(path_of(run_row.holdout))
    assert 0.8 * ANSWERS < len(rows) + len(held) <= ANSWERS
    for row in [*rows, *held]:
        prompt = render(
            row.prompt_input(company="x"),
            count_tokens=len,
            budget=PromptBudget(total=9000),
            layout="two-speaker",
        )
        whole = prompt.text + prompt.invocation + layout_of("two-speaker").written(row.answer)
        assert any(line.startswith(whole) for line in written), row.key
    assert any(len(row.turns) > 3 for row in rows)
    kept_out = {row.key.partition("#")[0] for row in held}
    assert not kept_out & {row.key.partition("#")[0] for row in rows}


def _assert_it_learned(run_row):
    version = run_row.version
    assert version.prompt_version == "two-speaker"
    assert load_recipe(version.manifest["recipe_name"]).text.layout == "two-speaker"
    log = read_log(run_folder(run_row) / "log.jsonl")
    losses = [line["loss"] for line in log if "loss" in line]
    fifth = len(losses) // 5  # single steps differ by more than what is learned
    first, last = sum(losses[:fifth]) / fifth, sum(losses[-fifth:]) / fifth
    assert last < first - 0.15
    watched = [line["evaluation"] for line in log if "evaluation" in line]
    # On talks that it never read; which ones is decided by the key, which the tests fix.
    assert min(watched) < watched[0] - 0.05


def _sweep():
    told = run(
        *("sweep_generation", "--version", "mina", "--limit", "3", "--temperature", "0.3,0.7"),
        *("--top-p", "0.9", "--repetition-penalty", "1.1", "--apply"),
    )
    assert told["holdout"]["kept_out"]
    assert told["holdout"]["origin"] == "its own holdout"
    assert told["tried"] == 3  # and the present one


def _talk_side_by_side(tmp_path):
    asked, kept = tmp_path / "asked.txt", tmp_path / "talk.md"
    asked.write_text("are you coming to the park?\nشب بخیر\n", encoding="utf-8")
    told = run(
        *("chat", "--template", "two-speaker", "--version", "tiny-base", "--other", "mina"),
        *("--questions", str(asked), "--transcript", str(kept)),
    )
    texts = [[one["text"] for one in turn["answers"]] for turn in told["turns"]]
    before, after = zip(*texts, strict=True)
    assert before != after
    assert all(after)
    assert not any(MARKS.search(text) for text in after)
    assert "| | tiny-base | mina |" in kept.read_text(encoding="utf-8")
    assert ModelVersion.objects.get(name="mina").state != ModelVersion.State.BROKEN
