"""What is asked in a talk, answered by one version or by two, and kept: `Session`.

Questions are masked as a ticket's are before a model reads them, with the same number for the same
value throughout a conversation, so neither a model nor a transcript gets a customer's data.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from llm.models import ModelVersion
from text.privacy import mask
from tickets.chat.talking import Answer, ChatError, Talk, number_of
from tickets.chat.transcripts import Exchange, Transcript, write_transcript
from tickets.intake import check_text, clean

OnText = Callable[[int, str], None]
"""Called with the version's number and its whole text so far."""


class Session:
    """One version, or two that answer each question one after the other."""

    def __init__(
        self, versions: Sequence[ModelVersion], *, template: str, system: str = ""
    ) -> None:
        if len({one.pk for one in versions}) < len(versions):
            raise ChatError("--other must name another version than --version.")
        self._template = template
        self._system = system
        self._versions = list(versions)
        self.talks = [Talk(one, template=template, system=system) for one in versions]
        self._numbers: dict[tuple[str, str], int] = {}
        self._talk = 1
        self.exchanges: list[Exchange] = []

    def ask(
        self,
        text: str,
        *,
        on_text: OnText = lambda number, text: None,
        on_answer: Callable[[int, Answer], None] = lambda number, answer: None,
    ) -> Exchange:
        """Raises InputError; the conversation then goes on without the question, in all talks."""
        check_text(text)
        masked = mask(clean(text), known=self._numbers)
        answers: list[Answer] = []
        before = [talk.history for talk in self.talks]
        try:
            for number, talk in enumerate(self.talks):
                answer = talk.ask(masked.text, on_text=partial(on_text, number))
                answers.append(answer)
                on_answer(number, answer)
        except BaseException:
            for talk, history in zip(self.talks, before, strict=True):
                talk.history = history
            raise
        self._numbers = masked.numbers
        self.exchanges.append(Exchange(self._talk, masked.text, tuple(answers)))
        return self.exchanges[-1]

    def begin_anew(self) -> None:
        """The history goes; what was said stays for the transcript."""
        for talk in self.talks:
            talk.history = ()
        self._numbers = {}
        if self.exchanges:
            self._talk = self.exchanges[-1].talk + 1

    def change(self, assignment: str) -> None:
        """`temperature=0.5`, for all versions and this session only. Raises InputError."""
        name, _, value = assignment.partition("=")
        number = number_of(name.strip(), value)
        for talk in self.talks:
            talk.change(name.strip(), number)

    def transcript(self) -> Transcript:
        return Transcript(
            template=self._template,
            system=self._system,
            versions={
                version.name: {"digest": version.digest, "settings": asdict(talk.settings())}
                for version, talk in zip(self._versions, self.talks, strict=True)
            },
            exchanges=tuple(self.exchanges),
        )

    def save(self, path: Path) -> None:
        """Raises BadTranscript."""
        write_transcript(path, self.transcript())
