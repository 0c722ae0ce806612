"""What goes into an engine and what comes out of it. No torch here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from llm.prompts import Prompt
from runtime.errors import InputError

OnText = Callable[[int, str], None]
"""Called with a row's number and its whole text so far, only whole letters."""
ShouldStop = Callable[[int], bool]
"""Asked with a row's number whether its draft is still wanted."""
Finish = Literal["stop", "length", "cancelled", "timeout", "failed"]
"""stop: the model ended the text. length: no room was left. cancelled: `should_stop` said so.
timeout: the row's `seconds_limit` was over. failed: the model gave no numbers to choose a word by,
could not be loaded, or did not fit in memory even alone."""

MAX_NEW_TOKENS: Final = 4096


class EngineError(InputError):
    """The engine cannot do what was asked: it was asked for a version that it has not, or for more
    than the model can hold. Nothing was generated."""


class PromptTooLong(EngineError):
    """The prompt leaves no room for an answer. Render it again with a smaller budget."""


class SettingsError(EngineError):
    """Generation settings that no text can come out of."""


@dataclass(frozen=True)
class GenerationSettings:
    """How a row is written. `temperature` 0 takes the most likely token each time; above 0 it
    samples from the `top_p` most likely share, the same for the same `seed`."""

    max_new_tokens: int = 160
    temperature: float = 0.0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {
            "max_new_tokens": 1 <= self.max_new_tokens <= MAX_NEW_TOKENS,
            "temperature": 0.0 <= self.temperature <= 2.0,
            "top_p": 0.0 < self.top_p <= 1.0,
            "repetition_penalty": 0.5 <= self.repetition_penalty <= 2.0,
            "seed": 0 <= self.seed < 2**63,
        }
        for name, kept in limits.items():
            if not kept:
                raise SettingsError(f"Generation settings: {name} is out of range.")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "GenerationSettings":
        """From a manifest's `generation`; what it leaves out stays at its default."""
        kinds = {field.name: field.type for field in fields(cls)}
        for name, value in given.items():
            if name not in kinds or isinstance(value, bool) or not isinstance(value, int | float):
                raise SettingsError(f"Generation settings: {name[:40]} is not understood.")
        return cls(
            **{name: int(value) if kinds[name] is int else value for name, value in given.items()}
        )


@dataclass(frozen=True)
class RowRequest:
    """One candidate: the name that the version was loaded under, how to write it, and from what.

    Rows of one ticket share one `Prompt`: it is then read once for all that read it alike.
    `seconds_limit` counts from the call; a row that is not done by then ends as it is.
    """

    version: str
    settings: GenerationSettings
    prompt: Prompt
    seconds_limit: float | None = None


@dataclass(frozen=True)
class RowResult:
    """`tokens` counts the written ones, without the end mark. `seconds`: from the call to this
    row's last token. `prefill_seconds`: reading its prompt; `decode_seconds`: from the first to its
    last token. `peak_bytes`: by how much the process's memory grew. Rows of a batch share the time
    and the memory, so theirs do not add up."""

    text: str
    tokens: int
    seconds: float
    prompt_tokens: int
    finish: Finish
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0
    peak_bytes: int = 0
