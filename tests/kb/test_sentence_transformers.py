"""A real sentence-transformers model behind the same recipe: a small BERT that the test makes."""

import shutil

import pytest

from kb.embedding import active_recipe, building, embedder_of
from kb.embedding.recipe import EmbedderUnavailable
from kb.importing import import_sources
from kb.models import Chunk, ChunkVector, QuestionVector
from kb.questions import upsert_question
from kb.retrieval import search
from kb.sweeping import sweep_index
from tests.kb.tiny_models import tiny_bert


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    pytest.importorskip("torch")
    return tiny_bert(tmp_path_factory.mktemp("bert"))


def _tickets(recipe):
    """Vectors of past tickets; articles bring questions of their own."""
    return QuestionVector.objects.filter(recipe=recipe, question__kind="ticket")


@pytest.mark.django_db
def test_a_folder_becomes_the_embedder_beside_the_old_one(bert, make_centre):
    import_sources([make_centre(55)])
    upsert_question("ticket", "1", "en", "an empty battery", "charge it")
    before = active_recipe()
    recipe = building.use(str(bert))
    assert active_recipe() == recipe != before
    assert (recipe.kind, recipe.dimension, recipe.pooling) == ("sentence-transformers", 32, "mean")
    passages = Chunk.objects.filter(cut=recipe.cut)
    assert ChunkVector.objects.filter(recipe=recipe, chunk__in=passages).count() == len(passages)
    assert _tickets(recipe).count() == 1
    first = search("How the battery number7 works", mode="dense", k=3)
    assert first == search("How the battery number7 works", mode="dense", k=3)


@pytest.mark.django_db
def test_the_web_process_never_loads_it(bert, make_centre, monkeypatch):
    import_sources([make_centre(55)])
    building.use(str(bert))
    monkeypatch.setattr(
        "kb.retrieval.evidence.embedder_of", lambda recipe: pytest.fail("it was loaded")
    )
    assert search("number5", models=False)[0].external_id == "0005.md"
    with pytest.raises(EmbedderUnavailable, match="workers"):
        search("number5", models=False, mode="dense")
    upsert_question("ticket", "1", "en", "an empty battery", "charge it")
    assert not _tickets(active_recipe()).exists()


@pytest.mark.django_db
def test_the_worker_adds_what_the_web_process_left(bert, make_centre):
    import_sources([make_centre(55)])
    building.use(str(bert))
    upsert_question("ticket", "1", "en", "an empty battery", "charge it")
    sweep_index()
    assert _tickets(active_recipe()).count() == 1


@pytest.mark.django_db
def test_a_changed_folder_is_not_searched_with(bert, make_centre, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(bert, folder)
    import_sources([make_centre(55)])
    recipe = building.use(str(folder))
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    with pytest.raises(EmbedderUnavailable, match="have changed"):
        embedder_of.__globals__["_neural"].__wrapped__(recipe.model, recipe.revision)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["no/such-model", "bad name!!", "empty"])
def test_what_is_no_model_is_refused_and_nothing_changes(name, make_centre, tmp_path):
    import_sources([make_centre(55)])
    before = active_recipe()
    if name == "empty":
        (tmp_path / "empty").mkdir()
        name = str(tmp_path / "empty")
    with pytest.raises(EmbedderUnavailable) as caught:
        building.use(name)
    assert "\n" not in str(caught.value)
    assert active_recipe() == before
