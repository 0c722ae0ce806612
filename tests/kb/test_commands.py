"""Commands: their JSON, exit status and one-line errors."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from kb.importing import import_sources
from kb.models import Source
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db


def printed(*arguments, **options) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def as_json(*arguments, **options):
    return json.loads(printed(*arguments, as_json=True, **options))


def refused(*arguments) -> str:
    with pytest.raises(CommandError) as error:
        call_command(*arguments, stdout=StringIO())
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)
    return str(error.value)


def test_import_articles_reports_its_fields():
    report = as_json("import_articles", str(PAGES))
    assert report.pop("seconds") > 0
    assert report.pop("chunks") > 5
    assert report == {"created": 3, "updated": 0, "unchanged": 0, "removed": 0, "failed": []}


def test_import_articles_done_in_part_exits_with_1(make_centre):
    folder = make_centre(1)
    (folder / "empty.md").write_text("")
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("import_articles", str(folder), as_json=True, stdout=out)
    assert stopped.value.code == 1
    assert json.loads(out.getvalue())["failed"] == [
        {"source": "empty.md", "error": "The file is empty."}
    ]


def test_import_articles_of_nothing_is_refused(tmp_path):
    assert "no such file" in refused("import_articles", str(tmp_path / "missing"))


def test_search_prints_one_document():
    import_sources([PAGES])
    found = as_json("search", "close my account", k=2)
    assert set(found) == {"results", "seconds"}
    assert len(found["results"]) == 2
    first = found["results"][0]
    assert set(first) == {"external_id", "title", "chunk", "score", "url", "why"}
    assert first["external_id"] == "en-faq.html"
    assert first["chunk"].startswith("Account\nHow do I close my account?\nOpen Settings")


def test_search_prints_a_line_for_every_line(tmp_path):
    import_sources([PAGES])
    (tmp_path / "q.txt").write_text("کیف پول\n\nclose account\n")
    lines = printed("search", queries=str(tmp_path / "q.txt"), as_json=True).splitlines()
    found = [[row["external_id"] for row in json.loads(line)["results"]] for line in lines]
    assert [ids[0] if ids else None for ids in found] == ["fa-wallet.html", None, "en-faq.html"]


def test_search_is_readable_without_json():
    import_sources([PAGES])
    assert "1. Questions and answers (en-faq.html" in printed("search", "close my account")


@pytest.mark.parametrize(
    "arguments",
    [
        ["search"],
        ["search", "   "],
        ["search", "x" * 20_001],
        ["search", "x", "--queries", "y"],
        ["search", "--queries", "/no/such/file"],
        ["search", "x", "--k", "0"],
        ["search", "x", "--k", "many"],
        ["search", "x", "--mode", "magic"],
        ["search", "x", "--mode", "dense"],
        ["embedder", "use"],
        ["embedder", "use", "offline"],
        ["embedder", "tune"],
        ["evaluate_retrieval", "/no/such/file"],
        ["export_corpus", "/dev/null/x"],
        ["import_articles"],
        ["import_articles", ".", "--crawl"],
        ["import_articles", ".", "--max-pages", "5"],
        ["import_articles", ".", "--refresh-hours", "-1"],
        ["import_articles", "https://"],
        ["import_articles", "https://x.example/", "--max-pages", "0"],
        ["import_articles", "https://x.example/", "--select-title", "h1["],
    ],
)
def test_wrong_input_is_one_line_and_exit_2(arguments):
    refused(*arguments)


def test_export_corpus_counts(tmp_path):
    import_sources([PAGES])
    report = as_json("export_corpus", str(tmp_path / "corpus"))
    assert report["articles"] == 3
    assert report["characters"] > 500


def test_embedder_lists_and_uses(make_centre):
    assert as_json("embedder", "list") == {"recipes": [], "active": None, "progress": None}
    import_sources([make_centre(55)])
    first = as_json("embedder", "list")
    assert first["active"] == first["recipes"][0]["id"]
    second = as_json("embedder", "use", "offline")
    assert second["progress"] == 1.0
    assert [row["state"] for row in second["recipes"]] == ["retired", "active"]


def test_evaluate_retrieval_gives_each_mode(tmp_path):
    import_sources([PAGES])
    row = {"question": "close my account", "external_id": "en-faq.html"}
    (tmp_path / "q.jsonl").write_text(json.dumps(row))
    found = as_json("evaluate_retrieval", str(tmp_path / "q.jsonl"))
    assert {"hybrid", "lexical"} <= set(found)
    assert found["hybrid"]["hit@1"] == 1


def test_refresh_sources_imports_what_is_due(make_centre):
    folder = make_centre(3)
    printed("import_articles", str(folder), refresh_hours=24)
    assert as_json("refresh_sources") == {"sources": []}
    (folder / "0001.md").write_text("# Other\n\nOther words.")
    Source.objects.update(next_refresh_at=timezone.now() - timedelta(minutes=1))
    (row,) = as_json("refresh_sources")["sources"]
    assert (row["source"], row["state"], row["updated"]) == (str(folder), "done", 1)
    assert Source.objects.get().next_refresh_at > timezone.now()
    (row,) = json.loads(printed("refresh_sources", as_json=True, all=True))["sources"]
    assert row["unchanged"] == 3


def test_refresh_sources_says_what_failed(make_centre, tmp_path):
    folder = make_centre(3)
    import_sources([folder])
    folder.rename(tmp_path / "elsewhere")
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("refresh_sources", all=True, as_json=True, stdout=out)
    assert stopped.value.code == 1
    (row,) = json.loads(out.getvalue())["sources"]
    assert row["state"] == "failed"
    assert "no such file or folder" in row["error"]


def test_run_import_wants_an_import():
    assert "no import 17" in refused("run_import", "17")
