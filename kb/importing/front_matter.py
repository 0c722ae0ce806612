"""The head of a Markdown file: `split(text)` gives its fields and the rest of the text.

YAML between lines of ---, TOML between lines of +++. Only what an article has is kept, as text.
"""

import re
import tomllib
from typing import Any

import yaml
from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument

PATTERN = re.compile(
    r"\A(?:---[ \t]*\n(?P<yaml>.*?\n)?(?:---|\.\.\.)|\+\+\+[ \t]*\n(?P<toml>.*?\n)?\+\+\+)"
    r"[ \t]*(?:\n|\Z)",
    re.S,
)
_MAX = 20_000
_OTHER_NAMES = {
    "language": "lang",
    "locale": "lang",
    "id": "external_id",
    "canonical_url": "url",
    "canonicalurl": "url",
    "excerpt": "description",
    "summary": "description",
    "status": "state",
    "access": "visibility",
}


def split(text: str) -> tuple[dict[str, str], str]:
    """{} where there is none. `slug` and `permalink` stay what they are: paths, not addresses."""
    match = PATTERN.match(text)
    if not match:
        return {}, text
    if len(match[0]) > _MAX:
        raise UnreadableDocument(_("The front matter is too long."))
    return _strings(_values(match)), text[match.end() :]


def _values(match: re.Match[str]) -> Any:
    if match["toml"] is not None:
        try:
            return tomllib.loads(match["toml"])
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UnreadableDocument(_("The front matter is not TOML.")) from error
    try:
        return yaml.safe_load(match["yaml"] or "")
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date 2025-13-45
        raise UnreadableDocument(_("The front matter is not YAML.")) from error


def _strings(values: Any) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    simple = (str, int, float)
    found = {
        str(key).lower(): str(value) for key, value in values.items() if isinstance(value, simple)
    }
    named = {_OTHER_NAMES[key]: value for key, value in found.items() if key in _OTHER_NAMES}
    return named | found
