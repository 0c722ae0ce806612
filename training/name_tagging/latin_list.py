"""First names in Latin letters for `text.privacy.names.latin`, from Faker's lists and the romanised
names of persian-names.

Public entry: `build(packages)`, lines of a level and a name: 2 in English or Persian, 1 elsewhere.
A name that is an English word in everyday use ("Mark", "Press") is left out; what such words are is
counted in the comments of Python's own library, which every machine that builds this has.
"""

import ast
import re
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ENGLISH: Final = ("en_US", "en_GB")
_NAME = re.compile(r"[A-Z\u00c0-\u024f][a-z\u00df-\u024f'’-]{2,}")
_WORD = re.compile(r"(?<![\w@.])[a-z]{3,}(?![\w@(=])")
_COMMENT = re.compile(r"#[^\n]*|\"\"\".*?\"\"\"", re.DOTALL)
_IN_USE: Final = 4
_NAMES_ALL_THE_SAME: Final = frozenset(
    ("Ann", "Aref", "Dylan", "Fred", "Joe", "Julian", "Michael", "Rita", "Seth")
)
"""Examples in the comments, not words."""


def build(packages: Path) -> list[str]:
    romanised = set(_romanised(packages / "persian_names" / "data"))
    frequent, names = set(romanised), set(romanised)
    for path in sorted((packages / "faker" / "providers" / "person").glob("*/__init__.py")):
        found = set(_first_names(ast.parse(path.read_text(encoding="utf-8"))))
        names |= found
        if path.parent.name in _ENGLISH:
            frequent |= found
    words = _english_words()
    kept = (n for n in names if n.lower() not in words or n in _NAMES_ALL_THE_SAME)
    return [f"{2 if name in frequent else 1}{name}" for name in sorted(kept)]


def _romanised(folder: Path) -> Iterator[str]:
    for name in ("male_en.txt", "female_en.txt"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if line.strip().isalpha() and len(line.strip()) > 2:
                yield line.strip().capitalize()


def _first_names(tree: ast.Module) -> Iterator[str]:
    """Without running Faker's code."""
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(target, ast.Name) or not target.id.startswith("first_names"):
            continue
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(value, ast.Call):
            value = value.args[0] if value.args else None
        try:
            listed = ast.literal_eval(value) if value is not None else ()
        except ValueError:
            continue  # made of other lists, which are read themselves
        for one in listed:
            name = one[0] if isinstance(one, (tuple, list)) else one
            if isinstance(name, str) and _NAME.fullmatch(name):
                yield name


def _english_words() -> set[str]:
    counts: Counter[str] = Counter()
    for path in Path(sysconfig.get_path("stdlib")).rglob("*.py"):
        if {"site-packages", "dist-packages", "idlelib", "test", "tests"} & set(path.parts):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        for comment in _COMMENT.findall(text):
            counts.update(_WORD.findall(comment))
    return {word for word, count in counts.items() if count >= _IN_USE}
