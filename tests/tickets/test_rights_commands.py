"""export_customer, erase_customer, privacy_report: their JSON, files, exit status and lines."""

import io
import json
import stat

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.tickets.everywhere import tables_with
from tests.tickets.factories import EMAIL, PHONE, make_ticket
from tickets.misses import mark_missed
from tickets.models import Customer, Message, RightsRequest, Ticket, VaultReading
from tickets.rights import erase_ticket
from tickets.rights.report import privacy_report
from tickets.vault import values_of

pytestmark = pytest.mark.django_db


def _json(*arguments):
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def _lines(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().splitlines()


def _refused(*arguments) -> str:
    with pytest.raises(CommandError) as refused:
        call_command(*arguments, stdout=io.StringIO())
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_export_by_contact_by_number_and_of_a_ticket():
    ticket = make_ticket(text=f"شماره‌ام {PHONE} است")
    texts = [f"شماره‌ام {PHONE} است"]
    ways = (EMAIL.upper(),), ("--id", str(ticket.customer_id)), ("--ticket", str(ticket.pk))
    for way in ways:
        document = _json("export_customer", *way)
        assert [one["text"] for one in document["tickets"][0]["messages"]] == texts
    assert VaultReading.objects.filter(user=None, purpose="export").count() == len(ways)


def test_export_reads_the_contact_from_standard_input(monkeypatch):
    make_ticket()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{EMAIL}\n"))
    assert _json("export_customer", "-")["contact"] == EMAIL


def test_export_into_a_file_that_only_its_owner_reads(tmp_path):
    make_ticket()
    make_ticket(contact="other@mail.test", text=f"نشانی دوستم {EMAIL} است")
    out = tmp_path / "all.json"
    assert _json("export_customer", EMAIL, "--out", str(out))["tickets"] == 1
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["mentioned_in"] == [Ticket.objects.latest("pk").pk]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_export_writes_over_no_file_and_leaves_no_half(tmp_path):
    make_ticket()
    out = tmp_path / "all.json"
    out.write_text("mine")
    assert "is there already" in _refused("export_customer", EMAIL, "--out", str(out))
    assert out.read_text() == "mine"
    assert "cannot be written" in _refused(
        "export_customer", EMAIL, "--out", str(tmp_path / "no" / "all.json")
    )
    assert not VaultReading.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a@b.test", "--id", "1"),
        ("x" * 400,),
        (" ",),
        ("--id", "0"),
        ("--id", str(2**70)),
        ("--ticket", "-1"),
        ("nobody@mail.test",),
    ],
)
def test_export_of_nobody_is_one_line(arguments):
    assert "nobody@mail.test" not in _refused("export_customer", *arguments)
    assert not RightsRequest.objects.exists()


def test_erase_says_what_went():
    make_ticket()
    found = _json("erase_customer", EMAIL, "--yes")
    assert found["erased"] is True
    assert (found["counts"]["tickets"], found["versions"]) == (1, [])
    assert tables_with(EMAIL) == set()


def test_erase_asks_first():
    make_ticket()
    assert "--yes" in _refused("erase_customer", EMAIL)
    assert Customer.objects.count() == 1


def test_erasing_again_and_nobody_are_clear_lines():
    make_ticket()
    call_command("erase_customer", EMAIL, "--yes", stdout=io.StringIO())
    (again,) = _lines("erase_customer", EMAIL, "--yes")
    assert again.startswith("Nothing is left to erase: it was done on 20")
    (nobody,) = _lines("erase_customer", "nobody@mail.test", "--yes")
    assert nobody == "The desk has nothing under this contact: nothing was erased."
    assert _json("erase_customer", "--id", "99999", "--yes")["erased"] is False
    assert RightsRequest.objects.count() == 1


def test_erase_names_tickets_of_others_with_the_contact():
    make_ticket()
    other = make_ticket(contact="other@mail.test", text=f"نشانی دوستم {EMAIL} است")
    assert _json("erase_customer", EMAIL, "--yes")["mentioned_in"] == [other.pk]
    assert _json("erase_customer", "--ticket", str(other.pk), "--yes")["counts"]["tickets"] == 1
    assert _json("erase_customer", EMAIL, "--yes")["mentioned_in"] == []


def test_privacy_report_counts_values_misses_and_readings(sara):
    ticket = make_ticket(
        name="", text=f"{PHONE} و {PHONE} و 0935 111 2233 و رمز عبورم: gheyme99! بادرود پژدوه"
    )
    mark_missed(ticket, "بادرود پژدوه", "PERSON", agent=sara)
    values_of(ticket, reader=sara, purpose=VaultReading.Purpose.SEND)
    report = privacy_report()
    rows = {row.type: row for row in report.types}
    assert (rows["PHONE"].masked, rows["PHONE"].kept, rows["PHONE"].misses) == (2, 2, 0)
    assert (rows["PASSWORD"].masked, rows["PASSWORD"].kept) == (1, 0)
    assert rows["PASSWORD"].destroyed
    assert (rows["PERSON"].misses, rows["PERSON"].share) == (1, 1.0)
    assert report.values == 3
    assert report.next_expiry is not None
    assert [(row.user, row.readings, row.tickets) for row in report.readings] == [("sara", 1, 1)]


def test_privacy_report_command_is_json_and_a_table(sara):
    make_ticket(name="")
    report = _json("privacy_report")
    assert (report["masked"], report["misses"], report["values"]) == (1, 0, 1)
    assert report["types"][0]["type"] == "PHONE"
    assert any(line.startswith("PHONE") for line in _lines("privacy_report"))


def test_privacy_report_of_an_empty_desk():
    report = _json("privacy_report")
    assert (report["masked"], report["types"], report["next_expiry"]) == (0, [], None)


def test_miss_of_a_ticket_that_is_gone_is_in_no_share(sara):
    """What was masked there is not counted any more either."""
    for name in ("بادرود پژدوه", "زرغونه پژدوه"):
        ticket = make_ticket(name="", text=f"سلام من {name} هستم و دامنه‌ام وصل نیست")
        mark_missed(ticket, name, "PERSON", agent=sara)
    erase_ticket(ticket, user=None)
    (row,) = privacy_report().types
    assert (row.masked, row.misses, row.share) == (1, 1, 1.0)


def test_erasing_by_number_names_who_else_mentions_the_contact():
    customer = make_ticket().customer
    other = make_ticket(contact="other@mail.test", text=f"به {EMAIL} هم بنویسید")
    assert _json("erase_customer", "--id", str(customer.pk), "--yes")["mentioned_in"] == [other.pk]


def test_only_whole_placeholders_are_counted():
    ticket = make_ticket(name="", text="بدون مقدار", subject="")
    texts = ("[[PHONE_1] [PHONE_1]", "[x [PHONE_2] [PHONE_12]] [EMAIL_1", "[phone_3] [PHONE_] [_1]")
    for text in texts:
        Message.objects.create(ticket=ticket, role="agent", text=text, created_at=timezone.now())
    assert [(row.type, row.masked) for row in privacy_report().types] == [("PHONE", 3)]
