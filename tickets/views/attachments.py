"""A customer's file: downloaded by whoever may see the ticket, and never shown by the desk."""

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.roles import agent_required, signed_in
from runtime.errors import InputError
from tickets import attachments
from tickets.access import seen_or_404
from tickets.models import Attachment

# Whatever a browser makes of the bytes all the same, it may run and load nothing.
_NOTHING = (
    "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@require_safe
@never_cache
@agent_required
def download(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """404 for a file that was refused or erased; 409 with one line where no key opens it."""
    rows = Attachment.objects.select_related("ticket")
    row = seen_or_404(rows, request.user, "ticket__", pk=attachment, ticket=pk)
    try:
        content = attachments.read(row, reader=signed_in(request.user))
    except attachments.NoSuchFile as error:
        raise Http404(str(error)) from None
    except InputError as error:
        return HttpResponse(str(error), status=409, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = _disposition(row.name or _("file"))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _NOTHING
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _disposition(name: str) -> str:
    """Always an attachment. What a header cannot hold stands in the second name (RFC 6266)."""
    plain = "".join(one if " " <= one < "\x7f" and one not in '"\\%' else "_" for one in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
