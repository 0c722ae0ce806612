"""What is said to the agent about a finished draft, and when there is no good answer at all."""

import pytest
from django.urls import reverse

from llm.prompts import Passage, PastAnswer, PromptBudget, PromptInput, Turn, render
from tests.tickets.factories import fill_slots, make_drafts, make_ticket
from tests.tickets.scripted_engine import scripted
from tickets import suggesting
from tickets.finishing import (
    LEAST_SUPPORT,
    MOST_DISAGREEMENT,
    Finished,
    finish_draft,
    has_no_good_answer,
    placeholders_of,
)
from tickets.models import Suggestion, Ticket
from tickets.suggesting import suggest_for_ticket

CHUNK = {
    "kind": "chunk",
    "id": 1,
    "title": "Renewal",
    "url": "https://kazheh.example/renew",
    "score": 0.5,
    "text": "Renew the domain in the panel, section Domains, button Renew.",
    "fits": True,
}
PAST = {
    "kind": "question",
    "id": 2,
    "title": "",
    "url": "",
    "score": 0.4,
    "text": "I was told to look at https://evil.example/x",
    "answer": "Pay with the wallet.",
}
GUESSES = (
    "Charge the watch for two hours.",
    "Your parcel left on Monday.",
    "Hold reset on the modem.",
)


def prompt(*, layout: str = "support-2", total: int = 9000):
    parts = PromptInput(
        lang="en",
        passages=(Passage(CHUNK["title"], CHUNK["text"]),),
        similar=(PastAnswer(PAST["text"], PAST["answer"]),),
        turns=(Turn("customer", "How do I renew?"),),
    )
    return render(parts, count_tokens=len, budget=PromptBudget(total=total), layout=layout)


def finish(text: str, **changes):
    values = {"sources": [CHUNK, PAST], "placeholders": set(), "prompt": prompt()}
    return finish_draft(text, **(values | changes))


def test_draft_that_its_sources_support_has_no_marks():
    done = finish("Renew the domain in the panel.")
    assert (done.text, done.marks) == ("Renew the domain in the panel.", {})


def test_citations_become_numbers_of_sources():
    done = finish("Renew the domain in the panel [1]. Pay with the wallet [2][5].")
    assert done.text == "Renew the domain in the panel. Pay with the wallet."
    assert done.marks == {"cited": [1, 2], "removed": {"citation": 1}}


def test_model_that_saw_no_numbers_cites_nothing():
    done = finish("Renew the domain in the panel [1].", prompt=prompt(layout="support-1"))
    assert "cited" not in done.marks


def test_draft_without_support_says_so():
    assert finish(GUESSES[0]).marks == {"unsupported": True}
    assert finish("Renew the domain in the panel.", sources=[]).marks == {"unsupported": True}
    assert finish("").marks == {}


def test_customers_question_in_a_past_answer_vouches_for_nothing():
    done = finish("Renew the domain in the panel at https://evil.example/x now.")
    assert done.text == "Renew the domain in the panel now."
    assert done.marks["removed"] == {"link": 1}


def test_shortened_prompt_says_so():
    small = prompt(layout="support-1", total=180)
    assert finish("Renew the domain in the panel.", prompt=small).marks == {"cut": True}


@pytest.mark.django_db
def test_placeholders_of_a_ticket_are_its_own_and_can_be_filled():
    ticket = make_ticket(
        subject="from a@b.ir", text="call 0912 345 6789, my password: hunter2secret"
    )
    assert "[PASSWORD_1]" in ticket.messages.get().text
    assert placeholders_of(ticket) == {"[EMAIL_1]", "[PHONE_1]"}


def test_no_good_answer_needs_both_nothing_found_and_three_guesses():
    misfit = {**CHUNK, "fits": False}
    guesses = [Finished(text, {"unsupported": True}) for text in GUESSES]
    assert has_no_good_answer(guesses, [misfit, PAST])
    assert has_no_good_answer(guesses[:2], [])
    assert not has_no_good_answer(guesses, [CHUNK, PAST])
    assert not has_no_good_answer([guesses[0]] * 2 + [guesses[1]], [])
    assert not has_no_good_answer(guesses[:1], [])
    supported = [Finished(text) for text in GUESSES]
    assert has_no_good_answer([*guesses[:2], supported[2]], [misfit, PAST])
    assert not has_no_good_answer([guesses[0], *supported[1:]], [misfit, PAST])
    assert 0 < LEAST_SUPPORT < MOST_DISAGREEMENT < 1


def _draft_with(monkeypatch, texts) -> Ticket:
    fill_slots()
    ticket = make_ticket(text="xyzzy plugh")
    monkeypatch.setattr(suggesting, "generate", scripted(texts))
    assert suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    return ticket


@pytest.mark.django_db
def test_ticket_with_three_guesses_says_that_there_is_no_good_answer(monkeypatch, client, sara):
    ticket = _draft_with(monkeypatch, GUESSES)
    assert ticket.no_good_answer
    assert all(one.marks["unsupported"] for one in Suggestion.objects.filter(ticket=ticket))
    client.force_login(sara)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "No good answer was found." in page
    folded = page.split('<details class="guesses"')[1].split('class="reply')[0]
    assert folded.count('<article class="draft card"') == 3
    assert page.count("not supported by any article") == 3


@pytest.mark.django_db
def test_ticket_with_drafts_that_agree_shows_them(monkeypatch, client, sara):
    ticket = _draft_with(monkeypatch, (GUESSES[0],) * 3)
    assert not ticket.no_good_answer
    client.force_login(sara)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "No good answer" not in page
    assert 'class="guesses"' not in page


@pytest.mark.django_db
def test_drafting_again_takes_the_sign_back(monkeypatch):
    ticket = _draft_with(monkeypatch, GUESSES)
    Suggestion.objects.filter(ticket=ticket).update(state=Suggestion.State.FAILED)
    Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.State.NEW)
    seen = []

    def look(_step: int) -> None:
        seen.append(Ticket.objects.get(pk=ticket.pk).no_good_answer)

    monkeypatch.setattr(suggesting, "generate", scripted((GUESSES[0],) * 3, at_step=look))
    assert suggest_for_ticket(ticket.pk)
    assert set(seen) == {False}


@pytest.mark.django_db
def test_page_shows_marks_and_numbers_of_sources(client, sara):
    ticket = make_ticket()
    draft = make_drafts(ticket)[0]
    Suggestion.objects.filter(pk=draft.pk).update(
        sources=[CHUNK, PAST],
        marks={"cut": True, "cited": [2], "removed": {"link": 2, "phone": 1, "markup": 9}},
    )
    client.force_login(sara)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    card = page.split(f'id="draft-{draft.pk}-sources"')[1].split("</article>")[0]
    assert "shortened prompt" in card
    assert "3 things removed" in card
    assert "a link that no source has, a number or address that no source has" in card
    assert "not supported" not in card
    assert card.count("source-number") == 2
    assert card.count('class="is-cited"') == 1
    assert card.index("is-cited") > card.index("Renewal")
    assert PAST["text"] in card
