"""One candidate on its way through the engine.

Public entry: `Row`. Worker processes only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from llm.engine.adapters import Adapter
from llm.engine.progress import RowProgress
from llm.engine.results import OnText, ShouldStop
from llm.engine.routing import BASE, RowRoute
from llm.engine.sampling import Draws
from llm.engine.tokens import PromptIds


@dataclass(frozen=True)
class Row:
    """`number`: its place among the rows of the call. No adapter: the untuned base."""

    number: int
    adapter: Adapter | None
    ids: PromptIds
    draws: Draws
    progress: RowProgress

    @property
    def done(self) -> bool:
        return self.progress.finish is not None

    @property
    def reader(self) -> str:
        """Rows with one reader read a prompt alike. An activated adapter leaves the tokens before
        its invocation untouched: it reads as the base does."""
        if self.adapter is None or self.adapter.asleep_while_reading:
            return ""
        return self.adapter.key

    @property
    def reading_route(self) -> RowRoute:
        return self.route if self.reader else BASE

    @property
    def route(self) -> RowRoute:
        return BASE if self.adapter is None else self.adapter.route

    @property
    def own_ids(self) -> list[int]:
        """What the row reads behind the shared part: the invocation and what it has written."""
        return self.ids.invocation + self.progress.ids


def tell(rows: Sequence[Row], on_text: OnText) -> None:
    """Each row's text to the listener where it grew."""
    for row in rows:
        text = row.progress.news()
        if text is not None:
            on_text(row.number, text)


def end_unwanted(rows: Sequence[Row], should_stop: ShouldStop) -> None:
    """End the rows that nobody waits for any more, or whose time is over."""
    for row in rows:
        if not row.done and should_stop(row.number):
            row.progress.end("cancelled")
        row.progress.check_time()


def note_tokens(rows: Sequence[Row], tokens: Sequence[int], usable: Sequence[bool]) -> None:
    """The tokens that were chosen; a row without usable scores has failed, the others go on."""
    for row, token, good in zip(rows, tokens, usable, strict=True):
        if good:
            row.progress.add(token)
        else:
            row.progress.end("failed")
