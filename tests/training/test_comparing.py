"""Recipes side by side: figures, table, chart, and a comparison that goes on where it was."""

import csv
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from llm.registry import add_version
from tests.training import pausing
from training.comparing.chart import chart_of
from training.comparing.results import MeasuredRow, Result, keep, kept
from training.comparing.table import Table, csv_of, lines_of
from training.methods.estimates import PROCESS_BYTES
from training.models import TrainingRun

RECIPE = """name = "{name}"
method = "{method}"
base = "{base}"
seed = 4
[adapter]
rank = 8
alpha = 16
targets = ["q_proj", "v_proj", "down_proj"]
[virtual]
tokens = 4
hidden = 16
[weights]
bits = 4
compute = "float32"
[prompt]
budget = 200
[rows]
sources = ["file"]
[schedule]
steps = {steps}
batch = 4
learning_rate = 1e-2
checkpoint_every = 2
[generation]
max_new_tokens = 8
"""


def result(name="a", *, untuned=4.0, gain=1.0, chrf=None):
    rows = tuple(
        MeasuredRow(
            tokens=10 + at,
            characters=30 + at,
            tuned=(10 + at) * (3.0 if untuned is None else untuned - gain - 0.01 * at),
            untuned=None if untuned is None else (10 + at) * untuned,
            tuned_chrf=chrf,
            untuned_chrf=None if chrf is None else chrf - 5,
        )
        for at in range(20)
    )
    return Result(
        recipe=name,
        technique="lora",
        base="tiny",
        hardware="2 CPU cores",
        share=0.2,
        rows=1260,
        steps=9,
        seconds=61.0,
        gpu_seconds=0.0,
        measuring_seconds=2.0,
        peak_memory_bytes=2**30,
        trainable_parameters=5,
        total_parameters=1000,
        tokens=99,
        measured=rows,
    )


def test_result_weighs_rows_by_their_tokens_and_says_how_sure_the_change_is():
    one = result()
    tokens = sum(row.tokens for row in one.measured)
    assert one.untuned_loss == pytest.approx(4.0)
    assert one.loss == pytest.approx(sum(row.tuned for row in one.measured) / tokens)
    assert one.difference is not None
    assert one.difference.mean == pytest.approx(one.loss - 4.0, abs=1e-4)
    assert one.difference.low < one.difference.mean < one.difference.high < 0
    nothing = result(gain=0.0).difference
    assert nothing is not None
    assert nothing.mean > -0.2
    assert result(untuned=None).difference is None
    assert result(chrf=30.0).chrf_difference.mean == pytest.approx(5.0)


def test_result_is_kept_whole_without_a_text(tmp_path):
    keep(result(chrf=1.0), tmp_path)
    assert kept(tmp_path) == result(chrf=1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]
    assert kept(tmp_path / "none") is None


def table():
    results = (result(), result("b<&>", untuned=None), result("c", gain=0.1, chrf=20.0))
    return Table(results=results, data="file", test_rows=20, digest="d")


def test_table_has_the_reports_columns():
    lines = lines_of(table())
    assert lines[0].split()[:5] == ["technique", "recipe", "time", "hardware", "data"]
    for said in ("61 s", "2 CPU cores", "20% (1,260 rows)", "1.0 GiB", "0.5%", "4.000 → 2.888"):
        assert said in lines[1]
    assert "4.000 →" not in lines[2]


def test_csv_can_be_read_back():
    rows = list(csv.DictReader(io.StringIO(csv_of(table()))))
    assert [row["recipe"] for row in rows] == ["a", "b<&>", "c"]
    assert float(rows[0]["difference_high"]) < 0
    assert rows[1]["untuned_loss"] == rows[1]["difference_mean"] == ""
    assert rows[2]["chrf"] == "20.0"


