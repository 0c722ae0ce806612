"""Rows side by side in one line: the loss of each alone, in every architecture, and TRL's too."""

import pytest
import torch  # noqa: TID253

from training.methods.examples import Example
from training.methods.lines import line_losses, line_of, padded
from training.methods.segments import (
    NAME,
    keeps_rows_apart,
    reads_segments,
    segment_loss,
    side_by_side,
)

ROWS = [
    Example(context=[5, 9, 4, 22, 31, 8, 17, 40], invocation=[3, 6], answer=[11, 12, 13, 2]),
    Example(context=[7], invocation=[3, 6], answer=[14, 2]),
    Example(context=[44, 45, 46, 47, 48], invocation=[3, 6], answer=[21, 22, 23, 24, 25, 2]),
]
COMMON = {"vocab_size": 64, "bos_token_id": None, "eos_token_id": 2, "pad_token_id": 0}
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128}


def _model(kind):
    import transformers

    torch.manual_seed(2)
    settings = {
        "Llama": SMALL | HEADS,
        "Mistral": SMALL | HEADS | {"sliding_window": 5},
        "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128},
        "GPTJ": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128, "rotary_dim": 4},
        "OPT": {
            "hidden_size": 32,
            "word_embed_proj_dim": 32,
            "ffn_dim": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 128,
        },
        "Falcon": SMALL | {"num_attention_heads": 4},
        "Bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
        "Gemma2": SMALL | HEADS | {"head_dim": 8, "sliding_window": 5},
    }[kind]
    config = getattr(transformers, f"{kind}Config")(**COMMON, **settings)
    name = {"GPT2": "GPT2LMHeadModel"}.get(kind, f"{kind}ForCausalLM")
    model = getattr(transformers, name)(config).eval()
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.3)  # logits that tell rows apart
    return model


def _whole(model, row):
    """transformers' own loss of the answer's tokens, a row alone."""
    ids = torch.tensor([row.context + row.invocation + row.answer])
    labels = ids.clone()
    labels[:, : -len(row.answer)] = -100
    return float(model(input_ids=ids, labels=labels).loss.detach()) * len(row.answer)


@pytest.mark.parametrize("kind", ["Llama", "Mistral", "GPT2"])
def test_a_row_beside_others_has_the_loss_that_it_has_alone(kind):
    model = _model(kind)
    alone = [_whole(model, row) for row in ROWS]
    assert reads_segments(model)
    assert model.config._attn_implementation == NAME
    line = side_by_side(ROWS, pad=0, device="cpu")
    assert line.ids.size(1) == 32
    assert sum(alone) == pytest.approx(segment_loss(model, line).item(), rel=1e-5)
    for row, expected in zip(ROWS, alone, strict=True):
        single = segment_loss(model, side_by_side([row], pad=0, device="cpu"))
        assert single.item() == pytest.approx(expected, rel=1e-5)
    assert len({round(one / len(row.answer), 2) for one, row in zip(alone, ROWS, strict=True)}) == 3


def test_gradients_of_rows_side_by_side_are_those_of_rows_alone():
    model = _model("Mistral")
    for row in ROWS:
        ids = torch.tensor([row.context + row.invocation + row.answer])
        labels = ids.clone()
        labels[:, : -len(row.answer)] = -100
        (model(input_ids=ids, labels=labels).loss * len(row.answer)).backward()
    expected = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    model.zero_grad()
    assert reads_segments(model)
    segment_loss(model, side_by_side(ROWS, pad=0, device="cpu")).backward()
    for name, weight in model.named_parameters():
        assert torch.allclose(weight.grad, expected[name], rtol=1e-3, atol=1e-4), name


@pytest.mark.parametrize("kind", ["GPTJ", "Gemma2"])
def test_a_model_that_cannot_read_segments_stays_as_it_was(kind):
    model = _model(kind)
    before = model.config._attn_implementation
    assert not reads_segments(model)
    assert model.config._attn_implementation == before


@pytest.mark.parametrize("kind", ["Llama", "GPTJ", "Gemma2"])
@pytest.mark.parametrize("left", [True, False])
def test_a_padded_row_has_the_loss_that_it_has_alone(kind, left):
    model = _model(kind)
    alone = [_whole(model, row) for row in ROWS]
    lines = [line_of(row) for row in ROWS]
    batch = padded(lines, pad=0, left=left, device="cpu", room=128)
    assert line_losses(model, batch).tolist() == pytest.approx(alone, rel=1e-4)


def test_padded_lines_are_read_as_before_once_segments_are_known():
    model = _model("Llama")
    batch = padded([line_of(row) for row in ROWS], pad=0, left=True, device="cpu", room=128)
    before = line_losses(model, batch)
    assert reads_segments(model)
    assert torch.allclose(line_losses(model, batch), before, rtol=1e-5)


def test_the_packing_of_trl_comes_to_the_same_loss():
    from datasets import Dataset
    from trl.data_utils import pack_dataset
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    model = _model("Llama")
    rows = []
    for row in ROWS:
        ids = row.context + row.invocation + row.answer
        labels = [-100] * (len(ids) - len(row.answer)) + row.answer
        rows.append({"input_ids": ids, "labels": labels})
    packed = pack_dataset(Dataset.from_list(rows), seq_length=32, strategy="bfd")
    assert len(packed) == 1
    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)(list(packed))
    learned = sum(len(row.answer) for row in ROWS)
    theirs = float(model(**batch, use_cache=False).loss.detach()) * learned
    assert reads_segments(model)
    ours = segment_loss(model, side_by_side(ROWS, pad=0, device="cpu")).item()
    assert ours == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "apart"),
    [
        *[(kind, True) for kind in ("Llama", "Mistral", "GPT2", "GPTJ", "Gemma2")],
        *[(kind, False) for kind in ("OPT", "Falcon", "Bloom")],
    ],
)
def test_models_that_make_their_own_positions_are_known(kind, apart):
    assert keeps_rows_apart(_model(kind)) is apart
