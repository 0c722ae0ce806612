"""The corpus: `export_corpus(folder)` writes the clean text of every published article to a file.

It is the text that is searched (title, then the blocks of `kb.plaintext`), so a corpus for training
holds what the desk knows and none of the mark-up that it came in.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kb.models import Article
from kb.plaintext import plain_text
from runtime.errors import InputError

MAX_NAME = 80


class UnusableFolder(InputError):
    """Files cannot be written there."""


@dataclass(frozen=True)
class Exported:
    articles: int
    characters: int


def export_corpus(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Exported:
    """A UTF-8 file for each article; a file of an earlier export is overwritten, others stay."""
    rows = Article.objects.filter(state=Article.State.PUBLISHED).order_by("pk")
    total = rows.count()
    if not total:
        raise UnusableFolder("There are no articles to export; import some first.")
    characters = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, article in enumerate(rows.iterator(), start=1):
            text = plain_text(article.text, title=article.title)
            (folder / _file_name(article)).write_text(text, encoding="utf-8")
            characters += len(text)
            if progress is not None:
                progress(number, total)
    except OSError as error:
        raise UnusableFolder(f"{folder}: {error.strerror}.") from error
    return Exported(total, characters)


def _file_name(article: Article) -> str:
    """Readable, safe, and the article's own: two ids that look alike keep apart by their digest."""
    words = re.sub(r"[^\w.-]+", "-", article.external_id).strip("-.")[:MAX_NAME]
    key = f"{article.source_id}\x00{article.external_id}"
    return f"{words or 'article'}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.txt"
