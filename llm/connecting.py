"""The first real model, step by step: `WAYS`, `connect_server`, `connect_folder`, `try_on_example`.

Each step leaves a row (a server, a version, a slot), so the guide can be left and gone on with:
`unfinished` finds where. What is done here is what `manage.py models` does, by the same functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from llm.cleaning import SourceText, clean_answer
from llm.engine.results import EngineError
from llm.manifest import FILE_NAME
from llm.models import ModelVersion, Server, Slot
from llm.prompts import Passage, PromptError, PromptInput, Turn
from llm.registry import RegistryError, add_version, describe_base
from llm.servers import backend
from llm.servers.registering import add_served, add_server
from people.audit import note

TRY_SECONDS: Final = 25.0
"""A page waits for it."""
MOST_HASHED: Final = 4 * 2**30
"""Bytes of a folder that a page registers; all of them are read."""
MAX_FOLDERS: Final = 100


@dataclass(frozen=True)
class Way:
    """A kind of place where a model is. `url`: what such a server listens at by default."""

    key: str
    name: Any
    about: Any
    url: str = ""
    hosted: bool = False
    start: str = ""
    """How it is started, for those who have not."""


WAYS: Final = {
    one.key: one
    for one in (
        Way(
            "vllm",
            "vLLM",
            gettext_lazy("A server of your own with a graphics card: the quickest."),
            "http://127.0.0.1:8000/v1",
            start="vllm serve FOLDER --served-model-name shop-2026-11-20",
        ),
        Way(
            "llama-cpp",
            "llama.cpp",
            gettext_lazy("A server of your own that makes do with a processor."),
            "http://127.0.0.1:8080/v1",
            start="llama-server -m FILE.gguf --alias shop-2026-11-20 --port 8080",
        ),
        Way(
            "ollama",
            "Ollama",
            gettext_lazy("On a desktop machine or a small server."),
            "http://127.0.0.1:11434/v1",
            start="ollama cp NAME shop-2026-11-20",
        ),
        Way(
            "hosted",
            gettext_lazy("A hosted model"),
            gettext_lazy("Somebody else’s machine: your customers’ words go there, masked."),
            "https://",
            hosted=True,
        ),
        Way(
            "folder",
            gettext_lazy("A folder"),
            gettext_lazy("Weights on this machine, as transformers saves them."),
        ),
    )
}


def connect_server(
    way: Way, *, name: str, url: str, key_env: str, seconds: float, by: User
) -> Server:
    """Raises ServerNotAdded, BadAddress: one line each."""
    with transaction.atomic():
        server = add_server(name, url, key_env=key_env, seconds=seconds, hosted=way.hosted)
        note(by, "server.added", f"server {name}", hosted=server.hosted)
    return server


def connect_served(server: Server, served_name: str, *, by: User) -> ModelVersion:
    """A model that the server lists, as a candidate. Raises ServerNotAdded."""
    with transaction.atomic():
        version = add_served(server, served_name)
        note(by, "version.added", f"version {version.name}")
    return version


def folders() -> Iterator[str]:
    """Folders with weights below `$PASOKH_HOME/models`, by their path from there."""
    root = _models()
    found = sorted(path.parent for path in root.glob("*/*.safetensors"))
    found += sorted(path.parent for path in root.glob("*/*/*.safetensors"))
    for path in list(dict.fromkeys(found))[:MAX_FOLDERS]:
        yield path.relative_to(root).as_posix()


def connect_folder(folder: str, *, name: str, by: User) -> ModelVersion:
    """One of `folders`; `name` describes a base that has no manifest yet. Raises RegistryError,
    ManifestError."""
    if folder not in set(folders()):
        raise RegistryError(_("Choose one of the folders."))
    path = _models() / folder
    if sum(one.stat().st_size for one in path.iterdir() if one.is_file()) > MOST_HASHED:
        raise RegistryError(
            _("This folder is too large for a page: use “manage.py models add %(folder)s”.")
            % {"folder": path}
        )
    if not (path / FILE_NAME).exists():
        if not name:
            raise RegistryError(_("This folder has no name yet: give it one."))
        describe_base(path, name=name)
    version = add_version(path)
    note(by, "version.added", f"version {version.name}")
    return version


@dataclass(frozen=True)
class Tried:
    """What a version made of the example; `error` is one line, "" where it wrote."""

    question: str
    source: str
    text: str = ""
    seconds: float = 0.0
    tokens: int = 0
    error: str = ""
    unsupported: bool = False


_EXAMPLES: Final = {
    "fa": (
        "پس دادن سفارش",
        "سفارش را تا هفت روز پس از رسیدن می‌توان پس داد. در «سفارش‌های من» دکمهٔ «پس دادن» را "
        "بزنید و برچسب پستی را چاپ کنید. پول تا سه روز کاری برمی‌گردد.",
        "سلام، کفشی که خریدم کوچک است. چطور پسش بدهم و پولم کی برمی‌گردد؟",
    ),
    "en": (
        "Returning an order",
        "An order can be returned within seven days. In “My orders” press “Return” and print the"
        " label. The money is back within three working days.",
        "Hello, the shoes that I bought are too small. How do I return them, and when do I get my"
        " money back?",
    ),
}
LEAST_SUPPORT: Final = 0.4


def try_on_example(version: ModelVersion, *, lang: str) -> Tried:
    """An answer to an invented ticket: no customer's word is sent. Versions on servers only: a
    page loads no model."""
    title, text, question = _EXAMPLES.get(lang, _EXAMPLES["en"])
    parts = PromptInput(
        lang=lang if lang in _EXAMPLES else "en",
        passages=(Passage(title=title, text=text),),
        similar=(),
        turns=(Turn(role="customer", text=question),),
        company=settings.COMPANY_NAME,
        tone=settings.ANSWER_TONE,
    )
    try:
        result = backend.write(version, parts, seconds_limit=TRY_SECONDS, insist=True)
    except (EngineError, PromptError) as error:
        return Tried(question, text, error=str(error))
    cleaned = clean_answer(
        result.text, sources=[SourceText(1, f"{title}\n{text}")], placeholders=()
    )
    return Tried(
        question,
        text,
        text=cleaned.text,
        seconds=result.seconds,
        tokens=result.tokens,
        unsupported=cleaned.supported < LEAST_SUPPORT,
    )


@dataclass(frozen=True)
class Unfinished:
    """Where the guide was left: servers that nothing of is used, versions that serve nowhere."""

    servers: list[Server] = field(default_factory=list)
    versions: list[ModelVersion] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.servers or self.versions)


def unfinished() -> Unfinished:
    used = Slot.objects.values_list("version", "canary")
    serving = {pk for row in used for pk in row if pk is not None}
    versions = ModelVersion.objects.filter(state=ModelVersion.State.CANDIDATE)
    on_servers = versions.exclude(server=None).exclude(pk__in=serving).order_by("-pk")
    return Unfinished(list(Server.objects.filter(versions=None)[:20]), list(on_servers[:20]))


def _models() -> Path:
    return Path(settings.PASOKH_HOME) / "models"
