import shutil
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

from config.messages import UnknownLanguage, add_language, compile_messages, languages

LOCALE = Path(settings.BASE_DIR) / "locale"


@pytest.fixture
def locale(tmp_path):
    shutil.copytree(LOCALE, tmp_path / "locale")
    return tmp_path / "locale"


def test_persian_and_english_are_offered_first_and_in_their_own_words():
    assert languages(LOCALE)[:2] == [("fa", "فارسی"), ("en", "English")]


@pytest.mark.parametrize(("code", "forms"), [("uk", 3), ("he", 2)])
def test_new_language_has_every_message_and_its_own_plurals(locale, code, forms):
    made = add_language(locale, code)
    with made.open("rb") as file:
        catalog = read_po(file, locale=code)
    with (locale / "fa" / "LC_MESSAGES" / "django.po").open("rb") as file:
        persian = read_po(file, locale="fa")
    assert {one.id for one in catalog} == {one.id for one in persian}
    assert catalog.num_plurals == forms
    assert code in dict(languages(locale))


@pytest.mark.parametrize("code", ["xx", "../etc", "", "fa", "FA"])
def test_unknown_language_or_one_that_is_there_is_refused(locale, code):
    before = sorted(locale.rglob("*"))
    with pytest.raises(UnknownLanguage):
        add_language(locale, code)
    assert sorted(locale.rglob("*")) == before


@pytest.mark.django_db
def test_desk_in_a_new_language_runs_from_right_to_left(locale, settings, client):
    made = add_language(locale, "he")
    with made.open("rb") as file:
        catalog = read_po(file, locale="he")
    catalog["Sign in"].string = "כניסה"
    with made.open("wb") as file:
        write_po(file, catalog)
    compile_messages([locale])
    settings.LOCALE_PATHS = [locale]
    settings.LANGUAGES = languages(locale)
    try:
        trans_real.reset_cache(setting="LANGUAGES", enter=True)
        trans_real._translations.clear()
        page = client.get("/sign-in/", headers={"accept-language": "he"}).content.decode()
    finally:
        trans_real._translations.clear()
        translation.activate("fa")
    assert '<html lang="he" dir="rtl">' in page
    assert "כניסה" in page


@pytest.mark.django_db
def test_other_language_is_named_in_its_own_words(client):
    for here, name in (("fa", "English"), ("en", "فارسی")):
        page = client.get("/sign-in/", headers={"accept-language": here}).content.decode()
        assert f"<bdi>{name}</bdi>" in page
