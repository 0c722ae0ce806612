"""May this folder be loaded as a name model? `checked(folder)`, before transformers reads it.

Weights are safetensors only, and no file may name code to run: a model from elsewhere is data.
"""

import json
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from runtime.errors import InputError
from text.privacy.spans import PERSON
from tickets.second_opinion.labels import Labels

CONFIG: Final = "config.json"
MAX_CONFIG_BYTES: Final = 1024 * 1024
MAX_WEIGHT_BYTES: Final = 8 * 1024**3
_MAY_NAME_CODE: Final = (CONFIG, "tokenizer_config.json")


class UnusableNameModel(InputError):
    """PASOKH_NER_MODEL names something that cannot be used; the message says why."""


def checked(folder: Path) -> Labels:
    """The labels of the model in `folder`. Raises UnusableNameModel."""
    if not folder.is_dir():
        raise unusable(folder, _("there is no such folder"))
    documents = {name: _document(folder, name) for name in _MAY_NAME_CODE}
    if not documents[CONFIG]:
        raise unusable(folder, _("it has no config.json"))
    if any("auto_map" in document for document in documents.values()):
        raise unusable(folder, _("it asks for code of its own, which is never run"))
    weights = list(folder.glob("*.safetensors"))
    if not weights:
        raise unusable(folder, _("it has no safetensors weights"))
    if sum(file.stat().st_size for file in weights) > MAX_WEIGHT_BYTES:
        raise unusable(folder, _("its weights are too large"))
    return _labels(folder, documents[CONFIG])


def unusable(folder: Path, why: str) -> UnusableNameModel:
    return UnusableNameModel(
        _("PASOKH_NER_MODEL: %(folder)s cannot be used: %(why)s.")
        % {"folder": folder.name, "why": why}
    )


def _document(folder: Path, name: str) -> dict[str, Any]:
    """Empty for a file that is not there."""
    path = folder / name
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ValueError("too large")
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("no object")
    except (OSError, ValueError, RecursionError) as error:
        raise unusable(folder, _("its %(file)s cannot be read") % {"file": name}) from error
    return document


def _labels(folder: Path, config: dict[str, Any]) -> Labels:
    try:
        labels = Labels.of(config["id2label"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise unusable(folder, _("its config.json names no labels")) from error
    if not labels.has(PERSON):
        raise unusable(folder, _("none of its labels stands for a person")) from None
    return labels
