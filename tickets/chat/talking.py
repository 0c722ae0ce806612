"""One version's side of a talk: `Talk` answers, and remembers what was said.

The engine or the version's server writes, with the settings that the version serves with; `change`
tries others for this talk only. A version that stands on a server reads the desk's own prompt: no
other template can be put there, and no system text.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

from llm.engine.engines import engine_with
from llm.engine.results import GenerationSettings, RowRequest, RowResult
from llm.manifest import manifest_from
from llm.models import ModelVersion
from llm.prompts import PromptError, Turn
from llm.servers import backend
from llm.servers.prompting import budget_of
from runtime.errors import InputError
from text.language import detect
from tickets.chat.templates import TEMPLATES, NoRoom, Reader, Talked, parts_of

SUPPORT: Final = "support"
MAX_TURNS: Final = 200
OnText = Callable[[str], None]


class ChatError(InputError):
    """That cannot be asked, or not of this version."""


@dataclass(frozen=True)
class Answer:
    """What a version said, and what it cost."""

    version: str
    text: str
    tokens: int
    seconds: float
    finish: str


class Talk:
    """A version and the conversation with it so far."""

    def __init__(self, version: ModelVersion, *, template: str = SUPPORT, system: str = "") -> None:
        if version.server_id is not None and (template != SUPPORT or system):
            raise ChatError(
                f"{version.name} stands on a server: only the support template, without --system,"
                " can be used with it."
            )
        self._version = version
        self._template = TEMPLATES[template]
        self._system = system
        self.history: tuple[Turn, ...] = ()

    @property
    def name(self) -> str:
        return self._version.name

    def settings(self) -> GenerationSettings:
        """Raises SettingsError."""
        version = self._version
        return GenerationSettings.of(
            {**version.manifest.get("generation", {}), **version.generation}
        )

    def change(self, name: str, value: float) -> None:
        """For this talk only. Raises SettingsError."""
        changed = {**self._version.generation, name: value}
        manifest = self._version.manifest.get("generation", {})
        GenerationSettings.of({**manifest, **changed})
        self._version.generation = changed

    def ask(self, text: str, *, on_text: OnText = lambda text: None) -> Answer:
        """What is raised leaves the history as it was. `on_text` gets the whole text so far."""
        turns = [*self.history, Turn("customer", text)][-MAX_TURNS:]
        talked = Talked(turns, lang=detect(text), system=self._system)
        if self._version.server_id is not None:
            result, said = self._asked_of_server(talked, on_text)
        else:
            result, said = self._asked_here(talked, on_text)
        self.history = (*turns, Turn("agent", said))
        return Answer(
            version=self.name,
            text=said,
            tokens=result.tokens,
            seconds=round(result.seconds, 2),
            finish=result.finish,
        )

    def _asked_of_server(self, talked: Talked, on_text: OnText) -> tuple[RowResult, str]:
        parts = parts_of(talked, budget_of(self._version))
        try:
            result = backend.write(self._version, parts, on_text=on_text, insist=True)
        except PromptError as error:
            raise NoRoom("The version's prompts have no room for this message.") from error
        return result, result.text

    def _asked_here(self, talked: Talked, on_text: OnText) -> tuple[RowResult, str]:
        engine = engine_with(self._version)
        manifest = manifest_from(self._version.manifest)
        reader = Reader(engine.count_tokens, manifest.prompt_budget, manifest.prompt_version)
        prompt = self._template.prompt(talked, reader)
        request = RowRequest(self.name, self.settings(), prompt)
        (result,) = engine.generate([request], on_text=lambda _row, text: on_text(text))
        return result, result.text


def number_of(name: str, value: str) -> Any:
    """A setting's value as it was typed. Raises ChatError."""
    kinds = {field.name: field.type for field in fields(GenerationSettings)}
    try:
        return int(value) if kinds.get(name) is int else float(value)
    except ValueError as error:
        raise ChatError("/settings takes a name and a number, like temperature=0.5.") from error
