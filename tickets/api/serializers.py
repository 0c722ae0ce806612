"""What comes in is checked for its shape only (the domain has the limits); what goes out is listed
field by field."""

import uuid
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from tickets.intake import NewTicket
from tickets.models import Message, Rating, Reply, Suggestion, Ticket
from tickets.replying import Delivered

API = "api"


class NewTicketInput(serializers.Serializer[Any]):
    """The customer's words are `text`, or `question` as in files of past tickets. Without an
    external id every request makes a new ticket."""

    source = serializers.CharField(default=API)  # type: ignore[assignment]  # not Field.source
    external_id = serializers.CharField(default=lambda: str(uuid.uuid4()))
    subject = serializers.CharField(default="", allow_blank=True)
    text = serializers.CharField(trim_whitespace=False, required=False)
    question = serializers.CharField(trim_whitespace=False, required=False)
    contact = serializers.CharField(default="", allow_blank=True)
    name = serializers.CharField(default="", allow_blank=True)
    lang = serializers.CharField(default="", allow_blank=True)
    created_at = serializers.DateTimeField(default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("text" in attrs) == ("question" in attrs):
            raise serializers.ValidationError(_("Give the customer's words as text."))
        return attrs

    def new_ticket(self) -> NewTicket:
        given = dict(self.validated_data)
        text = given.pop("question", None) or given.pop("text")
        return NewTicket(**given | {"text": text})


class MessageInput(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False)


class RatingInput(serializers.Serializer[Any]):
    stars = serializers.IntegerField()
    reason = serializers.CharField(default="", allow_blank=True)


class ReplyInput(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False)
    suggestion = serializers.IntegerField(default=None, allow_null=True, max_value=2**63 - 1)
    send_key = serializers.CharField()


class MessageOutput(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = ("id", "role", "text", "created_at")


class TicketOutput(serializers.ModelSerializer[Ticket]):
    class Meta:
        model = Ticket
        fields: tuple[str, ...] = (
            *("id", "source", "external_id", "subject", "lang", "state", "no_good_answer"),
            "created_at",
        )


class TicketDetailOutput(TicketOutput):
    messages = MessageOutput(many=True, read_only=True)

    class Meta(TicketOutput.Meta):
        fields = (*TicketOutput.Meta.fields, "messages")


class SuggestionOutput(serializers.ModelSerializer[Suggestion]):
    """Who shows suggestions to agents should not show `slot` and `model` before they have rated."""

    model = serializers.CharField(source="version.name", read_only=True)

    class Meta:
        model = Suggestion
        fields = (
            *("id", "message", "slot", "model", "prompt_version", "position", "state", "text"),
            *("error", "sources", "marks", "prompt_tokens", "tokens", "seconds", "first_text_at"),
            *("created_at", "finished_at"),
        )


class RatingOutput(serializers.ModelSerializer[Rating]):
    class Meta:
        model = Rating
        fields = ("id", "suggestion", "stars", "reason", "created_at", "updated_at")


class ReplyOutput(serializers.ModelSerializer[Reply]):
    """`text` as it is kept, `delivered` with the values behind its placeholders (`delivered_html`:
    the same, escaped), null for somebody who may not see them. The context gives `delivered`:
    {reply id: Delivered}; who makes it has the reading of the values written down."""

    text = serializers.CharField(source="message.text", read_only=True)
    agent = serializers.CharField(source="agent.username", read_only=True)
    delivered = serializers.SerializerMethodField()
    delivered_html = serializers.SerializerMethodField()

    class Meta:
        model = Reply
        fields = (
            *("id", "ticket", "text", "delivered", "delivered_html", "agent", "suggestion"),
            *("edit_share", "send_key", "created_at"),
        )

    def get_delivered(self, reply: Reply) -> str | None:
        delivered = self._delivered(reply)
        return delivered.text if delivered else None

    def get_delivered_html(self, reply: Reply) -> str | None:
        delivered = self._delivered(reply)
        return delivered.html if delivered else None

    def _delivered(self, reply: Reply) -> Delivered | None:
        given: dict[int, Delivered] = self.context.get("delivered", {})
        return given.get(reply.pk)
