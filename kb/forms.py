"""The upload form: it checks what can be checked before anything is kept."""

from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from kb.importing.formats import READ

LANGUAGES = [
    ("", _("As the documents say")),
    ("fa", _("Persian")),
    ("en", _("English")),
    ("uk", _("Ukrainian")),
    ("he", _("Hebrew")),
]


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(READ)}),
    )
    lang = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        assert isinstance(file, UploadedFile)
        if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(too_large())
        if PurePosixPath(file.name or "").suffix.lower() not in READ:
            raise forms.ValidationError(_("Give an HTML, Markdown, text or JSONL file."))
        return file


def too_large() -> str:
    return _("The file is larger than %(size)s MB.") % {
        "size": settings.MAX_UPLOAD_BYTES // 1024**2
    }
