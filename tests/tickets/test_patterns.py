"""The company's own patterns: who may have which, and that every process learns of them."""

from types import SimpleNamespace

import pytest

from tests.tickets.factories import make_ticket
from text.privacy import mask
from tickets import patterns
from tickets.models import CustomPattern
from tickets.patterns import RefusedPattern, active_patterns, add_pattern, set_active

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    patterns.forget()
    yield
    patterns.forget()


def test_added_pattern_is_masked_in_tickets_that_come(mina):
    add_pattern("order no", "KZ-#####", user=mina)
    ticket = make_ticket(text="سفارش KZ-48213 نرسیده و kz-۴۸۲۱۳ هم همان است", lang="fa")
    text = ticket.messages.get().text
    assert "48213" not in text
    assert "۴۸۲۱۳" not in text
    assert text.count("[ORDER_NO_1]") == 2
    assert ticket.vault_entries.get(type="ORDER_NO").number == 1


def test_pattern_that_is_switched_off_masks_no_more(mina):
    row = add_pattern("ORDER", "KZ-#####", user=mina)
    set_active(row, active=False)
    assert active_patterns() == ()
    assert mask("order KZ-48213", patterns=active_patterns()).text == "order KZ-48213"
    set_active(row, active=True)
    assert [one.type for one in active_patterns()] == ["ORDER"]


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("PHONE", "KZ-#####"),  # a type of the engine's own
        ("ORDER1", "KZ-#####"),  # a digit in the name: no placeholder could be told from it
        ("سفارش", "KZ-#####"),
        ("ORDER", "##"),  # would match everything
        ("ORDER", ""),
        ("ORDER", "KZ-" + "#" * 60),
        ("A_VERY_LONG_NAME_INDEED", "KZ-#####"),
    ],
)
def test_bad_pattern_is_refused_and_nothing_is_kept(mina, name, template):
    with pytest.raises(RefusedPattern):
        add_pattern(name, template, user=mina)
    assert not CustomPattern.objects.exists()


def test_second_pattern_of_a_name_is_refused(mina):
    add_pattern("ORDER", "KZ-#####", user=mina)
    with pytest.raises(RefusedPattern, match="ORDER"):
        add_pattern("order", "OR-#####", user=mina)


def test_more_patterns_than_are_looked_for_are_refused(mina, monkeypatch):
    monkeypatch.setattr(patterns, "MOST", 2)
    add_pattern("ORDER", "KZ-#####", user=mina)
    add_pattern("CONTRACT", "CT-#####", user=mina)
    with pytest.raises(RefusedPattern, match="2"):
        add_pattern("INVOICE", "IN-#####", user=mina)


@pytest.mark.django_db(transaction=True)
def test_worker_learns_of_a_pattern_of_another_process(monkeypatch):
    passed = [0.0]
    monkeypatch.setattr(patterns, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    assert active_patterns() == ()
    CustomPattern.objects.bulk_create([CustomPattern(name="ORDER", template="KZ-#####")])
    passed[0] = patterns.REMEMBERED_SECONDS
    assert active_patterns() == ()  # remembered: bulk_create sends no signal, as another process
    passed[0] += 0.1
    assert [one.type for one in active_patterns()] == ["ORDER"]


def test_what_a_transaction_saw_is_not_remembered(mina):
    add_pattern("ORDER", "KZ-#####", user=mina)
    assert active_patterns()
    CustomPattern.objects.all()._raw_delete("default")  # no signal
    assert active_patterns() == ()
