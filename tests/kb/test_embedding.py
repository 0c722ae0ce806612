"""The offline embedder: fitted, frozen, found damaged; and indexes that swap."""

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from kb.embedding import active_recipe, artefact_folder, building, embedder_of, filling, offline
from kb.embedding.recipe import EmbedderUnavailable
from kb.importing import import_sources
from kb.models import Chunk, ChunkVector, EmbeddingRecipe, QuestionVector
from kb.questions import upsert_question
from kb.retrieval import search

TOPICS = ["wallet charge money", "domain transfer code", "parcel courier address", "battery cable"]
PASSAGES = [(TOPICS[n % 4], f"{TOPICS[n % 4]} detail{n} and more of it") for n in range(60)]
State = EmbeddingRecipe.State


def test_fit_brings_the_same_matters_together():
    embedder = offline.fit(PASSAGES)
    vectors = embedder.embed_passages(PASSAGES[:8])
    query = embedder.embed_queries(["my batteries and cables"])[0]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert sorted(np.argsort(-(vectors @ query))[:2]) == [3, 7]


def test_an_unknown_text_has_no_direction():
    assert not offline.fit(PASSAGES).embed_queries(["", "ظظظ"]).any()


def test_a_saved_embedder_is_loaded_the_same(tmp_path):
    embedder = offline.fit(PASSAGES)
    name, digest = offline.save(embedder, tmp_path)
    loaded = offline.load(tmp_path / name, digest=digest)
    texts = ["transfer a domain", "courier"]
    assert np.array_equal(embedder.embed_queries(texts), loaded.embed_queries(texts))
    assert offline.save(loaded, tmp_path) == (name, digest)


def test_a_changed_file_is_not_loaded(tmp_path):
    name, digest = offline.save(offline.fit(PASSAGES), tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(EmbedderUnavailable, match="has changed"):
        offline.load(path, digest=digest)
    path.unlink()
    with pytest.raises(EmbedderUnavailable, match="missing"):
        offline.load(path, digest=digest)


@pytest.mark.django_db
class TestTheDesk:
    def test_under_fifty_passages_there_is_none(self, make_centre):
        import_sources([make_centre(49)])
        assert active_recipe() is None
        assert search("number3")[0].external_id == "0003.md"
        with pytest.raises(EmbedderUnavailable, match="50 passages"):
            search("number3", mode="dense")
        with pytest.raises(EmbedderUnavailable, match="49 passages"):
            building.use("offline")

    def test_the_fiftieth_passage_brings_one(self, make_centre):
        import_sources([make_centre(50)])
        recipe = active_recipe()
        assert (recipe.kind, recipe.fitted_chunks) == ("offline", 50)
        assert ChunkVector.objects.filter(recipe=recipe).count() == 50
        assert search("battery number7", mode="dense")[0].external_id == "0007.md"

    def test_little_growth_keeps_it_and_much_fits_it_anew(self, make_centre):
        import_sources([make_centre(50)])
        first = active_recipe()
        import_sources([make_centre(10, start=50)])
        assert active_recipe() == first
        assert ChunkVector.objects.filter(recipe=first).count() == 60
        import_sources([make_centre(10, start=60)])
        second = active_recipe()
        assert second != first
        assert second.fitted_chunks == 70
        first.refresh_from_db()
        assert first.state == State.RETIRED

    def test_other_forms_of_words_fit_it_anew(self, make_centre):
        import_sources([make_centre(60)])
        first = active_recipe()
        assert building.keep_fitted() is None
        EmbeddingRecipe.objects.filter(pk=first.pk).update(text_version=first.text_version - 1)
        building.keep_fitted()
        assert active_recipe().pk != first.pk
        assert building.keep_fitted() is None

    def test_questions_get_vectors_too(self, make_centre):
        import_sources([make_centre(50)])
        upsert_question("ticket", "1", "en", "my battery is empty", "charge the battery")
        building.use("offline")
        vectors = QuestionVector.objects.filter(recipe=active_recipe())
        assert vectors.filter(question__kind="ticket").count() == 1

    def test_what_comes_while_an_index_is_built_is_in_it(self, make_centre, monkeypatch):
        """An article is imported after the vectors were made and before the swap."""
        import_sources([make_centre(50)])
        old = active_recipe()
        real = building.make_indexes

        def importing_meanwhile(recipe):
            real(recipe)
            import_sources([make_centre(1, name="late", start=900)])
            assert search("number900", mode="dense", k=1)  # the old index serves
            assert active_recipe() == old

        monkeypatch.setattr(building, "make_indexes", importing_meanwhile)
        recipe = building.use("offline")
        assert recipe == active_recipe()
        assert filling.is_complete(recipe)
        assert Chunk.objects.count() == 51

    def test_a_build_that_fails_leaves_the_old_one(self, make_centre, monkeypatch):
        import_sources([make_centre(50)])
        old = active_recipe()

        def failing(recipe, **kwargs):
            raise RuntimeError("out of memory")

        monkeypatch.setattr(building, "embed_missing", failing)
        with pytest.raises(RuntimeError):
            building.use("offline")
        assert active_recipe() == old
        assert list(EmbeddingRecipe.objects.all()) == [old]
        assert (artefact_folder() / old.artefact).exists()

    def test_a_retired_index_goes_later(self, make_centre):
        others = _indexes()  # of other tests' recipes: an emptied table keeps its indexes
        import_sources([make_centre(60)])
        first = active_recipe()
        second = building.use("offline")
        assert building.drop_retired() == 0
        long_ago = timezone.now() - 2 * building.RETIRED_STAYS
        EmbeddingRecipe.objects.filter(pk=first.pk).update(retired_at=long_ago)
        assert building.drop_retired() == 1
        assert set(ChunkVector.objects.values_list("recipe", flat=True)) == {second.pk}
        assert _indexes() - others == {
            f"kb_chunkvector_hnsw_{second.pk}",
            f"kb_questionvector_hnsw_{second.pk}",
        }
        assert embedder_of(second)

    def test_a_dead_build_is_cleared(self, make_centre):
        import_sources([make_centre(60)])
        EmbeddingRecipe.objects.create(
            kind="offline", model="offline", dimension=8, text_version=1, artefact="none.npz"
        )
        assert building.drop_retired() == 1
        assert EmbeddingRecipe.objects.count() == 1

    def test_search_goes_on_with_words_when_the_file_is_gone(self, make_centre):
        import_sources([make_centre(60)])
        building.use("offline")
        recipe = active_recipe()
        recipe.artefact_digest = "0" * 64
        recipe.save()
        assert search("number5")[0].external_id == "0005.md"
        with pytest.raises(EmbedderUnavailable):
            search("number5", mode="dense")


def _indexes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE '%hnsw%'")
        return {name for (name,) in cursor.fetchall()}
