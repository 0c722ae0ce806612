"""The same model in int8 for the CPU: near the model, checked on load, light for the web."""

import subprocess
import sys

import numpy as np
import pytest

from kb.embedding import active_recipe, artefact_folder, building, embedder_of, onnx_int8
from kb.embedding import sentence_transformers as neural
from kb.embedding.onnx_export import export
from kb.embedding.recipe import EmbedderUnavailable
from kb.importing import import_sources
from kb.retrieval import search
from tests.kb.tiny_models import tiny_bert

TEXTS = [("", f"wallet {number} and " + "letters of it " * (number % 7)) for number in range(30)]


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    pytest.importorskip("torch")
    return tiny_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def exported(bert, tmp_path_factory):
    """(folder of artefacts, name, digest, the model itself)"""
    into = tmp_path_factory.mktemp("embedders")
    model = neural.open_model(str(bert), attention="eager")
    return into, *export(model, into, model="tiny", revision="1", sample=TEXTS), model


def test_its_vectors_are_near_the_models_own(exported):
    into, name, digest, model = exported
    small = onnx_int8.load(into / name, digest=digest)
    for full, found in (
        (model.embed_passages(TEXTS), small.embed_passages(TEXTS)),
        (model.embed_queries(["wallet 3"]), small.embed_queries(["wallet 3"])),
    ):
        assert found.shape == full.shape
        assert np.sum(found * full, axis=1).min() > 0.99
    assert small.keep_tokenizer(into) == model.keep_tokenizer(into)
    assert small.embed_queries([]).shape == (0, 32)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(exported):
    into, name, digest, _model = exported
    small = onnx_int8.load(into / name, digest=digest)
    alone = small.embed_passages(TEXTS[3:4])[0]
    assert alone @ small.embed_passages(TEXTS)[3] > 0.999


@pytest.mark.parametrize("file", [onnx_int8.WEIGHTS, onnx_int8.TOKENIZER, onnx_int8.MANIFEST])
def test_a_changed_file_is_not_loaded(exported, tmp_path, file):
    into, name, digest, _model = exported
    folder = tmp_path / name
    folder.mkdir()
    for path in (into / name).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    onnx_int8.load(folder, digest=digest)
    (folder / file).write_bytes((folder / file).read_bytes() + b" ")
    with pytest.raises(EmbedderUnavailable, match="has changed"):
        onnx_int8.load(folder, digest=digest)
    (folder / file).unlink()
    with pytest.raises(EmbedderUnavailable, match="not whole"):
        onnx_int8.load(folder, digest=digest)


def test_batches_hold_every_text_once_and_are_padded_little():
    lengths = [5, 500, 30, 31, 29, 512, 4, 200] * 9
    found = list(onnx_int8.batches(lengths))
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    padded = sum(len(batch) * max(lengths[place] for place in batch) for batch in found)
    assert padded < 1.1 * sum(lengths)


@pytest.mark.django_db
def test_it_becomes_the_embedder_and_the_web_process_may_use_it(bert, make_centre):
    import_sources([make_centre(55)])
    first = building.use(str(bert))
    recipe = building.use(str(bert), onnx=True)
    assert active_recipe() == recipe
    assert (recipe.kind, recipe.cut, recipe.dimension) == ("onnx", first.cut, 32)
    assert search("battery number7", mode="dense", models=False)
    building.use("offline")
    folder = artefact_folder() / recipe.artefact
    assert folder.is_dir()
    building.drop(recipe)
    assert not folder.exists()


def test_loading_it_brings_no_torch_along(exported):
    into, name, digest, _model = exported
    program = (
        "import sys, pathlib; from kb.embedding import onnx_int8;"
        f"onnx_int8.load(pathlib.Path({str(into / name)!r}), digest={digest!r})"
        ".embed_queries(['wallet']); sys.exit('torch' in sys.modules)"
    )
    django = "import django; django.setup();"
    assert subprocess.run([sys.executable, "-c", django + program], check=False).returncode == 0


@pytest.mark.django_db
def test_the_offline_embedder_is_not_exported(make_centre):
    import_sources([make_centre(55)])
    before = active_recipe()
    with pytest.raises(building.UnnamedModel):
        building.use("offline", onnx=True)
    assert active_recipe() == before
    assert embedder_of(before).light
