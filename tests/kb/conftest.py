"""Help centres for the tests: three pages of fixed text, and articles made by the dozen."""

import json
from pathlib import Path

import pytest
from django.utils import translation

PAGES = Path(__file__).parent / "pages"
TOPICS = ("invoice", "password", "parcel", "refund", "domain", "backup", "warranty", "battery")


@pytest.fixture(autouse=True)
def own_home(settings, tmp_path):
    """Artefacts and uploads of a test go to a folder of its own."""
    settings.PASOKH_HOME = tmp_path / "home"
    settings.MEDIA_ROOT = tmp_path / "home" / "uploads"


@pytest.fixture(autouse=True)
def in_english():
    """Messages are compared as they are written in the code."""
    with translation.override("en"):
        yield


@pytest.fixture
def make_centre(tmp_path):
    """A folder with `count` Markdown articles, each with words of its own."""

    def make(count: int, *, name: str = "centre", start: int = 0) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for number in range(start, start + count):
            topic = TOPICS[number % len(TOPICS)]
            text = (
                f"# How the {topic} number{number} works\n\n"
                f"The {topic} of kind number{number} needs step{number} and a {topic} form.\n"
            )
            (folder / f"{number:04}.md").write_text(text)
        return folder

    return make


@pytest.fixture
def write_jsonl(tmp_path):
    def write(rows: list[dict], name: str = "articles.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return path

    return write
