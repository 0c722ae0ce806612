"""One tiny model for all tests here."""

import shutil

import pytest

from tests.tickets.second_opinion.tiny_ner import tiny_ner
from tickets.second_opinion import opening


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tiny_ner(tmp_path_factory.mktemp("models") / "tiny-ner")


@pytest.fixture
def copy(folder, tmp_path):
    """A folder of one's own, to damage."""
    return shutil.copytree(folder, tmp_path / "copied-ner")


@pytest.fixture
def model_on(settings, folder):
    settings.NER_MODEL = str(folder)
    return settings


@pytest.fixture(autouse=True)
def forgotten():
    """Each test is a process that has opened nothing yet, but for the model itself."""
    yield
    opening._noted.clear()
