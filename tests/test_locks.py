"""Each kind of work has an advisory lock of its own: with one number for two, an import of tickets
would wait for the whole of an index build."""

import re
from collections import Counter
from pathlib import Path

from django.conf import settings

PARTS = ("config", "training", "tickets", "kb", "llm", "runtime")


def test_lock_numbers_are_given_once():
    sources = [path for part in PARTS for path in Path(settings.BASE_DIR, part).rglob("*.py")]
    numbers = Counter(
        number
        for path in sources
        for number in re.findall(r"^_?\w*LOCK\b[^=\n]*= ([\d_]+)", path.read_text(), re.MULTILINE)
    )
    assert len(numbers) >= 9
    assert {number: count for number, count in numbers.items() if count > 1} == {}
