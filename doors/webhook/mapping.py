"""From another program's JSON to what happened, as an admin has written it down; no
database, no network.

`read_lines` reads "field = path" lines, `read_event` applies them. A path is `a.b[0].c`; `=words`
is a constant; `a | b` the first that holds something; `a & b` both, with a stroke between:
`message_created/incoming`. `build` makes the JSON that goes out.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtime.errors import InputError

NEW: Final = "new_ticket"
CUSTOMER: Final = "customer_message"
AGENT: Final = "agent_message"
CLOSED: Final = "closed"
KINDS: Final = (NEW, CUSTOMER, AGENT, CLOSED)
FIELDS: Final = (
    *("event", "ticket", "message", "text", "subject", "contact", "name", "lang"),
    "attachments",
)
NEEDED: Final = ("event", "ticket", "text")
OUT_FIELDS: Final = 30
MAX_PATH: Final = 300
MAX_ALTERNATIVES: Final = 4
MAX_VALUES: Final = 20
MAX_DEPTH: Final = 10
MAX_ATTACHMENTS: Final = 20
_STEP = re.compile(r"([^.\[\]|&=\s][^.\[\]|&]{0,99})|\[(\d{1,3})\]")
_PATH = re.compile(r"(?:[^.\[\]|&=\s][^.\[\]|&]{0,99})(?:\.[^.\[\]|&]{1,100}|\[\d{1,3}\])*")

Step = str | int


class BadMapping(InputError):
    """A line of a mapping cannot be read."""


class NotMapped(InputError):
    """The payload lacks what the mapping needs, or says an event that is not in it."""


@dataclass(frozen=True)
class Event:
    kind: str
    ticket: str = field(repr=False)
    message: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    lang: str = ""
    attachments: tuple[str, ...] = field(default=(), repr=False)


def read_lines(written: str, *, most: int) -> dict[str, str]:
    """ "name = value" a line; empty lines and those that begin with # say nothing."""
    found: dict[str, str] = {}
    for number, line in enumerate(written.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name or not value or name in found or len(line) > MAX_PATH:
            raise BadMapping(
                _("Line %(number)d: write name = value, each name once.") % {"number": number}
            )
        found[name] = value
    if len(found) > most:
        raise BadMapping(_("Write %(most)d lines at most.") % {"most": most})
    return found


def check_mapping(mapping: Mapping[str, str], events: Mapping[str, str]) -> None:
    """Raises BadMapping where a field is unknown or missing, or a path cannot be read."""
    unknown = set(mapping) - set(FIELDS)
    if unknown:
        raise BadMapping(_("The fields are: %(fields)s.") % {"fields": ", ".join(FIELDS)})
    missing = [name for name in NEEDED if name not in mapping]
    if missing:
        raise BadMapping(_("The field %(field)s is missing.") % {"field": missing[0]})
    for path in mapping.values():
        _alternatives(path)
    if not events or set(events) - set(KINDS):
        raise BadMapping(_("Events mean one of: %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    values = [value for kind in events for value in event_values(events[kind])]
    if len(values) != len(set(values)) or len(values) > MAX_VALUES:
        raise BadMapping(
            _("Each value of an event stands once, %(most)d at most.") % {"most": MAX_VALUES}
        )


def event_values(written: str) -> list[str]:
    return [value.strip() for value in written.split(",") if value.strip()]


def read_event(payload: Any, mapping: Mapping[str, str], events: Mapping[str, str]) -> Event:
    """Raises NotMapped, with a line that holds nothing of the payload."""
    told = {name: value_at(payload, mapping[name]) for name in mapping if name != "attachments"}
    kinds = {value: kind for kind in events for value in event_values(events[kind])}
    kind = kinds.get(told.get("event", ""))
    if kind is None:
        raise NotMapped(gettext_noop("An event that is not in the mapping."))
    if not told["ticket"]:
        raise NotMapped(gettext_noop("The payload has no ticket where the mapping looks for it."))
    files = _files(payload, mapping["attachments"]) if "attachments" in mapping else ()
    if kind != CLOSED and not told["text"] and not files:
        raise NotMapped(gettext_noop("The payload has no text where the mapping looks for it."))
    told.pop("event")
    return Event(kind=kind, attachments=files, **told)


def value_at(payload: Any, path: str) -> str:
    """Words, a number or true/false, as text; "" where there is none."""
    for alternative in _alternatives(path):
        found = [_one(payload, part) for part in alternative]
        if all(found):
            return "/".join(found)
    return ""


def build(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, Any]:
    """{"ticket.comment.body": "$text", "ticket.comment.public": "=true"} as nested JSON."""
    root: dict[str, Any] = {}
    for path, value in template.items():
        steps = path.split(".")
        here = root
        for step in steps[:-1]:
            here = here.setdefault(step, {})
            if not isinstance(here, dict):
                raise BadMapping(_("%(path)s stands for two things.") % {"path": path[:60]})
        if steps[-1] in here:
            raise BadMapping(_("%(path)s stands for two things.") % {"path": path[:60]})
        here[steps[-1]] = _filled(value, values)
    return root


def check_template(template: Mapping[str, str], names: tuple[str, ...]) -> None:
    for path in template:
        if path.count(".") >= MAX_DEPTH or not all(path.split(".")):
            raise BadMapping(_("%(path)s is no path.") % {"path": path[:60]})
    for value in template.values():
        if not value.startswith("=") and value.removeprefix("$") not in names:
            told = ", ".join(f"${name}" for name in names)
            raise BadMapping(_("Write =a constant or one of %(names)s.") % {"names": told})
    if not any(value in ("$text", "$html") for value in template.values()):
        raise BadMapping(_("The text ($text or $html) is missing."))
    build(template, dict.fromkeys(names, ""))


def _filled(value: str, values: Mapping[str, str]) -> Any:
    if value.startswith("$"):
        return values[value[1:]]
    try:
        constant = json.loads(value[1:])
    except ValueError:
        return value[1:]
    return constant if isinstance(constant, bool | int) or constant is None else value[1:]


def _alternatives(path: str) -> list[list[str]]:
    if len(path) > MAX_PATH:
        raise BadMapping(_("A path is too long."))
    if path.startswith("="):
        return [[path]]
    found = [[part.strip() for part in each.split("&")] for each in path.split("|")]
    if len(found) > MAX_ALTERNATIVES or any(len(parts) > MAX_ALTERNATIVES for parts in found):
        raise BadMapping(
            _("A path has %(most)d alternatives at most.") % {"most": MAX_ALTERNATIVES}
        )
    for parts in found:
        for part in parts:
            if not part.startswith("=") and not _PATH.fullmatch(part):
                raise BadMapping(_("A path is written like conversation.messages[0].text."))
    return found


def _one(payload: Any, path: str) -> str:
    if path.startswith("="):
        return path[1:].strip()
    found = _at(payload, path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found).strip() if isinstance(found, str | int | float) else ""


def _at(payload: Any, path: str) -> Any:
    here = payload
    for key, index in _STEP.findall(path):
        if index:
            here = here[int(index)] if isinstance(here, list) and int(index) < len(here) else None
        else:
            here = here.get(key.strip()) if isinstance(here, dict) else None
    return here


def _files(payload: Any, path: str) -> tuple[str, ...]:
    """Addresses in a list, of words or of objects with a `url`, `data_url` or `content_url`."""
    for alternative in path.split("|"):
        found = _at(payload, alternative.strip())
        if isinstance(found, list):
            urls = [_url(one) for one in found[:MAX_ATTACHMENTS]]
            return tuple(url for url in urls if url.startswith("https://") and len(url) <= 1000)
    return ()


def _url(one: Any) -> str:
    if isinstance(one, dict):
        names = ("url", "data_url", "content_url", "attachment_url")
        one = next((one[name] for name in names if isinstance(one.get(name), str)), "")
    return one if isinstance(one, str) else ""
