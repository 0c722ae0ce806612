"""What a run learns from, as files in a folder: `write_material`, `read_material`, `FILES`. For
processes that know no database."""

from pathlib import Path
from typing import Final

from training.datasets import read_corpus, read_preferences, read_rows, write_jsonl
from training.methods.results import Material

FILES: Final = ("rows.jsonl", "validation.jsonl", "preferences.jsonl", "corpus.jsonl")


def write_material(material: Material, folder: Path) -> None:
    rows, validation, preferences, corpus = (folder / name for name in FILES)
    write_jsonl(rows, material.rows)
    write_jsonl(validation, material.validation)
    write_jsonl(preferences, material.preferences)
    if material.corpus is None:
        corpus.unlink(missing_ok=True)
    else:
        write_jsonl(corpus, [*material.corpus.sections, *material.corpus.asked])


def read_material(folder: Path) -> Material:
    rows, validation, preferences, corpus = (folder / name for name in FILES)
    return Material(
        rows=read_rows(rows),
        validation=read_rows(validation),
        preferences=read_preferences(preferences),
        corpus=read_corpus(corpus) if corpus.is_file() else None,
    )
