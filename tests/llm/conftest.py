"""An engine with everything that `tests.conftest` has trained, and time for servers."""

import pytest

from tests.llm.servers.scripted import PATIENT


@pytest.fixture
def engine(tiny):
    """An engine of its own for each test, with everything loaded."""
    from llm.engine.local import LocalEngine

    engine = LocalEngine(tiny / "base")
    engine.load("base", None)
    for name in ("first", "second", "plain"):
        engine.load(name, tiny / name)
    return engine


@pytest.fixture
def time_enough(monkeypatch):
    """What a page waits for ends after a few seconds, which any step takes on a busy machine."""
    from llm import connecting
    from llm.servers.health import check

    monkeypatch.setitem(check.__kwdefaults__, "seconds", PATIENT)
    monkeypatch.setattr(connecting, "TRY_SECONDS", PATIENT)
