"""A base and tuned versions of it, trained once for all tests of a run."""

from pathlib import Path

import pytest

from tests.llm import tiny_models


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """Folders: base, first and second (activated LoRA of different rank), plain (LoRA)."""
    import torch

    torch.set_num_threads(1)  # tiny layers only wait for a second thread
    root = tmp_path_factory.mktemp("tiny")
    base = root / "base"
    tiny_models.build_base(base)
    tiny_models.build_tuned(root / "first", base, name="first", rank=8)
    tiny_models.build_tuned(root / "second", base, name="second", rank=4)
    tiny_models.build_tuned(root / "plain", base, name="first", version="plain", method="lora")
    return root


@pytest.fixture
def engine(tiny):
    """An engine of its own for each test, with everything loaded."""
    from llm.engine.local import LocalEngine

    engine = LocalEngine(tiny / "base")
    engine.load("base", None)
    for name in ("first", "second", "plain"):
        engine.load(name, tiny / name)
    return engine
