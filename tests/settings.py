"""The tests' settings: the real ones, in a home of their own below var/."""

import os
from pathlib import Path

os.environ.setdefault("PASOKH_HOME", str(Path(__file__).parent.parent / "var" / "test"))
os.environ.setdefault("PASOKH_TEST_DB", "test_pasokh")
# Which customers are held out hangs on it: a training test has the same rows in every home.
os.environ.setdefault("PASOKH_CONTACT_KEY", "0" * 64)

from config.messages import compile_messages
from config.settings import *  # noqa: F403
from config.settings import DATABASES, EMBEDDED_DATABASE, LOCALE_PATHS

# Set-up does it for a desk; Django reads translations once, so here it comes before all else.
compile_messages(LOCALE_PATHS)

if EMBEDDED_DATABASE:
    DATABASES["default"]["TEST"]["NAME"] = os.environ["PASOKH_TEST_DB"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
