"""Articles that come in at the desk: `start_import` keeps the file and asks for its import."""

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile

from kb import runs
from kb.models import ImportRun, Source
from kb.refreshing import ask_for_import
from runtime import uploads
from runtime.jobs import State, Trigger

FOLDER = "imports"


def start_import(file: UploadedFile, *, user: User, lang: str = "") -> ImportRun:
    """Keep the file and ask a worker, or SourceBusy. The form has checked its size."""
    name = uploads.upload_name(file)
    source, _created = Source.objects.get_or_create(
        location=f"upload:{name}", defaults={"name": name[:200], "kind": Source.Kind.UPLOAD}
    )
    path = uploads.new_path(name, folder=FOLDER)
    run = runs.begin(
        source,
        trigger=Trigger.DESK,
        state=State.QUEUED,
        user=user,
        file_name=name,
        path=path,
        lang=lang,
    )
    uploads.keep(file, path)
    ask_for_import(run.pk)
    return run
