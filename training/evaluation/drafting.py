"""Drafts as serving writes them: `writer_of` for a registered version, `drafts` for an engine that
has versions loaded.

The version's own settings, prompt budget and layout; where it samples, each row has a seed of its
own, so the same version writes the same drafts again.
"""

import copy
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings

from llm.engine.engines import engine_with
from llm.engine.results import GenerationSettings, PromptTooLong, RowRequest, RowResult
from llm.manifest import manifest_from
from llm.models import ModelVersion
from llm.prompts import PROMPT_VERSION, PromptBudget, PromptError, render
from llm.servers import backend
from training.datasets import Row
from training.sweeps.writing import settings_of

TOGETHER: Final = 8
"""Rows in one call, as waiting tickets are."""


@dataclass(frozen=True)
class Draft:
    """`loss_sum`, `loss_tokens` as in `kept.Line`."""

    text: str
    finish: str
    seconds: float
    tokens: int
    loss_sum: float | None = None
    loss_tokens: int = 0


UNWRITTEN: Final = Draft("", "failed", 0.0, 0)
"""Of a row that the version's prompt has no room for: the desk would have no draft either."""
Writer = Callable[[Sequence[Row]], list[Draft]]


def writer_of(version: ModelVersion) -> Writer:
    """Raises `ManifestError` for a version that cannot be used; what it gives raises `ServerError`
    where its server does not answer."""
    return _at_server(version) if version.server_id is not None else _here(version)


def _here(version: ModelVersion) -> Writer:
    manifest = manifest_from(version.manifest)
    engine, how = engine_with(version), settings_of(version)

    def asked(row: Row) -> RowRequest | None:
        try:
            prompt = render(
                row.prompt_input(company=settings.COMPANY_NAME),
                count_tokens=engine.count_tokens,
                budget=manifest.prompt_budget,
                layout=manifest.prompt_version,
            )
            one = RowRequest(version.name, replace(how, seed=seed_of(row)), prompt)
            engine.check(one)
        except (PromptError, PromptTooLong):
            return None
        return one

    def write(rows: Sequence[Row]) -> list[Draft]:
        requests = [asked(row) for row in rows]
        fitting = [one for one in requests if one is not None]
        begun = time.monotonic()
        results = iter(engine.generate(fitting) if fitting else [])
        each = (time.monotonic() - begun) / max(len(fitting), 1)
        return [
            UNWRITTEN if one is None else _draft(next(results), each, engine.loss(one, row.answer))
            for row, one in zip(rows, requests, strict=True)
        ]

    return write


def _draft(result: RowResult, seconds: float, loss: tuple[float, int] | None) -> Draft:
    total, tokens = loss or (None, 0)
    return Draft(result.text, result.finish, round(seconds, 4), result.tokens, total, tokens)


def _at_server(version: ModelVersion) -> Writer:
    """No loss: a server does not tell how likely a given text is."""

    def one(row: Row) -> Draft:
        seeded = copy.copy(version)
        seeded.generation = {**version.generation, "seed": seed_of(row)}
        try:
            parts = row.prompt_input(company=settings.COMPANY_NAME)
            found = backend.write(seeded, parts)
        except PromptError:
            return UNWRITTEN
        return Draft(found.text, found.finish, round(found.seconds, 4), found.tokens)

    return lambda rows: [one(row) for row in rows]


def seed_of(row: Row) -> int:
    return int(hashlib.sha256(f"evaluation:{row.key}".encode()).hexdigest()[:8], 16)


def drafts(
    rows: Sequence[Row],
    *,
    engine: Any,
    versions: Mapping[str, GenerationSettings],
    budget: PromptBudget,
    company: str,
    layout: str = PROMPT_VERSION,
    on_row: Callable[[int], None] = lambda done: None,
) -> list[list[str]]:
    """For each row the drafts of `versions`, by an `llm.engine.local.LocalEngine` that has them
    loaded by these names; several rows together, as waiting tickets are."""
    written: list[list[str]] = []
    for start in range(0, len(rows), TOGETHER):
        wanted = []
        for row in rows[start : start + TOGETHER]:
            parts = row.prompt_input(company=company)
            prompt = render(parts, count_tokens=engine.count_tokens, budget=budget, layout=layout)
            wanted += [RowRequest(name, how, prompt) for name, how in versions.items()]
        texts = [one.text for one in engine.generate(wanted)]
        each = len(versions)
        written += [texts[at : at + each] for at in range(0, len(texts), each)]
        on_row(len(written))
    return written
