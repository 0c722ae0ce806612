"""A frozen holdout as the tests of evaluation and gate need it."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from training.datasets import Row, write_jsonl
from training.models import DatasetSnapshot


def freeze(rows: Sequence[Row], name: str = "holdout", *, of: str = "desk") -> DatasetSnapshot:
    path = Path("datasets") / f"{name}.jsonl"
    digest = write_jsonl(Path(settings.PASOKH_HOME) / path, rows)
    return DatasetSnapshot.objects.create(
        kind=DatasetSnapshot.Kind.HOLDOUT,
        digest=digest,
        path=str(path),
        rows=len(rows),
        manifest={"of": of},
    )
