"""Plain words as Markdown that reads as the same words."""

import re

_SPECIAL = re.compile(r"([\\`*\[\]]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;))")
_AT_START = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|>|[+-](?=\s|$)|=+\s*$|-{2,}\s*$|~~~)")
_NUMBER_AT_START = re.compile(r"^(\s*\d{1,9})([.)])(?=\s|$)")


def escape(text: str) -> str:
    """What would mean something anywhere in a line."""
    return _SPECIAL.sub(r"\\\1", text)


def escape_start(line: str) -> str:
    """What would mean something at the start of a line: headings, lists, quotes."""
    line = _AT_START.sub(r"\1\\\2", line)
    return _NUMBER_AT_START.sub(r"\1\\\2", line)
