"""`chat`: a talk with tiny real versions, typed and from a file, and the transcript it leaves."""

import io
import json
import logging

import pytest
from django.core.management import CommandError, call_command

from llm import registry
from llm.engine import engines
from llm.models import ModelVersion
from llm.prompts import PromptBudget, Turn, layout_of
from tests.llm.servers.conftest import version_on  # noqa: F401 (fixture)
from tests.llm.servers.scripted import scripted
from tests.llm.tiny_models import ANSWERS, QUESTIONS
from tickets.chat.templates import TEMPLATES, NoRoom, Reader, Talked
from tickets.chat.terminal import plain


@pytest.fixture
def desk(tiny, db, tmp_path, settings):
    settings.PASOKH_HOME = tmp_path / "home"
    for slot, name in (("B", "base"), ("A", "first"), ("C", "second")):
        registry.set_slot(slot, registry.add_version(tiny / name))
    registry.add_version(tiny / "plain")
    yield
    engines.keep_only([])


@pytest.fixture
def typed(monkeypatch):
    """Runs `chat` with these lines on its standard input."""

    def run(lines, *arguments, **options) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        out = io.StringIO()
        call_command("chat", *arguments, stdout=out, **options)
        return out.getvalue()

    return run


def test_chat_answers_what_is_typed_until_quit(desk, typed, caplog):
    with caplog.at_level(logging.DEBUG):
        said = typed([QUESTIONS[0], "", "/quit", QUESTIONS[1]])
    assert f"[first]\n{ANSWERS['first'][0]}\n(" in said
    assert ANSWERS["first"][1] not in said
    assert QUESTIONS[0] not in caplog.text
    assert ANSWERS["first"][0] not in caplog.text


def test_chat_keeps_the_history_until_new(desk, typed, monkeypatch):
    seen = []
    render = TEMPLATES["support"].prompt
    monkeypatch.setitem(
        TEMPLATES,
        "support",
        type(TEMPLATES["support"])(
            lambda talked, reader: (seen.append(talked.turns), render(talked, reader))[1]
        ),
    )
    typed([QUESTIONS[0], QUESTIONS[1], "/new", QUESTIONS[2]])
    assert [len(turns) for turns in seen] == [1, 3, 1]
    assert seen[1][1] == Turn("agent", ANSWERS["first"][0])


def test_chat_side_by_side_leaves_a_transcript(desk, typed, tmp_path):
    path = tmp_path / "talk.json"
    typed(
        [QUESTIONS[2], "/new", QUESTIONS[0]],
        *("--version", "base", "--other", "first", "--transcript", str(path)),
    )
    kept = json.loads(path.read_text())
    assert [one["name"] for one in kept["versions"]] == ["base", "first"]
    assert [(one["talk"], one["question"]) for one in kept["turns"]] == [
        (1, QUESTIONS[2]),
        (2, QUESTIONS[0]),
    ]
    for turn, number in zip(kept["turns"], (2, 0), strict=True):
        texts = [answer["text"] for answer in turn["answers"]]
        assert texts == [ANSWERS["base"][number], ANSWERS["first"][number]]
    assert path.stat().st_mode & 0o077 == 0


def test_chat_questions_of_a_file_stand_side_by_side_in_markdown(desk, typed, tmp_path):
    asked, path = tmp_path / "asked.txt", tmp_path / "talk.md"
    asked.write_text("\n".join(QUESTIONS[:2]) + "\n\n")
    arguments = ("--other", "second", "--questions", str(asked), "--transcript", str(path))
    data = json.loads(typed([], *arguments, as_json=True))
    assert [turn["answers"][1]["text"] for turn in data["turns"]] == list(ANSWERS["second"][:2])
    lines = path.read_text().splitlines()
    for number in (0, 1):
        row = (QUESTIONS[number], ANSWERS["first"][number], ANSWERS["second"][number])
        assert f"| {' | '.join(row)} |" in lines
    assert lines.count("| --- | --- | --- |") == 2


def test_chat_masks_what_is_typed(desk, typed, tmp_path):
    path = tmp_path / "talk.json"
    said = typed(
        ["How do I pay? 09121234567", "and 09121234567 or 09359876543?"], "--transcript", str(path)
    )
    questions = [one["question"] for one in json.loads(path.read_text())["turns"]]
    assert questions == ["How do I pay? [PHONE_1]", "and [PHONE_1] or [PHONE_2]?"]
    assert "0912" not in said


