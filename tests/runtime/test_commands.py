import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError


class Sample(JsonCommand):
    needs_database = False

    def add_arguments(self, parser):
        parser.add_argument("--what", choices=["data", "wrong", "partly"], default="data")

    def run(self, *, what, **options):
        self.progress("half way")
        if what == "wrong":
            raise InputError("The file is empty: give one with a line a ticket.")
        return Outcome({"سلام": 1}, ["hello"], partly=what == "partly")


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
