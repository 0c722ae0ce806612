"""A website all the way into the knowledge base: imported, kept in step, searched."""

import pytest

from kb.importing import import_sources
from kb.importing.web import WebOptions
from kb.models import Article, Source, WebPage
from kb.retrieval import search
from runtime.errors import InputError
from tests.kb.web.sites import Answer, html, redirect, tagged

pytestmark = pytest.mark.django_db
QUICK = WebOptions(seconds_between=0)


@pytest.fixture
def centre(site):
    site.pages["/"] = tagged(html("Welcome", links=("/wallet", "/parcel")), '"0"')
    site.pages["/wallet"] = tagged(html("How wallets are topped up"), '"1"')
    site.pages["/parcel"] = tagged(html("Where parcels are handed over"), '"2"')
    return site


def crawl(site, options=QUICK):
    report = import_sources([site.url()], options=options, kind=Source.Kind.CRAWL)
    return report.created, report.updated, report.unchanged, report.removed, len(report.failed)


def test_a_site_is_imported_and_found(centre):
    assert crawl(centre) == (3, 0, 0, 0, 0)
    found = search("topped up wallet", mode="lexical", k=1)[0]
    assert (found.external_id, found.url) == (centre.name("/wallet"), centre.url("/wallet"))


def test_importing_again_changes_what_changed(centre):
    crawl(centre)
    assert crawl(centre) == (0, 0, 3, 0, 0)
    centre.pages["/wallet"] = tagged(html("How wallets are emptied"), '"9"')
    centre.pages["/parcel"] = Answer(b"", 410)
    assert crawl(centre) == (0, 1, 1, 1, 0)
    assert Article.objects.get(state="archived").external_id == centre.name("/parcel")
    centre.pages["/parcel"] = tagged(html("Where parcels are handed over"), '"2"')
    assert crawl(centre) == (0, 1, 2, 0, 0)
    assert not Article.objects.filter(state="archived").exists()


def test_a_page_that_fails_keeps_its_article(centre):
    crawl(centre)
    centre.pages["/parcel"] = Answer(b"", 500)
    assert crawl(centre) == (0, 0, 2, 0, 1)
    centre.pages["/"] = tagged(html("Welcome", links=("/wallet",)), '"00"')
    assert crawl(centre)[3] == 0
    assert not Article.objects.filter(state="archived").exists()


def test_a_site_that_cannot_be_had_is_one_line_and_leaves_nothing(site):
    site.pages["/"] = redirect("http://169.254.169.254/latest/meta-data/", 302)
    with pytest.raises(InputError, match="is not on the public internet") as raised:
        import_sources([site.url()], options=QUICK)
    assert "\n" not in str(raised.value)
    assert not Article.objects.exists()


def test_a_dry_run_leaves_nothing(centre):
    report = import_sources([centre.url()], options=QUICK, kind=Source.Kind.CRAWL, dry_run=True)
    assert report.created == 3
    assert not WebPage.objects.exists()
    assert not Source.objects.exists()
