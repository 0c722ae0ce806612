"""What an import leaves alone: what was edited, what vanished too suddenly, what an archive or a
table may still hold."""

import io
import zipfile

import pytest

from kb import indexing
from kb.importing import import_sources
from kb.models import Article, ArticleRevision, ImportRun, Source
from kb.refreshing import archive_source
from kb.retrieval import search

pytestmark = pytest.mark.django_db
State = Article.State


def edit(external_id, text="Words of the desk."):
    Article.objects.filter(external_id=external_id).update(text=text, is_edited=True)


def test_what_was_edited_at_the_desk_is_left_alone_and_said(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    edit("0001.md")
    assert import_sources([folder]).kept == []
    (folder / "0001.md").write_text("# Other\n\nThe source's words.")
    report = import_sources([folder])
    assert (report.updated, report.unchanged) == (0, 3)
    assert [one["source"] for one in report.kept] == ["0001.md"]
    assert Article.objects.get(external_id="0001.md").text == "Words of the desk."
    assert ImportRun.objects.first().report["kept_count"] == 1


def test_an_edit_between_reading_and_writing_is_not_written_over(make_centre, monkeypatch):
    folder = make_centre(3)
    import_sources([folder])
    (folder / "0001.md").write_text("# Other\n\nThe source's words.")
    prepare = indexing.prepare

    def edited_meanwhile(articles, **how):
        edit("0001.md")
        return prepare(articles, **how)

    monkeypatch.setattr(indexing, "prepare", edited_meanwhile)
    report = import_sources([folder])
    assert Article.objects.get(external_id="0001.md").text == "Words of the desk."
    assert [one["source"] for one in report.kept] == ["0001.md"]
    assert (report.updated, report.unchanged) == (0, 3)


def test_an_edited_article_that_vanished_is_left_alone(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    edit("0001.md")
    (folder / "0001.md").unlink()
    report = import_sources([folder])
    assert (report.removed, len(report.kept)) == (0, 1)
    assert Article.objects.get(external_id="0001.md").state == State.PUBLISHED


def test_an_admin_may_have_the_source_win(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    edit("0001.md")
    report = import_sources([folder], overwrite_edited=True)
    assert (report.updated, report.kept) == (1, [])
    article = Article.objects.get(external_id="0001.md")
    assert "step1" in article.text
    assert not article.is_edited


def test_a_change_is_kept_in_the_history_with_what_was_before(make_centre):
    folder = make_centre(2)
    import_sources([folder])
    assert not ArticleRevision.objects.exists()
    (folder / "0001.md").write_text("# Other\n\nSecond words.")
    import_sources([folder])
    (folder / "0001.md").write_text("# Other\n\nThird words.")
    import_sources([folder])
    texts = ArticleRevision.objects.order_by("pk").values_list("text", "author")
    assert [text[:6] for text, _ in texts] == ["The pa", "Second", "Third "]
    assert {author for _, author in texts} == {None}


def test_most_of_a_source_is_not_archived_at_once(make_centre):
    folder = make_centre(20)
    import_sources([folder])
    for number in range(11):
        (folder / f"{number:04}.md").unlink()
    report = import_sources([folder])
    assert (report.removed, report.held, report.unchanged) == (0, 11, 9)
    assert Article.objects.filter(state=State.PUBLISHED).count() == 20
    report = import_sources([folder], archive_all=True)
    assert (report.removed, report.held) == (11, 0)
    assert Article.objects.filter(state=State.ARCHIVED).count() == 11


def test_half_of_a_source_is_archived(make_centre):
    folder = make_centre(20)
    import_sources([folder])
    for number in range(10):
        (folder / f"{number:04}.md").unlink()
    assert import_sources([folder]).removed == 10


def zipped(path, names):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, f"# Title {name}\n\nWords of {name}.")
    path.write_bytes(data.getvalue())


def test_an_archive_is_kept_in_step_by_its_members(tmp_path):
    path = tmp_path / "centre.zip"
    zipped(path, [f"{n}.md" for n in range(6)])
    report = import_sources([path])
    assert report.created == 6
    zipped(path, [f"{n}.md" for n in range(1, 7)])
    report = import_sources([path])
    assert (report.created, report.unchanged, report.removed) == (1, 5, 1)


def test_an_archive_that_broke_archives_nothing(tmp_path):
    folder = tmp_path / "centre"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nWords.")
    zipped(folder / "rest.zip", ["b.md", "c.md"])
    assert import_sources([folder]).created == 3
    (folder / "rest.zip").write_bytes(b"PK\x03\x04 broken")
    report = import_sources([folder])
    assert (report.removed, report.unchanged, len(report.failed)) == (0, 1, 1)
    assert Article.objects.filter(state=State.PUBLISHED).count() == 3


def test_a_draft_is_stored_and_not_found(write_jsonl):
    rows = [{"external_id": "a", "text": "zebra words", "state": "draft"}]
    rows += [{"external_id": "b", "text": "other words"}]
    import_sources([write_jsonl(rows)])
    assert Article.objects.get(external_id="a").state == State.DRAFT
    assert "a" not in [one.external_id for one in search("zebra", mode="lexical")]
    assert import_sources([write_jsonl(rows)]).unchanged == 2


def test_an_archived_source_leaves_the_search_and_comes_back(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    source = Source.objects.get()
    assert archive_source(source) == 3
    assert not search("password number1", mode="lexical")
    source.refresh_from_db()
    assert source.archived_at is not None
    assert import_sources([folder]).updated == 3
    source.refresh_from_db()
    assert source.archived_at is None
    assert search("password number1", mode="lexical")


def test_a_source_remembers_its_language(write_jsonl):
    path = write_jsonl([{"external_id": "a", "text": "Hello there"}])
    import_sources([path], lang="he")
    assert import_sources([path]).unchanged == 1
    assert Article.objects.get().lang == "he"
    assert Source.objects.get().options == {"lang": "he"}
