"""Typed reading of the environment.

A bad value does not raise here: it is remembered in `problems`, the default is used, and
`manage.py check` (run before every command) fails with one line that names the variable. So
a mistyped setting is reported by name instead of as a traceback out of the settings module.
"""

import os
from base64 import b64decode
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})

problems: list[str] = []


def get_str(name: str, default: str) -> str:
    return os.environ.get(name, default)


def get_bool(name: str, default: bool) -> bool:
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.strip().lower() in TRUE_WORDS:
        return True
    if raw.strip().lower() in FALSE_WORDS:
        return False
    problems.append(f"{name} must be one of 1, 0, true, false, yes, no, on, off.")
    return default


def get_int(name: str, default: int, *, low: int, high: int) -> int:
    """An integer within [low, high]."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        value = int(raw)
    except ValueError:
        problems.append(f"{name} must be a whole number.")
        return default
    if not low <= value <= high:
        problems.append(f"{name} must be between {low} and {high}.")
        return default
    return value


def get_float(name: str, default: float, *, low: float, high: float) -> float:
    """A number within [low, high]."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        value = float(raw)
    except ValueError:
        problems.append(f"{name} must be a number.")
        return default
    if not low <= value <= high:  # true for what is no number
        problems.append(f"{name} must be between {low} and {high}.")
        return default
    return value


def get_choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """One of a few words."""
    value = os.environ.get(name, default).strip().lower()
    if value not in among:
        problems.append(f"{name} must be one of {', '.join(among)}.")
        return default
    return value


def get_timezone(name: str, default: str) -> str:
    """A name of the IANA list; an empty one is as none."""
    value = os.environ.get(name) or default
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, a path, a folder
        problems.append(f"{name} must be a time zone such as Asia/Tehran.")
        return default
    return value


def get_database(name: str) -> dict[str, Any]:
    """A PostgreSQL of one's own. One that cannot be read is a backend that connects nowhere: a desk
    must not begin another database because of a mistyped address."""
    try:
        found = dict(dj_database_url.parse(os.environ[name], conn_health_checks=True))
    except ValueError:
        found = {}
    if str(found.get("ENGINE", "")).endswith("postgresql") and found.get("NAME"):
        return found
    problems.append(f"{name} must be postgres://USER:PASSWORD@HOST:PORT/NAME.")
    return {"ENGINE": "django.db.backends.dummy"}


def get_webhook_key(name: str, *, needed: bool) -> str:
    """As Standard Webhooks write a key: whsec_ and base64 of 24 to 64 bytes."""
    raw = os.environ.get(name, "").strip()
    if not raw and not needed:
        return ""
    try:
        sound = raw.startswith("whsec_") and 24 <= len(b64decode(raw[6:], validate=True)) <= 64
    except ValueError:
        sound = False
    if not sound:
        problems.append(f"{name} must be whsec_ and base64 of 24 to 64 bytes; make one at random.")
        return ""
    return raw


def get_list(name: str, default: list[str]) -> list[str]:
    """Values parted by commas, empty ones left out."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    return [part.strip() for part in raw.split(",") if part.strip()]


def get_path(name: str, default: Path) -> Path:
    raw = os.environ.get(name)
    return Path(raw).expanduser().resolve() if raw else default
