"""Tickets, their suggestions, ratings and replies for other programs."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from people.permissions import IsAgent
from people.roles import signed_in
from tickets import vault
from tickets.api import serializers
from tickets.intake import add_customer_message, receive
from tickets.models import Rating, Reply, Suggestion, Ticket, VaultReading
from tickets.rating import rate, withdraw
from tickets.replying import Delivered, delivered, send_reply


class AgentView(APIView):
    """Every address here is for the tokens of agents and admins."""

    permission_classes = (IsAuthenticated, IsAgent)


class TicketList(AgentView, ListAPIView[Ticket]):
    """GET: the newest first, `?state=`. POST: 201 for a new ticket, 200 for one that was there."""

    serializer_class = serializers.TicketOutput

    def get_queryset(self) -> QuerySet[Ticket]:
        tickets = Ticket.objects.order_by("-created_at", "-pk")
        state = self.request.query_params.get("state", "")
        if state and state not in Ticket.State.values:
            raise ValidationError({"state": [_("There is no such state.")]})
        return tickets.filter(state=state) if state else tickets

    def post(self, request: Request) -> Response:
        given = serializers.NewTicketInput(data=request.data)
        given.is_valid(raise_exception=True)
        received = receive(given.new_ticket())
        return Response(
            serializers.TicketDetailOutput(received.ticket).data,
            status=status.HTTP_201_CREATED if received.created else status.HTTP_200_OK,
        )


class TicketDetail(AgentView, RetrieveAPIView[Ticket]):
    serializer_class = serializers.TicketDetailOutput
    queryset = Ticket.objects.prefetch_related("messages")


class Messages(AgentView):
    """POST {text}: the customer wrote again."""

    def post(self, request: Request, pk: int) -> Response:
        ticket = get_object_or_404(Ticket, pk=pk)
        given = serializers.MessageInput(data=request.data)
        given.is_valid(raise_exception=True)
        message = add_customer_message(ticket, given.validated_data["text"])
        return Response(serializers.MessageOutput(message).data, status=status.HTTP_201_CREATED)


class Suggestions(AgentView):
    """GET: the ticket's drafts, for its newest message first, in the order of showing."""

    def get(self, request: Request, pk: int) -> Response:
        ticket = get_object_or_404(Ticket, pk=pk)
        rows = ticket.suggestions.select_related("version").order_by("-message_id", "position")
        return Response(serializers.SuggestionOutput(rows, many=True).data)


class Ratings(AgentView):
    """POST {stars, reason}: the caller's rating of the suggestion; a second one replaces it."""

    def post(self, request: Request, pk: int) -> Response:
        suggestion = get_object_or_404(Suggestion, pk=pk)
        given = serializers.RatingInput(data=request.data)
        given.is_valid(raise_exception=True)
        rating = rate(suggestion, agent=signed_in(request.user), **given.validated_data)
        return Response(serializers.RatingOutput(rating).data, status=status.HTTP_201_CREATED)


class RatingDetail(AgentView):
    """GET, PATCH, DELETE: only one's own."""

    def get(self, request: Request, pk: int) -> Response:
        return Response(serializers.RatingOutput(_own_rating(request, pk)).data)

    def patch(self, request: Request, pk: int) -> Response:
        rating = _own_rating(request, pk)
        given = serializers.RatingInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        values = {"stars": rating.stars, "reason": rating.reason} | given.validated_data
        changed = rate(rating.suggestion, agent=signed_in(request.user), **values)
        return Response(serializers.RatingOutput(changed).data)

    def delete(self, request: Request, pk: int) -> Response:
        withdraw(_own_rating(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Replies(AgentView):
    """GET: the ticket's replies. POST {text, suggestion, send_key}: 201, also for a repeated send,
    which gives the same reply, with the text to be delivered."""

    def get(self, request: Request, pk: int) -> Response:
        ticket = get_object_or_404(Ticket, pk=pk)
        rows = list(ticket.replies.select_related("message", "agent", "ticket").order_by("pk"))
        context = {"delivered": _revealed(request, rows)}
        return Response(serializers.ReplyOutput(rows, many=True, context=context).data)

    def post(self, request: Request, pk: int) -> Response:
        ticket = get_object_or_404(Ticket, pk=pk)
        given = serializers.ReplyInput(data=request.data)
        given.is_valid(raise_exception=True)
        agent = signed_in(request.user)
        reply = send_reply(
            ticket.pk,
            agent=agent,
            text=given.validated_data["text"],
            suggestion_id=given.validated_data["suggestion"],
            send_key=given.validated_data["send_key"],
        )
        context = {"delivered": {reply.pk: delivered(reply, reader=agent)}}
        output = serializers.ReplyOutput(reply, context=context)
        return Response(output.data, status=status.HTTP_201_CREATED)


class ReplyDetail(AgentView, RetrieveAPIView[Reply]):
    serializer_class = serializers.ReplyOutput
    queryset = Reply.objects.select_related("message", "agent", "ticket")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        reply = self.get_object()
        context = {"delivered": _revealed(request, [reply])}
        return Response(serializers.ReplyOutput(reply, context=context).data)


def _revealed(request: Request, replies: Sequence[Reply]) -> dict[int, Delivered]:
    """What was delivered, for those who may see the values in it: a reading of the vault."""
    reader = signed_in(request.user)
    if not vault.may_reveal(reader):
        return {}
    purpose = VaultReading.Purpose.REVEAL
    return {reply.pk: delivered(reply, reader=reader, purpose=purpose) for reply in replies}


def _own_rating(request: Request, pk: int) -> Rating:
    rating = get_object_or_404(Rating.objects.select_related("suggestion"), pk=pk)
    if rating.agent_id != request.user.pk:
        raise PermissionDenied(_("This rating is another agent's."))
    return rating
