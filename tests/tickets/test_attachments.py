"""Files of customers: kept encrypted, told by their bytes, downloaded by whoever may, erased."""

import base64
import dataclasses
import os
import time

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse

from tests.tickets.everywhere import files_with, tables_with
from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tests.tickets.files import DOCX, JPEG, PDF, PNG
from tickets import attachments, tasks, vault
from tickets.models import Attachment, Message, Ticket, VaultReading
from tickets.rating import rate
from tickets.rights import erase_customer, erase_ticket, export_customer
from tickets.vault import files

pytestmark = pytest.mark.django_db
SECRET = b"%PDF-1.7 the customer's own passport zebra-needle"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return settings.MEDIA_ROOT


@pytest.fixture
def ticket():
    return make_ticket()


def _store(ticket, content=PNG, name="photo.png"):
    return attachments.store(ticket, ticket.messages.first(), name=name, content=content)


def _on_disk(media):
    return [one for one in media.rglob("*") if one.is_file()]


def test_file_is_kept_encrypted_and_comes_back(ticket, media, sara):
    row = _store(ticket, SECRET, "passport.pdf")
    assert (row.state, row.media_type, row.size) == ("kept", "application/pdf", len(SECRET))
    assert not files_with(media, "zebra-needle")
    assert not tables_with("zebra-needle")
    assert attachments.read(row, reader=sara) == SECRET
    (file,) = _on_disk(media)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "passport" not in str(file)
    reading = VaultReading.objects.get()
    assert (reading.user, reading.ticket, reading.types) == (sara, ticket, ["FILE"])


def test_name_is_masked_and_made_safe(ticket):
    row = _store(ticket, PNG, f"../../عکس {PHONE}\u202egnp.exe")
    assert row.name == "عکس [PHONE_1] gnp.exe.png"  # the number that the message has too
    assert _store(ticket, JPEG, "C:\\secret\\a\x00b.jpeg").name == "a b.jpeg"
    assert _store(ticket, PDF, "").name == "file.pdf"
    long = _store(ticket, DOCX, "x" * 5000 + ".docx").name
    assert long.endswith(".docx")
    assert len(long) <= 200
    assert not tables_with(PHONE)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", attachments.EMPTY),
        (b"MZ\x90\x00", "Files of this kind are not kept."),
        (b"<svg onload=alert(1)>", "Files of this kind are not kept."),
        (PNG + b"x" * 1000, attachments.TOO_LARGE),
    ],
)
def test_refused_file_leaves_a_row_and_no_bytes(ticket, media, settings, content, why, sara):
    settings.MAX_ATTACHMENT_BYTES = 500
    row = _store(ticket, content)
    assert (row.state, row.why, row.path) == ("refused", why, "")
    assert why in attachments.REFUSALS or why in (attachments.EMPTY, attachments.TOO_LARGE)
    assert _on_disk(media) == []
    with pytest.raises(attachments.NoSuchFile):
        attachments.read(row, reader=sara)
    assert not VaultReading.objects.exists()


