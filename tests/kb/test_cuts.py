"""Passages within a model's token budget, and two cuts beside each other."""

import threading

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import indexing, passages
from kb.chunking import chunk
from kb.embedding import active_cut, active_recipe, artefact_folder, building, cut_named, cutting
from kb.embedding import sentence_transformers as neural
from kb.embedding.recipe import EmbedderUnavailable
from kb.importing import import_sources
from kb.models import Article, Chunk, ChunkVector, EmbeddingRecipe
from kb.retrieval import search
from kb.sweeping import sweep_index
from tests.kb.tiny_models import tiny_bert
from tests.live_desk import wait_for


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    pytest.importorskip("torch")
    return tiny_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def other_bert(tmp_path_factory):
    """The same tokenizer, twice the budget."""
    pytest.importorskip("torch")
    return tiny_bert(tmp_path_factory.mktemp("other"), positions=128)


@pytest.fixture(scope="module")
def opened(bert):
    return neural.open_model(str(bert))


WORDS = st.text(alphabet="ab ج.؟\n", max_size=150)
PARTS = st.sampled_from(
    ["# H", "## A heading of some length", "- item", "| a | b |\n|---|---|\n| 1 | 2 |"]
)


@given(st.lists(PARTS | WORDS, max_size=12), st.text(alphabet="ab ج", max_size=120))
@settings(max_examples=40)
def test_no_passage_is_over_the_budget_as_the_tokenizer_counts(
    opened, tmp_path_factory, parts, title
):
    folder = tmp_path_factory.getbasetemp() / "tokenizers"
    cut = cutting.token_cut(opened.keep_tokenizer(folder), folder)
    for item in chunk("\n\n".join(parts), title=title, cut=cut):
        above = "\n".join([title, *item.heading_path])
        whole = opened.model.tokenizer(opened.passage_text(above, item.body))["input_ids"]
        assert len(whole) <= opened.model.max_seq_length
        assert opened.passage_text("", item.body) in opened.passage_text(above, item.body)


def test_a_cut_is_named_after_budget_and_tokenizer(opened, other_bert, tmp_path):
    name = opened.keep_tokenizer(tmp_path)
    other = neural.open_model(str(other_bert)).keep_tokenizer(tmp_path)
    assert name.startswith("tokens-62-")
    assert other.startswith("tokens-126-")
    assert name[-12:] == other[-12:]
    opened.embed_queries(["encoding sets the tokenizer's truncation"])
    assert (
        neural.open_model(opened.model[0].model.config._name_or_path).keep_tokenizer(tmp_path)
        == name
    )


def test_a_changed_tokenizer_cuts_nothing(opened, tmp_path):
    name = opened.keep_tokenizer(tmp_path)
    (path,) = tmp_path.glob("tokenizer-*.json")
    path.write_text(path.read_text() + " ")
    with pytest.raises(EmbedderUnavailable, match="has changed"):
        cutting.token_cut(name, tmp_path)
    path.unlink()
    cutting._tokens.cache_clear()
    with pytest.raises(EmbedderUnavailable, match="missing"):
        cutting.token_cut(name, tmp_path)


LONG = "\n\n".join(f"## Part {number}\n\n" + f"word{number} " * 30 for number in range(5))


