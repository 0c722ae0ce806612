"""Names that a company says are public stay in its tickets; every other name is masked."""

import pytest

from tickets import vault

pytestmark = pytest.mark.django_db


def test_public_name_is_not_masked_and_others_are(settings):
    settings.PUBLIC_NAMES = ["مریم صادقی"]
    masker = vault.TicketMasker(source="test", external_id="x")
    assert masker.mask("سلام رضا احمدی هستم. با تشکر، مریم صادقی") == (
        "سلام [PERSON_1] هستم. با تشکر، مریم صادقی"
    )
