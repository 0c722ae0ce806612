"""What a model's labels mean: `Labels.of(id2label)`. Pure.

Schemes differ: B-PER, I_pers, PERSON, S-LOC, B-GIVENNAME. Only persons and addresses matter here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from text.privacy.spans import ADDRESS, PERSON

MOST: Final = 500
_BEFORE = re.compile(r"([BIOESLUM])[-_](?=.)")
_AFTER = re.compile(r"(?<=.)[-_]([BIESLU])\Z")
_BETWEEN = re.compile(r"[-_\s]+")
_BEGINS = frozenset("BSU")
_NAMES: Final = {
    **dict.fromkeys(("PER", "PERS", "PERSON", "PERSONS", "PERSONNAME", "PRIVATEPERSON"), PERSON),
    **dict.fromkeys(("NAME", "GIVENNAME", "FIRSTNAME", "MIDDLENAME", "FULLNAME"), PERSON),
    **dict.fromkeys(("SURNAME", "LASTNAME", "FAMILYNAME"), PERSON),
    **dict.fromkeys(("ADDRESS", "ADDR", "PRIVATEADDRESS", "STREET", "STREETADDRESS"), ADDRESS),
    **dict.fromkeys(("LOC", "LOCATION"), ADDRESS),
}


@dataclass(frozen=True)
class Labels:
    """By number: the type that a label stands for (None: of no interest), the label without its
    prefix, and whether it begins something."""

    types: tuple[str | None, ...]
    names: tuple[str, ...]
    begins: tuple[bool, ...]

    @classmethod
    def of(cls, id2label: Mapping[Any, Any]) -> "Labels":
        """Raises ValueError for what is no numbering from 0."""
        by_number = {int(number): str(label) for number, label in id2label.items()}
        if sorted(by_number) != list(range(len(by_number))) or len(by_number) > MOST:
            raise ValueError("no numbering of labels")
        parts = [_parts(by_number[number]) for number in range(len(by_number))]
        return cls(
            types=tuple(_NAMES.get(name) for _, name in parts),
            names=tuple(name for _, name in parts),
            begins=tuple(mark in _BEGINS for mark, _ in parts),
        )

    def has(self, type_: str) -> bool:
        return type_ in self.types


def _parts(label: str) -> tuple[str, str]:
    """("B", "PER")"""
    label = label.strip().upper()
    mark = ""
    if found := _BEFORE.match(label) or _AFTER.search(label):
        mark = found[1]
        label = label[: found.start()] + label[found.end() :]
    return mark, _BETWEEN.sub("", label)
