"""Values are encrypted, compared without being read, expire, and are read by few, on record."""

import dataclasses
import json
from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.tickets.factories import CARD, PHONE, make_ticket
from text.privacy import restore
from tickets import vault
from tickets.models import CustomPattern, VaultEntry, VaultReading

pytestmark = pytest.mark.django_db


SEND, REVEAL, EXPORT = (
    VaultReading.Purpose.SEND,
    VaultReading.Purpose.REVEAL,
    VaultReading.Purpose.EXPORT,
)


def _values(ticket):
    return vault.values_of(ticket, reader=None, purpose=EXPORT)


def _with_vault_keys(settings, *keys):
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=tuple(keys))


def test_encrypted_value_opens_again_and_shows_nothing():
    token = vault.encrypt("راز")
    assert vault.decrypt(token) == "راز"
    assert "راز".encode() not in token
    assert vault.encrypt("") == b""
    assert vault.decrypt(b"") == ""


def test_older_key_still_opens_after_a_new_one_came(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    _with_vault_keys(settings, old)
    token = vault.encrypt("راز")
    _with_vault_keys(settings, new, old)
    assert vault.decrypt(token) == "راز"
    _with_vault_keys(settings, new)
    with pytest.raises(vault.UnreadableVault, match="PASOKH_VAULT_KEYS") as refused:
        vault.decrypt(token)
    assert "راز" not in str(refused.value)
    assert vault.readable(token) == "(its vault key is missing)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A@Mail.test", "a@mail.test"),
        ("09123456789", "+98 912 345 6789"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "09123456789"),
    ],
)
def test_contact_is_found_in_every_spelling(one, other):
    assert vault.contact_hmac(one) == vault.contact_hmac(other)


def test_contacts_differ():
    assert vault.contact_hmac("a@mail.test") != vault.contact_hmac("b@mail.test")
    assert vault.contact_hmac("Ali") != vault.contact_hmac("Reza")


def test_value_of_a_ticket_is_kept_encrypted_until_it_expires(settings):
    ticket = make_ticket()
    entry = VaultEntry.objects.get(ticket=ticket)
    assert (entry.type, entry.number) == ("PHONE", 1)
    assert PHONE.encode() not in bytes(entry.value_encrypted)
    assert _values(ticket) == {"[PHONE_1]": PHONE}
    assert entry.expires_at - timezone.now() > timedelta(days=settings.VAULT_DAYS - 1)


def test_same_value_in_two_tickets_has_two_fingerprints():
    make_ticket()
    make_ticket()
    digests = set(VaultEntry.objects.values_list("value_hmac", flat=True))
    assert len(digests) == 2


def test_expired_values_are_gone_and_their_numbers_are_not_given_again():
    ticket = make_ticket()
    VaultEntry.objects.update(expires_at=timezone.now())
    assert _values(ticket) == {}
    assert vault.forget_expired(now=timezone.now()) == 1
    masker = vault.TicketMasker.of(ticket)
    assert masker.mask("0935 111 2233") == "[PHONE_2]"


def test_password_is_masked_and_kept_nowhere():
    ticket = make_ticket(
        text="رمز عبور من: Abc12345 و کد تایید ۱۲۳۴۵۶ و cvv2 123، شماره 0912 345 6789"
    )
    text = ticket.messages.get().text
    assert (
        text == "رمز عبور من: [PASSWORD_1] و کد تایید [OTP_1] و cvv2 [CARD_CODE_1]، شماره [PHONE_1]"
    )
    assert list(VaultEntry.objects.values_list("type", flat=True)) == ["PHONE"]
    assert restore(text, _values(ticket)).count("[") == 3
    masker = vault.TicketMasker.of(ticket)
    assert masker.mask("رمز: Xyz98765") == "رمز: [PASSWORD_2]"


def test_company_telephone_is_not_masked(settings):
    settings.PUBLIC_CONTACTS = ["021-91000000", "help@kazheh.example"]
    masker = vault.TicketMasker(source="test", external_id="x")
    text = "با ۰۲۱۹۱۰۰۰۰۰۰ یا Help@kazheh.example تماس بگیرید"
    assert masker.mask(text) == text


def test_companys_own_number_is_kept_under_its_name():
    CustomPattern.objects.create(name="ORDER", template="KZ-#####")
    ticket = make_ticket(text="سفارش KZ-48213 نرسید")
    assert ticket.messages.get().text == "سفارش [ORDER_1] نرسید"
    assert _values(ticket) == {"[ORDER_1]": "KZ-48213"}


def test_text_without_values_costs_no_query(django_assert_num_queries):
    ticket = make_ticket()
    masker = vault.TicketMasker(source="test", external_id="y")
    masker.mask("سلام")  # learns the company's patterns
    with django_assert_num_queries(0):
        masker.keep(ticket)
    assert masker.entries(ticket, expires_at=timezone.now()) == []


