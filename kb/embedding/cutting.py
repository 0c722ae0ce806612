"""Passages within a model's token budget: `token_cut(name)`.

A neural embedder reads so many tokens and drops the rest without a word. So its recipe names a cut
of its own, `tokens-BUDGET-DIGEST`, by the tokenizer with that digest. `keep_tokenizer` writes the
tokenizer below PASOKH_HOME/embedders, so that every process can cut, the web process too: it takes
`tokenizers` alone and neither torch nor the model's folder.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from kb.chunking import PLAIN, Cut
from kb.embedding.recipe import EmbedderUnavailable
from text.persian import canonical

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MIN_BUDGET = 16
MAX_BUDGET = 512
"""Models that read thousands of tokens are cut finer all the same: a passage about one matter is
found better than a page about ten, and what is embedded must fit a prompt."""
_NAME = re.compile(r"tokens-(\d{1,5})-([0-9a-f]{12})")


class Tokens:
    """What is asked of a tokenizer: how many tokens a text has, and a beginning of it."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer

    def count(self, text: str) -> int:
        """Without the marks at both ends."""
        return len(self._tokenizer.encode(canonical(text), add_special_tokens=False).ids)

    def beginning(self, text: str, most: int) -> str:
        """As many of its tokens as that, whole words if there are any."""
        text = canonical(text)
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        if len(offsets) <= most:
            return text
        kept = text[: offsets[most][0]] if most else ""
        return kept.rsplit(None, 1)[0] if " " in kept.strip() else kept


@runtime_checkable
class ByTokens(Protocol):
    """An embedder with a tokenizer of its own."""

    def keep_tokenizer(self, folder: Path) -> str:
        """Write it where `token_cut` finds it; the cut's name."""


def fitted(title: str, text: str, *, tokens: Tokens, budget: int) -> str:
    """What a neural embedder gets of a passage: the lines above it and its text. Lines that leave
    a text less than its quarter of the budget are shortened: the cut counted on that."""
    if not title:
        return canonical(text)
    most = budget - budget // 4
    if tokens.count(title) > most and tokens.count(f"{title}\n{text}") > budget:
        title = tokens.beginning(title, most)
    return canonical(f"{title}\n{text}")


def keep_tokenizer(data: str, budget: int, folder: Path) -> str:
    """Write a tokenizer (as JSON) where `token_cut` finds it; the cut's name."""
    digest = hashlib.sha256(data.encode()).hexdigest()[:12]
    path = folder / _file_name(digest)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(data, encoding="utf-8")
        partial.replace(path)
    return f"tokens-{min(budget, MAX_BUDGET)}-{digest}"


def token_cut(name: str, folder: Path) -> Cut:
    """The cut of that name; "" is the plain one. EmbedderUnavailable without its tokenizer."""
    if not name:
        return PLAIN
    match = _NAME.fullmatch(name)
    if match is None:
        raise EmbedderUnavailable(f"This version of Pasokh does not know how to cut by {name}.")
    tokens = _tokens(str(folder / _file_name(match[2])), match[2])
    return Cut(name, int(match[1]), tokens.count, counts_title=True)


def is_there(name: str, folder: Path) -> bool:
    """Whether this process can cut so."""
    match = _NAME.fullmatch(name)
    return match is None or (folder / _file_name(match[2])).is_file()


def drop_tokenizers(folder: Path, *, kept: set[str]) -> None:
    """Files of tokenizers that none of the cuts `kept` names."""
    named = {_file_name(match[2]) for match in map(_NAME.fullmatch, kept) if match}
    for path in folder.glob(_file_name("*")):
        if path.name not in named:
            path.unlink(missing_ok=True)


def _file_name(digest: str) -> str:
    return f"tokenizer-{digest}.json"


@lru_cache(maxsize=4)
def _tokens(path: str, digest: str) -> Tokens:
    from tokenizers import Tokenizer

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise EmbedderUnavailable(
            f"The tokenizer {Path(path).name} is missing; run `embedder use` with the model again."
        ) from error
    if hashlib.sha256(data).hexdigest()[:12] != digest:
        raise EmbedderUnavailable(
            f"The tokenizer {Path(path).name} has changed; run `embedder use` with the model again."
        )
    return Tokens(Tokenizer.from_str(data.decode()))
