"""What every reader gives: a `Document`, an article as it was read and not yet stored."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from runtime.errors import InputError

MAX_TITLE = 500
MAX_EXTERNAL_ID = 500
MAX_URL = 2000

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


class UnreadableDocument(InputError):
    """This file or line gives no article; the others of the import go on without it."""


class UnreadableCollection(UnreadableDocument):
    """Something that holds several articles, or one of them, cannot be read: which articles it held
    is not known, so none may be taken for vanished."""


@dataclass(frozen=True)
class Document:
    """`text` is Markdown without raw HTML. `lang` is "" where the document does not say.
    `visibility` and `state` are Article's."""

    external_id: str
    title: str
    text: str
    url: str = ""
    lang: str = ""
    visibility: str = "public"
    state: str = "published"


def make_document(
    *,
    external_id: str,
    title: str,
    text: str,
    url: str = "",
    lang: str = "",
    visibility: str = "public",
    state: str = "published",
) -> Document:
    """Cleaned and within the limits, or UnreadableDocument."""
    text = clean(text).strip()
    title = " ".join(clean(title).split())
    external_id = clean(external_id).strip()
    if not text and not title:
        raise UnreadableDocument(_("There is no text in it."))
    if len(text) > settings.MAX_ARTICLE_CHARACTERS:
        raise UnreadableDocument(
            _("The text has %(size)s characters; %(most)s are the most for an article.")
            % {"size": f"{len(text):,}", "most": f"{settings.MAX_ARTICLE_CHARACTERS:,}"}
        )
    if not external_id or len(external_id) > MAX_EXTERNAL_ID:
        raise UnreadableDocument(
            _("An external id has 1 to %(most)s characters.") % {"most": MAX_EXTERNAL_ID}
        )
    return Document(
        external_id=external_id,
        title=_cut(title or external_id),
        text=text,
        url=_web_address(url),
        lang=language_tag(lang),
        visibility=visibility,
        state=state,
    )


def clean(text: str) -> str:
    """Without what PostgreSQL cannot keep: control characters and lone surrogates."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def language_tag(lang: str) -> str:
    """fa, fa-AF (from fa_AF), or "" if it is no language tag."""
    match = _LANG.fullmatch(lang.strip())
    if not match or len(match.group()) > 12:
        return ""
    first, *rest = match.group().replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


def _cut(title: str) -> str:
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…"


def _web_address(url: str) -> str:
    """Only what a link may lead to; a `javascript:` address never gets in."""
    url = clean(url).strip()
    good = url.startswith(("http://", "https://")) and len(url) <= MAX_URL
    return url if good and not re.search(r"[\s<>\"]", url) else ""
