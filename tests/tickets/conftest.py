"""The queue is not what is tested here: messages to the workers are written down, not sent."""

import pytest
from django.utils import translation

from tests.llm import tiny_models


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folders of a small real base and two versions tuned on it, trained once for a run."""
    import torch

    torch.set_num_threads(1)  # tiny layers only wait for a second thread
    root = tmp_path_factory.mktemp("tiny")
    tiny_models.build_base(root / "base")
    tiny_models.build_tuned(root / "first", root / "base", name="first", rank=8)
    tiny_models.build_tuned(root / "second", root / "base", name="second", rank=4)
    return root


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """[("suggest" or "learn" or "rewrite", id)] as the workers were asked."""
    messages: list[tuple[str, int]] = []
    for task in ("suggest", "learn", "rewrite"):
        monkeypatch.setattr(
            f"tickets.tasks.{task}.delay",
            lambda row_id, task=task: messages.append((task, row_id)),
        )
    return messages


@pytest.fixture(autouse=True)
def in_english():
    """Messages for people are compared in the language that they are written in."""
    with translation.override("en"):
        yield


@pytest.fixture
def desk(client, sara):
    """Sara's browser, in English."""
    client.force_login(sara)
    client.cookies["django_language"] = "en"
    return client
