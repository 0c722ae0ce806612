"""The tagger in torch: vectors of words from their features, convolutions, a chain of labels."""

from collections.abc import Sequence
from typing import Any, Final

import torch  # noqa: TID253
from torch import Tensor, nn  # noqa: TID253
from torch.nn import functional  # noqa: TID253
from torch.nn.utils.rnn import pad_sequence  # noqa: TID253

from training.name_tagging.rows import LABELS

SIZE: Final = 16
HIDDEN: Final = 64
WIDTHS: Final = (5, 3)


class Network(nn.Module):
    """`steps`: the score of going from label to label; its last row is the start."""

    def __init__(self, features: int, *, dropout: float) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(features, SIZE, mode="sum", sparse=True)
        self.table.weight.data.normal_(0, 0.03)
        sizes = (SIZE, *(HIDDEN for _ in WIDTHS))
        self.layers = nn.ModuleList(
            nn.Conv1d(sizes[n], sizes[n + 1], width, padding=width // 2)
            for n, width in enumerate(WIDTHS)
        )
        self.out = nn.Linear(HIDDEN, LABELS)
        self.steps = nn.Parameter(torch.zeros(LABELS + 1, LABELS))
        self.dropout = dropout

    def forward(self, bags: Sequence[Sequence[int]], lengths: list[int], kept: Any) -> Tensor:
        """Scores (texts, words, labels); `kept(count)` says which features are not dropped."""
        flat = [feature for bag in bags for feature in bag]
        starts = torch.tensor([0, *(len(bag) for bag in bags)]).cumsum(0)[:-1]
        vectors = self.table(torch.tensor(flat), starts, per_sample_weights=kept(len(flat)))
        padded = pad_sequence(list(torch.split(vectors, lengths)), batch_first=True)
        mask = _mask(lengths)[:, None].float()
        values = functional.dropout(padded.transpose(1, 2), self.dropout, self.training)
        for number, layer in enumerate(self.layers):
            moved = functional.relu(layer(values)) * mask
            moved = functional.dropout(moved, self.dropout, self.training)
            values = moved + values if number else moved
        return self.out(values.transpose(1, 2))

    def loss(self, scores: Tensor, labels: Tensor, lengths: list[int]) -> Tensor:
        """Negative log-likelihood of the labels' path; texts in order of falling length."""
        mask, steps = _mask(lengths), self.steps[:-1]
        ahead = scores[:, 0] + self.steps[-1]
        gold = ahead.gather(1, labels[:, :1])[:, 0]
        for at in range(1, scores.shape[1]):
            still = int(mask[:, at].sum())
            here, now, before = scores[:still, at], labels[:still, at], labels[:still, at - 1]
            moved = torch.logsumexp(ahead[:still, :, None] + steps[None], 1) + here
            step = steps[before, now] + here.gather(1, now[:, None])[:, 0]
            gold = torch.cat([gold[:still] + step, gold[still:]])
            ahead = torch.cat([moved, ahead[still:]])
        return (torch.logsumexp(ahead, 1) - gold).mean()


def _mask(lengths: list[int]) -> Tensor:
    return torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
