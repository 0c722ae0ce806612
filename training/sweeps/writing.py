"""Drafts of one version with many settings: `writer_of`, by the engine or by the version's server.

The engine gets all settings for one prompt together, so the prompt is read once for all of them.
"""

from collections.abc import Callable, Sequence
from typing import Final

from django.conf import settings

from llm.engine.engines import engine_with
from llm.engine.results import GenerationSettings, RowRequest
from llm.manifest import manifest_from
from llm.models import ModelVersion
from llm.prompts import Prompt, PromptBudget, PromptError, render
from llm.servers import backend
from llm.servers.prompting import budget_of
from runtime.errors import InputError
from training.datasets import Row

TOGETHER: Final = 32
"""Drafts in one call: enough to share the reading, few enough to lose little when it is stopped."""

Asked = Sequence[tuple[Row, GenerationSettings]]
Writer = Callable[[Asked], list[str]]


class NoRoom(InputError):
    """The version's prompts cannot hold a question of the holdout."""


def budget_of_version(version: ModelVersion) -> PromptBudget:
    if version.server_id is not None:
        return budget_of(version)
    return manifest_from(version.manifest).prompt_budget


def settings_of(version: ModelVersion) -> GenerationSettings:
    """Those that it serves with now. Raises SettingsError."""
    return GenerationSettings.of({**version.manifest.get("generation", {}), **version.generation})


def writer_of(version: ModelVersion) -> Writer:
    """Raises `ManifestError` for a version that cannot be used."""
    return _at_server(version) if version.server_id is not None else _here(version)


def _here(version: ModelVersion) -> Writer:
    manifest = manifest_from(version.manifest)
    engine = engine_with(version)
    prompts: dict[str, Prompt] = {}

    def prompt_of(row: Row) -> Prompt:
        if row.key not in prompts:
            try:
                prompts[row.key] = render(
                    row.prompt_input(company=settings.COMPANY_NAME),
                    count_tokens=engine.count_tokens,
                    budget=manifest.prompt_budget,
                    layout=manifest.prompt_version,
                )
            except PromptError as error:
                raise NoRoom("The version's prompts have no room for a question.") from error
        return prompts[row.key]

    def write(asked: Asked) -> list[str]:
        rows = [RowRequest(version.name, how, prompt_of(row)) for row, how in asked]
        return [one.text for one in engine.generate(rows)]

    return write


def _at_server(version: ModelVersion) -> Writer:
    stored = version.generation

    def write(asked: Asked) -> list[str]:
        texts = []
        for row, how in asked:
            version.generation = {
                **stored,
                "temperature": how.temperature,
                "top_p": how.top_p,
                "repetition_penalty": how.repetition_penalty,
                "seed": how.seed,
            }
            try:
                parts = row.prompt_input(company=settings.COMPANY_NAME)
                texts.append(backend.write(version, parts).text)
            finally:
                version.generation = stored
        return texts

    return write
