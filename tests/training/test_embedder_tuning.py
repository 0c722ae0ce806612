"""`embedder tune`: pairs from the desk, a holdout, a folder used only where it is better."""

import json
import random

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from kb.embedding import active_recipe, artefact_folder
from kb.importing import import_sources
from kb.models import Article
from kb.questions import upsert_question
from tests.kb.tiny_models import tiny_bert
from training import embedder_tuning
from training.embedder_tuning import TooFewPairs, tune
from training.pairs import pairs_now

STEMS = ("wallet", "domain", "parcel", "battery", "refund", "backup", "camera", "ticket")


@pytest.fixture(autouse=True)
def own_home(settings, tmp_path):
    settings.PASOKH_HOME = tmp_path / "home"


@pytest.fixture(scope="module")
def words():
    """A made-up language: each matter has a word that customers and one that articles use."""
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(chance.choices(letters, k=6)) for _ in range(48)]


@pytest.fixture(scope="module")
def bert(tmp_path_factory, words):
    pytest.importorskip("torch")
    return tiny_bert(tmp_path_factory.mktemp("bert"), words=tuple(words))


@pytest.fixture
def desk(db, tmp_path, words):
    """Articles that speak of two matters each, under titles that name them and say no more."""
    chance = random.Random(2)
    rows = []
    for number in range(150):
        matters = chance.sample(words, 3)
        text = " ".join(chance.choices(matters, k=12))
        rows.append(
            {"external_id": str(number), "title": " ".join(matters), "text": text, "lang": "en"}
        )
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_sources([path])


def _cut_and_text():
    from kb.chunking import PLAIN

    return PLAIN, lambda title, text: f"{title}\n{text}" if title else text


def test_articles_kept_out_are_not_learned_from(desk):
    pairs = pairs_now(*_cut_and_text())
    learned = {pair.article for pair in pairs.learned}
    held = {pair.article for pair in pairs.kept_out}
    assert learned
    assert held
    assert not learned & held
    assert pairs == pairs_now(*_cut_and_text())


def test_a_title_is_not_in_the_text_that_it_asks_for(desk):
    texts = set(Article.objects.values_list("text", flat=True))
    for pair in pairs_now(*_cut_and_text()).learned:
        assert pair.text in texts
        assert pair.wrong != pair.text


def test_a_question_leads_to_its_articles_passage(desk):
    article = Article.objects.first()
    upsert_question("generated", "1", "en", "what of zebra matters", "an answer", article)
    asked = [
        pair
        for pairs in [pairs_now(*_cut_and_text())]
        for pair in [*pairs.learned, *pairs.kept_out]
        if pair.anchor == "what of zebra matters"
    ]
    assert [(pair.article, pair.asked) for pair in asked] == [(article.pk, True)]
    assert asked[0].text.startswith(article.title)


def test_tuning_lifts_what_is_found_and_says_so(desk, bert):
    before = active_recipe()
    # As many steps as were timed to fit into the minutes: here a stall must not make them fewer.
    tuned = tune(str(bert), epochs=12, max_minutes=10_000, use=True)
    assert tuned.after.hit_1 >= tuned.before.hit_1 + 0.1
    assert tuned.measured_on == "titles"
    manifest = json.loads((tuned.folder / "manifest.json").read_text())
    assert manifest["after"] == tuned.after.as_json()
    assert (tuned.folder / "model.safetensors").is_file()
    assert tuned.active
    assert active_recipe() != before
    assert active_recipe().model == str(tuned.folder)


def test_a_model_that_is_not_better_is_not_used(desk, bert, monkeypatch):
    monkeypatch.setattr(embedder_tuning, "_train", lambda *args: 0)
    before = active_recipe()
    tuned = tune(str(bert), use=True)
    assert tuned.before == tuned.after
    assert not tuned.active
    assert active_recipe() == before
    assert tuned.folder.is_dir()


def test_ctrl_c_leaves_nothing_half_made(desk, bert, monkeypatch):
    before = active_recipe()

    def stopped(text):
        if text.startswith("Step 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(str(bert), use=True, report=stopped)
    assert active_recipe() == before
    assert not [path for path in artefact_folder().iterdir() if "tun" in path.name]


def test_time_that_is_up_stops_the_training(desk, bert):
    tuned = tune(str(bert), epochs=1000, max_minutes=0.02)
    assert 0 < tuned.steps < 1000
    assert not tuned.active


def test_too_few_pairs_are_refused(db, bert):
    with pytest.raises(TooFewPairs, match="0 pairs"):
        tune(str(bert))


def test_the_command_prints_what_was_gained(desk, bert, capsys):
    call_command("embedder", "tune", str(bert), "--epochs", "1", "--json")
    data = json.loads(capsys.readouterr().out)
    assert {"pairs", "holdout", "before", "after", "seconds", "folder", "active"} <= data.keys()
    assert data["before"].keys() == {"hit@1", "hit@5"}
    with pytest.raises(CommandError, match="Name the embedder"):
        call_command("embedder", "tune")
    with pytest.raises(CommandError, match="--max-minutes"):
        call_command("embedder", "tune", str(bert), "--max-minutes", "0")
    with pytest.raises(CommandError, match="belong to"):
        call_command("embedder", "list", "--use")


def test_the_measure_counts_articles_and_not_passages():
    from training.pairs import Pair, Passage

    class Fixed:
        def embed_passages(self, texts):
            return np.array([[1, 0], [0.9, 0.1], [0.8, 0.2], [0, 1]], dtype=np.float32)

        def embed_queries(self, texts):
            return np.array([[1, 0]] * len(texts), dtype=np.float32)

    searched = [Passage(n, "w", "b", frozenset(), {}) for n in (1, 1, 2, 3)]
    held = [Pair("q", article, "t", True) for article in (1, 2, 3)]
    found = embedder_tuning.measure(Fixed(), held, searched)
    assert (found.hit_1, found.hit_5) == (0.3333, 1.0)
