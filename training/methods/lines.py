"""From token ids to tensors: lines of text padded on either side, and the loss of what is learned.

Public entries: `Line`, `padded`, `line_losses`. For the methods that have a model read whole lines;
the low-rank ones have their own, which read a prompt apart from its reply. Positions count a line's
own tokens, so that padding on the left shifts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253

from training.methods.examples import Example
from training.methods.fitting import round_up

IGNORED: Final = -100
_MULTIPLE: Final = 16


@dataclass(frozen=True)
class Line:
    """A row's ids, of which those from place `learned` on are learned."""

    ids: list[int]
    learned: int

    @property
    def targets(self) -> int:
        return len(self.ids) - self.learned

    @property
    def labels(self) -> list[int]:
        return [IGNORED] * self.learned + self.ids[self.learned :]


@dataclass(frozen=True)
class Padded:
    """`seen` marks real tokens; `targets` are the tokens to be learned, `IGNORED` elsewhere; `own`
    marks the places that a method fills itself (virtual tokens)."""

    ids: torch.Tensor
    seen: torch.Tensor
    places: torch.Tensor
    targets: torch.Tensor
    own: torch.Tensor

    @property
    def kept(self) -> torch.Tensor:
        """The places whose next token is learned in some line: nothing else needs logits."""
        learned = (self.targets != IGNORED).any(dim=0).nonzero()
        first = int(learned[0]) if len(learned) else 1
        return torch.arange(max(first - 1, 0), self.ids.size(1) - 1, device=self.ids.device)


def line_of(example: Example) -> Line:
    """Only the answer is learned."""
    prompt = example.context + example.invocation
    return Line(prompt + example.answer, max(len(prompt), 1))


def padded(
    lines: Sequence[Line], *, pad: int, left: bool, device: Any, room: int, before: int = 0
) -> Padded:
    """`before`: places left free in front of each line. `room`: the most that the model reads."""
    longest = max(len(line.ids) for line in lines) + before
    width = max(longest, min(round_up(longest, _MULTIPLE), room))
    ids: list[list[int]] = []
    seen: list[list[int]] = []
    targets: list[list[int]] = []
    own: list[list[int]] = []
    for line in lines:
        empty = width - before - len(line.ids)
        kinds = (
            (ids, [pad] * before + line.ids, pad),
            (seen, [1] * (before + len(line.ids)), 0),
            (targets, [IGNORED] * before + line.labels, IGNORED),
            (own, [1] * before + [0] * len(line.ids), 0),
        )
        for rows, row, filler in kinds:
            rows.append([filler] * empty + row if left else row + [filler] * empty)
    mask = torch.tensor(seen, device=device)
    return Padded(
        ids=torch.tensor(ids, device=device),
        seen=mask,
        places=(mask.cumsum(1) - 1).clamp(min=0),
        targets=torch.tensor(targets, device=device),
        own=torch.tensor(own, device=device, dtype=torch.bool),
    )


def line_losses(model: Any, batch: Padded) -> torch.Tensor:
    """Of each line: minus the log-likelihood of its targets."""
    kept = batch.kept
    logits = model(
        input_ids=batch.ids,
        attention_mask=batch.seen,
        position_ids=batch.places,
        use_cache=False,
        logits_to_keep=kept,
    ).logits
    return losses_of(logits, batch.targets[:, kept + 1])


def losses_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Of each line: minus the log-likelihood of `targets` at the same places of `logits`."""
    each = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1),
        targets.flatten(),
        ignore_index=IGNORED,
        reduction="none",
    )
    return each.view(targets.shape).sum(1)


def device_of(model: Any) -> Any:
    """Where its weights are, wrapped or not."""
    return next(model.parameters()).device
