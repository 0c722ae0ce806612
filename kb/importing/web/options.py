"""What an admin sets about a reading: `WebOptions`, checked early, kept in Source.options."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import soupsieve
from django.utils.translation import gettext as _

from kb.importing.document import language_tag
from runtime.errors import InputError

MOST_PAGES = 20_000
MOST_DEPTH = 50
MOST_SECONDS = 60.0
_NUMBERS: dict[str, tuple[float, float]] = {
    "max_pages": (1, MOST_PAGES),
    "max_depth": (0, MOST_DEPTH),
    "seconds_between": (0, MOST_SECONDS),
    "max_variants": (1, MOST_PAGES),
}
_SELECTORS = ("select_title", "select_body", "select_list", "select_next")


class BadOption(InputError):
    """An option of a web source cannot be used; the message names it."""


@dataclass(frozen=True)
class WebOptions:
    """`include` and `exclude` are beginnings of paths. With `select_list` (the links to posts on a
    list page) a crawl reads a blog: `select_next` leads to the next list page, `select_title` and
    `select_body` (the paragraphs, or what holds them) make the article, and a paragraph that begins
    with a word of `drop_tail` goes with all that follows. `max_variants`: how many queries of one
    path are looked at. `lang` overrides what pages say."""

    lang: str = ""
    max_pages: int = 2000
    max_depth: int = 5
    seconds_between: float = 1.0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select_title: str = ""
    select_body: str = ""
    select_list: str = ""
    select_next: str = ""
    drop_tail: tuple[str, ...] = ("منبع", "منابع")
    max_variants: int = 100
    obey_robots: bool = True

    def __post_init__(self) -> None:
        if self.lang and not language_tag(self.lang):
            raise BadOption(_("lang: use a tag like fa or en."))
        for name, (low, high) in _NUMBERS.items():
            _check_number(name, getattr(self, name), low, high)
        for name in ("include", "exclude", "drop_tail"):
            _check_list(name, getattr(self, name))
        for path in (*self.include, *self.exclude):
            if not path.startswith("/"):
                raise BadOption(_("include and exclude: write paths that begin with /."))
        for name in _SELECTORS:
            _check_selector(name, getattr(self, name))
        if self.select_next and not self.select_list:
            raise BadOption(_("select_next needs select_list: the links to posts."))
        if not isinstance(self.obey_robots, bool):
            raise BadOption(_("obey_robots: true or false."))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "WebOptions":
        """What is missing has its default; names that are not ours are passed over, so that a
        source may keep more beside them."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data.items()
            if name in known
        }
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self)))

    def recipe(self, salt: str) -> str:
        """Digest of what decides the text of an article, beside the page itself."""
        parts = [salt, self.lang, self.select_title, self.select_body, self.select_list]
        parts += self.drop_tail
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def _check_number(name: str, value: object, low: float, high: float) -> None:
    kinds = (int, float) if name == "seconds_between" else (int,)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= float(value) <= high:
        raise BadOption(
            _("%(name)s: a number from %(low)s to %(high)s.")
            % {"name": name, "low": int(low), "high": int(high)}
        )


def _check_list(name: str, value: Any) -> None:
    good = isinstance(value, tuple) and len(value) <= 100
    if not good or not all(isinstance(part, str) and 0 < len(part) <= 500 for part in value):
        raise BadOption(_("%(name)s: a list of texts.") % {"name": name})


def _check_selector(name: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > 500 or re.search(r"[\x00-\x1f]", value):
        raise BadOption(_("%(name)s: a CSS selector of one line.") % {"name": name})
    if not value:
        return
    try:
        soupsieve.compile(value)
    except (soupsieve.SelectorSyntaxError, ValueError) as error:
        raise BadOption(
            _("%(name)s is no CSS selector; write one like .post h2 a.") % {"name": name}
        ) from error
