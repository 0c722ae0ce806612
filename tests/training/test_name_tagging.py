"""The tagger of names: what it learns from, and that a trained one can be read back."""

import json

import numpy as np
import pytest

from text.privacy.names.tagger import Tagger
from training.name_tagging.fitting import Settings, fit, write
from training.name_tagging.making import UnreadableRows, clean_answers, make, training_rows
from training.name_tagging.measuring import measure
from training.name_tagging.rows import BEGIN, INSIDE, Row, read, swapped
from training.name_tagging.ticket_lines import sentences

TWEETS = [
    {"text": "دیروز آرمین کیانفر آمد", "spans": [{"start": 6, "end": 18, "label": "PERSON"}]},
    {"text": "هوا خوب است", "spans": []},
    {"text": "پونه صالحی هم گفت", "spans": [{"start": 0, "end": 10, "label": "PERSON"}]},
]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps({**row, "split": "train"}, ensure_ascii=False) for row in TWEETS]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read(path, "train")


def test_rows_carry_labels_of_words(rows):
    assert rows[0].words == ["دیروز", "آرمین", "کیانفر", "آمد"]
    assert rows[0].labels == [0, BEGIN, INSIDE, 0]
    assert rows[0].persons == [(6, 18)]


def test_swapped_rows_keep_the_places_of_names(rows):
    made = swapped(rows, firsts=["سارا"], lasts=["احمدی"], seed=1)
    assert len(made) == 2  # the one without a name is not copied
    assert [row.labels for row in made] == [rows[0].labels, rows[2].labels]


def test_ticket_lines_label_only_names():
    lines = list(sentences(["سارا"], ["احمدی"], 60, seed=3))
    pairs = [pair for line in lines for pair in zip(*line, strict=True)]
    named = {word for word, is_name in pairs if is_name}
    assert named == {"سارا", "احمدی"}
    assert any(not any(persons) for _, persons in lines)


def test_clean_answers_are_the_sample_companys():
    assert len(clean_answers()) > 100


def test_trained_tagger_reads_back_and_learns_its_rows(rows, tmp_path):
    path = tmp_path / "tagger.npz"
    settings = Settings(epochs=40, seen=1, dropped_features=0.1, dropout=0.0, rate=0.02)
    write(fit(rows, settings, lambda line: None), path, lean=0.0)
    with np.load(path, allow_pickle=False) as weights:
        scores = measure(rows, Tagger(dict(weights)))
    assert scores["exact"].f1 == 1.0


def test_training_rows_hold_tweets_copies_lines_and_answers(rows):
    made = training_rows(
        rows, lasts=["احمدی"], clean_texts=["بررسی می‌کنیم"], copies=1, ticket_lines=5
    )
    assert len(made) == len(rows) + 2 + 5 + 1
    assert all(isinstance(row, Row) for row in made)


def test_missing_files_are_one_clear_line(tmp_path):
    with pytest.raises(UnreadableRows, match="cannot be read"):
        make(
            tmp_path / "none.jsonl",
            first_names=tmp_path / "none",
            packages=tmp_path,
            output=tmp_path / "out",
            epochs=1,
            lean=0.0,
            report=lambda line: None,
        )
    assert not (tmp_path / "out").exists()