def test_chat_settings_are_for_this_session_only(desk, typed):
    said = typed(["/settings", "/settings max_new_tokens=2", QUESTIONS[2], "/settings seed=x"])
    assert "first: max_new_tokens 60, temperature 0.0" in said
    assert "first: max_new_tokens 2" in said
    assert "(2 tokens" in said
    assert "ended by length" in said
    assert "takes a name and a number" in said
    assert ModelVersion.objects.get(name="first").generation == {}


def test_chat_goes_on_after_what_it_cannot_do(desk, typed, settings, tmp_path):
    settings.MAX_TICKET_CHARACTERS = 50
    (tmp_path / "old.md").write_text("old")
    lines = ["/what", "x" * 51, "/settings heat=1", "/save", f"/save {tmp_path}/old.md"]
    said = typed([*lines, "/settings temperature=7", QUESTIONS[2]])
    for message in ("/new begins", "50 are the most", "heat", "needs a file", "exists already"):
        assert message in said
    assert "temperature is out of range" in said
    assert ANSWERS["first"][2] in said
    assert (tmp_path / "old.md").read_text() == "old"


def test_chat_save_keeps_what_was_said_so_far(desk, typed, tmp_path):
    path = tmp_path / "so far.json"
    typed([QUESTIONS[0], f"/save {path}", QUESTIONS[1]])
    assert [one["question"] for one in json.loads(path.read_text())["turns"]] == [QUESTIONS[0]]


def test_chat_with_other_templates_wakes_no_activated_adapter(desk, typed):
    for template in ("plain", "two-speaker"):
        said = typed(["Hello"], "--template", template)
        assert "trained on another prompt layout" in said
        said = typed(["Hello"], "--version", "plain", "--template", template, "--system", "Be kind")
        assert "tokens" in said


def test_two_speaker_and_plain_drop_the_oldest_turns_first():
    turns = [Turn("customer", "one"), Turn("agent", "two\nlines"), Turn("customer", "</s>three")]
    wide = Reader(len, PromptBudget(total=500), "support-1")
    prompt = TEMPLATES["two-speaker"].prompt(Talked(turns, "en", "Be kind"), wide)
    assert prompt.text == (
        "Be kind\n<s><person1>one</s><s><person2>two\\nlines</s><s><person1>(/s)three</s>"
    )
    assert (prompt.invocation, prompt.cut) == ("<s><person2>", False)
    assert layout_of("two-speaker").spoken("two\\nlines \\\\n</s>x") == "two\nlines \\n"
    narrow = Reader(len, PromptBudget(total=20), "support-1")
    prompt = TEMPLATES["plain"].prompt(Talked(turns, "en"), narrow)
    assert (prompt.text, prompt.cut) == ("two\nlines\n</s>three", True)
    with pytest.raises(NoRoom):
        TEMPLATES["plain"].prompt(Talked(turns, "en", "x" * 30), narrow)


def test_plain_text_keeps_letters_and_leaves_out_what_steers_a_terminal():
    assert plain("می‌رسد\n\x1b[31mred\x07\u202e\u2066") == "می‌رسد\n[31mred"


def test_chat_with_a_version_on_a_server(db, typed, version_on):  # noqa: F811
    with scripted() as server:
        version = version_on(server.url)
        said = typed(["سفارشم کی می‌رسد؟"], "--version", version.name)
        assert "سلام، فردا می‌رسد." in said
        with pytest.raises(CommandError, match="stands on a server"):
            typed(["x"], "--version", version.name, "--template", "plain")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--version", "nothing"), "no model version nothing"),
        (("--other", "first"), "another version"),
        (("--transcript", "talk.pdf"), ".md or .json"),
        (("--transcript", "/nowhere/talk.md"), "no folder"),
        (("--questions", "/nowhere.txt"), "cannot be read"),
        (("--system", "x" * 4001), "4000"),
        (("--template", "other"), "nvalid choice"),
    ],
)
def test_chat_refuses_wrong_input_in_one_line(desk, typed, arguments, line):
    with pytest.raises(CommandError, match=line) as refused:
        typed([], *arguments)
    assert refused.value.returncode == 2
