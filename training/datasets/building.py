"""The making of a data set, step by step: leave out, choose, search, plant, scan, check, freeze.

Public entries: `Building` (`rows`, `preferences`, `corpus`, `corpus_and_rows`), `sides`, and why
nothing is trained: `NothingToLearn`, `Leak`, `PrivacyScanFailed`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from runtime.errors import InputError
from training.datasets import canaries as planting
from training.datasets.canaries import Canaries
from training.datasets.checks import Checks, lengths, looked_at
from training.datasets.files import digest_of, freeze, path_of, read_rows
from training.datasets.gathering import corpus_now
from training.datasets.holdouts import Kept
from training.datasets.nearness import Questions
from training.datasets.pairs import pairs_now
from training.datasets.rows import Corpus, Row, Section, lesson_of
from training.datasets.scanning import Scan
from training.datasets.sources import DESK, Source, search_state
from training.datasets.splitting import part, place_of
from training.forgetting import nothing_forgotten_since
from training.methods.results import Material
from training.models import DatasetSnapshot
from training.recipes import Recipe

Report = Callable[[str], None]
Kind = DatasetSnapshot.Kind


class NothingToLearn(InputError):
    """No rows, or too few of them, or none that fits."""


class Leak(InputError):
    """A row of training would be known from the holdout."""


class PrivacyScanFailed(InputError):
    """The scan overlooked a canary: it would overlook a customer's value too."""


Made = tuple[Material, DatasetSnapshot, Canaries, Checks]


