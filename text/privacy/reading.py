"""A text prepared once for all detectors."""

from dataclasses import dataclass
from functools import cached_property

from text.persian import detection_form
from text.privacy.context import Context
from text.privacy.numbers import Window, windows


@dataclass(frozen=True)
class Reading:
    """`form` has the text's length, so its offsets are the text's."""

    form: str

    @classmethod
    def of(cls, text: str) -> "Reading":
        return cls(detection_form(text))

    @cached_property
    def windows(self) -> list[tuple[Window, str | None]]:
        """Numbers with what they are called."""
        return [
            (window, self.context.category(window.start, window.end))
            for window in windows(self.form)
        ]

    @cached_property
    def context(self) -> Context:
        return Context(self.form)
