"""What the shipped tagger learns from: `training_rows`.

Most rows with a name are copies with other names in them, which is worth two points of F
(docs/experiments.md). `lean` moves the balance between recall and precision; it was chosen on a
fifth of the training part that the model measured there had not seen.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from runtime.errors import InputError
from text.privacy.names.lexicon import first_names as listed_first_names
from text.privacy.names.tagger import Tagger
from training.name_tagging import latin_list, lexicon
from training.name_tagging.fitting import Settings, fit, write
from training.name_tagging.measuring import Score, measure
from training.name_tagging.rows import Row, clean, of_lines, read, swapped
from training.name_tagging.ticket_lines import sentences as ticket_sentences

COPIES: Final = 3
TICKET_LINES: Final = 1500
CLEAN_TEXTS: Final = 400
LEAN: Final = -0.6
SETTINGS: Final = Settings()
SAMPLE: Final = Path(__file__).parents[2] / "sample" / "company"
_FREQUENT: Final = 3


class UnreadableRows(InputError):
    """Sentences or lists that training needs are missing or of another form."""


def names_for_lines(lasts: Sequence[str]) -> tuple[list[str], list[str]]:
    """First names that are frequent, and last names: the listed ones and those made of first names
    ("رضایی", "کریم‌زاده"), as most are."""
    firsts = listed_first_names(at_least=_FREQUENT)
    made = [name + ending for name in firsts for ending in ("ی", "زاده", "پور", "نژاد")]
    return firsts, [*(name for name in lasts for _ in range(8)), *made]


def training_rows(
    tweets: Sequence[Row],
    *,
    lasts: Sequence[str],
    clean_texts: Sequence[str],
    copies: int = COPIES,
    ticket_lines: int = TICKET_LINES,
) -> list[Row]:
    firsts, last_names = names_for_lines(lasts)
    rows = list(tweets)
    for copy in range(copies):
        rows += swapped(tweets, firsts=firsts, lasts=last_names, seed=copy)
    rows += of_lines(ticket_sentences(firsts, last_names, ticket_lines, seed=11))
    return rows + clean(clean_texts)


def make(
    sentences: Path,
    *,
    first_names: Path,
    packages: Path,
    output: Path,
    epochs: int | None,
    lean: float,
    report: Callable[[str], None],
) -> dict[str, Score]:
    """Writes the word lists and the tagger; says how the tagger does on the held-out part ("test"),
    which it is not trained on."""
    import numpy as np

    try:
        lines = lexicon.build(packages, first_names)
        latin = latin_list.build(packages)
        lasts = lexicon.last_names(packages)
        tweets = [row for part in ("train", "dev") for row in read(sentences, part)]
        held_out = read(sentences, "test")
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableRows(f"What the tagger learns from cannot be read: {error}") from error
    output.mkdir(parents=True, exist_ok=True)
    lexicon.write(lines, output / "lexicon.txt.gz")
    lexicon.write(latin, output / "first_names.txt.gz")
    rows = training_rows(tweets, lasts=lasts, clean_texts=clean_answers())
    settings = SETTINGS if epochs is None else replace(SETTINGS, epochs=epochs)
    write(fit(rows, settings, report), output / "tagger.npz", lean=lean)
    with np.load(output / "tagger.npz", allow_pickle=False) as weights:
        return measure(held_out, Tagger(dict(weights)))


def clean_answers() -> list[str]:
    """The sample company's own Persian answers: they name nobody."""
    answers: dict[str, None] = {}
    for path in sorted((SAMPLE / "past_tickets").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["lang"] == "fa":
                answers[row["answer"]] = None
    return list(answers)[:CLEAN_TEXTS]
