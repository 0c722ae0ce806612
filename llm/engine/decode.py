"""Write all rows of a batch together, each with its own adapter and settings.

Public entry: `decode`. The prompts are read once (`reading`) and stay in memory once (`attention`);
then every pass of the model brings each row a token. The first pass reads the rows' invocations, so
the adapters see exactly the tokens that they were trained to see. Worker processes only.
"""

from collections.abc import Sequence
from typing import Any

import torch  # noqa: TID253

from llm.engine.adapters import AdapterShelf
from llm.engine.attention import rows_attending
from llm.engine.memory import Peak
from llm.engine.reading import Reading, read_prompts
from llm.engine.results import OnText, ShouldStop
from llm.engine.row_cache import RowCache
from llm.engine.rows import Row, end_unwanted, note_tokens, tell
from llm.engine.sampling import Sampler


def decode(
    shelf: AdapterShelf, rows: Sequence[Row], *, on_text: OnText, should_stop: ShouldStop
) -> None:
    """Fill each row's progress. Raises what `on_text` and `should_stop` raise; the model is then
    as it was."""
    peak = Peak(shelf.network.device)
    with torch.inference_mode():
        readings = read_prompts(shelf, rows, should_stop=should_stop, peak=peak)
        if readings:
            _Writing(shelf, readings, peak).run(on_text=on_text, should_stop=should_stop)


class _Writing:
    """The rows of a batch from their first own token to the last row's end."""

    def __init__(self, shelf: AdapterShelf, readings: Sequence[Reading], peak: Peak) -> None:
        self._shelf, self._peak = shelf, peak
        self._device = shelf.network.device
        self.rows = [row for reading in readings for row in reading.rows]
        own = [row.own_ids for row in self.rows]
        first = max(len(ids) for ids in own)
        pads = [first - len(ids) for ids in own]
        left = max(row.progress.limit - len(row.progress.ids) for row in self.rows)
        self.cache = RowCache(
            [reading.layers for reading in readings],
            groups=[number for number, one in enumerate(readings) for _ in one.rows],
            pads=pads,
            slots=first + left,
        )
        self._tokens = torch.tensor(
            [[0] * pad + ids for pad, ids in zip(pads, own, strict=True)], device=self._device
        )
        lengths = [self.cache.lengths[group] for group in self.cache.groups]
        starts = [length - pad for length, pad in zip(lengths, pads, strict=True)]
        # The filling slots stand before the row's first position and are never seen.
        self._starts = torch.tensor(starts, device=self._device)[:, None]
        self._sampler = Sampler(
            [row.draws for row in self.rows],
            [row.ids.context + row.own_ids for row in self.rows],
            self._device,
        )

    def run(self, *, on_text: OnText, should_stop: ShouldStop) -> None:
        for row in self.rows:
            row.progress.begin_decoding()
        while True:
            with self._shelf.routing.rows([row.route for row in self.rows]):
                self._until_few_are_left(on_text=on_text, should_stop=should_stop)
            if all(row.done for row in self.rows):
                return
            self._keep([at for at, row in enumerate(self.rows) if not row.done])

    def _until_few_are_left(self, *, on_text: OnText, should_stop: ShouldStop) -> None:
        """Until half of the rows or more have ended."""
        with rows_attending(self._shelf.network, self.cache):
            while 2 * sum(not row.done for row in self.rows) > len(self.rows):
                tokens, usable = self._sampler.choose(self._scores())
                note_tokens(self.rows, tokens, usable)
                tell(self.rows, on_text)
                end_unwanted(self.rows, should_stop)
                self._tokens = torch.tensor(tokens, device=self._device)[:, None]

    def _scores(self) -> Any:
        count = self._tokens.shape[1]
        steps = torch.arange(self.cache.used, self.cache.used + count, device=self._device)
        self.cache.begin(count)
        scores = self._shelf.network(
            input_ids=self._tokens,
            position_ids=(self._starts + steps).clamp(min=0),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        if count > 1 or self.cache.used % 16 == 0:
            for row in self.rows:
                row.progress.peak_bytes = max(row.progress.peak_bytes, self._peak.look())
        return scores

    def _keep(self, places: list[int]) -> None:
        self.cache.keep(places)
        self.rows = [self.rows[at] for at in places]
        self._tokens, self._starts = self._tokens[places], self._starts[places]
        self._sampler = self._sampler.keep(places)
