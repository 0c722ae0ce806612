"""The word list of `text.privacy.names.lexicon`, made from open lists.

Public entry: `build(sources)`, lines "word<TAB>code". Sources (all MIT, see the provenance file
beside the list): hazm's words.dat (sorts of words), shekar's vocab.csv (counts), persian-names'
first names with shares and its places, Faker's Persian last names.
"""

import ast
import gzip
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from text.persian import detection_form
from text.privacy.names.words import plain

FILES: Final = {
    "words": "hazm/data/words.dat",
    "counts": "shekar/data/files/vocab.csv",
    "lasts": "faker/providers/person/fa_IR/__init__.py",
    "places": "persian_names/data/region_fa.txt",
}
"""Where they stand under the folder that holds the unpacked packages."""


def build(packages: Path, first_names: Path) -> list[str]:
    """Of the unpacked packages and the JSON lines {"name", "share"}."""
    sorts = _sorts(_lines(packages / FILES["words"]))
    counts = _counts(_lines(packages / FILES["counts"]))
    firsts = _firsts(_lines(first_names))
    lasts = {_bare(name) for name in last_names(packages)}
    places = {_bare(name) for name in _lines(packages / FILES["places"]) if name}
    listed = set(counts) | {word for word, sort in sorts.items() if sort not in "-0"}
    lines = []
    for word in sorted(listed | set(firsts) | lasts | places):
        if not word or " " in word or "\t" in word:
            continue
        count = counts.get(word)
        common = "-" if count is None else str(min(9, int(math.log10(count + 1))))
        sort = sorts.get(word, "-") if word in listed else "-"
        flags = ("l" if word in lasts else "") + ("p" if word in places else "")
        lines.append(f"{word}\t{sort}{common}{firsts.get(word, 0)}{flags}")
    return lines


def write(lines: Iterable[str], path: Path) -> None:
    """The same bytes for the same lines."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write("".join(f"{line}\n" for line in lines).encode())


def last_names(packages: Path) -> list[str]:
    """Faker's Persian ones, read without running its code."""
    tree = ast.parse((packages / FILES["lasts"]).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "last_names":
            return sorted(set(ast.literal_eval(node.value)))
    return []


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _bare(word: str) -> str:
    return plain(detection_form(word))


def _sorts(lines: Iterable[str]) -> dict[str, str]:
    tags: dict[str, set[str]] = {}
    for line in lines:
        word, _, sorts = line.split("\t")
        tags.setdefault(_bare(word), set()).update(sorts.split(","))
    return {word: _sort(found - {"0"}) for word, found in tags.items()}


def _sort(tags: set[str]) -> str:
    if not tags:
        return "0"
    if tags <= {"N", "RES"}:
        return "n"
    if "AJ" in tags:
        return "m" if "N" in tags else "a"
    if "PL" in tags:
        return "p"
    return "o" if "N" in tags else "x"


def _counts(lines: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in lines:
        word, _, count = line.rpartition(",")
        if count.isdigit():
            counts[_bare(word)] = max(int(count), counts.get(_bare(word), 0))
    return counts


def _firsts(lines: Iterable[str]) -> dict[str, int]:
    firsts: dict[str, int] = {}
    for line in lines:
        row = json.loads(line)
        share = float(row["share"].rstrip("%")) if row.get("share") else -1.0
        level = 1 if share < 0 else 2 if share < 0.005 else 3 if share < 0.05 else 4
        name = _bare(row["name"])
        for form in (name, name.replace(" ", "")):
            firsts[form] = max(level, firsts.get(form, 0))
    return firsts