@dataclass
class Building:
    recipe: Recipe
    source: Source
    kept: Kept
    report: Report
    tokenizer: Any
    keeps: bool
    canaries: int | None
    scans: bool
    begun: str
    scan: Scan = field(default_factory=Scan)
    tried: int = 0
    _back: list[str] | None = None

    def corpus_and_rows(self) -> Made:
        """For a base that reads on and then learns to answer; without articles, or without
        answered questions, the other alone."""
        if not any(not self.kept.why(row) for row in self.source.rows):
            return self.corpus()
        if not corpus_now(max_asked=0).sections:
            return self.rows()
        read, corpus, _canaries, _checks = self.corpus()
        material, dataset, canaries, checks = self.rows(corpus=corpus.digest)
        return replace(material, corpus=read.corpus), dataset, canaries, checks

    def rows(self, *, corpus: str = "") -> Made:
        recipe = self.recipe
        bare, left_out = self.kept.without(self.source.rows)
        _enough(bare, self.source, left_out)
        more, also = self.kept.without(self.source.more(bare, recipe))
        bare = _share([*bare, *more], recipe)
        without = self._held_back()
        budget = recipe.prompt.as_budget()
        state = search_state(budget, without) if self.source.of == DESK else ""
        rows = self.source.found(
            bare,
            budget=budget,
            without=without,
            known=_searched_before(state),
            on_progress=lambda done, total: self.report(f"Rows {done} of {total}"),
        )
        self.report("Scanning and checking")
        rows = self._scanned(rows)
        learned, validation = sides(rows, recipe)
        copies, canaries = self._planted(learned)
        checks = self._checked([*learned, *copies], validation, left_out + also)
        manifest = {
            "learned": len(learned) + len(copies),
            "validation": len(validation),
            "canaries": len(copies),
            "search": state,
            **({"corpus": corpus} if corpus else {}),
        }
        dataset = self._frozen([*learned, *copies, *validation], Kind.ROWS, manifest, checks)
        material = Material(rows=[*learned, *copies], validation=validation)
        return material, dataset, canaries, checks

    def preferences(self) -> Made:
        if self.source.imported:
            raise NothingToLearn(
                gettext_noop(
                    "An imported data set holds no preferences, which dpo learns from; rate drafts"
                    " at the desk, or choose another recipe."
                )
            )
        recipe = self.recipe
        gap = recipe.preference.least_gap if recipe.preference else 2
        pairs = pairs_now(least_gap=gap, most=recipe.rows.max_rows)
        reasons = [self.kept.why(one.row) for one in pairs]
        left_out = Counter(why for why in reasons if why)
        pairs = [one for one, why in zip(pairs, reasons, strict=True) if not why]
        if len(pairs) < 2:
            raise NothingToLearn(
                gettext_noop(
                    "%(count)s pairs of drafts are %(gap)s or more stars apart: too few to learn"
                    " from; rate more drafts."
                )
                % {"count": len(pairs), "gap": gap}
            )
        rows = self.source.found(
            [one.row for one in pairs],
            budget=recipe.prompt.as_budget(),
            without=self._held_back(),
            on_progress=lambda done, total: self.report(f"Pairs {done} of {total}"),
        )
        pairs = [replace(one, row=row) for one, row in zip(pairs, rows, strict=True)]
        pairs = [self.scan.preference(one) for one in pairs] if self.scans else pairs
        rows = [one.row for one in pairs]
        self._planted(rows)
        checks = self._checked(rows, [], left_out)
        dataset = self._frozen(pairs, Kind.PREFERENCES, {"learned": len(pairs)}, checks)
        return Material(preferences=pairs), dataset, Canaries(), checks

    def corpus(self) -> Made:
        corpus = self._corpus()
        if not corpus.sections:
            raise NothingToLearn("There are no articles to read; import some first.")
        corpus = self.scan.corpus(corpus) if self.scans else corpus
        checks = Checks(
            languages=dict(
                Counter(one.lang for one in corpus.sections)
                + Counter(one.lang for one in corpus.asked)
            ),
            kinds={"section": len(corpus.sections), "question": len(corpus.asked)},
            scanned=self.scan.texts,
            masked=dict(self.scan.types),
        )
        manifest = {"sections": len(corpus.sections), "questions": len(corpus.asked)}
        items = [*corpus.sections, *corpus.asked]
        dataset = self._frozen(items, Kind.CORPUS, manifest, checks)
        return Material(corpus=corpus), dataset, Canaries(), checks

    def _corpus(self) -> Corpus:
        if self.source.imported:
            kept, _left_out = self.kept.without(self.source.rows)
            sections = (Section(row.question, "", row.answer, row.lang) for row in kept)
            return Corpus(sections=tuple(sections), asked=())
        return corpus_now(max_asked=self.recipe.rows.max_rows, without=self._held_back())

    def _held_back(self) -> Collection[str]:
        """Keys that no prompt may show and no corpus may ask: of everything that search finds, not
        of the recipe's own rows alone."""
        if self._back is None:
            rows = [*self.source.rows, *self.source.shown()]
            self._back = sorted({lesson_of(row.key) for row in rows if self.kept.why(row)})
        return self._back

    def _scanned(self, rows: Sequence[Row]) -> list[Row]:
        return self.scan.rows(rows) if self.scans else list(rows)

    def _planted(self, rows: Sequence[Row]) -> tuple[list[Row], Canaries]:
        """Copies with canaries, masked. What the scan overlooks ends everything."""
        count = planting.count_for(len(rows)) if self.canaries is None else self.canaries
        if not self.scans:
            return planting.plant(rows, count=count, seed=self.recipe.seed)
        # One of every type is tried, also where fewer are learned from.
        tried = max(count, planting.TYPES)
        copies, canaries = planting.plant(rows, count=tried, seed=self.recipe.seed)
        before = Counter(self.scan.types)
        copies = self.scan.rows(copies)
        self.scan.types = before
        overlooked = sum(canaries.found_in(text) for text in planting.texts_of(copies))
        if overlooked:
            raise PrivacyScanFailed(
                f"The privacy scan overlooked {overlooked} of {len(canaries)} planted values, so"
                " nothing is trained; see `manage.py scrub` and the patterns at the desk."
            )
        self.tried = len(canaries)
        return copies[:count], planting.values_of(count, seed=self.recipe.seed)

    def _checked(
        self,
        rows: Sequence[Row],
        validation: Sequence[Row],
        left_out: Mapping[str, int],
    ) -> Checks:
        leaks = self.kept.leaks([*rows, *validation])
        if validation:
            seen = Questions(row.question for row in validation)
            leaks += sum(seen.has(row.question) for row in rows if not planting.is_copy(row))
        if leaks:
            raise Leak(f"{leaks} rows would be known from the holdout; nothing is trained.")
        size = lengths(
            rows, recipe=self.recipe, company=settings.COMPANY_NAME, tokenizer=self.tokenizer
        )
        if size.dropped == size.rows:
            raise NothingToLearn(
                f"All {size.rows} rows are longer than the {size.limit} tokens of"
                f" text.max_tokens in the recipe {self.recipe.name}."
            )
        return Checks(
            lengths=size,
            left_out=dict(left_out),
            leaks=leaks,
            scanned=self.scan.texts,
            masked=dict(self.scan.types),
            canaries=self.tried,
            **looked_at(rows),
        )

    def _frozen(
        self, items: Sequence[Any], kind: str, manifest: Mapping[str, Any], checks: Checks
    ) -> DatasetSnapshot:
        described = {
            "of": self.source.of,
            "name": self.source.imported.name if self.source.imported else "",
            "kept_out": sum(checks.left_out.values()),
            "sources": list(self.recipe.rows.sources),
            **manifest,
        }
        if not self.keeps:
            return DatasetSnapshot(
                kind=kind,
                digest=digest_of(items),
                rows=len(items),
                manifest=described,
                checks=checks.as_data(),
            )
        with nothing_forgotten_since(self.begun):
            return freeze(items, described, kind=kind, checks=checks.as_data())