@pytest.mark.django_db
class TestTheDesk:
    def test_the_articles_are_cut_anew_and_the_old_cut_goes_later(self, bert, make_centre):
        folder = make_centre(50)
        (folder / "long.md").write_text(f"# Long\n\n{LONG}")
        import_sources([folder])
        first = active_recipe()
        recipe = building.use(str(bert))
        assert active_cut() == recipe.cut != ""
        assert Chunk.objects.filter(cut=recipe.cut).count() > Chunk.objects.filter(cut="").count()
        assert ChunkVector.objects.filter(recipe=recipe).exclude(chunk__cut=recipe.cut).count() == 0
        assert Chunk.objects.filter(cut="").count() == 55  # for searches that began before
        long_ago = timezone.now() - 2 * building.RETIRED_STAYS
        EmbeddingRecipe.objects.filter(pk=first.pk).update(retired_at=long_ago)
        building.drop_retired()
        assert not Chunk.objects.exclude(cut=recipe.cut).exists()

    def test_back_to_the_offline_embedder(self, bert, make_centre):
        import_sources([make_centre(55)])
        building.use(str(bert))
        Chunk.objects.filter(cut="").delete()
        recipe = building.use("offline")
        assert (active_cut(), recipe.fitted_chunks) == ("", 55)
        assert search("battery number7", mode="dense")[0].external_id == "0007.md"

    def test_models_with_one_cut_share_the_passages(self, bert, make_centre, tmp_path):
        import_sources([make_centre(55)])
        first = building.use(str(bert))
        pks = set(Chunk.objects.filter(cut=first.cut).values_list("pk", flat=True))
        second = building.use(str(bert))
        assert first.cut == second.cut
        assert set(Chunk.objects.filter(cut=first.cut).values_list("pk", flat=True)) == pks

    def test_what_is_written_while_an_index_is_built_is_in_both_cuts(
        self, bert, make_centre, monkeypatch
    ):
        import_sources([make_centre(50)])
        old = active_recipe()
        real = building.make_indexes

        def writing_meanwhile(recipe):
            real(recipe)
            edited = make_centre(1)
            (edited / "0000.md").write_text("# How it changed\n\nThe text number777 is new.\n")
            import_sources([edited])
            import_sources([make_centre(1, name="late", start=900)])
            assert active_recipe() == old
            assert search("number900", k=1)[0].external_id == "0900.md"
            assert search("number777", k=1)[0].external_id == "0000.md"

        monkeypatch.setattr(building, "make_indexes", writing_meanwhile)
        recipe = building.use(str(bert))
        texts = Chunk.objects.filter(cut=recipe.cut).values_list("text", flat=True)
        assert sum("number777" in text for text in texts) == 1
        assert sum("number900" in text for text in texts) == 1
        assert not any("step0 " in text for text in texts)
        assert not passages.without_passages(recipe.cut).exists()

    def test_a_writer_that_did_not_know_of_the_cut_makes_it_when_it_writes(self, bert, make_centre):
        import_sources([make_centre(50)])
        article = Article.objects.get(external_id="0003.md")
        article.text = "The text number888 is new."
        article.save()
        prepared = indexing.prepare([article])
        recipe = building.use(str(bert))
        assert indexing.write(prepared) == 1
        assert "number888" in Chunk.objects.get(article=article, cut=recipe.cut).text
        assert search("number888", mode="lexical")[0].external_id == "0003.md"

    def test_a_build_that_fails_takes_its_cut_along(self, bert, make_centre, monkeypatch):
        import_sources([make_centre(50)])
        monkeypatch.setattr(building, "make_indexes", lambda recipe: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            building.use(str(bert))
        assert set(Chunk.objects.values_list("cut", flat=True)) == {""}
        assert not list(artefact_folder().glob("tokenizer-*"))

    def test_only_changed_passages_are_embedded_again(self, bert, make_centre):
        folder = make_centre(50)
        (folder / "long.md").write_text(f"# Long\n\n{LONG}")
        import_sources([folder])
        recipe = building.use(str(bert))
        before = dict(ChunkVector.objects.filter(recipe=recipe).values_list("chunk_id", "pk"))
        (folder / "long.md").write_text(f"# Long\n\n{LONG.replace('word1 ', 'changed ')}")
        import_sources([folder])
        after = dict(ChunkVector.objects.filter(recipe=recipe).values_list("chunk_id", "pk"))
        mine = set(Chunk.objects.filter(text__contains="changed").values_list("pk", flat=True))
        assert after.keys() - before.keys() == mine
        assert {pk: after[pk] for pk in after.keys() & before.keys()}.items() <= before.items()

    def test_without_the_tokenizer_the_worker_cuts(self, bert, make_centre):
        import_sources([make_centre(50)])
        recipe = building.use(str(bert))
        for path in artefact_folder().glob("tokenizer-*"):
            path.unlink()
        cutting._tokens.cache_clear()
        with pytest.raises(EmbedderUnavailable):
            cut_named(recipe.cut)
        import_sources([make_centre(1, name="late", start=900)], models=False)
        assert not Chunk.objects.filter(cut=recipe.cut, text__contains="number900").exists()
        sweep_index()
        assert Chunk.objects.filter(cut=recipe.cut, text__contains="number900").count() == 1
        assert search("number900", models=False)[0].external_id == "0900.md"


@pytest.mark.django_db(transaction=True)
def test_searches_and_edits_go_on_while_an_index_is_built(bert, make_centre, monkeypatch):
    """On connections of their own: every search finds its article, old index or new."""
    import_sources([make_centre(60)])
    stop = threading.Event()
    found: list[bool] = []
    edited: list[int] = []
    failures: list[BaseException] = []
    real = building.make_indexes

    def looked_at_meanwhile(recipe):
        """Not before the swap has there been enough of both beside the build."""
        real(recipe)
        searches, edits = len(found), len(edited)
        wait_for(lambda: failures or (len(found) > searches + 2 and len(edited) > edits))

    monkeypatch.setattr(building, "make_indexes", looked_at_meanwhile)

    def searching():
        try:
            while not stop.is_set():
                found.append(search("battery number7", mode="lexical")[0].external_id == "0007.md")
        except BaseException as error:  # noqa: BLE001 - told to the test below
            failures.append(error)
        finally:
            connection.close()

    def editing():
        try:
            number = 0
            while not stop.is_set():
                number += 1
                article = Article.objects.get(external_id=f"{number % 5:04}.md")
                article.text = f"Edited for the time {number}."
                article.save()
                indexing.index_articles([article])
                edited.append(number)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=searching), threading.Thread(target=editing)]
    for thread in threads:
        thread.start()
    try:
        building.use("offline")
        recipe = building.use(str(bert))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    close_old_connections()
    assert not failures
    assert all(found)
    assert len(found) > 5
    sweep_index()
    stale = [
        chunk.pk
        for chunk in Chunk.objects.filter(cut=recipe.cut).select_related("article")
        if chunk.body.strip() not in chunk.article.text
    ]
    assert not stale
    assert EmbeddingRecipe.objects.filter(state="active").count() == 1
