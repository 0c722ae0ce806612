"""Files into articles, and in step with them ever after."""

import os

import pytest

from kb import indexing
from kb.importing import import_sources
from kb.models import Article, Chunk, ChunkVector, EmbeddingRecipe, Source, TermSegment
from kb.retrieval import search
from runtime.errors import InputError
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db
State = Article.State


def counts(report):
    return (report.created, report.updated, report.unchanged, report.removed, len(report.failed))


def test_a_folder_of_pages_is_imported_whole():
    report = import_sources([PAGES])
    assert counts(report) == (3, 0, 0, 0, 0)
    assert report.chunks == Chunk.objects.count() > 5
    assert set(Article.objects.values_list("external_id", "lang", "state")) == {
        ("fa-wallet.html", "fa", "published"),
        ("en-faq.html", "en", "published"),
        ("he-hours.html", "he", "published"),
    }
    assert all(a.indexed_hash == indexing.indexed_hash(a) for a in Article.objects.all())


def test_names_of_files_that_are_no_utf8_are_read_as_an_old_windows_wrote_them(make_centre):
    folder = make_centre(0)
    name = "راهنما.md".encode("cp1256")
    with open(os.path.join(os.fsencode(folder), name), "w") as file:
        file.write("# Help\n\nSome words that help.")
    report = import_sources([folder])
    assert counts(report) == (1, 0, 0, 0, 0)
    assert Article.objects.get().external_id == "راهنما.md"
    assert counts(import_sources([folder])) == (0, 0, 1, 0, 0)


def test_what_was_imported_is_found_at_once():
    import_sources([PAGES])
    assert search("سقف کیف پول ویژه", k=1)[0].heading_path == ("سقف‌ها",)


def test_importing_again_changes_nothing():
    import_sources([PAGES])
    chunks = list(Chunk.objects.values_list("pk", flat=True))
    report = import_sources([PAGES])
    assert counts(report) == (0, 0, 3, 0, 0)
    assert report.chunks == 0
    assert list(Chunk.objects.values_list("pk", flat=True)) == chunks


