"""What the index keeps of a text: `forms(title, text)`. No Django in here."""

import hashlib
from collections import Counter
from dataclasses import dataclass

from kb import chunking
from text import persian


@dataclass(frozen=True)
class Forms:
    """A text as the index keeps it. `title` and `text` are what an embedder gets."""

    title: str
    text: str
    title_form: str
    search_form: str
    title_terms: Counter[str]
    text_terms: Counter[str]
    digest: str

    @property
    def length(self) -> int:
        return self.title_terms.total() + self.text_terms.total()


def forms(title: str, text: str) -> Forms:
    return Forms(
        title,
        text,
        persian.search_form(title),
        persian.search_form(text),
        Counter(persian.terms(title)),
        Counter(persian.terms(text)),
        text_digest(title, text),
    )


def text_digest(title: str, text: str) -> str:
    """Of what is indexed and of the versions that decide how."""
    versions = f"{chunking.VERSION}.{persian.VERSION}"
    return hashlib.sha256("\x00".join([versions, title, text]).encode()).hexdigest()