def test_each_reading_is_written_down_without_the_value(sara):
    ticket = make_ticket(text=f"شماره {PHONE} و کارت {CARD}")
    assert set(vault.values_of(ticket, reader=sara, purpose=SEND)) == {"[PHONE_1]", "[BANK_CARD_1]"}
    reading = VaultReading.objects.get()
    assert (reading.user, reading.ticket_number) == (sara, ticket.pk)
    assert (reading.types, reading.purpose) == (["BANK_CARD", "PHONE"], "send")
    ticket_number = ticket.pk
    ticket.delete()
    reading.refresh_from_db()
    assert (reading.ticket, reading.ticket_number) == (None, ticket_number)


def test_nothing_read_is_nothing_written(sara):
    ticket = make_ticket(text="سلام")
    assert vault.values_of(ticket, reader=sara, purpose=SEND) == {}
    assert vault.values_of(make_ticket(), reader=sara, purpose=SEND, only=["[IP_1]"]) == {}
    assert not VaultReading.objects.exists()


def test_agent_sees_no_value_without_the_permission(sara):
    with pytest.raises(PermissionDenied):
        vault.reveal(make_ticket(), "[PHONE_1]", reader=sara)
    for purpose in (REVEAL, EXPORT):
        with pytest.raises(PermissionDenied):
            vault.values_of(make_ticket(), reader=sara, purpose=purpose)
    assert not VaultReading.objects.exists()


@pytest.mark.parametrize("written", ["[PHONE_1]", "[phone-۱]", r"[PHONE\_1]"])
def test_somebody_with_the_permission_sees_it_and_is_written_down(sara, written):
    sara.user_permissions.add(Permission.objects.get(codename="reveal_values"))
    ticket = make_ticket()
    assert vault.reveal(ticket, written, reader=sara) == PHONE
    reading = VaultReading.objects.get()
    assert (reading.user, reading.types, reading.purpose) == (sara, ["PHONE"], "reveal")


@pytest.mark.parametrize("name", ["[PHONE_2]", "[EMAIL_1]", "PHONE_1", "", "[PHONE_1][PHONE_1]"])
def test_nothing_is_revealed_where_nothing_is(mina, name):
    assert vault.reveal(make_ticket(), name, reader=mina) is None
    assert not VaultReading.objects.exists()


def test_another_tickets_value_is_not_revealed(mina):
    make_ticket()
    assert vault.reveal(make_ticket(text="سلام"), "[PHONE_1]", reader=mina) is None


def test_destroyed_and_expired_values_are_not_revealed(mina):
    ticket = make_ticket(text=f"رمز عبور من: Abc12345، شماره {PHONE}")
    assert vault.reveal(ticket, "[PASSWORD_1]", reader=mina) is None
    VaultEntry.objects.update(expires_at=timezone.now())
    assert vault.reveal(ticket, "[PHONE_1]", reader=mina) is None


def test_admins_have_the_permission_from_the_start_and_others_do_not(mina, sara, outsider):
    assert [vault.may_reveal(one) for one in (mina, sara, outsider)] == [True, False, False]


def test_permission_taken_from_admins_stays_away(mina):
    admins = Group.objects.get(name="admin")
    admins.permissions.clear()
    call_command("migrate", verbosity=0)
    assert not vault.may_reveal(type(mina).objects.get(pk=mina.pk))


def test_inactive_admin_sees_nothing(mina):
    mina.is_active = False
    assert not vault.may_reveal(mina)


def test_lost_key_says_so_and_reads_nothing(mina, settings):
    ticket = make_ticket()
    _with_vault_keys(settings, Fernet.generate_key().decode())
    with pytest.raises(vault.UnreadableVault):
        vault.reveal(ticket, "[PHONE_1]", reader=mina)
    assert vault.known_placeholders(ticket) == {"[PHONE_1]"}
    assert vault.values_of(ticket, reader=mina, purpose=EXPORT, skip_unreadable=True) == {}
    assert not VaultReading.objects.exists()


def test_desk_shows_its_pages_where_the_key_is_lost(client, mina, settings):
    ticket = make_ticket()
    _with_vault_keys(settings, Fernet.generate_key().decode())
    client.force_login(mina)
    for path in ("/", f"/tickets/{ticket.pk}/"):
        assert client.get(path, follow=True).status_code == 200


def test_reveal_values_command_allows_and_forbids(sara, mina):
    out = StringIO()
    call_command("reveal_values", "--allow", "sara", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"people": ["mina", "sara"]}
    assert vault.may_reveal(type(sara).objects.get(pk=sara.pk))
    out = StringIO()
    call_command("reveal_values", "--forbid", "sara", stdout=out)
    assert out.getvalue() == "May see personal values: mina.\n"
    assert not vault.may_reveal(type(sara).objects.get(pk=sara.pk))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--allow", "nobody"], "no agent"),
        (["--allow", "outsider"], "no agent"),
        (["--forbid", "mina"], "as an admin"),
    ],
)
def test_reveal_values_command_says_what_it_cannot_do(mina, outsider, arguments, line):
    with pytest.raises(CommandError, match=line) as refused:
        call_command("reveal_values", *arguments)
    assert refused.value.returncode == 2
    assert not vault.may_reveal(outsider)
