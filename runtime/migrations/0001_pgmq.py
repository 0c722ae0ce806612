"""Install PGMQ (plain SQL from the `pgmq` package): Celery's default broker in this database."""

from typing import Any

from django.conf import settings
from django.db import migrations
from pgmq.install import get_embedded_install_sql


def install(apps: Any, schema_editor: Any) -> None:
    if not settings.CELERY_BROKER_URL.startswith("pgmq:"):
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('pgmq')")
        if cursor.fetchone()[0] is None:
            cursor.execute("CREATE SCHEMA pgmq")
            cursor.execute(get_embedded_install_sql())


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunPython(install, migrations.RunPython.noop, elidable=False)]
