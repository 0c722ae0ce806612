"""`manage.py work_doors --once --json`"""

import json

import pytest
from django.core.management import CommandError, call_command

from doors import working
from doors.kinds import DoorTrouble, Kind
from doors.models import Door


@pytest.fixture
def shops(db, monkeypatch):
    def receive(door: Door) -> int:
        if door.name == "closed":
            raise DoorTrouble("Away.")
        return 3

    kind = Kind(
        check=lambda door: None, receive=receive, send=lambda row: "", find_sent=lambda row: None
    )
    monkeypatch.setattr(working, "kind_of", lambda door: kind)
    for name in ("open", "closed"):
        Door.objects.create(kind="webhook", name=name, source=name)


def test_one_round_is_told_as_json_and_trouble_by_the_status(shops, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("work_doors", "--once", "--json")
    told = {one["door"]: one for one in json.loads(capsys.readouterr().out)["doors"]}
    assert ended.value.code == 1
    assert (told["open"]["received"], told["closed"]["trouble"]) == (3, "Away.")


def test_one_door_alone(shops, capsys):
    call_command("work_doors", "--once", "--door", "open")
    assert capsys.readouterr().out == "open: 3 looked at, 0 sent.\n"


@pytest.mark.parametrize("wrong", [("--door", "nowhere"), ("--pause", "0")])
def test_wrong_input_is_told_by_one_line(shops, wrong):
    with pytest.raises(CommandError) as error:
        call_command("work_doors", "--once", *wrong)
    assert error.value.returncode == 2
