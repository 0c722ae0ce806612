"""The forms of imports: they check what can be checked before anything is kept or fetched."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from kb.importing import web
from kb.importing.recognising import READ
from kb.models import Source
from runtime.errors import InputError

MAX_FILES = 50
LANGUAGES = [
    ("", _("As the documents say")),
    ("fa", _("Persian")),
    ("en", _("English")),
    ("uk", _("Ukrainian")),
    ("he", _("Hebrew")),
]
SCHEDULES = [
    (0, _("only when somebody asks")),
    (6, _("every six hours")),
    (24, _("every day")),
    (24 * 7, _("every week")),
    (24 * 30, _("every month")),
]
WAYS = [
    ("", _("recognised from the address")),
    (Source.Kind.PAGE, _("this page alone")),
    (Source.Kind.SITEMAP, _("all pages of this sitemap")),
    (Source.Kind.CRAWL, _("the whole website, from this page on")),
]


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given or [None]]


class UploadForm(forms.Form):
    file = FilesField(
        label=_("Files"),
        max_length=255,
        widget=FilesInput(attrs={"accept": ",".join(READ)}),
        error_messages={"required": _("Choose at least one file.")},
    )
    lang = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)

    def clean_file(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["file"]
        if len(files) > MAX_FILES:
            raise forms.ValidationError(
                _("%(most)s files at a time are the most; put more into an archive.")
                % {"most": MAX_FILES}
            )
        names = [file.name or "" for file in files]
        if len(set(names)) < len(names):
            raise forms.ValidationError(_("Two of the files have the same name."))
        for file in files:
            if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
                raise forms.ValidationError(too_large())
            if PurePosixPath(file.name or "").suffix.lower() not in READ:
                raise forms.ValidationError(
                    _("Give a file of one of these types: %(types)s.") % {"types": ", ".join(READ)}
                )
        return files


def too_large() -> str:
    return _("All files together may have %(size)s MB.") % {
        "size": settings.MAX_UPLOAD_BYTES // 1024**2
    }


def _text(label: Any, help_text: Any = "", **more: Any) -> forms.CharField:
    attrs = {"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=attrs),
        **more,
    )


class WebForm(forms.Form):
    """An address and how it is read; the limits are those of `web.WebOptions`."""

    url = forms.CharField(
        label=_("Web address"),
        max_length=1000,
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "https://", "inputmode": "url"}),
        error_messages={"required": _("Give a web address.")},
    )
    kind = forms.ChoiceField(label=_("What to read"), choices=WAYS, required=False)
    lang = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    refresh_hours = forms.TypedChoiceField(
        label=_("Import again"), choices=SCHEDULES, coerce=int, required=False
    )
    max_pages = forms.IntegerField(label=_("Pages at most"), required=False, min_value=1)
    max_depth = forms.IntegerField(label=_("Links deep at most"), required=False, min_value=0)
    include = _text(_("Only paths that begin with"), _("Several by spaces: /help /faq"))
    exclude = _text(_("No paths that begin with"))
    select_title = _text(
        _("Selector of the title"),
        _("CSS selectors, where a page's own structure does not say it."),
    )
    select_body = _text(_("Selector of the text"))
    select_list = _text(_("Selector of links to posts"), _("On the list pages of a blog."))
    select_next = _text(_("Selector of the next list page"))
    obey_robots = forms.BooleanField(
        label=_("Obey robots.txt"),
        help_text=_("Leave it on for every site but your own."),
        required=False,
        initial=True,
    )

    ADVANCED: Sequence[str] = (
        "max_pages",
        "max_depth",
        "include",
        "exclude",
        "select_title",
        "select_body",
        "select_list",
        "select_next",
        "obey_robots",
    )

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[name] for name in self.ADVANCED]

    @property
    def advanced_is_used(self) -> bool:
        """Then it is shown open."""
        if not self.is_bound:
            return False
        return any(name in self.errors or self.data.get(name) for name in self.ADVANCED[:-1])

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        if "://" not in url:
            url = f"https://{url}"
        if any(letter.isspace() for letter in url):
            raise forms.ValidationError(_("A web address has no spaces in it."))
        try:
            web.recognise(url)
        except InputError as error:
            raise forms.ValidationError(str(error)) from error
        return url

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                given["options"] = web.WebOptions.from_json(self._options(given)).as_json()
            except InputError as error:
                named = next((name for name in self.ADVANCED if name in str(error)), None)
                self.add_error(named, str(error))
                return given
            chosen = given["kind"] or (Source.Kind.CRAWL if given["select_list"] else "")
            given["kind"] = Source.Kind(chosen or web.recognise(given["url"]))
        return given

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        options: dict[str, Any] = {
            name: given[name]
            for name in (*self.ADVANCED, "lang")
            if given.get(name) not in (None, "")
        }
        for name in ("include", "exclude"):
            options[name] = tuple(given[name].split())
        return options


class ScheduleForm(forms.Form):
    refresh_hours = forms.TypedChoiceField(label=_("Import again"), choices=SCHEDULES, coerce=int)

    def __init__(self, *args: Any, hours: int = 0, **kwargs: Any) -> None:
        """`hours`: the source's own, which a command may have set to any number."""
        super().__init__(*args, **kwargs)
        self.initial["refresh_hours"] = hours
        field = self.fields["refresh_hours"]
        assert isinstance(field, forms.TypedChoiceField)
        if hours not in dict(SCHEDULES):
            every = _("every %(hours)s hours") % {"hours": hours}
            field.choices = [*SCHEDULES, (hours, every)]
