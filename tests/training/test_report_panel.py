"""The run on the reports' overview: the one that goes on, live, for admins."""

import json

import pytest

from training.models import TrainingRun
from training.report_panel import latest_run, runs_panel
from training.runs import run_folder
from training.runs.folders import LOG

pytestmark = pytest.mark.django_db


def test_the_run_that_goes_on_comes_before_a_later_one(client, mina, settings, tmp_path):
    settings.PASOKH_HOME = tmp_path
    going = TrainingRun.objects.create(recipe="going", state="running", total=2)
    TrainingRun.objects.create(recipe="done", state="done")
    log = run_folder(going) / LOG
    log.parent.mkdir(parents=True)
    log.write_text("".join(json.dumps({"step": at, "loss": 3.0 - at}) + "\n" for at in (1, 2)))
    assert latest_run()["run"] == going
    client.force_login(mina)
    for path in ("/reports/", "/training/panel/"):
        html = client.get(path).content.decode()
        assert f'data-live="run:{going.pk}"' in html
        assert 'class="curve"' in html


def test_the_last_run_stands_still(client, mina):
    TrainingRun.objects.create(recipe="old", state="done")
    last = TrainingRun.objects.create(recipe="last", state="failed")
    assert latest_run()["run"] == last
    client.force_login(mina)
    assert "data-live" not in client.get("/training/panel/").content.decode()


def test_panel_is_for_admins(parisa, sara):
    assert runs_panel(parisa) is None
    assert runs_panel(sara) is None
