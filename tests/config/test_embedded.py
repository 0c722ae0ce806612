import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from config import embedded

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="DATABASE_URL is set"),
]


def _one(query: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_database_is_utf8_with_the_builtin_locale():
    assert _one("SHOW server_encoding") == "UTF8"
    locale = "SELECT datlocprovider::text || datlocale FROM pg_database"
    assert _one(f"{locale} WHERE datname = current_database()") == "bC.UTF-8"


def test_application_role_has_no_superuser_rights():
    assert _one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("COPY (SELECT 1) TO PROGRAM 'true'")


def test_socket_folder_is_closed_to_others():
    folder = Path(connection.get_connection_params()["host"])
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_vector_extension_is_there():
    assert _one("SELECT '[1,2]'::halfvec <-> '[1,4]'::halfvec") == 2


def test_long_home_gets_a_closed_socket_folder_elsewhere(tmp_path):
    from tests.live_desk import LiveDesk

    home = tmp_path / ("long" * 20)
    desk = LiveDesk(home=home, port=1)
    code = (
        "from django.db import connection; import os;"
        "p = connection.get_connection_params()['host'];"
        "connection.ensure_connection(); print(oct(os.stat(p).st_mode & 0o777))"
    )
    assert "0o700" in desk.manage("shell", "--no-imports", "-c", code).stdout


def test_server_has_more_memory_than_the_default_where_the_machine_has(tmp_path):
    from tests.live_desk import LiveDesk

    desk = LiveDesk(home=tmp_path / "home", port=1)
    code = (
        "from django.db import connection\n"
        "with connection.cursor() as c: c.execute('SHOW shared_buffers'); print(c.fetchone()[0])"
    )
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8
    wanted = min(max(machine, 128 * 1024**2), 1024**3) // 1024**2
    for _ in range(2):  # from the first start on, and it stays
        shown = desk.manage("shell", "--no-imports", "-c", code).stdout.strip()
        assert shown == ("1GB" if wanted == 1024 else f"{wanted}MB")


def test_processes_that_find_a_new_home_together_all_get_a_database(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from config.embedded import allow_test_databases\n"
        "allow_test_databases(Path(sys.argv[1]))\n"
    )
    home = str(tmp_path / "home")
    started = [
        subprocess.Popen([sys.executable, "-c", code, home], stderr=subprocess.PIPE, text=True)
        for _number in range(4)
    ]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, said


LATE, STARTS_YET = subprocess.TimeoutExpired("pg_ctl", 10), AssertionError("status")
BROKEN = subprocess.CalledProcessError(1, "pg_ctl")
NO_LOG_YET, NO_PROGRAM = FileNotFoundError("log"), FileNotFoundError("pg_ctl")
NO_LOG_YET.__context__ = LATE


@pytest.mark.parametrize(
    ("ends", "raised", "starts"),
    [
        ([None], None, 1),
        ([LATE, BROKEN, STARTS_YET, None], None, 4),
        ([STARTS_YET, None], None, 2),
        ([NO_LOG_YET, BROKEN, None], None, 3),
        ([NO_PROGRAM, None], NO_PROGRAM, 1),
        ([BROKEN, None], BROKEN, 1),
        ([LATE] * 999, LATE, 242),  # for two minutes
    ],
)
def test_server_that_takes_longer_than_its_package_waits_is_joined(
    monkeypatch, ends, raised, starts
):
    seconds, tried = [], []

    def start():
        tried.append(1)
        if end := ends[len(tried) - 1]:
            raise end

    clock = SimpleNamespace(monotonic=lambda: sum(seconds), sleep=seconds.append)
    monkeypatch.setattr(embedded, "time", clock)
    server = SimpleNamespace(start=start)
    if raised is None:
        embedded._come_up(server)
    else:
        with pytest.raises(type(raised)):
            embedded._come_up(server)
    assert len(tried) == starts
