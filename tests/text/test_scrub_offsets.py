"""`scrub --json`: spans are code points of the line as given, whatever stands around the values."""

import json
import random
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planting import SENTENCES, TAGGED, Planter
from text.privacy.spans import STRUCTURED

AROUND = (
    "👩🏽‍💻 😀",
    "🇮🇷🇺🇦🇮🇱 ✌️",
    "𝒜𝒷 𐎠𐎡",  # beyond the basic plane
    "سلام، وقت بخیر 🌹",
    "نمی‌شود که نمی‌شود\u200f",
    "Hello e\u0301 there…",
    "Добрий день ✉️",
    "שָׁלוֹם\u200e לכם",
    "\u2067قیمت ۱۲۳ تومان\u2069",
    "ي ك ﷼ ﻻ\u0640",
    "\t\r a\u00a0b\x0b",
)


def _scrubbed(tmp_path, lines: list[str]) -> list[dict]:
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    printed = StringIO()
    call_command("scrub", path, "--json", stdout=printed)
    return [json.loads(line) for line in printed.getvalue().removesuffix("\n").split("\n")]


def _without(line: str, spans: list[dict]) -> list[str]:
    """What stands between the spans."""
    kept, done = [], 0
    for span in spans:
        assert done <= span["start"] < span["end"] <= len(line)
        kept.append(line[done : span["start"]])
        done = span["end"]
    return [*kept, line[done:]]


def _check(line: str, found: dict) -> None:
    """The printed text is the line with a placeholder for each span, and nothing else changed."""
    rest = found["text"]
    kept = _without(line, found["spans"])
    for before, span in zip(kept, found["spans"], strict=False):
        assert rest.startswith(before)
        rest = rest[len(before) :]
        name, closing, rest = rest.partition("]")
        assert closing
        assert name.startswith(f"[{span['type']}_")
    assert rest == kept[-1]


def test_spans_of_planted_lines_hold_the_values_in_every_language(tmp_path):
    rng, plant = random.Random(7), Planter(7)
    lines, values = [], []
    for kind in sorted(STRUCTURED - set(TAGGED)):
        for sentence in SENTENCES[kind]:
            value = plant.value(kind)
            before, after = rng.choices(AROUND, k=2)
            lines.append(f"{before} {sentence.format(value)} {after}")
            values.append(value)
    for line, value, found in zip(lines, values, _scrubbed(tmp_path, lines), strict=True):
        _check(line, found)
        held = [line[span["start"] : span["end"]] for span in found["spans"]]
        # Of an address with a secret only the secret is masked.
        assert any(value in one or (len(one) > 7 and one in value) for one in held)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scrub")


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(
            st.sampled_from(AROUND)
            | st.text(st.characters(codec="utf-8", exclude_characters="\n[［⁅【{"), max_size=12)
            | st.builds(
                lambda seed, kind: Planter(seed).sentence(kind),
                st.integers(0, 10_000),
                st.sampled_from(sorted(STRUCTURED)),
            ),
            min_size=1,
            max_size=5,
        ).map(" ".join),
        min_size=1,
        max_size=6,
    )
)
def test_spans_of_any_line_lead_from_it_to_the_printed_text(folder, lines):
    for line, found in zip(lines, _scrubbed(folder, lines), strict=True):
        _check(line, found)
