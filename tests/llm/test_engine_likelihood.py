"""The loss of a given answer is the loss that writing it token by token would have had."""

import pytest

from llm.engine.results import EngineError, PromptTooLong
from llm.engine.tokens import plain_ids
from tests.llm.test_engine_mixing import KINDS, _engine, _row, versions  # noqa: F401
from tests.llm.tiny_models import ANSWERS


def forced(monkeypatch, ids):
    """Writing takes these tokens; the list grows by the loss of each."""
    import torch

    from llm.engine import sampling

    losses = []

    def choose(self, scores):
        at = len(losses)
        losses.append(-float(torch.log_softmax(scores.float(), -1)[0, ids[at]]))
        return [ids[at]], [True]

    monkeypatch.setattr(sampling.Sampler, "choose", choose)
    return losses


@pytest.mark.parametrize("kind", ["usual", "generic"])
def test_loss_is_that_of_writing_the_same(tiny, versions, monkeypatch, kind):  # noqa: F811
    engine = _engine(tiny, versions, monkeypatch, kind)
    answer = ANSWERS["second"][0]
    ids = [*plain_ids(engine._base.tokenizer, answer), engine._base.end_ids[0]]
    seen = {}
    for name in KINDS:
        total, tokens = engine.loss(_row(name, 0), answer)
        assert tokens == len(ids)
        with monkeypatch.context() as patch:
            losses = forced(patch, ids)
            engine.generate([_row(name, 0, max_new_tokens=60)])
        assert total == pytest.approx(sum(losses), rel=1e-3, abs=1e-3), name
        seen[name] = total
    assert len({round(one, 3) for one in seen.values()}) == len(KINDS)  # each by its own adapter
    assert min(seen, key=seen.get) == "second"  # which knows it by heart


def test_loss_cuts_an_answer_to_the_room_there_is(tiny):
    from llm.engine.local import LocalEngine

    engine = LocalEngine(tiny / "base")
    engine.load("base", None)
    total, tokens = engine.loss(_row("base", 0), "word " * 500)
    row = engine._row(0, _row("base", 0), engine._ids(_row("base", 0)))
    assert tokens == engine._base.room - len(row.ids)
    assert total > 0
    with pytest.raises(EngineError, match="not loaded"):
        engine.loss(_row("nobody", 0), "x")
    engine._base = type(engine._base)(**{**vars(engine._base), "room": 3})
    with pytest.raises(PromptTooLong):
        engine.loss(_row("base", 0), "x")
