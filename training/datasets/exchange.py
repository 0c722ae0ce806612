"""Data sets in and out as files: `import_file`, `export`, `named`, `snapshot_of`.

Read: JSONL in the chat-messages form ({"messages": [{role, content}…]}), JSONL with question,
answer and perhaps context, lang, id and split, and CSV with the columns question, answer and
perhaps context, lang and split. Rows whose split is "test" become the data set's holdout. Every
text goes through the privacy engine on the way in, as tickets do, and what is not a row is refused
with its line, before anything is kept. Written: the chat form and CSV.
"""

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final

from django.db.models import QuerySet

from runtime.errors import InputError
from runtime.spreadsheets import disarmed
from training.datasets.files import digest_of, freeze, path_of, read_preferences, read_rows
from training.datasets.incoming import Incoming, Refused
from training.datasets.rows import Preference, Row
from training.models import DatasetSnapshot

MAX_BYTES: Final = 512 * 2**20
MAX_ROWS: Final = 200_000
MAX_LINE: Final = 4 * 2**20
LONGEST_NAME: Final = 200
LEAST_DIGEST: Final = 6
FORMS: Final = ("chat", "csv")
_ROLES: Final = {"customer": "user", "agent": "assistant"}
Kind = DatasetSnapshot.Kind


class BadDataFile(InputError):
    """The file cannot be read, or holds what is no row; nothing was imported."""


class UnknownDataSet(InputError):
    """No data set of that name or digest, and no such file."""


class BadExport(InputError):
    """It cannot be written there, or not in that form."""


def named(data: str) -> DatasetSnapshot:
    """The newest imported data set of that name, or whose digest begins so; else the file of that
    path, imported under its own name."""
    imported = DatasetSnapshot.objects.filter(kind=Kind.ROWS, manifest__imported=True)
    found = imported.filter(name=data).first() or _by_digest(imported, data)
    if found is None and Path(data).is_file():
        return import_file(Path(data), name=Path(data).stem[:LONGEST_NAME])
    if found is None:
        raise UnknownDataSet(
            f"There is no imported data set {data[:100]} and no such file; `datasets list` names"
            " them."
        )
    return _with_file(found)


def snapshot_of(data: str) -> DatasetSnapshot:
    """The newest data set of any kind with that name, or whose digest begins so."""
    held = DatasetSnapshot.objects.order_by("-pk")
    named_so = held.filter(name=data).exclude(name="").exclude(kind=Kind.HOLDOUT)
    found = named_so.first() or _by_digest(held, data)
    if found is None:
        raise UnknownDataSet(
            f"There is no data set {data[:100]}; `datasets list` names them, and 6 characters of a"
            " digest are enough."
        )
    return _with_file(found)


def _by_digest(held: QuerySet[DatasetSnapshot], data: str) -> DatasetSnapshot | None:
    return held.filter(digest__startswith=data).first() if len(data) >= LEAST_DIGEST else None


def _with_file(snapshot: DatasetSnapshot) -> DatasetSnapshot:
    if not path_of(snapshot).is_file():
        raise UnknownDataSet(f"The file of the data set {snapshot} is gone.")
    return snapshot


def import_file(path: Path, *, name: str) -> DatasetSnapshot:
    """The rows that are learned from; those for tests stand in a holdout that its manifest names.
    The same file again is the same data set. Raises BadDataFile, and has then kept nothing."""
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadDataFile(f"A data set's name has 1 to {LONGEST_NAME} characters.")
    incoming = Incoming()
    try:
        with _opened(path) as file:
            for number, record in _records(path, file):
                incoming.add(number, record)
                if incoming.rows > MAX_ROWS:
                    raise BadDataFile(f"{path.name} has more than {MAX_ROWS} rows.")
    except Refused as error:
        raise BadDataFile(f"{path.name}, {error}") from error
    except csv.Error as error:
        raise BadDataFile(f"{path.name} is no CSV file: {error}.") from error
    except UnicodeDecodeError as error:
        raise BadDataFile(f"{path.name} is not UTF-8 text.") from error
    if not incoming.learned:
        raise BadDataFile(f"{path.name} has no row to learn from.")
    return _kept(incoming, name)