def _enough(rows: Sequence[Row], source: Source, left_out: Mapping[str, int]) -> None:
    where = "The data set" if source.imported else "The desk"
    if not source.rows:
        raise NothingToLearn(f"{where} has no answered questions to learn from.")
    if len(rows) < 2:
        kept = sum(left_out.values())
        raise NothingToLearn(
            f"{where} has {len(source.rows)} answered questions and keeps {kept} to be measured on;"
            " at least 2 must be left to learn from."
        )


def _share(rows: Sequence[Row], recipe: Recipe) -> list[Row]:
    """`rows.share` of them, by the seed, in their order."""
    if recipe.rows.share >= 1:
        return list(rows)
    ordered = sorted(rows, key=lambda row: place_of(f"{recipe.seed}:share:{row.key}"))
    chosen = {row.key for row in ordered[: max(2, round(recipe.rows.share * len(rows)))]}
    return [row for row in rows if row.key in chosen]


def sides(rows: Sequence[Row], recipe: Recipe) -> tuple[list[Row], list[Row]]:
    """(learned from, watched): whole customers; a question that stands on both sides is learned."""
    share = recipe.rows.validation
    if not share:
        return list(rows), []
    learned, validation = part(rows, share=share, salt=f"{recipe.seed}:validation")
    new = learned
    while new and validation:
        seen = Questions(row.question for row in new)
        new = [row for row in validation if seen.has(row.question)]
        moved = {row.key for row in new}
        validation = [row for row in validation if row.key not in moved]
    watched = {row.key for row in validation}
    return [row for row in rows if row.key not in watched], validation


def _searched_before(state: str) -> dict[str, Row]:
    """The rows of the last data set for which search found what it would find now."""
    if not state:
        return {}
    last = DatasetSnapshot.objects.filter(
        kind=Kind.ROWS, manifest__of=DESK, manifest__search=state
    ).order_by("-pk")
    return {row.key: row for one in last[:1] if path_of(one).is_file() for row in _rows_of(one)}


def _rows_of(snapshot: DatasetSnapshot) -> list[Row]:
    return read_rows(path_of(snapshot))
