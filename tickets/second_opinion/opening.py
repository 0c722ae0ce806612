"""The one name model of a process: `opened()` for a worker, `required()` for a command.

Opened where it is first needed and kept. Never call this where pages are served.
"""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

from kb.models import Article
from text.privacy.spans import ADDRESS, PERSON, Span
from tickets.second_opinion.candidates import spans, word_forms
from tickets.second_opinion.folder import UnusableNameModel, unusable

if TYPE_CHECKING:
    from tickets.second_opinion.model import NameModel

logger = logging.getLogger(__name__)

TITLES: Final = 20_000
TITLES_SECONDS: Final = 300.0
FAILURES: Final = (RuntimeError, ValueError, IndexError, MemoryError)
"""What torch and a tokenizer raise over a text that they cannot take."""

_kept: dict[tuple[str, bool], "SecondOpinion | UnusableNameModel"] = {}


class SecondOpinion:
    """`titles`: words of the company's articles name products, not persons."""

    def __init__(self, model: "NameModel", folder: Path, *, titles: bool) -> None:
        self.model = model
        self._folder = folder
        self._titles = titles
        self._ordinary: frozenset[str] = frozenset()
        self._read_at = float("-inf")

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """What may be masked, text by text. Raises UnusableNameModel."""
        try:
            read = self.model.read(texts)
        except FAILURES as error:
            # Its words may quote the text.
            why = _("it cannot read a text (%(error)s)") % {"error": type(error).__name__}
            raise unusable(self._folder, why) from None
        types = (PERSON, ADDRESS) if settings.NER_ADDRESSES else (PERSON,)
        least = settings.NER_SCORE / 100
        ordinary = self._words_of_titles() if any(read) else frozenset()
        return [
            spans(text, found, types=types, least=least, ordinary=ordinary)
            for text, found in zip(texts, read, strict=True)
        ]

    def _words_of_titles(self) -> frozenset[str]:
        if self._titles and time.monotonic() - self._read_at > TITLES_SECONDS:
            rows = Article.objects.filter(state=Article.State.PUBLISHED).order_by("-pk")
            titles = rows.values_list("title", flat=True)[:TITLES]
            self._ordinary = frozenset(word for title in titles for word in word_forms(title))
            self._read_at = time.monotonic()
        return self._ordinary


def opened() -> SecondOpinion | None:
    """None where the setting is empty, or the model cannot be used: that is logged once, and
    tickets go on without it."""
    try:
        return required()
    except UnusableNameModel as error:
        note(error)
        return None


def required(*, titles: bool = True) -> SecondOpinion | None:
    """None where the setting is empty. Raises UnusableNameModel. `titles=False` where there is no
    database."""
    name = settings.NER_MODEL
    if not name:
        return None
    key = (name, titles)
    if key not in _kept:
        _kept[key] = _open(Path(name).expanduser(), titles=titles)
    kept = _kept[key]
    if isinstance(kept, UnusableNameModel):
        raise kept
    return kept


def warm_up() -> None:
    """Load the model and let it read a word, so that the first ticket need not wait for it."""
    opinion = opened()
    if opinion is not None:
        opinion.model.read(["Hello"])


_noted: set[str] = set()


def note(error: UnusableNameModel) -> None:
    """Once in a process."""
    if str(error) not in _noted:
        _noted.add(str(error))
        logger.error("%s Tickets go on without a second opinion on names.", error)


def _open(folder: Path, *, titles: bool) -> SecondOpinion | UnusableNameModel:
    from tickets.second_opinion.model import NameModel

    try:
        return SecondOpinion(NameModel.load(folder), folder, titles=titles)
    except UnusableNameModel as error:
        return error
