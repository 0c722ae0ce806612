"""The corpus as files."""

import pytest

from kb.exporting import UnusableFolder, export_corpus
from kb.importing import import_sources
from kb.models import Article, Chunk
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db


def test_every_published_article_is_a_file(tmp_path):
    import_sources([PAGES])
    Article.objects.filter(lang="he").update(state=Article.State.ARCHIVED)
    exported = export_corpus(tmp_path / "corpus")
    texts = [path.read_text() for path in (tmp_path / "corpus").iterdir()]
    assert exported.articles == len(texts) == 2
    assert exported.characters == sum(map(len, texts))


def test_the_files_hold_what_is_searched(tmp_path):
    import_sources([PAGES])
    export_corpus(tmp_path / "corpus")
    whole = "\n".join(path.read_text() for path in (tmp_path / "corpus").iterdir())
    for chunk in Chunk.objects.select_related("article"):
        assert chunk.body in whole
    assert "alert" not in whole


def test_ids_that_look_alike_have_files_of_their_own(write_jsonl, tmp_path):
    rows = [{"external_id": name, "text": name} for name in ("a/b", "a b", "../a", "ا", "x" * 300)]
    import_sources([write_jsonl(rows)])
    export_corpus(tmp_path / "corpus")
    export_corpus(tmp_path / "corpus")
    names = [path.name for path in (tmp_path / "corpus").iterdir()]
    assert len(names) == 5
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".txt"] == []


def test_an_empty_desk_or_a_file_in_the_way_is_refused(tmp_path):
    with pytest.raises(UnusableFolder, match="no articles"):
        export_corpus(tmp_path / "corpus")
    import_sources([PAGES])
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnusableFolder):
        export_corpus(tmp_path / "file")
