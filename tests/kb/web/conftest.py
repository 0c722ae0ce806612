"""A site that fetches are allowed to reach, and no pauses."""

import pytest

from kb.importing.web import fetching
from tests.kb.web.sites import Site


@pytest.fixture
def site(settings, monkeypatch):
    site = Site()
    settings.FETCH_ALLOW = [site.place]
    monkeypatch.setattr(fetching, "FIRST_PAUSE", 0.01)
    yield site
    site.close()
