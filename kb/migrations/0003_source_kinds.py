"""What sources are, for those that were there before they were told apart."""

from django.db import migrations
from django.db.models import F


def name_kinds(apps, schema_editor):
    Source = apps.get_model("kb", "Source")
    Source.objects.filter(location__startswith="upload:").update(kind="upload")
    runs = apps.get_model("kb", "ImportRun").objects
    runs.filter(state__in=("done", "failed"), finished_at=None).update(finished_at=F("heartbeat_at"))
    for run in runs.filter(source=None).exclude(file_name="").exclude(state__in=("queued", "running")):
        run.source = Source.objects.filter(location=f"upload:{run.file_name}").first()
        run.save(update_fields=["source"])


class Migration(migrations.Migration):
    dependencies = [("kb", "0002_knowledge_base")]
    operations = [migrations.RunPython(name_kinds, migrations.RunPython.noop)]