def test_chart_is_labelled_and_has_colours_for_dark_and_light():
    text = chart_of(table())
    root = ET.fromstring(text)
    names = {"s": "http://www.w3.org/2000/svg"}
    shown = [one.text for one in root.iter(f"{{{names['s']}}}text")]
    for label in ("Test loss before and after training", "before", "lora", "b<&>", "61 s", "20%"):
        assert label in shown
    assert any("lower is better" in (one or "") for one in shown)
    assert "prefers-color-scheme: dark" in text
    assert len(root.findall(".//s:circle[@class='after']", names)) == 3 + 1  # and the key's
    assert len(root.findall(".//s:circle[@class='before']", names)) == 2 + 1
    assert len(root.findall(".//s:line[@class='span']", names)) == 2
    for circle in root.findall(".//s:circle", names):
        assert 0 <= float(circle.get("cx")) <= float(root.get("width"))


@pytest.fixture
def desk(transactional_db, tmp_path, settings, tiny_base):
    """A tiny base and a file with rows for training and for testing."""
    settings.PASOKH_HOME = tmp_path / "home"
    base = add_version(tiny_base)
    topics = ("renewal", "parcels", "invoices", "passwords", "domains", "backups", "phones", "maps")
    with (tmp_path / "rows.jsonl").open("w") as file:
        for number in range(32):
            topic = topics[number % 8]
            row = {
                "question": f"{topic} number {number} {['why', 'when'][number % 2]} it stopped",
                "answer": f"About {topic}: open the panel and switch {topic} on again.",
                "split": "test" if number % 4 == 3 else "train",
            }
            file.write(json.dumps(row) + "\n")

    def recipe(name, method="lora", steps=6, more=""):
        path = tmp_path / f"{name}.toml"
        path.write_text(RECIPE.format(name=name, method=method, steps=steps, base=base.name) + more)
        return str(path)

    return tmp_path, recipe


def command(*arguments):
    out = StringIO()
    call_command("compare_methods", *arguments, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def refused(match, *arguments):
    with pytest.raises(CommandError, match=match) as caught:
        command(*arguments)
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)


def test_compare_measures_each_recipe_once_in_its_own_process(desk):
    folder, recipe = desk
    data = ["--data", str(folder / "rows.jsonl")]
    first, second = recipe("one"), recipe("two", "ptuning")
    chart, sheet = folder / "out.svg", folder / "out.csv"
    found = command(first, second, *data, "--chart", str(chart), "--csv", str(sheet))
    one, two = found["recipes"]
    assert (one["technique"], two["technique"]) == ("lora", "ptuning")
    assert one["test_rows"] == two["test_rows"] == found["test_rows"] == 8
    assert one["untuned_loss"] == pytest.approx(two["untuned_loss"], abs=1e-3)
    assert one["loss"] < one["untuned_loss"]
    assert one["difference"]["mean"] == pytest.approx(one["loss"] - one["untuned_loss"], abs=1e-3)
    assert one["chrf"] is not None
    # What a process takes before it has a model of any size, as the dry run supposes
    assert 0.5 < one["peak_memory_mib"] * 2**20 / PROCESS_BYTES < 2.5
    assert ET.fromstring(chart.read_text()) is not None
    assert len(sheet.read_text().splitlines()) == 3
    runs = TrainingRun.objects.filter(purpose="compare", state="done")
    assert runs.count() == 2
    kept_files = [path for path in (folder / "home" / "comparisons").rglob("*") if path.is_file()]
    assert {path.name for path in kept_files} == {"job.json", "result.json"}
    assert command(second, first, *data)["recipes"] == [two, one]
    assert runs.count() == 2  # what is known is not done again


