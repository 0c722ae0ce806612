"""Tickets and their messages for other programs."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from people.roles import signed_in
from runtime.api.paging import KeysetPages
from runtime.api.scopes import may
from runtime.api.views import ApiView
from tickets.access import may_see, seen_or_404, seen_ticket, tickets_of
from tickets.api import inputs, serializers
from tickets.api.changing import change
from tickets.api.filters import TicketFilters
from tickets.api.idempotency import CreatingView
from tickets.intake import add_customer_message, receive
from tickets.models import Message, Ticket

READ, WRITE = "tickets:read", "tickets:write"
_NEW_TICKET = OpenApiExample(
    "a question",
    value={
        "source": "shop",
        "external_id": "order-1201-q1",
        "text": "Where is my parcel? You can call me at 0912 345 6789.",
        "contact": "customer@example.com",
    },
    request_only=True,
)


@extend_schema(tags=["tickets"])
class TicketList(CreatingView, ListAPIView[Ticket]):
    scopes: ClassVar = {"GET": READ, "POST": WRITE}
    serializer_class = serializers.TicketOutput
    pagination_class = KeysetPages

    def get_queryset(self) -> QuerySet[Ticket]:
        given = TicketFilters(data=self.request.query_params)
        given.is_valid(raise_exception=True)
        user = signed_in(self.request.user)
        rows = tickets_of(user).select_related("team", "assignee").defer("found", "search")
        return given.apply(rows, user)

    @extend_schema(
        summary="List tickets",
        description="Those that the token's person sees, the newest first. Follow `next`.",
        parameters=[TicketFilters],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Make a ticket",
        description=(
            "201 for a new ticket, 200 for one that was there: source and external_id name it. "
            "Personal data is masked before anything is stored. Drafts follow by themselves. A "
            "token without tickets:read is told of no words: `subject` and `messages` are empty."
        ),
        request=inputs.NewTicketInput,
        responses={201: serializers.TicketDetailOutput, 200: serializers.TicketDetailOutput},
        examples=[_NEW_TICKET],
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        user = signed_in(request.user)
        given = inputs.NewTicketInput(data=request.data, context={"user": user})
        given.is_valid(raise_exception=True)
        received = receive(given.new_ticket())
        if not may_see(user, received.ticket):
            raise inputs.OthersTicket(
                _("There is a ticket of this source and id, of another team.")
            )
        made = status.HTTP_201_CREATED if received.created else status.HTTP_200_OK
        return received.ticket, made

    def find(self, request: Request, pk: int) -> Model:
        return seen_ticket(request.user, pk)

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return _detail(request, row)


@extend_schema(tags=["tickets"])
class TicketDetail(ApiView):
    scopes: ClassVar = {"GET": READ, "PATCH": WRITE}

    @extend_schema(
        summary="Read a ticket",
        description="With its messages. Personal values stand as placeholders.",
        responses=serializers.TicketDetailOutput,
    )
    def get(self, request: Request, pk: int) -> Response:
        ticket = seen_ticket(request.user, pk, "team", "assignee")
        return Response(_detail(request, ticket))

    @extend_schema(
        summary="Change a ticket",
        description=(
            "State, assignee, team and priority: all that is given, or nothing. A token without "
            "tickets:read is told of no words: `subject` and `messages` are empty."
        ),
        request=inputs.TicketChange,
        responses=serializers.TicketDetailOutput,
        examples=[
            OpenApiExample(
                "take it", value={"assignee": "me", "priority": "high"}, request_only=True
            )
        ],
    )
    def patch(self, request: Request, pk: int) -> Response:
        ticket = seen_ticket(request.user, pk)
        given = inputs.TicketChange(data=request.data)
        given.is_valid(raise_exception=True)
        user = signed_in(request.user)
        change(ticket, given.validated_data, actor=user)
        # Who moves a ticket to another team may no longer see it, but is told what became of it.
        moved = Ticket.objects.select_related("team", "assignee").get(pk=pk)
        return Response(_detail(request, moved))


@extend_schema(tags=["tickets"])
class Messages(CreatingView):
    scopes: ClassVar = {"POST": WRITE}

    @extend_schema(
        summary="Add a customer's message",
        description="The customer wrote again: the ticket waits anew, and new drafts are made.",
        request=inputs.MessageInput,
        responses={201: serializers.MessageOutput},
        examples=[
            OpenApiExample("again", value={"text": "It still has not come."}, request_only=True)
        ],
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        ticket = seen_ticket(request.user, where["pk"])
        given = inputs.MessageInput(data=request.data)
        given.is_valid(raise_exception=True)
        message = add_customer_message(ticket, given.validated_data["text"])
        return message, status.HTTP_201_CREATED

    def find(self, request: Request, pk: int) -> Model:
        found: Model = seen_or_404(Message.objects.all(), request.user, "ticket__", pk=pk)
        return found

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return serializers.MessageOutput(row).data


def _detail(request: Request, ticket: Ticket) -> dict[str, Any]:
    """A change that changes nothing answers with the ticket, too: where the token may only write,
    as a form's on a website, that must not be a way to read."""
    shown = dict(serializers.TicketDetailOutput(ticket).data)
    return shown if may(request.auth, READ) else shown | {"subject": "", "messages": []}
