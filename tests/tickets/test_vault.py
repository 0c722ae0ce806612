"""Values are encrypted, compared without being read, expire, and come back in a reply."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.utils import timezone

from tests.tickets.factories import PHONE, make_ticket
from text.privacy import restore
from tickets import vault
from tickets.models import VaultEntry

pytestmark = pytest.mark.django_db


def _with_vault_keys(settings, *keys):
    import dataclasses

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
    with pytest.raises(InvalidToken):
        vault.decrypt(token)


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
    assert vault.values_of(ticket) == {"[PHONE_1]": PHONE}
    assert entry.expires_at - timezone.now() > timedelta(days=settings.VAULT_DAYS - 1)


def test_same_value_in_two_tickets_has_two_fingerprints():
    make_ticket()
    make_ticket()
    digests = set(VaultEntry.objects.values_list("value_hmac", flat=True))
    assert len(digests) == 2


def test_expired_values_are_gone_and_their_numbers_are_not_given_again():
    ticket = make_ticket()
    VaultEntry.objects.update(expires_at=timezone.now())
    assert vault.values_of(ticket) == {}
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
    assert restore(text, vault.values_of(ticket)).count("[") == 3
    masker = vault.TicketMasker.of(ticket)
    assert masker.mask("رمز: Xyz98765") == "رمز: [PASSWORD_2]"


def test_company_telephone_is_not_masked(settings):
    settings.PUBLIC_CONTACTS = ["021-91000000", "help@kazheh.example"]
    masker = vault.TicketMasker(source="test", external_id="x")
    text = "با ۰۲۱۹۱۰۰۰۰۰۰ یا Help@kazheh.example تماس بگیرید"
    assert masker.mask(text) == text
