"""A real model is loaded from its folder, reads, and is refused where it is damaged."""

import json

import pytest

from text.privacy.spans import ADDRESS, PERSON
from tickets.second_opinion.folder import UnusableNameModel
from tickets.second_opinion.model import NameModel


@pytest.fixture(scope="module")
def model(folder):
    return NameModel.load(folder)


def _found(model, text):
    return [(text[one.start : one.end], one.type) for one in model.read([text])[0]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("سلام ژلمانه پژدوبرگ دامنه من وصل نیست", ["ژلمانه پژدوبرگ"]),
        ("😀👩‍👩‍👧 ژلمانه\u200cپژدوبرگ\u200c است", ["ژلمانه\u200cپژدوبرگ"]),
        ("hello Brannika Quistolm, Brannika", ["Brannika Quistolm", "Brannika"]),
        ("", []),
        ("سلام 😀", []),
        (" \u200c ", []),
    ],
)
def test_names_are_found_where_they_stand(model, text, names):
    assert _found(model, text) == [(name, PERSON) for name in names]


def test_place_is_told_from_a_person(model):
    assert _found(model, "app from Zemblatown") == [("Zemblatown", ADDRESS)]


@pytest.mark.parametrize("before", [0, 1, 17, 40, 51, 52, 60, 61, 62, 63, 200])
def test_long_text_is_read_whole(model, before):
    """The model reads 64 tokens at a time; a name is found wherever a window ends."""
    text = "سلام " * before + "ژلمانه پژدوبرگ" + " دامنه" * 150 + " Brannika"
    assert _found(model, text) == [("ژلمانه پژدوبرگ", PERSON), ("Brannika", PERSON)]


def test_many_texts_are_read_as_each_alone(model):
    texts = ["Brannika " + "hello " * n for n in (0, 3, 90, 1, 200)] + ["", "x"]
    together = model.read(texts)
    for text, found in zip(texts, together, strict=True):
        alone = model.read([text])[0]
        assert [(one.start, one.end) for one in found] == [(one.start, one.end) for one in alone]
    assert [len(found) for found in together] == [1, 1, 1, 1, 1, 0, 0]


def test_windows_know_which_token_they_begin_with(model):
    """What two windows say of one token is said of the same place."""
    encoded = model._encoded(["سلام " * 200, "hello", "Brannika " * 150])
    texts = encoded["overflow_to_sample_mapping"]
    assert len(texts) > 5
    places = {}
    seen = 0
    for row, first in enumerate(model._firsts(texts)):
        own = [
            place
            for place, special in zip(
                encoded["offset_mapping"][row], encoded["special_tokens_mask"][row], strict=True
            )
            if not special
        ]
        for number, place in enumerate(own, first):
            seen += 1
            assert places.setdefault((texts[row], number), place) == place
    assert seen > len(places) == 200 + 1 + 150


def test_padding_on_the_left_moves_nothing(copy):
    _change(copy / "tokenizer_config.json", padding_side="left")
    padded = NameModel.load(copy)
    found = padded.read(["Brannika", "hello " * 20 + "Brannika"])
    assert [[(one.start, one.end) for one in names] for names in found] == [[(0, 8)], [(120, 128)]]


def test_threads_are_as_they_were(model, settings):
    import torch

    settings.ENGINE_THREADS = 2
    before = torch.get_num_threads()
    model.read(["hello"])
    assert torch.get_num_threads() == before


def _change(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def _weights_cut(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def _weights_as_pickle(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _head_missing(folder):
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    tensors = {name: one for name, one in load_file(path).items() if "classifier" not in name}
    save_file(tensors, path, metadata={"format": "pt"})


def _no_vocabulary(folder):
    for path in folder.iterdir():
        if path.name not in ("config.json", "model.safetensors"):
            path.unlink()


DAMAGES = {
    "no config.json": lambda folder: (folder / "config.json").unlink(),
    "config.json cannot be read": lambda folder: (folder / "config.json").write_text("[1"),
    "code of its own": lambda folder: _change(folder / "config.json", auto_map={"AutoModel": "x"}),
    "code of its own, which": lambda folder: _change(
        folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["x", None]}
    ),
    "no safetensors": _weights_as_pickle,
    "transformers cannot load it": _weights_cut,
    "lack a part": _head_missing,
    "names no labels": lambda folder: _change(
        folder / "config.json", id2label={"0": "O", "5": "x"}
    ),
    "stands for a person": lambda folder: _change(
        folder / "config.json", id2label={"0": "O", "1": "ORG", "2": "MISC", "3": "LOC"}
    ),
    "cannot be used": _no_vocabulary,
    "too few tokens": lambda folder: _change(folder / "tokenizer_config.json", model_max_length=8),
}


@pytest.mark.parametrize("why", DAMAGES)
def test_damaged_folder_is_refused_in_one_line(copy, why, in_english):
    DAMAGES[why](copy)
    with pytest.raises(UnusableNameModel, match=why) as refused:
        NameModel.load(copy)
    assert "\n" not in str(refused.value)
    assert str(copy.parent) not in str(refused.value)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(UnusableNameModel, match="no such folder"):
        NameModel.load(tmp_path / "none")
