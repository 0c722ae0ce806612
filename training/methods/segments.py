"""Rows side by side in one line, none of which sees another, with nothing padded between them.

Public entries: `reads_segments`, `Segments`, `segment_loss`, and `keeps_rows_apart` for models that
read lines of several rows by themselves. Attention goes over each row by itself
through transformers' attention interface, so no mask of a line's length squared is ever made, and
positions begin anew with each row. Only tokens that are learned get logits. A model whose attention
does not go through that interface, or that says something else on a trial, reads padded rows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253
from torch.nn import functional  # noqa: TID253
from transformers import AttentionInterface, AttentionMaskInterface  # noqa: TID253
from transformers.integrations.sdpa_attention import sdpa_attention_forward  # noqa: TID253
from transformers.masking_utils import sdpa_mask  # noqa: TID253

from training.methods.examples import Example

NAME: Final = "pasokh_segments"
MULTIPLE: Final = 32
"""Lines are filled up to a multiple of this: each new size costs a CPU a new kernel."""
_KINDS: Final = {"full_attention", "sliding_attention"}
_TOLERANCE: Final = {torch.float32: 1e-3}
_APART: Final = {torch.float32: 1e-4}
_side_by_side: ContextVar[bool] = ContextVar("side_by_side", default=False)


@dataclass(frozen=True)
class Segments:
    """One line. `lengths` of its rows; `kept`: the places whose next token is learned; `targets`:
    these tokens."""

    ids: torch.Tensor
    places: torch.Tensor
    lengths: list[int]
    kept: torch.Tensor
    targets: torch.Tensor


def side_by_side(examples: Sequence[Example], *, pad: int, device: Any) -> Segments:
    ids: list[int] = []
    places: list[int] = []
    kept: list[int] = []
    targets: list[int] = []
    lengths = []
    for one in examples:
        row = one.context + one.invocation + one.answer
        learned = max(len(row) - len(one.answer), 1)  # nothing predicts a first token
        kept += range(len(ids) + learned - 1, len(ids) + len(row) - 1)
        targets += row[learned:]
        ids += row
        places += range(len(row))
        lengths.append(len(row))
    empty = -len(ids) % MULTIPLE
    if empty:
        ids += [pad] * empty
        places += range(empty)
        lengths.append(empty)
    return Segments(
        ids=torch.tensor([ids], device=device),
        places=torch.tensor([places], device=device),
        lengths=lengths,
        kept=torch.tensor(kept, device=device),
        targets=torch.tensor(targets, device=device),
    )


def segment_loss(model: Any, line: Segments) -> torch.Tensor:
    """Minus the log-likelihood of all targets."""
    return functional.cross_entropy(_logits(model, line).float(), line.targets, reduction="sum")


def _logits(model: Any, line: Segments) -> torch.Tensor:
    with _apart():
        logits: torch.Tensor = model(
            input_ids=line.ids,
            position_ids=line.places,
            use_cache=False,
            logits_to_keep=line.kept,
            segments=line.lengths,
        ).logits
    return logits[0]


@contextmanager
def _apart() -> Iterator[None]:
    """Inside, the model makes no mask: each row attends to itself."""
    token = _side_by_side.set(True)
    try:
        yield
    finally:
        _side_by_side.reset(token)


def reads_segments(model: Any) -> bool:
    """Let the model read rows side by side, if it can; else it stays as it was."""
    config = model.config
    kinds = set(getattr(config, "layer_types", None) or ("full_attention",))
    if (
        not getattr(model, "_supports_attention_backend", False)
        or config._attn_implementation != "sdpa"
        or not kinds <= _KINDS
        or getattr(config, "is_encoder_decoder", False)
        or getattr(config, "attention_chunk_size", None)
    ):
        return False
    expected = [_trial(model, [row]) for row in _TRIAL]
    config._attn_implementation = NAME
    try:
        together = _trial(model, _TRIAL, segments=[len(row) for row in _TRIAL])
    except (RuntimeError, TypeError, AttributeError, KeyError, IndexError, ValueError):
        together = None
    wanted = torch.cat(expected, dim=1)
    limit = _TOLERANCE.get(wanted.dtype, 0.05) * max(float(wanted.abs().max()), 1.0)
    if together is None or not float((together - wanted).abs().max()) <= limit:
        config._attn_implementation = "sdpa"
        return False
    return True


def keeps_rows_apart(model: Any) -> bool:
    """Whether positions that begin anew are enough for the model to let no row see another, as
    with most of transformers'. Some make their own positions (OPT, Falcon, BLOOM)."""
    alone = torch.cat([_trial(model, [row]) for row in _TRIAL], dim=1)
    limit = _APART.get(alone.dtype, 0.05) * max(float(alone.abs().max()), 1e-6)
    return float((_trial(model, _TRIAL) - alone).abs().max()) <= limit


_TRIAL: Final = ([5, 3, 8, 2, 9, 4, 7], [6, 1, 9], [2, 7, 5, 8, 3])


@torch.no_grad()
def _trial(model: Any, rows: Sequence[list[int]], **more: Any) -> torch.Tensor:
    """The logits of rows that stand in one line."""
    ids = [token for row in rows for token in row]
    places = [place for row in rows for place in range(len(row))]
    with _apart() if more else _nothing():
        logits: torch.Tensor = model(
            input_ids=torch.tensor([ids], device=model.device),
            position_ids=torch.tensor([places], device=model.device),
            use_cache=False,
            **more,
        ).logits
    return logits


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any = None,
    segments: list[int] | None = None,
    **settings: Any,
) -> tuple[Any, None]:
    """transformers' attention interface; without `segments` it is theirs."""
    if segments is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **settings)
    parts = zip(
        query.split(segments, dim=2),
        key.split(segments, dim=2),
        value.split(segments, dim=2),
        strict=True,
    )
    found = [_alone(*part, settings) for part in parts]
    return torch.cat([one.transpose(1, 2) for one in found], dim=1), None


def _alone(query: Any, key: Any, value: Any, settings: dict[str, Any]) -> Any:
    """One row's attention."""
    scale = settings.get("scaling")
    window = settings.get("sliding_window")
    length = query.size(2)
    mask = None
    if window is not None and length > window:
        places = torch.arange(length, device=query.device)
        back = places[:, None] - places[None]
        mask = (back >= 0) & (back < window)
    if settings.get("softcap") is not None:
        return _capped(query, key, value, mask, settings)
    return functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=mask,
        dropout_p=settings.get("dropout", 0.0),
        is_causal=mask is None,
        scale=scale,
        enable_gqa=query.size(1) != key.size(1),
    )


def _capped(query: Any, key: Any, value: Any, mask: Any, settings: dict[str, Any]) -> Any:
    """Gemma's: scores are bent towards a highest one, which no fused kernel does."""
    share = query.size(1) // key.size(1)
    key, value = key.repeat_interleave(share, dim=1), value.repeat_interleave(share, dim=1)
    scores = query @ key.mT * (settings.get("scaling") or query.size(-1) ** -0.5)
    scores = torch.tanh(scores / settings["softcap"]) * settings["softcap"]
    if mask is None:
        length = query.size(2)
        mask = torch.ones(length, length, device=query.device, dtype=torch.bool).tril()
    scores = scores.masked_fill(~mask, -torch.inf)
    shares = torch.softmax(scores.float(), dim=-1).to(value.dtype)
    return functional.dropout(shares, settings.get("dropout", 0.0)) @ value


def _mask(*args: Any, **settings: Any) -> Any:
    return None if _side_by_side.get() else sdpa_mask(*args, **settings)


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, _mask)
