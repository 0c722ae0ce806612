"""Notes, files, refusals and events of a ticket for other programs."""

from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from people.roles import signed_in
from runtime.api.paging import CappedPages
from runtime.api.views import ApiView
from tickets import attachments
from tickets.access import seen_or_404, seen_ticket
from tickets.api import inputs, serializers
from tickets.api.idempotency import CreatingView
from tickets.api.views import READ, WRITE
from tickets.models import Attachment, Message, NoGoodAnswer, Note, Ticket, TicketEvent
from tickets.notes import add_note
from tickets.refusing import refuse
from tickets.views.attachments import download


class _OfTicket(ListAPIView[Any]):
    """A list of what belongs to one ticket that the person sees."""

    pagination_class = CappedPages
    rows: ClassVar[Any]
    of = "ticket"

    def get_queryset(self) -> QuerySet[Any]:
        ticket = seen_ticket(self.request.user, self.kwargs["pk"])
        found: QuerySet[Any] = self.rows.filter(**{self.of: ticket}).order_by("pk")
        return found


@extend_schema(tags=["tickets"])
class Events(_OfTicket, ApiView):
    scopes: ClassVar = {"GET": READ}
    serializer_class = serializers.EventOutput
    rows = TicketEvent.objects.select_related("actor")

    @extend_schema(
        summary="What happened to a ticket", description="The oldest first. Codes, never words."
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


@extend_schema(tags=["tickets"])
class Notes(CreatingView, _OfTicket):
    scopes: ClassVar = {"GET": READ, "POST": WRITE}
    serializer_class = serializers.NoteOutput
    rows = Note.objects.select_related("author")

    @extend_schema(
        summary="Read the notes of a ticket",
        description="They are for colleagues: no customer, draft or data set sees them.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Write a note",
        request=inputs.NoteInput,
        responses={201: serializers.NoteOutput},
        examples=[
            OpenApiExample("note", value={"text": "The courier was called."}, request_only=True)
        ],
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        ticket = seen_ticket(request.user, where["pk"])
        given = inputs.NoteInput(data=request.data)
        given.is_valid(raise_exception=True)
        text = given.validated_data["text"]
        note = add_note(ticket.pk, author=signed_in(request.user), text=text)
        return note, status.HTTP_201_CREATED

    def find(self, request: Request, pk: int) -> Model:
        found: Model = seen_or_404(Note.objects.all(), request.user, "ticket__", pk=pk)
        return found

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return serializers.NoteOutput(row).data


@extend_schema(tags=["tickets"])
class Attachments(CreatingView, _OfTicket):
    scopes: ClassVar = {"GET": READ, "POST": WRITE}
    parser_classes = (MultiPartParser,)
    serializer_class = serializers.AttachmentOutput
    rows = Attachment.objects.all()

    @extend_schema(summary="List the files of a ticket")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Add a file that a customer sent",
        description=(
            "Its kind is told by its bytes. One that is not kept (too large, of another kind) is "
            "answered with 201 and the state refused, with the reason in `why`."
        ),
        request={"multipart/form-data": inputs.AttachmentInput},
        responses={201: serializers.AttachmentOutput},
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        ticket = seen_ticket(request.user, where["pk"])
        given = inputs.AttachmentInput(data=request.data)
        given.is_valid(raise_exception=True)
        message = _message(ticket, given.validated_data.get("message"))
        file = given.validated_data["file"]
        # One byte beyond the limit is enough for the refusal; no more is read.
        content = file.read(settings.MAX_ATTACHMENT_BYTES + 1)
        row = attachments.store(ticket, message, name=file.name, content=content)
        return row, status.HTTP_201_CREATED

    def find(self, request: Request, pk: int) -> Model:
        found: Model = seen_or_404(Attachment.objects.all(), request.user, "ticket__", pk=pk)
        return found

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return serializers.AttachmentOutput(row).data


class BytesRenderer(JSONRenderer):
    """Only so that who asks for bytes is not refused: the view answers, problems are JSON."""

    media_type = "application/octet-stream"


@extend_schema(tags=["tickets"])
class AttachmentBytes(ApiView):
    scopes: ClassVar = {"GET": READ}
    renderer_classes = (JSONRenderer, BytesRenderer)

    @extend_schema(
        summary="Download a file",
        description="As it came; the reading is written down. 404 where it is not kept.",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        row = seen_or_404(Attachment.objects.all(), request.user, "ticket__", pk=pk)
        return download(request._request, pk=row.ticket_id, attachment=row.pk)


@extend_schema(tags=["tickets"])
class Refusals(CreatingView, _OfTicket):
    scopes: ClassVar = {"GET": READ, "POST": WRITE}
    serializer_class = serializers.RefusalOutput
    rows = NoGoodAnswer.objects.all()
    of = "message__ticket"

    @extend_schema(summary="List who found no draft good")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Say that no draft is good",
        description="It becomes an article to write; saying it again changes the reason.",
        request=inputs.RefusalInput,
        responses={201: serializers.RefusalOutput},
        examples=[
            OpenApiExample(
                "no article",
                value={"reason": "no_article", "text": "Nothing about returns"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        ticket = seen_ticket(request.user, where["pk"])
        given = inputs.RefusalInput(data=request.data)
        given.is_valid(raise_exception=True)
        row = refuse(ticket, agent=signed_in(request.user), **given.validated_data)
        return row, status.HTTP_201_CREATED

    def find(self, request: Request, pk: int) -> Model:
        rows = NoGoodAnswer.objects.filter(agent=request.user.pk)
        found: Model = seen_or_404(rows, request.user, "message__ticket__", pk=pk)
        return found

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return serializers.RefusalOutput(row).data


def _message(ticket: Ticket, pk: int | None) -> Message:
    rows = ticket.messages.filter(role=Message.Role.CUSTOMER)
    message = (rows.filter(pk=pk) if pk else rows.order_by("-created_at", "-pk")).first()
    if message is None:
        raise ValidationError({"message": [_("The message is not one of this ticket's.")]})
    return message
