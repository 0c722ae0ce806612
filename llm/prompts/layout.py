"""What a layout is: `Layout`. The layouts themselves stand in `llm.prompts.layouts`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from llm.prompts.parts import PromptInput

NUMBER: Final = "{number}"
"""Where a source's number stands in the mark before it."""


class Around(NamedTuple):
    """What stands before and behind a text."""

    before: str
    behind: str = "\n"


NOTHING: Final = Around("", "")


@dataclass(frozen=True)
class Layout:
    """`outside` makes data of what this conversation says, `elsewhere` of articles and past
    answers; no text that went through them can form a mark of the layout.

    `invocation`: the mark that an answer follows, where activated adapters wake up. `written`: an
    answer as a training row has it. `spoken`: what the model wrote as people read it, the beginning
    of a text that is not finished too. `stop`: what a model writes when its turn is over; it ends a
    draft and is not shown. A layout without `shows_sources` leaves them out: what it answers is in
    the model's weights. `has_system`: `PromptInput.system` has a place in it.
    """

    name: str
    head: Callable[[PromptInput], str]
    outside: Callable[[str], str]
    elsewhere: Callable[[str], str]
    invocation: str
    customer: Around
    agent: Around
    article: str = ""
    past_question: str = ""
    past_answer: str = ""
    sources: Around = NOTHING
    shows_sources: bool = True
    has_system: bool = True
    written: Callable[[str], str] = str
    spoken: Callable[[str], str] = str
    stop: str = ""

    @property
    def numbered(self) -> bool:
        return NUMBER in self.article


def before(stop: str) -> Callable[[str], str]:
    """Cuts a text at `stop`; where it has none, what may become one is cut off its end."""

    def cut(text: str) -> str:
        text, found, _rest = text.partition(stop)
        if found:
            return text
        for size in range(min(len(stop) - 1, len(text)), 0, -1):
            if text.endswith(stop[:size]):
                return text[:-size]
        return text

    return cut
