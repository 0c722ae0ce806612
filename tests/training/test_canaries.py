"""Planted values, from the rows to the files of a run: where the last privacy scan reads, nothing
of them is left anywhere; where it is switched off, all of them are. Whether a model then gives them
away is measured by `bench.canaries`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.by_heart import COPIES, material, prompt_of, recipe, trained
from training.datasets.canaries import TYPES, Canaries, is_copy, texts_of
from training.datasets.preparing import Prepared
from training.methods.examples import TokenCounter, example


def _types_in(prepared: Prepared, text: str) -> set[str]:
    values = prepared.canaries.values
    return {kind for kind, value in values if Canaries(((kind, value),)).found_in(text)}


def _files(folder: Path) -> Iterator[str]:
    """Every file, its name too; weights are read as well."""
    for path in sorted(folder.rglob("*")):
        yield path.name
        if path.is_file():
            yield path.read_bytes().decode("utf-8", errors="ignore")


@pytest.mark.django_db
@pytest.mark.parametrize("scans", [True, False])
def test_planted_values_reach_rows_prompts_and_files_only_without_the_scan(
    settings, tmp_path, scans
):
    from transformers import AutoTokenizer

    settings.PASOKH_HOME = tmp_path / "home"
    prepared = material(tmp_path, scans=scans, steps=2)
    every = {kind for kind, _value in prepared.canaries.values}
    assert len(every) == TYPES
    expected = every if not scans else set()

    rows = prepared.material.rows
    assert sum(map(is_copy, rows)) == COPIES
    assert _types_in(prepared, "\n".join(texts_of(rows))) == expected
    frozen = "\n".join(_files(settings.PASOKH_HOME / "datasets"))
    assert _types_in(prepared, frozen) == expected

    tuned = trained(tmp_path, prepared, steps=2, base_steps=2)
    tokenizer = AutoTokenizer.from_pretrained(tuned)
    how = {"tokenizer": tokenizer, "count": TokenCounter(tokenizer), "recipe": recipe(steps=2)}
    examples = [example(row, company="", **how) for row in rows]
    read = [tokenizer.decode(one.context + one.invocation + one.answer) for one in examples]
    assert _types_in(prepared, "\n".join(read)) == expected
    assert (tmp_path / "run" / "log.jsonl").is_file()
    assert (tuned / "model.safetensors").is_file()
    assert not _types_in(prepared, "\n".join(_files(tmp_path / "run")))
    assert not _types_in(prepared, "\n".join(_files(tuned)))


@pytest.mark.django_db
def test_prompts_that_ask_a_tuned_model_hold_no_planted_value(settings, tmp_path):
    """Else it could repeat what it was just told."""
    settings.PASOKH_HOME = tmp_path / "home"
    prepared = material(tmp_path, scans=False, steps=2)
    prompts = [prompt_of(row, count_tokens=len).text for row in prepared.material.rows]
    assert prompts
    assert not _types_in(prepared, "\n".join(prompts))
