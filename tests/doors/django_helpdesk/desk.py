"""A real django-helpdesk: a Django project in a folder of its own, its database, its server.

`RealDesk.begin(folder)` makes it; `bulk` puts tickets into its database; `start`, `kill`. What
stands in it afterwards is read from its database file.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.live_desk import free_port

ACCOUNT, PASSWORD = "pasokh", "the-door-s-own-password"

SETTINGS = """
from pathlib import Path
HERE = Path(__file__).parent
SECRET_KEY = "of a desk in a test"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "there_urls"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.admin", "django.contrib.humanize",
    "django.contrib.sites",
    "rest_framework", "helpdesk",
]
MIDDLEWARE = [
    "there_asgi.Hold",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages"]},
}]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "there.sqlite3",
    "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command":
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"},
}}
# Its tables as its models say; its own migrations take half a minute.
MIGRATION_MODULES = {name: None for name in
    ("auth", "contenttypes", "sessions", "admin", "sites", "helpdesk")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = HERE / "mail"
MEDIA_ROOT, MEDIA_URL = HERE / "media", "/media/"
STATIC_URL = "/static/"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
HELPDESK_ACTIVATE_API_ENDPOINT = True
HELPDESK_TEAMS_MODE_ENABLED = False
SITE_ID = 1
"""
URLS = """
from django.conf import settings
from django.urls import include, path
from django.views.static import serve
urlpatterns = [
    path("helpdesk/", include("helpdesk.urls")),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
]
"""
ASGI = """
import time
from pathlib import Path
from django.core.asgi import get_asgi_application
class Hold:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        writes = request.method == "POST" and request.path.endswith("/followups/")
        if writes:
            self.hold("hold-before")
        answer = self.get_response(request)
        if writes:
            self.hold("hold-after")
        return answer
    def hold(self, name):
        here = Path(__file__).parent
        try:
            (here / name).rename(here / "held")
        except FileNotFoundError:
            return
        time.sleep(60)
application = get_asgi_application()
"""
MAKE = """
import django, os
django.setup()
from django.core.management import call_command
from django.contrib.auth.models import User
from helpdesk.models import Queue
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("loaddata", "emailtemplate.json", verbosity=0)
for name in ("pasokh", "staff"):
    User.objects.create_user(name, f"{name}@there.example", os.environ["ACCOUNT_PASSWORD"],
                             is_staff=True)
Queue.objects.create(title="Support", slug="support", email_address="support@there.example")
Queue.objects.create(title="Sales", slug="sales", email_address="sales@there.example")
"""
BULK = """
import django, json, sys
django.setup()
from helpdesk.models import FollowUp, Queue, Ticket
rows = json.load(sys.stdin)
said = [row.pop("follow_up", "") for row in rows]
made = Ticket.objects.bulk_create([Ticket(**row) for row in rows])
FollowUp.objects.bulk_create([FollowUp(ticket=one, comment=text, public=True, message_id="<m@x>")
                              for one, text in zip(made, said) if text])
print(json.dumps([one.pk for one in made]))
"""


@dataclass
class RealDesk:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def begin(cls, folder: Path) -> "RealDesk":
        for name, text in (
            ("there_settings.py", SETTINGS),
            ("there_urls.py", URLS),
            ("there_asgi.py", ASGI),
        ):
            (folder / name).write_text(text)
        desk = cls(folder, free_port())
        desk.python(MAKE)
        return desk

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/helpdesk/"

    def python(self, code: str, given: Any = None) -> str:
        """Runs code in that project, as its own commands would."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env=self._environment(),
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def bulk(self, rows: list[dict[str, Any]]) -> list[int]:
        """`follow_up` in a row: what the customer wrote besides, by mail."""
        return json.loads(self.python(BULK, rows))

    def start(self) -> "RealDesk":
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "there_asgi:application", "--log-level=error"),
                *("--port", str(self.port), "--lifespan", "off"),
            ],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}api/tickets/", timeout=30)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return self
        raise AssertionError("the other desk did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(60)
            self.process = None

    def hold(self, *, after: bool) -> None:
        """The next reply stops before it is written, or before the answer."""
        (self.folder / "held").unlink(missing_ok=True)
        (self.folder / ("hold-after" if after else "hold-before")).touch()

    def is_holding(self) -> bool:
        return (self.folder / "held").exists()

    def api(self, name: str = "staff") -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}api/", auth=(name, PASSWORD), timeout=30)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(self.folder / "there.sqlite3", timeout=20)
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()

    def add(self, fields: dict[str, Any]) -> int:
        """One ticket, straight into its table."""
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        told = {
            **{"created": now, "modified": now, "status": 1, "on_hold": 0, "priority": 3},
            **{"secret_key": "secret", **fields},
        }
        names, marks = ", ".join(told), ", ".join("?" * len(told))
        self.write(f"INSERT INTO helpdesk_ticket ({names}) VALUES ({marks})", *told.values())
        return int(self.rows("SELECT max(id) FROM helpdesk_ticket")[0][0])

    def write(self, query: str, *values: Any) -> None:
        database = sqlite3.connect(self.folder / "there.sqlite3", timeout=20)
        try:
            database.execute(query, values)
            database.commit()
        finally:
            database.close()

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PASOKH_", "DJANGO_"))}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "there_settings",
            "ACCOUNT_PASSWORD": PASSWORD,
            "PYTHONPATH": str(self.folder),
        }
