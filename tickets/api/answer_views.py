"""Drafts, ratings and replies of tickets for other programs."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Model
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from people.roles import signed_in
from runtime.api.views import ApiView
from tickets import vault
from tickets.access import seen_or_404, seen_ticket
from tickets.api import inputs, serializers
from tickets.api.idempotency import CreatingView
from tickets.api.views import READ
from tickets.models import Rating, Reply, Suggestion, VaultReading
from tickets.rating import rate, withdraw
from tickets.replying import Delivered, delivered, send_reply


@extend_schema(tags=["suggestions"])
class Suggestions(ApiView):
    scopes: ClassVar = {"GET": READ}

    @extend_schema(
        summary="Read the drafts of a ticket",
        description=(
            "For its newest message first, in the order of showing. `text` grows while `state` is "
            "writing; whoever shows drafts should not tell `slot` and `model` before the rating."
        ),
        responses=serializers.SuggestionOutput(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        ticket = seen_ticket(request.user, pk)
        rows = ticket.suggestions.select_related("version").order_by("-message_id", "position")
        return Response(serializers.SuggestionOutput(rows, many=True).data)


@extend_schema(tags=["ratings"])
class Ratings(CreatingView):
    scopes: ClassVar = {"POST": "ratings:write"}

    @extend_schema(
        summary="Rate a draft",
        description="One to five stars, one rating for each person; a second one replaces it.",
        request=inputs.RatingInput,
        responses={201: serializers.RatingOutput},
        examples=[
            OpenApiExample("good", value={"stars": 4, "reason": "A bit long"}, request_only=True)
        ],
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        user = signed_in(request.user)
        suggestion = seen_or_404(Suggestion.objects.all(), user, "ticket__", pk=where["pk"])
        given = inputs.RatingInput(data=request.data)
        given.is_valid(raise_exception=True)
        return rate(suggestion, agent=user, **given.validated_data), status.HTTP_201_CREATED

    def find(self, request: Request, pk: int) -> Model:
        return _own_rating(request, pk)

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return serializers.RatingOutput(row).data


@extend_schema(tags=["ratings"])
class RatingDetail(ApiView):
    """Only one's own."""

    scopes: ClassVar = {"GET": READ, "PATCH": "ratings:write", "DELETE": "ratings:write"}

    @extend_schema(summary="Read one's rating", responses=serializers.RatingOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(serializers.RatingOutput(_own_rating(request, pk)).data)

    @extend_schema(
        summary="Change one's rating",
        request=inputs.RatingInput(partial=True),
        responses=serializers.RatingOutput,
        examples=[OpenApiExample("better", value={"stars": 5}, request_only=True)],
    )
    def patch(self, request: Request, pk: int) -> Response:
        rating = _own_rating(request, pk)
        given = inputs.RatingInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        values = {"stars": rating.stars, "reason": rating.reason} | given.validated_data
        changed = rate(rating.suggestion, agent=signed_in(request.user), **values)
        return Response(serializers.RatingOutput(changed).data)

    @extend_schema(summary="Take one's rating back", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        withdraw(_own_rating(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["replies"])
class Replies(CreatingView):
    scopes: ClassVar = {"GET": READ, "POST": "replies:write"}

    @extend_schema(
        summary="Read the replies of a ticket",
        description="`delivered` is null for somebody who may not see personal values.",
        responses=serializers.ReplyOutput(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        ticket = seen_ticket(request.user, pk)
        rows = list(ticket.replies.select_related("message", "agent", "ticket").order_by("pk"))
        context = {"delivered": _revealed(request, rows)}
        return Response(serializers.ReplyOutput(rows, many=True, context=context).data)

    @extend_schema(
        summary="Send a reply",
        description=(
            "Once, whatever is sent twice: the same `send_key` gives the same reply, and with "
            "other words 409. `delivered` has the values behind the placeholders, to hand to the "
            "customer."
        ),
        request=inputs.ReplyInput,
        responses={201: serializers.ReplyOutput},
        examples=[
            OpenApiExample(
                "as drafted",
                value={
                    "text": "It comes tomorrow; we call you at [PHONE_1].",
                    "suggestion": 12,
                    "send_key": "4f1c0a6e",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        ticket = seen_ticket(request.user, where["pk"])
        given = inputs.ReplyInput(data=request.data)
        given.is_valid(raise_exception=True)
        reply = send_reply(
            ticket.pk,
            agent=signed_in(request.user),
            text=given.validated_data["text"],
            suggestion_id=given.validated_data["suggestion"],
            send_key=given.validated_data["send_key"],
        )
        return reply, status.HTTP_201_CREATED

    def find(self, request: Request, pk: int) -> Model:
        rows = Reply.objects.select_related("message", "agent", "ticket")
        found: Model = seen_or_404(rows, request.user, "ticket__", pk=pk, agent=request.user)
        return found

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        context = {"delivered": {row.pk: delivered(row, reader=signed_in(request.user))}}
        return serializers.ReplyOutput(row, context=context).data


@extend_schema(tags=["replies"])
class ReplyDetail(ApiView):
    scopes: ClassVar = {"GET": READ}

    @extend_schema(summary="Read a reply", responses=serializers.ReplyOutput)
    def get(self, request: Request, pk: int) -> Response:
        rows = Reply.objects.select_related("message", "agent", "ticket")
        reply = seen_or_404(rows, request.user, "ticket__", pk=pk)
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
    rows = Rating.objects.select_related("suggestion")
    rating: Rating = seen_or_404(rows, request.user, "suggestion__ticket__", pk=pk)
    if rating.agent_id != request.user.pk:
        raise PermissionDenied(_("This rating is another agent's."))
    return rating
