"""A WhatsApp export through `import_tickets`: once, masked; a longer one adds what is new."""

import io
import json
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from tests.tickets.factories import EMAIL, PHONE
from tests.tickets.importing.whatsapp_forms import FORMS
from tickets.models import Message, Ticket
from tickets.rights import erase_customer, find_customer

pytestmark = pytest.mark.django_db
_FORM = next(form for form in FORMS if form.name == "fa android jalali")
_AGENT = "پشتیبانی"
_CUSTOMER = "+98 912 345 6789"


def _days(count):
    said = []
    for day in range(count):
        at = datetime(2023, 5, 2, 10) + timedelta(days=day)
        said += [
            (at, _CUSTOMER, f"سلام، سؤال {day} دارم. ایمیلم {EMAIL} است"),
            (at, _CUSTOMER, f"شماره‌ام {PHONE}"),
            (at + timedelta(minutes=3), _AGENT, f"سلام، پاسخ {day} این است که سرور روشن شد"),
        ]
    return _FORM.notice(datetime(2023, 5, 2, 9)) + _FORM.write(said)


def _imported(*arguments):
    out = io.StringIO()
    call_command("import_tickets", *map(str, arguments), as_json=True, stdout=out)
    return json.loads(out.getvalue())


def test_export_becomes_answered_tickets_and_a_longer_one_adds_what_is_new(tmp_path):
    path = tmp_path / "WhatsApp Chat with someone.txt"
    path.write_text(_days(3), encoding="utf-8")
    first = _imported(path, "--agent", _AGENT)
    assert (first["created"], first["left_out"], first["failed"]) == (3, {"system": 1}, [])
    path.write_text(_days(5), encoding="utf-8")
    second = _imported(path, "--agent", _AGENT)
    assert (second["created"], second["duplicates"]) == (2, 3)
    assert Ticket.objects.count() == 5
    texts = "".join(Message.objects.values_list("text", flat=True))
    assert EMAIL not in texts
    assert PHONE not in texts
    assert _CUSTOMER not in texts + "".join(Ticket.objects.values_list("external_id", flat=True))
    ticket = Ticket.objects.earliest("created_at")
    assert [one.role for one in ticket.messages.all()] == ["customer", "agent"]
    assert ticket.created_at.date().isoformat() == "2023-05-02"


def test_customer_who_is_a_number_can_be_erased_and_does_not_come_back(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(_days(3), encoding="utf-8")
    assert _imported(path, "--agent", _AGENT)["created"] == 3
    customer = find_customer("09123456789")
    assert customer is not None
    assert customer.tickets.count() == 3
    erase_customer(customer, user=None)
    again = _imported(path, "--agent", _AGENT)
    assert (again["created"], again["left_out"]) == (0, {"erased": 3, "system": 1})
    assert not Ticket.objects.exists()


def test_silence_is_an_option(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(_days(2), encoding="utf-8")
    report = _imported(path, "--agent", _AGENT, "--silence-minutes", "3000")
    assert report["created"] == 1


def test_chat_in_which_nobody_answers_is_refused_and_writes_nothing(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(_days(2), encoding="utf-8")
    with pytest.raises(CommandError) as refused:
        _imported(path, "--agent", "Nobody")
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert not Ticket.objects.exists()
