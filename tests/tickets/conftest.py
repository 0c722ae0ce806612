"""The queue is not what is tested here: messages to the workers are written down, not sent."""

import pytest
from django.utils import translation

from tickets import patterns


@pytest.fixture(scope="session")
def models(tiny):
    """Folders of a small real base and two versions tuned on it."""
    return tiny


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
def no_patterns_remembered():
    """What a test read outside of a transaction is remembered for seconds, into the next one: two
    counts of its queries would differ."""
    patterns.forget()


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
