"""What goes out, field by field."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tickets.models import (
    Attachment,
    Message,
    NoGoodAnswer,
    Note,
    Rating,
    Reply,
    Suggestion,
    Ticket,
    TicketEvent,
)
from tickets.replying import Delivered

PRIORITIES = {choice.name.lower(): choice.value for choice in Ticket.Priority}
_PRIORITY_NAMES = {value: name for name, value in PRIORITIES.items()}


class MessageOutput(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = ("id", "role", "text", "created_at")


class TicketOutput(serializers.ModelSerializer[Ticket]):
    team = serializers.CharField(source="team.name", read_only=True, allow_null=True, default=None)
    assignee = serializers.CharField(
        source="assignee.username", read_only=True, allow_null=True, default=None
    )
    priority = serializers.SerializerMethodField()

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = (
            *("id", "source", "external_id", "subject", "lang", "state", "no_good_answer"),
            *("team", "assignee", "priority", "waiting_since", "closed_at", "merged_into"),
            *("created_at", "updated_at"),
        )

    @extend_schema_field({"type": "string", "enum": list(PRIORITIES)})
    def get_priority(self, ticket: Ticket) -> str:
        return _PRIORITY_NAMES[ticket.priority]


class TicketDetailOutput(TicketOutput):
    messages = MessageOutput(many=True, read_only=True)

    class Meta(TicketOutput.Meta):
        fields = (*TicketOutput.Meta.fields, "messages")


class SuggestionOutput(serializers.ModelSerializer[Suggestion]):
    """Who shows suggestions to agents should not show `slot` and `model` before they have rated."""

    model = serializers.CharField(source="version.name", read_only=True)
    sources = serializers.ListField(child=serializers.DictField(), read_only=True)
    marks = serializers.DictField(read_only=True)

    class Meta:
        model = Suggestion
        fields = (
            *("id", "message", "slot", "model", "prompt_version", "position", "state", "text"),
            *("error", "sources", "marks", "prompt_tokens", "tokens", "seconds", "first_text_at"),
            *("created_at", "finished_at"),
        )


class NoteOutput(serializers.ModelSerializer[Note]):
    author = serializers.CharField(
        source="author.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Note
        fields = ("id", "text", "author", "created_at")


class AttachmentOutput(serializers.ModelSerializer[Attachment]):
    """`why` a file was not kept, in English."""

    class Meta:
        model = Attachment
        fields = ("id", "message", "name", "media_type", "size", "state", "why", "created_at")


class RefusalOutput(serializers.ModelSerializer[NoGoodAnswer]):
    class Meta:
        model = NoGoodAnswer
        fields = ("id", "message", "reason", "text", "gap", "created_at")


class EventOutput(serializers.ModelSerializer[TicketEvent]):
    actor = serializers.CharField(
        source="actor.username", read_only=True, allow_null=True, default=None
    )
    details = serializers.DictField(read_only=True)

    class Meta:
        model = TicketEvent
        fields = ("id", "ticket", "kind", "actor", "object_id", "details", "at")


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
            *("edit_share", "send_key", "held_until", "created_at"),
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
