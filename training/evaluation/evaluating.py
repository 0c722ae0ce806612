"""A version measured on frozen rows: `evaluate`, `lines_of`.

What is expensive (drafts, losses) is kept in a file that belongs to the version's very weights, its
settings and the holdout: asked again, or after a stop, only what is missing is written. The row of
the database has the means, over all rows and per language.
"""

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Final, Protocol

from django.conf import settings

from llm.models import ModelVersion
from runtime.errors import InputError
from training.datasets import Row
from training.evaluation.drafting import TOGETHER, Draft, writer_of
from training.evaluation.kept import FOLDER, Kept, Line, read_lines
from training.evaluation.losses import loss_of, perplexity_of
from training.evaluation.measures import NAMES, measure
from training.methods.results import Stopped
from training.models import DatasetSnapshot, Evaluation
from training.sweeps.scoring import NAME as FORMULA
from training.sweeps.writing import budget_of_version, settings_of

VERSION: Final = 1
"""Of what a line holds and how it is measured: drafts of another one are written anew."""
MOST_ROWS: Final = 200
Report = Callable[[str], None]


class Planted(Protocol):
    """Values that were planted before training, see `training.datasets`."""

    def found_in(self, text: str) -> int: ...


class NothingToMeasure(InputError):
    """The holdout has no rows."""


def evaluate(
    version: ModelVersion,
    rows: Sequence[Row],
    *,
    holdout: DatasetSnapshot,
    canaries: Planted | None = None,
    report: Report = lambda text: None,
    limit: int = MOST_ROWS,
    should_stop: Callable[[], str] = lambda: "",
) -> Evaluation:
    """Measure on at most `limit` of the holdout's rows, the same ones for every version.

    Raises NothingToMeasure, `Stopped` where `should_stop` says why (what is written is kept),
    EvaluationRuns where another process measures the same, `ManifestError` for a version that
    cannot be used, `ServerError` for a server that does not answer.
    """
    chosen = sorted(rows, key=_shuffled)[:limit]
    if not chosen:
        raise NothingToMeasure("There are no kept-out rows to measure on.")
    begun = time.monotonic()
    path = _file_of(version, holdout)
    with Kept(path) as kept:
        missing = [row for row in chosen if row.key not in kept.lines]
        _write(version, missing, kept, canaries, report, should_stop, total=len(chosen))
        lines = [_counted(kept.lines[row.key], canaries) for row in chosen]
    metrics = {
        "formula": FORMULA,
        "kept_as": path.stem,
        "rows_digest": _digest([line.key for line in lines]),
        "settings": asdict(settings_of(version)),
        **_means(lines),
        "languages": {lang: _means(part) for lang, part in _by_language(lines).items()},
    }
    return _stored(version, holdout, path, metrics, time.monotonic() - begun if missing else None)


def lines_of(evaluation: Evaluation) -> dict[str, Line]:
    """Its drafts and their figures by the row's key; {} where they were removed."""
    return read_lines(evaluation)


def _write(
    version: ModelVersion,
    missing: Sequence[Row],
    kept: Kept,
    canaries: Planted | None,
    report: Report,
    should_stop: Callable[[], str],
    *,
    total: int,
) -> None:
    write = writer_of(version) if missing else None
    done = total - len(missing)
    for start in range(0, len(missing), TOGETHER):
        why = should_stop()
        if why:
            raise Stopped(why, done + start)
        report(f"{version.name}: {done + start} of {total} drafts measured")
        part = missing[start : start + TOGETHER]
        assert write is not None
        kept.add(_line(row, draft, canaries) for row, draft in zip(part, write(part), strict=True))


def _line(row: Row, draft: Draft, canaries: Planted | None) -> Line:
    sources = [*(f"{title}\n{text}" for title, text in row.passages)]
    sources += [answer for _question, answer in row.similar]
    return Line(
        key=row.key,
        lang=row.lang,
        customer=row.customer,
        text=draft.text,
        finish=draft.finish,
        seconds=draft.seconds,
        tokens=draft.tokens,
        measures=measure(draft.text, row.answer, sources=sources, lang=row.lang).as_data(),
        loss_sum=draft.loss_sum,
        loss_tokens=draft.loss_tokens,
        canaries=canaries.found_in(draft.text) if canaries is not None else 0,
    )


def _counted(line: Line, canaries: Planted | None) -> Line:
    """Kept drafts may have been written before these canaries were planted."""
    return line if canaries is None else replace(line, canaries=canaries.found_in(line.text))


def _means(lines: Sequence[Line]) -> dict[str, Any]:
    loss = loss_of(lines)
    found: dict[str, Any] = {"rows": len(lines)}
    for name in NAMES:
        values = [value for line in lines if (value := line.value(name)) is not None]
        if values:
            found[name] = round(fmean(values), 4)
    found["loss"] = None if loss is None else round(loss, 4)  # per token, not per row
    perplexity = perplexity_of(loss)
    found["perplexity"] = None if perplexity is None else round(perplexity, 3)
    found["canaries"] = sum(line.canaries for line in lines)
    found["failed"] = sum(line.finish == "failed" for line in lines)
    return found


def _by_language(lines: Iterable[Line]) -> dict[str, list[Line]]:
    parts: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        parts[line.lang].append(line)
    return dict(sorted(parts.items()))


def _stored(
    version: ModelVersion,
    holdout: DatasetSnapshot,
    path: Path,
    metrics: dict[str, Any],
    seconds: float | None,
) -> Evaluation:
    """The row of the same drafts again where there is one; `seconds` None: nothing was written."""
    known = Evaluation.objects.filter(
        version=version,
        dataset_digest=holdout.digest,
        metrics__kept_as=metrics["kept_as"],
        metrics__rows_digest=metrics["rows_digest"],
    ).first()
    if known is None:
        return Evaluation.objects.create(
            version=version,
            dataset_digest=holdout.digest,
            metrics=metrics,
            path=str(path.relative_to(settings.PASOKH_HOME)),
            seconds=round(seconds or 0.0, 2),
        )
    if known.metrics != metrics or seconds is not None:
        known.metrics = metrics
        known.seconds = round(known.seconds + (seconds or 0.0), 2)
        known.save(update_fields=["metrics", "seconds"])
    return known


def _file_of(version: ModelVersion, holdout: DatasetSnapshot) -> Path:
    own = asdict(settings_of(version))
    del own["seed"]  # every row has its own
    known = [VERSION, FORMULA, version.name, version.digest, version.served_name]
    known += [version.prompt_version, asdict(budget_of_version(version)), own]
    known += [holdout.digest, settings.COMPANY_NAME]
    name = f"{version.name[:100]}-{_digest(known)[:16]}.jsonl"
    return Path(settings.PASOKH_HOME) / FOLDER / name


def _digest(known: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _shuffled(row: Row) -> str:
    return hashlib.sha256(f"evaluation:{row.key}".encode()).hexdigest()