def _kept(incoming: Incoming, name: str) -> DatasetSnapshot:
    digest = digest_of(incoming.learned)
    test = ""
    if incoming.test:
        test = freeze(
            incoming.test,
            {"of": digest, "rows": len(incoming.test)},
            kind=Kind.HOLDOUT,
            name=name,
        ).digest
    counts = {"learned": len(incoming.learned), "kept_out": len(incoming.test)}
    manifest: dict[str, Any] = {
        "imported": True,
        "test": test,
        "masked": dict(incoming.masked),
        **counts,
    }
    manifest["empty"] = incoming.empty
    snapshot = freeze(incoming.learned, manifest, kind=Kind.ROWS, name=name)
    if snapshot.name != name or snapshot.manifest.get("test", "") != test:
        snapshot.name, snapshot.manifest = name, {**snapshot.manifest, **manifest}
        snapshot.save(update_fields=["name", "manifest"])
    return snapshot


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        if not path.is_file():
            raise BadDataFile(f"{path} is not a file.")
        if path.stat().st_size > MAX_BYTES:
            raise BadDataFile(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as error:
        raise BadDataFile(f"{path} cannot be read: {error.strerror}.") from error


def _records(path: Path, file: IO[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, what stands there). CSV by its name, everything else is JSONL."""
    if path.suffix.lower() == ".csv":
        yield from _csv_records(path, file)
        return
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadDataFile(f"{path.name}, line {number}: longer than {MAX_LINE} characters.")
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadDataFile(f"{path.name}, line {number}: this is not JSON.") from error
        if not isinstance(record, dict):
            raise BadDataFile(f"{path.name}, line {number}: a JSON object is needed.")
        yield number, record


def _csv_records(path: Path, file: IO[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(MAX_LINE)
    reader = csv.DictReader(file)
    names = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    if not {"question", "answer"} <= set(names):
        raise BadDataFile(f"{path.name}: the columns question and answer are needed.")
    for row in reader:
        values = {name: row.get(given) or "" for name, given in names.items()}
        needed = {"question": values.pop("question"), "answer": values.pop("answer")}
        yield reader.line_num, needed | {name: one for name, one in values.items() if one}


def export(snapshot: DatasetSnapshot, path: Path, *, form: str) -> int:
    """How many rows were written. The file is there when it is whole, or not at all."""
    if form not in FORMS:
        raise BadExport(f"There is no form {form[:20]}; there are: {', '.join(FORMS)}.")
    if snapshot.kind == Kind.CORPUS:
        raise BadExport("A corpus has no questions and answers; `export_corpus` writes articles.")
    if snapshot.kind == Kind.PREFERENCES and form == "csv":
        raise BadExport("Preferences are exported in the chat form only.")
    source = path_of(_with_file(snapshot))
    items: list[Any] = (
        read_preferences(source) if snapshot.kind == Kind.PREFERENCES else read_rows(source)
    )
    write: Callable[[IO[str]], None] = (
        (lambda file: _write_csv(items, file)) if form == "csv" else lambda f: _write_chat(items, f)
    )
    _written(path, write)
    return len(items)


def _written(path: Path, write: Callable[[IO[str]], None]) -> None:
    try:
        with NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=path.parent, prefix=".export-", delete=False
        ) as file:
            draft = Path(file.name)
            try:
                write(file)
                file.flush()
                os.replace(draft, path)
            finally:
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise BadExport(f"{path} cannot be written: {error.strerror}.") from error


def _write_csv(rows: list[Row], file: IO[str]) -> None:
    writer = csv.writer(file)
    writer.writerow(["context", "question", "answer"])
    for row in rows:
        cells = ("\n\n".join(text for _title, text in row.passages), row.question, row.answer)
        writer.writerow([disarmed(one) for one in cells])


def _write_chat(items: list[Any], file: IO[str]) -> None:
    for one in items:
        data = _pair(one) if isinstance(one, Preference) else _chat(one)
        file.write(json.dumps(data, ensure_ascii=False) + "\n")


def _chat(row: Row) -> dict[str, Any]:
    answer = {"role": "assistant", "content": row.answer}
    held: dict[str, Any] = {"messages": [*_prompt(row), answer], "id": row.key, "lang": row.lang}
    if row.passages:
        held["context"] = [text for _title, text in row.passages]
    return held


def _pair(one: Preference) -> dict[str, Any]:
    return {
        "prompt": _prompt(one.row),
        "chosen": [{"role": "assistant", "content": one.chosen}],
        "rejected": [{"role": "assistant", "content": one.rejected}],
    }


def _prompt(row: Row) -> list[dict[str, str]]:
    turns = row.turns or (("customer", row.question),)
    told = ({"role": "system", "content": row.system},) if row.system else ()
    said = ({"role": _ROLES.get(role, "user"), "content": text} for role, text in turns)
    return list(chain(told, said))
