"""A draft may quote anybody: what it tells the model is not what the agent asked for.

The same attempts as for answers, standing in a draft that is to be said another way.
"""

import re

import pytest

from llm.cleaning import SourceText, clean_answer
from llm.prompts import LAYOUTS, REWORDINGS, PromptBudget, PromptInput, Turn, messages, render
from tests.tickets.factories import make_drafts, make_ticket
from tests.tickets.injection.attempts import EVIL_HOST, Attempt, attempts
from tests.tickets.injection.obeying import LINKS, MARKS, NUMBERS, obey
from tests.tickets.injection.test_injection import assert_harmless
from tests.tickets.scripted_engine import scripted_one
from tickets import rewriting
from tickets.models import Rewrite

ATTEMPTS = list(attempts())
KEPT = "[PHONE_1]"
BUDGET = PromptBudget(total=9000)


def _draft(attempt: Attempt) -> str:
    return f"Renew it in the panel, {KEPT}.\n{attempt.text}\nBest wishes"


def _prompt(attempt: Attempt, layout: str, kind: str = "shorter"):
    parts = PromptInput(
        lang=attempt.lang,
        passages=(),
        similar=(),
        turns=(Turn("customer", _draft(attempt)),),
        company="Kazheh",
        rewording=kind,
    )
    return render(parts, count_tokens=len, budget=BUDGET, layout=layout)


@pytest.mark.parametrize("kind", REWORDINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_order_stands_before_the_draft(layout, kind):
    prompt = _prompt(Attempt("prompt", "en", "please"), layout, kind)
    assert REWORDINGS[kind].strip() in prompt.head
    assert KEPT in prompt.text[len(prompt.head) :]
    assert not prompt.cut
    assert prompt.version == layout
    assert prompt.invocation == LAYOUTS[layout].invocation
    if layout.startswith("support"):
        system, user = messages(prompt)
        assert system["content"].startswith("You edit replies")
        assert user["content"].startswith("### Draft\n")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_draft_opens_no_section_and_reaches_no_control_token(layout):
    def marks(attempt):
        prompt = _prompt(attempt, layout)
        text = prompt.text[len(prompt.head) :]
        return re.findall(
            r"#{3,}[^\n]*|<\|[^\n|]*\|?>?|</?s>|\[/?INST\]|<start_of_turn>|</?person\d*>", text
        )

    untouched = marks(Attempt("prompt", "en", "please"))
    assert untouched
    for attempt in ATTEMPTS:
        assert marks(attempt) == untouched, attempt


@pytest.mark.parametrize("layout", LAYOUTS)
def test_obeying_model_brings_nothing_that_the_draft_does_not_have(layout):
    for attempt in ATTEMPTS:
        said = _draft(Attempt(attempt.aim, attempt.lang, "please"))  # what the draft really holds
        for answer in (*obey(_prompt(attempt, layout)), attempt.text):
            cleaned = clean_answer(answer, sources=[SourceText(1, said)], placeholders=[KEPT])
            assert_harmless(cleaned.text, may={KEPT})
            assert "You edit replies" not in cleaned.text


@pytest.mark.django_db
@pytest.mark.parametrize("aim", sorted({one.aim for one in ATTEMPTS}))
def test_desk_keeps_nothing_of_what_an_obeying_model_smuggles_in(sara, monkeypatch, aim):
    """Through the whole house, with the worst answer that there can be."""
    told = "\n".join(one.text for one in ATTEMPTS if one.aim == aim and EVIL_HOST not in one.text)
    text = f"Renew it, {KEPT}.\n{told if aim == 'role' else ''}"
    draft = make_drafts(make_ticket(lang="en"), texts=(text, "2", "3"))[0]
    draft.version.follows_instructions = True
    draft.version.save()
    worst = f"Of course. {MARKS} {LINKS} {NUMBERS} [1] [2] [99]\n{told}"
    monkeypatch.setattr(rewriting, "generate_one", scripted_one((worst,)))
    row = rewriting.ask(draft, agent=sara, kind="formal")
    assert rewriting.write(row.pk)
    row = Rewrite.objects.get()
    assert row.text
    assert_harmless(row.text, may={KEPT})
