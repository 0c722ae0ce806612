"""The editor's form. What an article may be is decided by `kb.editing`; this says it in fields."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kb.editing import Content, version_of
from kb.importing.document import MAX_TITLE, language_tag
from kb.models import Article

LANGUAGES = [
    ("", _("As the text says")),
    ("fa", _("Persian")),
    ("en", _("English")),
    ("uk", _("Ukrainian")),
    ("he", _("Hebrew")),
]
VISIBILITIES = [
    (Article.Visibility.PUBLIC, _("Public: drafts for customers may use it")),
    (Article.Visibility.INTERNAL, _("Internal: only people at the desk find it")),
]
MOST_GAPS = 500


class ArticleForm(forms.Form):
    """`key` names a new article before it is stored; `seen` is the version that the form was filled
    from; `gaps` are the searches that a new article answers."""

    title = forms.CharField(
        label=_("Title"),
        max_length=MAX_TITLE,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Give the article a title.")},
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"dir": "auto", "spellcheck": "true", "rows": 18}),
    )
    lang = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    visibility = forms.ChoiceField(
        label=_("Visibility"), choices=VISIBILITIES, initial=Article.Visibility.PUBLIC
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    gaps = forms.CharField(max_length=10_000, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, article: Article | None = None, **kwargs: Any) -> None:
        if article is not None:
            kwargs["initial"] = {
                "title": article.title,
                "text": article.text,
                "lang": article.lang,
                "visibility": article.visibility,
                "seen": version_of(article),
                **kwargs.get("initial", {}),
            }
        kwargs["initial"] = {"key": uuid.uuid4(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        if article is not None:
            self._offer(article.lang)

    def _offer(self, lang: str) -> None:
        """An imported article may be in a language that the list does not name."""
        field = self.fields["lang"]
        assert isinstance(field, forms.ChoiceField)
        if language_tag(lang) and lang not in dict(LANGUAGES):
            field.choices = [*LANGUAGES, (lang, lang)]

    def clean_gaps(self) -> list[int]:
        return gap_ids(self.cleaned_data["gaps"])

    def content(self, state: str) -> Content:
        given = self.cleaned_data
        return Content(given["title"], given["text"], given["lang"], given["visibility"], state)


def gap_ids(text: str) -> list[int]:
    """ "3,17" as numbers; what is no number is passed over."""
    parts = text.split(",")[:MOST_GAPS]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]
