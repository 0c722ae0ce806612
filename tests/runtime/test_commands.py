import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from runtime.commands import CLOSED_PIPE, JsonCommand, Outcome, document
from runtime.errors import InputError


class Sample(JsonCommand):
    needs_database = False

    def add_arguments(self, parser):
        parser.add_argument("--what", choices=["data", "wrong", "partly", "late"], default="data")
        parser.add_argument("words", nargs="*")

    def run(self, *, what, **options):
        self.progress("half way")
        if what == "wrong":
            raise InputError("The file is empty: give one with a line a ticket.")
        if what == "late":
            return Outcome({}, _failing())
        return Outcome({"سلام": 1}, ["hello"], partly=what == "partly")


def _failing():
    yield "first"
    raise InputError("Line 2 is too long.")


class NeedsDatabase(JsonCommand):
    def run(self, **options):
        return Outcome({})


def _run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command(Sample(stdout=out, stderr=err), *arguments)
    return out.getvalue(), err.getvalue()


def test_json_prints_one_document_and_nothing_else():
    out, err = _run("--json")
    assert json.loads(out) == {"سلام": 1}
    assert "سلام" in out
    assert err == ""


def test_without_json_people_get_lines():
    assert _run()[0] == "hello\n"


def test_input_error_exits_with_2_and_one_line():
    with pytest.raises(CommandError) as caught:
        _run("--what", "wrong")
    assert caught.value.returncode == 2
    assert str(caught.value) == "The file is empty: give one with a line a ticket."


def test_unknown_option_exits_with_2_and_one_line():
    with pytest.raises(CommandError) as caught:
        _run("--colour")
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)


def test_work_done_in_part_exits_with_1_after_printing():
    with pytest.raises(SystemExit) as caught:
        _run("--what", "partly", "--json")
    assert caught.value.code == 1


def test_input_that_turns_out_wrong_while_it_is_printed_exits_with_2():
    with pytest.raises(CommandError) as caught:
        _run("--what", "late")
    assert caught.value.returncode == 2


def test_words_that_are_no_utf8_are_refused():
    with pytest.raises(CommandError) as caught:
        _run("fine", "\udcff")
    assert (caught.value.returncode, str(caught.value)) == (
        2,
        "What was given for words is not UTF-8 text.",
    )


def test_a_reader_who_has_enough_gets_no_traceback(monkeypatch):
    monkeypatch.setattr("runtime.commands.os.dup2", lambda *_: None)  # pytest reads it, too

    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(SystemExit) as caught:
        call_command(Sample(stdout=Closed(), stderr=io.StringIO()))
    assert caught.value.code == CLOSED_PIPE


def test_a_database_that_is_away_is_one_line(monkeypatch):
    def away():
        raise OperationalError("connection refused\n\tIs the server running?")

    monkeypatch.setattr("runtime.commands.connection.ensure_connection", away)
    with pytest.raises(CommandError) as caught:
        call_command(NeedsDatabase(stdout=io.StringIO(), stderr=io.StringIO()))
    assert caught.value.returncode == 2
    assert str(caught.value) == "The database cannot be reached: connection refused"


def test_document_is_json_for_every_reader():
    data = {"loss": float("nan"), "rows": [{"high": float("inf")}, (1.5, "سلام")], "file": "\udcff"}
    text = document(data)
    text.encode()
    strict = json.loads(text, parse_constant=pytest.fail)
    assert strict == {"loss": None, "rows": [{"high": None}, [1.5, "سلام"]], "file": "\udcff"}
