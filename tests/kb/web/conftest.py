"""A site that fetches are allowed to reach, patiently and without pauses."""

from functools import partial

import pytest

from kb.importing.web import fetching, reading
from tests.kb.web.sites import Site


@pytest.fixture
def site(settings, monkeypatch):
    site = Site()
    settings.FETCH_ALLOW = [site.place]
    monkeypatch.setattr(fetching, "FIRST_PAUSE", 0.01)
    # On a busy machine a page may take long, and one that is tried again is asked for twice.
    patient = partial(fetching.Fetcher, connect_seconds=60, read_seconds=60, total_seconds=120)
    monkeypatch.setattr(reading, "Fetcher", patient)
    yield site
    site.close()
