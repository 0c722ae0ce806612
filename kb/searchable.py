"""What the index keeps of a text: `forms(title, text)`. No Django in here.

Four fields: the title, the headings above a passage, the words of its address, and the text. Of
each its terms; and character n-grams, of the text and of the other three together.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from kb import chunking
from text import persian
from text.grams import grams

_MAX_URL = 2000
_SEPARATORS = re.compile(r"[/\-_.+]+")
_EXTENSION = re.compile(r"\.[A-Za-z]{2,5}$")


@dataclass(frozen=True)
class Forms:
    """A text as the index keeps it. `title` (headings too, a line each) and `text` are what an
    embedder gets."""

    title: str
    text: str
    title_form: str
    search_form: str
    title_terms: Counter[str]
    heading_terms: Counter[str]
    url_terms: Counter[str]
    text_terms: Counter[str]
    title_grams: Counter[str]
    text_grams: Counter[str]
    digest: str

    @property
    def length(self) -> int:
        return self.title_terms.total() + self.heading_terms.total() + self.text_terms.total()


def forms(title: str, text: str, *, headings: str = "", url: str = "") -> Forms:
    """`headings`: a line each. `url`: an address, or a path that tells what the text is about."""
    above = f"{title}\n{headings}" if headings else title
    address = url_words(url)
    form = persian.search_form(text)
    in_title, in_headings = persian.words(title), persian.words(headings)
    in_url, in_text = persian.words(address), persian.form_words(form)
    return Forms(
        above,
        text,
        persian.search_form(above),
        form,
        Counter(persian.terms_of(in_title)),
        Counter(persian.terms_of(in_headings)),
        Counter(persian.terms_of(in_url)),
        Counter(persian.terms_of(in_text)),
        Counter(grams([*in_title, *in_headings, *in_url])),
        Counter(grams(in_text)),
        text_digest(above, text, url=address),
    )


def url_words(url: str) -> str:
    """The words of an address's path ("…/hc/fa/123-reset-your-password.html" → "reset your
    password"): no numbers, no extension, no codes of one or two letters."""
    try:
        path = urlsplit(url[:_MAX_URL]).path
    except ValueError:  # not an address at all
        return ""
    parts = _SEPARATORS.split(_EXTENSION.sub("", unquote(path)))
    return " ".join(part for part in parts if len(part) > 2 and not part.isdigit())


def text_digest(title: str, text: str, *, url: str = "") -> str:
    """Of what is indexed and of the versions that decide how."""
    versions = f"{chunking.VERSION}.{persian.VERSION}"
    parts = [versions, title, text, *([url] if url else [])]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
