"""The packed records of the inverted index, and the names of its parts."""

import numpy as np
from numpy.typing import NDArray

from text.grams import MARK

QUESTIONS = "questions"
WORD = np.dtype(
    [
        ("entry", "<u4"),
        ("text", "u1"),
        ("title", "u1"),
        ("headings", "u1"),
        ("url", "u1"),
        ("text_length", "<u2"),
        ("title_length", "u1"),
        ("heading_length", "u1"),
    ]
)
GRAM = np.dtype([("entry", "<u4"), ("text", "u1"), ("title", "u1"), ("text_length", "<u2")])
Records = NDArray[np.void]


def chunk_group(cut: str) -> str:
    return f"chunks:{cut}"


def record_type(term: str) -> np.dtype[np.void]:
    return GRAM if term.startswith(MARK) else WORD
