"""Servers and a version on each, registered the way a person does it."""

import pytest

from llm.prompts import Passage, PromptInput, Turn
from llm.servers import options
from llm.servers.registering import add_served, add_server
from tests.llm.servers.scripted import MODEL, PATIENT

CUSTOMER = "سفارش من کی می‌رسد؟ نشانی: کوچه‌ی گلستان"


def parts_for(question: str) -> PromptInput:
    """A question and nothing that was found for it."""
    turn = Turn(role="customer", text=question)
    lang = "en" if question.isascii() else "fa"
    return PromptInput(lang=lang, passages=(), similar=(), turns=(turn,))


PARTS = PromptInput(
    lang="fa",
    passages=(Passage(title="ارسال", text="سفارش‌ها دو روزه می‌رسند."),),
    similar=(),
    turns=(Turn(role="customer", text=CUSTOMER),),
)


@pytest.fixture(autouse=True)
def _time_enough(time_enough):
    """For all of them."""


@pytest.fixture(autouse=True)
def _no_memory_of_other_servers(monkeypatch):
    monkeypatch.setattr(options, "_refused", {})


@pytest.fixture
def version_on(db):
    """A version on a server at this address."""

    def register(url: str, *, seconds: float = PATIENT, name: str = "gpu"):
        return add_served(add_server(name, url, seconds=seconds), MODEL)

    return register
