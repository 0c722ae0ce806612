"""Translations: `locale/*/LC_MESSAGES/django.po` to the `.mo` files that Django reads, which
languages there are, and the catalogue that a new one begins with.

Babel does it in Python, because a machine need not have gettext's tools.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from runtime.errors import InputError

FIRST = ("fa", "en")
_CODE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")


class UnknownLanguage(InputError):
    """No such language, or its catalogue is there already."""


def languages(folder: Path) -> list[tuple[str, str]]:
    """Code and own name of every language that has a catalogue in `folder`: Persian and English
    first."""
    codes = {path.parts[-3] for path in folder.glob("*/LC_MESSAGES/django.po")}
    ordered = [*(code for code in FIRST if code in codes), *sorted(codes - {*FIRST})]
    return [(code.replace("_", "-").lower(), _own_name(code)) for code in ordered]


def add_language(folder: Path, code: str) -> Path:
    """An empty catalogue with every message that Persian has, and the plural forms of the language.
    Raises UnknownLanguage."""
    locale = _locale(code)
    target = folder / code / "LC_MESSAGES" / "django.po"
    if target.exists():
        raise UnknownLanguage(f"{target} is there already: translate what is empty in it.")
    with (folder / "fa" / "LC_MESSAGES" / "django.po").open("rb") as file:
        known = read_po(file, locale="fa")
    catalog = Catalog(locale=locale, project="Pasokh", charset="utf-8")
    for message in known:
        if message.id:
            catalog.add(message.id, flags=message.flags - {"fuzzy"}, context=message.context)
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_po(file, catalog, width=0, omit_header=False)
    return target


def _locale(code: str) -> Locale:
    try:
        if _CODE.fullmatch(code):
            return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        pass
    raise UnknownLanguage(f"There is no language “{code}”; give a code such as uk or he.")


def _own_name(code: str) -> str:
    return Locale.parse(code).get_display_name() or code


def compile_messages(folders: Iterable[Path]) -> int:
    """Compile what is newer than its `.mo` below the settings' LOCALE_PATHS; the number of files
    written. Before Django reads a translation: it reads each once."""
    written = 0
    for folder in folders:
        for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            with source.open("rb") as file:
                catalog = read_po(file, locale=source.parts[-3])
            draft = target.with_suffix(f".{os.getpid()}.mo")  # two desks may start together
            with draft.open("wb") as file:
                write_mo(file, catalog)
            draft.replace(target)
            written += 1
    return written
