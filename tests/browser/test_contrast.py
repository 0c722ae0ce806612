"""The colours of static/desk/tokens.css: every pair that is used together can be read (WCAG 2.2 AA:
4.5 for text, 3 for borders of controls and for marks), in both themes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.BASE_DIR) / "static" / "desk" / "tokens.css").read_text()
GROUNDS = ("paper", "surface", "sunken")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in GROUNDS),
    *(("ink", f"{kind}-soft") for kind in ("accent", "danger", "warn", "good")),
    ("ink-2", "accent-soft"),
    ("accent", "surface"),
    ("accent", "paper"),
    ("accent-strong", "surface"),
    ("accent-strong", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("danger", "surface"),
    ("danger", "danger-soft"),
    ("surface", "danger"),
    ("surface", "ink"),
    ("warn", "surface"),
    ("warn", "paper"),
    ("warn", "warn-soft"),
    ("good", "surface"),
    ("good", "good-soft"),
    *((f"on-share-{star}", f"share-{star}") for star in range(1, 6)),
]
MARKS = [
    ("line-strong", "surface"),
    ("line-strong", "paper"),
    ("star", "surface"),
    ("accent", "surface"),
    ("accent", "paper"),
    ("share-4", "surface"),
]


def _theme(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


_LIGHT_BLOCK, _DARK_BLOCK = TOKENS.split("@media (prefers-color-scheme: dark)")
LIGHT = _theme(_LIGHT_BLOCK)
THEMES = {"light": LIGHT, "dark": LIGHT | _theme(_DARK_BLOCK)}


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme):
    colours = THEMES[theme]
    weak = {pair: round(_contrast(colours, *pair), 2) for pair in TEXT}
    assert not {pair: ratio for pair, ratio in weak.items() if ratio < 4.5}


@pytest.mark.parametrize("theme", THEMES)
def test_borders_and_marks_can_be_seen(theme):
    colours = THEMES[theme]
    weak = {pair: round(_contrast(colours, *pair), 2) for pair in MARKS}
    assert not {pair: ratio for pair, ratio in weak.items() if ratio < 3}


def test_contrast_is_the_one_of_wcag():
    colours = {"black": "#000000", "white": "#ffffff", "grey": "#767676"}
    assert _contrast(colours, "black", "white") == pytest.approx(21)
    assert _contrast(colours, "grey", "white") == pytest.approx(4.54, abs=0.01)


def _contrast(colours: dict[str, str], one: str, other: str) -> float:
    bright, dark = sorted((_luminance(colours[one]), _luminance(colours[other])), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