def test_compare_goes_on_where_it_was_stopped(desk, monkeypatch):
    from training.runs import RunWatcher

    folder, recipe = desk
    data = ["--data", str(folder / "rows.jsonl"), "--no-drafts"]
    long = recipe("long", steps=30)
    seen = []
    on_step = RunWatcher.on_step

    def note(self, step):
        seen.append(step.step)
        on_step(self, step)

    monkeypatch.setattr(RunWatcher, "on_step", note)
    with monkeypatch.context() as stopping:
        stopping.setattr("training.comparing.process._PROCESS", pausing.MODULE)
        stopping.setattr(RunWatcher, "should_stop", lambda self: "asked" if seen else "")
        with pytest.raises(CommandError, match="Stopped; what was finished is kept") as caught:
            command(long, *data)
    assert caught.value.returncode == 130
    assert TrainingRun.objects.get().state == "stopped"
    left = {path.name for path in (folder / "home" / "comparisons").rglob("*.jsonl")}
    assert left == {"log.jsonl"}  # no row stays behind
    before = max(seen)
    seen.clear()
    old = folder / "home" / "comparisons" / "old-0123"
    old.mkdir()
    os.utime(old, (0, 0))
    found = command(long, *data)
    assert not old.exists()  # nobody went on with it
    assert seen[0] > before
    assert seen[-1] == 30
    assert found["recipes"][0]["steps"] == 30


def test_compare_says_what_is_wrong_in_one_line(desk, monkeypatch):
    folder, recipe = desk
    rows = folder / "rows.jsonl"
    data = ["--data", str(rows)]
    one = recipe("one")
    empty, single = folder / "empty.jsonl", folder / "single.jsonl"
    empty.write_text("")
    single.write_text(rows.read_text().splitlines()[0] + "\n")
    refused("There is no recipe nothing; there are", "nothing", *data)
    refused(
        "unknown field rows.wording.speed", recipe("odd", more="[rows.wording]\nspeed = 1\n"), *data
    )
    refused("have one name; name each once", one, one, *data)
    refused("--rows must be 2 to 2000", one, "--rows", "1", *data)
    refused("no row to learn from|has no rows", one, "--data", str(empty))
    refused(
        "has 1 answered questions .* at least 2 must be left to learn from",
        one,
        "--data",
        str(single),
    )
    refused("no such file", one, "--data", str(folder / "gone.jsonl"))
    refused("out.svg cannot be written", one, *data, "--chart", str(folder / "no" / "out.svg"))
    away = recipe("away")
    text = (folder / "away.toml").read_text()
    (folder / "away.toml").write_text(re.sub(r'(?m)^base = ".*"$', 'base = "gone"', text))
    refused("stands on gone, which is not registered; register its folder", away, *data)
    embedder = 'name = "e"\nmethod = "contrastive"\nseed = 1\n[schedule]\nsteps = 1\nbatch = 1\n'
    (folder / "e.toml").write_text(embedder + "learning_rate = 0.1\n")
    refused("tunes an embedder, which writes no answers", str(folder / "e.toml"), *data)
    monkeypatch.setenv("PASOKH_TRAINING_DEVICE", "cuda")
    refused("torch sees no GPU", one, *data)
    assert not TrainingRun.objects.exists()


def test_compare_refuses_rows_that_are_longer_than_the_context(desk):
    folder, recipe = desk
    long = folder / "long.jsonl"
    with long.open("w") as file:
        for number, line in enumerate((folder / "rows.jsonl").read_text().splitlines()):
            row = json.loads(line)
            row["answer"] = " ".join(f"{row['answer']} {number}-{part}" for part in range(60))
            file.write(json.dumps(row) + "\n")
    tight = recipe("tight", more="[text]\nmax_tokens = 24\n")
    refused("rows are longer than the 24 tokens of text.max_tokens", tight, "--data", str(long))
    assert not TrainingRun.objects.filter(state="done").exists()


def test_compare_tells_what_the_recipes_own_process_found(desk):
    folder, recipe = desk
    path = folder / "odd.toml"
    recipe("odd")
    path.write_text(path.read_text().replace('"down_proj"', '"sideways_proj"'))
    path.write_text(path.read_text().replace('"q_proj", "v_proj", ', ""))
    data = ["--data", str(folder / "rows.jsonl")]
    refused("the base has no layers named sideways_proj", str(path), *data)
    run = TrainingRun.objects.get()
    assert (run.state, run.purpose) == ("failed", "compare")
    assert "sideways_proj" in run.error
    assert not list((folder / "home" / "comparisons").rglob("rows.jsonl"))
