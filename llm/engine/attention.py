"""Attention of many rows over prompts that each stand in memory once.

Public entries: `rows_attending`, `knows`. The keys and values of a prompt are kept once
(`llm.engine.row_cache`), however many rows read it: the rows' queries stand beside each other and
go over them together, what each row has written since stands apart, and one softmax runs over both.
It plugs into transformers' models through their attention interface, which most architectures have;
`knows` finds out by trying. Worker processes only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import torch  # noqa: TID253
from transformers import AttentionInterface, DynamicCache  # noqa: TID253

from llm.engine.row_cache import RowCache, layers_of, to_prompts, to_rows

NAME: Final = "pasokh_rows"
_TOLERANCE: Final = {torch.float32: 1e-3}
_active: ContextVar[RowCache] = ContextVar("active")


def row_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any = None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Any, None]:
    """transformers' attention interface; `key` and `value` are the rows' own."""
    cache = _active.get()
    rows, heads, tokens, width = query.shape
    key_heads = key.shape[1]
    scale = width**-0.5 if scaling is None else scaling
    # queries that share a key head stand beside each other: (rows, key heads, share x tokens, .)
    folded = query.reshape(rows, key_heads, -1, width) * scale
    prefix_keys, prefix_values = cache.prefixes[cache.layer]
    over_prompt = to_rows(
        cache, _masked(to_prompts(cache, folded) @ prefix_keys.mT, cache.length_bias)
    )
    over_own = folded @ key.mT
    if cache.own_bias is not None:
        bias = cache.own_bias.repeat(1, heads // key_heads, 1)[:, None]
        over_own = over_own.masked_fill(bias, -torch.inf)
    length = over_prompt.shape[-1]
    shares = torch.softmax(torch.cat([over_prompt, over_own], dim=-1).float(), dim=-1)
    shares = shares.to(value.dtype)
    of_prompt = to_rows(cache, to_prompts(cache, shares[..., :length]) @ prefix_values)
    result = of_prompt + shares[..., length:] @ value
    result = result.reshape(rows, heads, tokens, value.shape[3])
    return result.transpose(1, 2).contiguous(), None


AttentionInterface.register(NAME, row_attention)


@contextmanager
def rows_attending(model: Any, cache: RowCache) -> Iterator[None]:
    """Inside, the model's attention is `row_attention` over `cache`; afterwards what it was."""
    config = model.config
    before = config._attn_implementation
    token = _active.set(cache)
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before
        _active.reset(token)


def knows(model: Any, *, room: int) -> bool:
    """Whether the model's layers are of the kind that this attention computes: said by its
    configuration, and then tried against the model's own way on a few tokens."""
    config = model.config
    kinds = set(getattr(config, "layer_types", None) or ("full_attention",))
    window = getattr(config, "sliding_window", None)
    if getattr(config, "use_sliding_window", True) is False:
        window = None
    if (
        not getattr(model, "_supports_attention_backend", False)
        or kinds != {"full_attention"}
        or getattr(config, "is_encoder_decoder", False)
        or getattr(config, "attention_chunk_size", None)
        or (window is not None and window < room)
        or model.base_model is model
    ):
        return False
    try:
        return _agrees(model)
    except (RuntimeError, TypeError, AttributeError, KeyError, IndexError, ValueError, LookupError):
        return False  # its forward takes or gives something else


def _agrees(model: Any) -> bool:
    vocabulary = model.get_input_embeddings().weight.shape[0]
    ids = (torch.arange(2 * 13, device=model.device) * 7919 % vocabulary).view(2, 13)
    ids[1, :6] = ids[0, :6]
    with torch.inference_mode():
        expected = model(input_ids=ids, use_cache=False).logits[:, -1]
        read = model.base_model(
            input_ids=ids[:1, :6], past_key_values=DynamicCache(config=model.config), use_cache=True
        ).past_key_values
        if any(type(layer).__name__ != "DynamicLayer" for layer in read.layers):
            return False
        cache = RowCache([layers_of(read)], groups=[0, 0], pads=[0, 0], slots=7)
        with rows_attending(model, cache):
            for start, end in ((6, 10), (10, 12), (12, 13)):
                cache.begin(end - start)
                positions = torch.arange(start, end, device=ids.device)[None].expand(2, -1)
                given = model(
                    input_ids=ids[:, start:end],
                    position_ids=positions,
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                ).logits[:, -1]
    if cache.layers_written != len(read.layers):
        return False
    limit = _TOLERANCE.get(expected.dtype, 0.05) * max(float(expected.abs().max()), 1.0)
    return float((given - expected).abs().max()) <= limit


def _masked(scores: Any, bias: Any) -> Any:
    return scores if bias is None else scores.masked_fill(bias, -torch.inf)
