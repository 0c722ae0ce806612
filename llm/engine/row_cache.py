"""Keys and values of a batch: each prompt's once, and what each row has written apart.

Public entries: `RowCache`, `to_prompts`, `to_rows`, `layers_of`. Prompts of several tickets stand
stacked, the shorter ones filled up and masked. Worker processes only.
"""

from collections.abc import Sequence
from typing import Any

import torch  # noqa: TID253
from transformers import Cache  # noqa: TID253


class RowCache(Cache):
    """What the rows of a batch have read and written.

    `prefixes`: for each prompt its layers' (keys, values), each (1, heads, tokens, width).
    `groups`: for each row the number of its prompt, rows of one prompt beside each other.
    `pads`: how many of a row's first own slots are filling, where rows begin differently long.
    """

    def __init__(
        self,
        prefixes: Sequence[Sequence[tuple[Any, Any]]],
        *,
        groups: Sequence[int],
        pads: Sequence[int],
        slots: int,
    ) -> None:
        super().__init__(layers=[])
        first = prefixes[0][0][0]
        self.lengths = [prefix[0][0].shape[2] for prefix in prefixes]
        self.prefixes = _stacked(prefixes, self.lengths)
        self.slots = slots
        self.used = 0
        self.step = 0
        self.layer = 0
        self._own: list[tuple[Any, Any]] = []
        self._device = first.device
        self._take_rows(list(groups), list(pads))

    def _take_rows(self, groups: list[int], pads: list[int]) -> None:
        self.groups, self.pads = groups, pads
        self.places, self.slot_of, self.widest = _places(groups, len(self.lengths), self._device)
        self.length_bias = _length_bias_of(self.lengths, self._device)
        pad = torch.tensor(pads, device=self._device)[:, None]
        self._pad_bias = None
        if any(pads):
            slots = torch.arange(self.slots, device=self._device)[None, :]
            self._pad_bias = (slots < pad)[:, None, :]

    def begin(self, tokens: int) -> None:
        """The next pass brings so many tokens for each row."""
        self.step = tokens
        self.used += tokens
        self.own_bias = self._bias_of(tokens)

    def _bias_of(self, tokens: int) -> Any:
        """True where an own slot must not be seen: (rows or 1, tokens, slots), or None."""
        bias = None
        if tokens > 1:
            keys = torch.arange(self.used, device=self._device)[None, :]
            queries = torch.arange(self.used - tokens, self.used, device=self._device)[:, None]
            bias = (keys > queries)[None]
        if self._pad_bias is not None:
            pad = self._pad_bias[:, :, : self.used].expand(-1, tokens, -1).clone()
            # A filling slot sees itself: nothing may see nothing.
            own = torch.arange(self.used - tokens, self.used, device=self._device)
            pad[:, torch.arange(tokens, device=self._device), own] = False
            bias = pad if bias is None else bias | pad
        return bias

    def update(self, keys: Any, values: Any, layer_idx: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Keep the new tokens' keys and values; returns the rows' own ones so far."""
        self.layer = layer_idx
        while len(self._own) <= layer_idx:
            rows, heads, _tokens, width = keys.shape
            self._own.append(
                (
                    keys.new_zeros(rows, heads, self.slots, width),
                    values.new_zeros(rows, heads, self.slots, values.shape[3]),
                )
            )
        own_keys, own_values = self._own[layer_idx]
        own_keys[:, :, self.used - self.step : self.used] = keys
        own_values[:, :, self.used - self.step : self.used] = values
        return own_keys[:, :, : self.used], own_values[:, :, : self.used]

    def keep(self, rows: list[int]) -> None:
        """Go on with these rows only, in their order; prompts that nobody reads any more go."""
        groups = [self.groups[row] for row in rows]
        wanted = list(dict.fromkeys(groups))
        index = torch.tensor(rows, device=self._device)
        self._own = [(keys[index], values[index]) for keys, values in self._own]
        if len(wanted) < len(self.lengths):
            self.lengths = [self.lengths[group] for group in wanted]
            longest, order = max(self.lengths), torch.tensor(wanted, device=self._device)
            for layer, (keys, values) in enumerate(self.prefixes):
                # one layer at a time: the old one goes before the next is copied
                self.prefixes[layer] = (keys[order, :, :longest], values[order, :, :longest])
        self._take_rows([wanted.index(group) for group in groups], [self.pads[row] for row in rows])

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return max(self.lengths) + self.used - self.step

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0

    @property
    def layers_written(self) -> int:
        return len(self._own)


def layers_of(cache: Any) -> list[tuple[Any, Any]]:
    """Keys and values of a cache that transformers filled."""
    return [(layer.keys, layer.values) for layer in cache.layers]


def _stacked(prefixes: Sequence[Any], lengths: Sequence[int]) -> list[tuple[Any, Any]]:
    if len(prefixes) == 1:
        return list(prefixes[0])
    stacked = []
    for layer in range(len(prefixes[0])):
        pair = []
        for which in (0, 1):
            first = prefixes[0][layer][which]
            whole = first.new_zeros(len(prefixes), first.shape[1], max(lengths), first.shape[3])
            for number, prefix in enumerate(prefixes):
                whole[number, :, : lengths[number]] = prefix[layer][which][0]
            pair.append(whole)
        for prefix in prefixes:
            prefix[layer] = (None, None)  # the copy stands; free as we go
        stacked.append((pair[0], pair[1]))
    return stacked


def _places(groups: list[int], prompts: int, device: Any) -> tuple[Any, Any, int]:
    """Which row stands in which slot of which prompt, and where each row stands. None, None where
    the rows lie so that a view will do."""
    members: list[list[int]] = [[] for _ in range(prompts)]
    for row, group in enumerate(groups):
        members[group].append(row)
    widest = max(len(one) for one in members)
    even = all(len(one) == widest for one in members)
    if even and [row for one in members for row in one] == list(range(len(groups))):
        return None, None, widest
    slots = [one + [0] * (widest - len(one)) for one in members]
    place = {
        row: group * widest + slot
        for group, one in enumerate(members)
        for slot, row in enumerate(one)
    }
    where = [place[row] for row in range(len(groups))]
    return torch.tensor(slots, device=device), torch.tensor(where, device=device), widest


def to_prompts(cache: RowCache, x: Any) -> Any:
    """(rows, heads, queries, width) to (prompts, heads, rows of a prompt x queries, width)."""
    _, heads, queries, width = x.shape
    if cache.places is not None:
        x = x[cache.places.flatten()]
    x = x.reshape(len(cache.lengths), cache.widest, heads, queries, width)
    return x.transpose(1, 2).reshape(len(cache.lengths), heads, cache.widest * queries, width)


def to_rows(cache: RowCache, x: Any) -> Any:
    prompts, heads, queries, width = x.shape
    x = x.reshape(prompts, heads, cache.widest, queries // cache.widest, width).transpose(1, 2)
    x = x.reshape(prompts * cache.widest, heads, queries // cache.widest, width)
    return x if cache.slot_of is None else x[cache.slot_of]


def _length_bias_of(lengths: list[int], device: Any) -> Any:
    if len(set(lengths)) == 1:
        return None
    slots = torch.arange(max(lengths), device=device)[None, :]
    return (slots >= torch.tensor(lengths, device=device)[:, None])[:, None, None, :]
