"""Rotation: everything under the newest key, twice changes nothing, what no key opens is told."""

import dataclasses
import json
from io import StringIO

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.core.management import CommandError, call_command

from tests.tickets.factories import CARD, EMAIL, PHONE, make_ticket
from tickets import vault
from tickets.models import Customer, VaultEntry, VaultReading
from tickets.vault import rotation

pytestmark = pytest.mark.django_db


def _keys(settings, *vault_keys, **others):
    given = {"vault": tuple(vault_keys)} if vault_keys else {}
    settings.KEYS = dataclasses.replace(settings.KEYS, **given, **others)


@pytest.fixture
def new_key(settings):
    """Three tickets of two customers under the desk's key; then a new one is put first."""
    make_ticket(text=f"شماره {PHONE} و کارت {CARD}")
    make_ticket()
    make_ticket(contact="", text="سلام")
    make_ticket(contact="other@mail.test", name="", text="سلام")
    key = Fernet.generate_key().decode()
    _keys(settings, key, *settings.KEYS.vault)
    return key


def _values():
    return [vault.decrypt(row.value_encrypted) for row in VaultEntry.objects.order_by("pk")]


def test_rotated_values_open_with_the_new_key_alone(settings, new_key):
    before = list(VaultEntry.objects.order_by("pk").values("pk", "number", "value_hmac"))
    report = vault.rotate()
    assert (report.values, report.customers, report.current) == (3, 2, 0)
    assert (report.hashes, report.unreadable, report.clashes) == (0, 0, 0)
    _keys(settings, new_key)
    assert sorted(_values()) == sorted([PHONE, CARD, PHONE])
    customer = Customer.objects.get(contact_hmac=vault.contact_hmac(EMAIL))
    assert vault.decrypt(customer.contact_encrypted) == EMAIL
    assert vault.decrypt(customer.name_encrypted) == "مریم کریمی"
    assert list(VaultEntry.objects.order_by("pk").values("pk", "number", "value_hmac")) == before


def test_second_rotation_changes_nothing(new_key):
    vault.rotate()
    tokens = list(VaultEntry.objects.order_by("pk").values_list("value_encrypted", flat=True))
    again = vault.rotate()
    assert (again.values, again.customers, again.current) == (0, 0, 5)
    after = list(VaultEntry.objects.order_by("pk").values_list("value_encrypted", flat=True))
    assert [bytes(token) for token in after] == [bytes(token) for token in tokens]


def test_rotation_that_was_cut_off_goes_on(new_key, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 1)
    done = []

    def stop(rows, total):
        done.append((rows, total))
        if rows == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vault.rotate(progress=stop)
    assert done == [(1, 5), (2, 5)]
    report = vault.rotate()
    assert (report.values, report.current) == (1, 2)
    assert report.customers == 2


def test_value_that_no_key_opens_is_left_and_counted(settings, new_key):
    foreign = MultiFernet([Fernet(Fernet.generate_key())]).encrypt(b"x")
    lost = VaultEntry.objects.earliest("pk")
    VaultEntry.objects.filter(pk=lost.pk).update(value_encrypted=foreign)
    report = vault.rotate()
    assert (report.values, report.unreadable) == (2, 1)
    assert bytes(VaultEntry.objects.get(pk=lost.pk).value_encrypted) == foreign


def test_new_contact_key_makes_the_hashes_anew(settings):
    ticket = make_ticket(text=f"شماره {PHONE} و کارت {CARD}")
    _keys(settings, contact="another secret")
    customers = Customer.objects.filter(contact_hmac=vault.contact_hmac(EMAIL))
    assert not customers.exists()
    report = vault.rotate()
    assert (report.hashes, report.values, report.clashes) == (3, 0, 0)
    assert customers.exists()
    assert vault.TicketMasker.of(ticket).mask(f"{CARD} {PHONE}") == "[BANK_CARD_1] [PHONE_1]"
    assert vault.rotate().hashes == 0


def test_customer_who_came_again_under_the_new_key_is_not_lost(settings):
    make_ticket()
    _keys(settings, contact="another secret")
    make_ticket()
    assert Customer.objects.count() == 2
    report = vault.rotate()
    assert report.clashes == 1
    assert Customer.objects.count() == 2


def test_rotation_is_no_reading(new_key):
    vault.rotate()
    assert not VaultReading.objects.exists()


def test_rotate_keys_reports(new_key):
    out = StringIO()
    call_command("rotate_keys", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["values"], report["customers"], report["unreadable"]) == (3, 2, 0)
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "needed no more" in out.getvalue()


def test_rotate_keys_says_what_no_key_opens(new_key):
    foreign = MultiFernet([Fernet(Fernet.generate_key())]).encrypt(b"x")
    VaultEntry.objects.update(value_encrypted=foreign)
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("rotate_keys", stdout=out)
    assert stopped.value.code == 1
    assert "3 rows open with no key" in out.getvalue()
    assert "needed no more" not in out.getvalue()


def test_rotate_keys_adds_a_key(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("PASOKH_VAULT_KEYS", raising=False)
    settings.PASOKH_HOME = tmp_path
    out = StringIO()
    call_command("rotate_keys", "--add-key", stdout=out)
    assert len((tmp_path / "keys" / "vault").read_text().split(",")) == 2
    assert not any(
        key in out.getvalue() for key in (tmp_path / "keys" / "vault").read_text().split(",")
    )
    monkeypatch.setenv("PASOKH_VAULT_KEYS", Fernet.generate_key().decode())
    with pytest.raises(CommandError, match="PASOKH_VAULT_KEYS") as refused:
        call_command("rotate_keys", "--add-key")
    assert refused.value.returncode == 2
