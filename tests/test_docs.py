"""What README and docs say is there: links, files, commands with their options, benchmarks,
settings."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("**/*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
COMMAND = re.compile(r"manage\.py ([a-z_]+)([^`\n|#]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
BENCH = re.compile(r"python -m (bench\.[a-z_.]+)")
VARIABLE = re.compile(r"\bPASOKH_[A-Z]+(?:_[A-Z]+)*\b")
KNOWN = get_commands()
PARTS = ("config", "doors", "training", "tickets", "kb", "llm", "people", "runtime", "text")
COMMON = {"--json", "--help"}


def _options(name: str) -> set[str]:
    """Of a command, its actions' own too."""
    parser = load_command_class(KNOWN[name], name).create_parser("manage.py", name)
    found: set[str] = set(COMMON)
    for action in parser._actions:
        found |= set(action.option_strings)
        if isinstance(action.choices, dict):  # sub-commands
            for part in action.choices.values():
                found |= {one for each in part._actions for one in each.option_strings}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_says_what_is_there(page):
    text = page.read_text()
    for link in LINK.findall(text):
        assert (page.parent / link).exists(), link
    for name, rest in COMMAND.findall(text.replace("\\\n", " ")):
        assert name in KNOWN or name == "help", name
        told = set(OPTION.findall(rest))
        assert not told or told <= _options(name), (name, rest)
    for name in BENCH.findall(text):
        path = ROOT / name.rstrip(".").replace(".", "/")
        assert path.with_suffix(".py").exists() or path.is_dir(), name


def test_every_setting_has_a_line_and_every_line_a_setting():
    told = set(VARIABLE.findall((ROOT / "docs" / "configuration.md").read_text()))
    code = [path.read_text() for part in PARTS for path in (ROOT / part).rglob("*.py")]
    read = {name for text in code for name in VARIABLE.findall(text)}
    assert told == read
