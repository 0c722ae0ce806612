"""Choosing tokens for rows that end at different times."""

from llm.engine.results import GenerationSettings
from llm.engine.sampling import Draws, Sampler


def test_rows_without_penalty_go_on_when_the_last_penalised_row_has_ended():
    import torch

    penalised, plain = (Draws(GenerationSettings(repetition_penalty=one)) for one in (1.5, 1.0))
    sampler = Sampler([penalised, plain], [[2], [2]], torch.device("cpu"))
    scores = torch.tensor([[0.0, 2.0, 2.5]] * 2)
    assert sampler.choose(scores)[0] == [1, 2]
    assert sampler.keep([1]).choose(scores[1:])[0] == [2]
