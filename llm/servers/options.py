"""What a request holds besides its prompt, and what a server of it understands: `Options`.

Servers differ: some want `max_completion_tokens`, some refuse `stream_options` or a penalty that
others know. What one refused is left out from then on, by this process, for this server and model.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llm.engine.results import GenerationSettings
from llm.models import Server
from llm.servers.errors import ServerError, Trouble
from llm.servers.faults import ServerRefusal

_UNKNOWN_OPTION: Final = frozenset({400, 415, 422, 501})
_OPTIONAL: Final = ("stream_options", "repetition_penalty", "seed", "top_p", "temperature", "stop")
_refused: dict[tuple[str, str], frozenset[str]] = {}
"""By the server's address and the model: options that it answered with an error."""


@dataclass
class Options:
    """`asked`: model and prompt, as the protocol names them."""

    server: Server
    asked: Mapping[str, Any]
    settings: GenerationSettings
    stop: tuple[str, ...] = ()
    _left_out: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._left_out = _refused.get(self._key, frozenset())

    @property
    def max_tokens(self) -> int:
        return self.settings.max_new_tokens

    @property
    def _key(self) -> tuple[str, str]:
        return self.server.base_url, str(self.asked.get("model", ""))

    def body(self) -> dict[str, Any]:
        settings = self.settings
        limit = "max_completion_tokens" if "max_tokens" in self._left_out else "max_tokens"
        wanted: dict[str, Any] = {
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "seed": settings.seed,
            "stream_options": {"include_usage": True},
        }
        if self.stop:
            wanted["stop"] = list(self.stop)
        kept = {name: value for name, value in wanted.items() if name not in self._left_out}
        # Not in OpenAI's protocol; vLLM and its like know it.
        if settings.repetition_penalty != 1.0 and "repetition_penalty" not in self._left_out:
            kept["extra_body"] = {"repetition_penalty": settings.repetition_penalty}
        return {**self.asked, limit: settings.max_new_tokens, **kept}

    def drop_refused(self, error: ServerError) -> bool:
        """Whether there is something to leave out after this error; each thing once."""
        if not isinstance(error, ServerRefusal) or error.trouble is Trouble.TOO_LONG:
            return False
        if error.status not in _UNKNOWN_OPTION:
            return False
        sent = {"max_tokens", *_OPTIONAL} - self._left_out
        named = {name for name in sent if re.search(rf"\b{name}\b", error.text)}
        if not named:  # it does not say: without all that a server may do without
            named = sent & {"stream_options", "repetition_penalty"}
        self._left_out |= named
        return bool(named)

    def keep(self) -> None:
        """The server answered: what was left out for it stays out."""
        if self._left_out:
            _refused[self._key] = self._left_out
