"""An engine with everything that `tests.conftest` has trained."""

import pytest


@pytest.fixture
def engine(tiny):
    """An engine of its own for each test, with everything loaded."""
    from llm.engine.local import LocalEngine

    engine = LocalEngine(tiny / "base")
    engine.load("base", None)
    for name in ("first", "second", "plain"):
        engine.load(name, tiny / name)
    return engine