def test_a_changed_file_updates_its_article_alone(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    (folder / "0001.md").write_text("# Another title\n\nOther words entirely.")
    assert counts(import_sources([folder])) == (0, 1, 2, 0, 0)
    assert Article.objects.get(external_id="0001.md").title == "Another title"
    assert search("entirely", mode="lexical")[0].external_id == "0001.md"
    assert "number1" not in " ".join(one.text for one in search("number1", mode="lexical"))


def test_an_edit_keeps_the_other_passages_and_their_vectors(make_centre):
    folder = make_centre(60)
    page = folder / "page.md"
    sections = [f"## Section {number}\n\nText of section{number}." for number in range(6)]
    page.write_text("# Page\n\n" + "\n\n".join(sections))
    import_sources([folder])
    before = dict(Chunk.objects.filter(article__title="Page").values_list("text", "pk"))
    vectors = set(ChunkVector.objects.values_list("pk", flat=True))
    sections.insert(0, "## New\n\nA new beginning.")
    page.write_text("# Page\n\n" + "\n\n".join(sections))
    import_sources([folder])
    after = dict(Chunk.objects.filter(article__title="Page").values_list("text", "pk"))
    assert {text: after[text] for text in before} == before
    assert vectors < set(ChunkVector.objects.values_list("pk", flat=True))
    positions = Chunk.objects.filter(article__title="Page").order_by("position")
    assert [row.text.split("\n")[0] for row in positions][:2] == ["New", "Section 0"]


def test_what_vanished_is_archived_and_comes_back(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    text = (folder / "0002.md").read_text()
    (folder / "0002.md").unlink()
    assert counts(import_sources([folder])) == (0, 0, 2, 1, 0)
    assert Article.objects.get(external_id="0002.md").state == State.ARCHIVED
    assert "0002.md" not in [one.external_id for one in search("number2", mode="lexical")]
    (folder / "0002.md").write_text(text)
    assert counts(import_sources([folder])) == (0, 1, 2, 0, 0)
    assert search("number2", mode="lexical")[0].external_id == "0002.md"


def test_a_file_that_broke_is_reported_and_not_archived(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    (folder / "0002.md").write_bytes(b"\xff\xfe\x00")
    report = import_sources([folder])
    assert counts(report) == (0, 0, 2, 0, 1)
    assert report.failed[0]["source"] == "0002.md"
    assert Article.objects.get(external_id="0002.md").state == State.PUBLISHED


def test_a_file_of_a_known_folder_belongs_to_it(make_centre):
    folder = make_centre(3)
    import_sources([folder])
    (folder / "0001.md").write_text("# New\n\nNew words.")
    assert counts(import_sources([folder / "0001.md"])) == (0, 1, 0, 0, 0)
    assert Source.objects.count() == 1


def test_a_folder_takes_over_files_that_were_imported_alone(make_centre):
    folder = make_centre(3)
    import_sources([folder / "0001.md"])
    assert counts(import_sources([folder])) == (3, 0, 0, 1, 0)
    found = [one.external_id for one in search("number1", mode="lexical")]
    assert found.count("0001.md") == 1


def test_lines_of_jsonl_are_articles(write_jsonl):
    path = write_jsonl(
        [{"external_id": str(n), "title": f"T{n}", "text": f"word{n}"} for n in range(5)]
    )
    assert counts(import_sources([path])) == (5, 0, 0, 0, 0)
    path = write_jsonl([{"external_id": "1", "title": "T1", "text": "word1"}])
    assert counts(import_sources([path])) == (0, 0, 1, 4, 0)


def test_a_bad_line_fails_alone_and_archives_nothing(write_jsonl):
    import_sources([write_jsonl([{"external_id": str(n), "text": f"word{n}"} for n in range(3)])])
    report = import_sources([write_jsonl([{"external_id": "0", "text": "word0"}, {"text": "x"}])])
    assert counts(report) == (0, 0, 1, 0, 1)
    assert report.failed == [{"source": "articles.jsonl:2", "error": "It has no external_id."}]


def test_the_same_external_id_twice_is_reported(write_jsonl):
    rows = [{"external_id": "a", "text": "one"}, {"external_id": "a", "text": "two"}]
    report = import_sources([write_jsonl(rows)])
    assert counts(report) == (1, 0, 0, 0, 1)
    assert Article.objects.get().text == "one"


def test_language_is_given_declared_or_detected(write_jsonl):
    rows = [
        {"external_id": "a", "text": "Hello there", "lang": "he"},
        {"external_id": "b", "text": "این فارسی است"},
    ]
    import_sources([write_jsonl(rows)])
    assert dict(Article.objects.values_list("external_id", "lang")) == {"a": "he", "b": "fa"}
    import_sources([write_jsonl(rows)], lang="en")
    assert set(Article.objects.values_list("lang", flat=True)) == {"en"}


def test_a_dry_run_counts_and_writes_nothing(make_centre):
    folder = make_centre(60)
    report = import_sources([folder], dry_run=True)
    assert (report.created, report.chunks) == (60, 60)
    assert not Article.objects.exists()
    assert not Source.objects.exists()
    assert not EmbeddingRecipe.objects.exists()


def test_progress_counts_files_and_lines(make_centre, write_jsonl):
    seen = []
    folder = make_centre(3)
    write_jsonl([{"external_id": str(n), "text": "a"} for n in range(4)], name="centre/x.jsonl")
    import_sources([folder], progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (7, 7)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.html", b"", "empty"),
        ("binary.html", b"\x89PNG\r\n\x1a\n\x00", "binary"),
        ("latin.txt", b"caf\xe9", "UTF-8"),
        ("deep.html", b"<div>" * 10_000 + b"x", "nested"),
        ("page.pdf", b"%PDF-1.7", "damaged"),
        ("bad.jsonl", b"nothing\n", "JSON object"),
    ],
)
def test_a_bad_file_is_one_line_and_nothing_is_written(tmp_path, name, data, reason):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=reason) as caught:
        import_sources([path])
    assert "\n" not in str(caught.value)
    assert not Article.objects.exists()
    assert not Source.objects.exists()


def test_a_file_over_the_limit_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "big.html"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    monkeypatch.setattr("pathlib.Path.open", lambda *args, **kwargs: pytest.fail("it was opened"))
    with pytest.raises(InputError, match="200 MB; 50 MB are the most"):
        import_sources([path])


def test_good_files_are_imported_beside_bad_ones(make_centre):
    folder = make_centre(2)
    (folder / "bad.html").write_bytes(b"")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.md").write_text("# Hidden")
    report = import_sources([folder])
    assert counts(report) == (2, 0, 0, 0, 1)


@pytest.mark.parametrize("path", ["missing", "."])
def test_nothing_to_import_is_an_error(tmp_path, path):
    with pytest.raises(InputError):
        import_sources([tmp_path / path])


def test_an_unknown_language_is_an_error(make_centre):
    with pytest.raises(InputError, match="language"):
        import_sources([make_centre(1)], lang="x!")


def test_an_import_that_dies_leaves_whole_articles(make_centre, monkeypatch):
    """Killed in the second batch: the first is complete, and the next import goes on."""
    folder = make_centre(100)
    real = indexing.write
    calls = []

    def dying(prepared):
        calls.append(1)
        if len(calls) == 2:
            real(prepared[:3])
            raise KeyboardInterrupt
        return real(prepared)

    monkeypatch.setattr(indexing, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        import_sources([folder])
    assert Article.objects.count() == Chunk.objects.values("article").distinct().count() == 64
    indexed = TermSegment.objects.filter(group__startswith="chunks:")
    assert sum(segment.documents for segment in indexed) == Chunk.objects.count()
    monkeypatch.setattr(indexing, "write", real)
    assert counts(import_sources([folder])) == (36, 0, 64, 0, 0)