def test_message_has_so_many_files_and_no_more(ticket, media, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_FILES", 3)
    rows = [_store(ticket, PNG + bytes([number])) for number in range(6)]
    assert [row.state for row in rows] == ["kept"] * 3 + ["refused"] * 3
    assert rows[3].why == attachments.TOO_MANY
    assert rows[5].pk == rows[3].pk
    assert Attachment.objects.count() == 4
    assert len(_on_disk(media)) == 3


def test_same_file_again_is_one_and_another_message_shares_its_bytes(ticket, media):
    first = _store(ticket)
    assert _store(ticket, name="again.png").pk == first.pk
    later = Message.objects.create(
        ticket=ticket, role="customer", text="باز", created_at=ticket.created_at
    )
    second = attachments.store(ticket, later, name="b.png", content=PNG)
    assert second.pk != first.pk
    assert second.path == first.path
    assert len(_on_disk(media)) == 1
    other = make_ticket()
    third = _store(other)
    assert third.path != first.path
    assert third.digest != first.digest


def test_download_is_a_download_and_nothing_else(ticket, client, sara):
    row = _store(ticket, PDF, 'bill "a".pdf')
    client.force_login(sara)
    answer = client.get(reverse("ticket-attachment", args=[ticket.pk, row.pk]))
    assert answer.status_code == 200
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_persian_name_stands_in_the_header(ticket, client, sara):
    row = _store(ticket, PDF, "صورت‌حساب.pdf")
    client.force_login(sara)
    answer = client.get(reverse("ticket-attachment", args=[ticket.pk, row.pk]))
    assert "filename*=UTF-8''%D8%B5" in answer["Content-Disposition"]


def test_download_is_for_those_who_see_the_ticket(ticket, client, support, sara, navid):
    row, other = _store(ticket), make_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(team=support)
    address = reverse("ticket-attachment", args=[ticket.pk, row.pk])
    client.force_login(navid)
    assert client.get(address).status_code == 404
    client.force_login(sara)
    assert client.get(address).status_code == 200
    # a file is asked for by its own ticket only
    assert client.get(reverse("ticket-attachment", args=[other.pk, row.pk])).status_code == 404
    assert VaultReading.objects.count() == 1


def test_download_without_key_or_file_says_so(ticket, client, sara, settings):
    row = _store(ticket)
    client.force_login(sara)
    address = reverse("ticket-attachment", args=[ticket.pk, row.pk])
    keys = settings.KEYS
    settings.KEYS = dataclasses.replace(keys, vault=(Fernet.generate_key().decode(),))
    assert client.get(address).status_code == 409
    settings.KEYS = keys
    files.remove([row.path])
    assert client.get(address).status_code == 404


def test_erased_customer_leaves_no_file(ticket, media, mina, django_capture_on_commit_callbacks):
    _store(ticket, SECRET, "passport.pdf")
    kept = _store(make_ticket(contact="other@mail.test"))
    with django_capture_on_commit_callbacks(execute=True):
        done = erase_customer(ticket.customer, user=mina)
    assert done.counts["files"] == 1
    assert [one.pk for one in Attachment.objects.all()] == [kept.pk]
    assert len(_on_disk(media)) == 1
    assert not tables_with("passport")


def test_erased_ticket_that_was_rated_keeps_rows_without_words(
    ticket, media, sara, django_capture_on_commit_callbacks
):
    row = _store(ticket, SECRET, "passport.pdf")
    rate(make_drafts(ticket)[0], agent=sara, stars=4)
    with django_capture_on_commit_callbacks(execute=True):
        erase_ticket(ticket, user=None)
    row.refresh_from_db()
    assert (row.state, row.name, row.path, row.digest) == ("erased", "", "", "")
    assert _on_disk(media) == []


def test_bytes_stay_where_erasing_was_rolled_back(ticket, media, sara):
    from django.db import transaction

    row = _store(ticket)
    with transaction.atomic():
        attachments.forget([ticket])
        transaction.set_rollback(True)
    assert len(_on_disk(media)) == 1
    assert attachments.read(row, reader=sara) == PNG


def test_export_has_the_file(ticket, mina):
    _store(ticket, SECRET, "passport.pdf")
    (one,) = export_customer(ticket.customer, user=mina)["tickets"][0]["files"]
    assert base64.b64decode(one["content"]) == SECRET
    assert one["name"] == "passport.pdf"


def test_sweep_takes_files_without_a_row_when_they_are_old(ticket, media):
    row = _store(ticket)
    orphan, young = files.write(b"orphan"), files.write(b"young")
    (media / orphan).with_name("left.part").write_bytes(b"half")
    past = time.time() - 2 * attachments.ORPHAN_SECONDS
    for path in (row.path, orphan, orphan.replace(orphan.split("/")[-1], "left.part")):
        os.utime(media / path, (past, past))
    tasks.sweep_files()
    assert {str(one.relative_to(media)) for one in _on_disk(media)} == {row.path, young}


def test_rotation_puts_files_under_the_new_key(ticket, settings, sara):
    row = _store(ticket, SECRET, "passport.pdf")
    key = Fernet.generate_key().decode()
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=(key, *settings.KEYS.vault))
    report = vault.rotate()
    assert (report.files, report.unreadable) == (1, 0)
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=(key,))
    assert attachments.read(row, reader=sara) == SECRET
    assert vault.rotate().files == 0
