"""What a SOURCE on the command line or a Source row means: `resolve(source)` gives a `Reading`.

A reading knows the source's place, how it is to be remembered, and how its items are read. Web
addresses go to `kb.importing.web`, everything else is a file or a folder on this machine.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from kb.importing.document import UnreadableCollection, UnreadableDocument
from kb.importing.entries import Item, Unreadable
from kb.importing.files import Found, find, path_name, read_bytes
from kb.importing.formats import entries
from kb.models import Source
from text.lines import is_text

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]
Kind = Source.Kind
WEB = (Kind.PAGE, Kind.SITEMAP, Kind.CRAWL)


class Items(Protocol):
    """What is read, an item at a time; `whole` holds afterwards if everything was looked at."""

    whole: bool

    def __iter__(self) -> Iterator[Item]: ...


class Steps:
    """How far an import is. The total grows while archives and websites are being read."""

    def __init__(self, progress: Progress | None) -> None:
        self.done, self.total, self.progress = 0, 0, progress

    def add(self, count: int) -> None:
        self.total += count

    def step(self) -> None:
        self.done += 1
        self._tell()

    def within(self) -> Progress:
        """For a reader that counts for itself: its figures come on top of what was so far."""
        done, total = self.done, self.total

        def tell(its_done: int, its_total: int) -> None:
            self.done, self.total = done + its_done, total + its_total
            self._tell()

        return tell

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.done, self.total)


@dataclass(frozen=True)
class Reading:
    """`location` names the source for good; `options` is what the source row is to remember.
    `files`: paths whose articles this source takes over from sources of their own."""

    location: str
    name: str
    kind: Kind
    options: dict[str, Any]
    files: tuple[str, ...]
    items: Callable[[Source, Steps, Stop, bool], Items]


def is_web(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def resolve(
    text: str | Path,
    *,
    lang: str = "",
    kind: Kind | None = None,
    options: Mapping[str, Any] | None = None,
) -> Reading:
    """A path or a web address; `lang` and `options` over what the source remembers."""
    if isinstance(text, str) and is_web(text):
        return _website(text.strip(), lang, kind, options or {})
    return reading_of_files(_within_known(find(Path(text))), lang)


def resolve_source(source: Source) -> Reading:
    """A source once more, as it was read before."""
    if source.kind in WEB:
        return resolve(source.location, kind=Kind(source.kind))
    return resolve(Path(source.location))


def reading_of_files(found: Found, lang: str, *, kind: Kind = Kind.FILES) -> Reading:
    known = Source.objects.filter(location=found.location).first()
    lang = lang or _remembered(known, "lang")
    return Reading(
        location=found.location,
        name=found.name,
        kind=kind,
        options={"lang": lang} if lang else {},
        # One that is no text is the place of no source.
        files=tuple(str(path) for _, path in found.files if is_text(str(path))),
        items=lambda source, steps, stop, remember: FileItems(found, lang, steps),
    )


class FileItems:
    """The articles of files, one after the other; nothing is held but the file in hand."""

    def __init__(self, found: Found, salt: str, steps: Steps) -> None:
        self.found, self.salt, self.steps = found, salt, steps
        self.whole = found.whole
        self.in_folder = Path(found.location).is_dir()
        """Then what an archive holds is named with the archive's own name before it."""
        steps.add(len(found.files))

    def __iter__(self) -> Iterator[Item]:
        for name, path in self.found.files:
            count = 0
            for item in self._of_file(name, path):
                count += 1
                if count > 1:
                    self.steps.add(1)
                yield item
                self.steps.step()
            if not count:
                self.steps.step()

    def _of_file(self, name: str, path: Path) -> Iterator[Item]:
        try:
            inside = f"{name}/" if self.in_folder else ""
            yield from entries(read_bytes(path), name, salt=self.salt, inside=inside)
        except UnreadableDocument as error:
            many = isinstance(error, UnreadableCollection)
            yield Unreadable(name, str(error), holds_many=many)


def _within_known(found: Found) -> Found:
    """A file of a folder that was imported belongs to that folder, not to a source of its own."""
    if Path(found.location).is_dir():
        return found
    path = Path(found.location)
    folders = {str(folder): folder for folder in path.parents}
    known = Source.objects.filter(location__in=folders, archived_at=None)
    locations = list(known.values_list("location", flat=True))
    if not locations:
        return found
    nearest = folders[max(locations, key=len)]
    return Found(
        str(nearest), nearest.name, ((path_name(path.relative_to(nearest)), path),), whole=False
    )


def _website(url: str, lang: str, kind: Kind | None, given: Mapping[str, Any]) -> Reading:
    from kb.importing import web  # brings an HTTP client, which only the web needs

    recognised = Kind(web.recognise(url))  # refuses what is no address
    known = Source.objects.filter(location=url).first()
    remembered = dict(known.options) if known else {}
    if kind is None:
        kind = Kind(known.kind) if known and known.kind in WEB else recognised
    lang = lang or _remembered(known, "lang")
    options = web.WebOptions.from_json(remembered | dict(given) | {"lang": lang})

    def items(source: Source, steps: Steps, stop: Stop, remember: bool) -> Items:
        return web.read_source(
            source, options, salt=lang, stop=stop, progress=steps.within(), remember=remember
        )

    return Reading(url, name_of(url), kind, dict(options.as_json()), (), items)


def name_of(url: str) -> str:
    """A website by its host, and the path where there is one."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return f"{parts.hostname or url}{path}"[:200]


def _remembered(source: Source | None, name: str) -> str:
    value = source.options.get(name, "") if source else ""
    return value if isinstance(value, str) else ""
