"""Which lessons an import has met, and where: `Remembered.known(lesson, …)`."""

from array import array
from typing import Final

from tickets.importing.boilerplate import Boilerplate
from tickets.importing.cleaning import Lesson
from tickets.importing.folding import CAPACITY, Folding, sketches
from tickets.importing.records import PastConversation

_LINE_BITS: Final = 40


class Remembered:
    """`boilerplate`: of the import's answers, once it is known."""

    def __init__(self) -> None:
        self.boilerplate = Boilerplate()
        self._folding = Folding()
        self._files: dict[str, int] = {}
        self._places = array("q")  # of each remembered lesson: file, line

    def known(self, lesson: Lesson, conversation: PastConversation) -> tuple[str, int] | None:
        """(file, line) of the first that said nearly the same. None: this one, from now on."""
        sketched = sketches(lesson.question, self.boilerplate.cut(lesson.answer))
        same = self._folding.find(sketched)
        if same is not None:
            return self._place(same)
        self._note(self._folding.add(sketched), conversation)
        return None

    def _note(self, number: int, conversation: PastConversation) -> None:
        file = self._files.setdefault(conversation.source, len(self._files))
        place = (file << _LINE_BITS) | conversation.line
        if number < CAPACITY:
            self._places.append(place)
        else:
            self._places[number % CAPACITY] = place

    def _place(self, number: int) -> tuple[str, int]:
        place = self._places[number % CAPACITY]
        sources = list(self._files)
        return sources[place >> _LINE_BITS], place & ((1 << _LINE_BITS) - 1)
