"""What comes in is checked for its shape only: the domain has the limits."""

import uuid
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from people.models import Team
from people.roles import Person, is_admin
from runtime.errors import InputError
from tickets.api.serializers import PRIORITIES
from tickets.intake import MAX_CONTACT, MAX_EXTERNAL_ID, MAX_NAME, MAX_SUBJECT, NewTicket
from tickets.models import NoGoodAnswer
from tickets.rating import MAX_REASON
from tickets.replying import MAX_SEND_KEY

API = "api"
MAX_OBJECT = 2**63 - 1


class OthersTicket(InputError):
    """A ticket of that source and id is there, and it is another team's."""


def team_named(name: str, user: Person) -> Team:
    """One of the user's teams, for an admin any; ValidationError for others."""
    rows = Team.objects.filter(name=name)
    team = (rows if is_admin(user) else rows.filter(members=user.pk)).first()
    if team is None:
        raise ValidationError({"team": [_("There is no such team, or it is not yours.")]})
    return team


class NewTicketInput(serializers.Serializer[Any]):
    """The customer's words are `text`, or `question` as in files of past tickets. Without an
    external id every request makes a new ticket."""

    source = serializers.CharField(  # type: ignore[assignment]  # not Field.source
        default=API, max_length=100, help_text="Letters, digits, dots and dashes."
    )
    external_id = serializers.CharField(
        default=lambda: str(uuid.uuid4()),
        max_length=MAX_EXTERNAL_ID,
        help_text="Its id in your system; the same source and id make one ticket.",
    )
    subject = serializers.CharField(default="", allow_blank=True, max_length=MAX_SUBJECT)
    text = serializers.CharField(
        trim_whitespace=False, required=False, help_text="The customer's words."
    )
    question = serializers.CharField(
        trim_whitespace=False, required=False, help_text="Another name for `text`."
    )
    contact = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=MAX_CONTACT,
        help_text="E-mail address or telephone number; kept encrypted.",
    )
    name = serializers.CharField(default="", allow_blank=True, max_length=MAX_NAME)
    lang = serializers.CharField(
        default="", allow_blank=True, max_length=12, help_text="Empty: recognised."
    )
    created_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="A moment between 1970 and now; null: now."
    )
    team = serializers.CharField(
        default="", allow_blank=True, max_length=100, help_text="A team's name; empty: everybody's."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("text" in attrs) == ("question" in attrs):
            raise serializers.ValidationError(_("Give the customer's words as text."))
        return attrs

    def new_ticket(self) -> NewTicket:
        given = dict(self.validated_data)
        text = given.pop("question", None) or given.pop("text")
        team = given.pop("team")
        team_id = team_named(team, self.context["user"]).pk if team else None
        return NewTicket(**given | {"text": text, "team_id": team_id})


class MessageInput(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False)


class RatingInput(serializers.Serializer[Any]):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    reason = serializers.CharField(default="", allow_blank=True, max_length=MAX_REASON)


class ReplyInput(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False)
    suggestion = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=1,
        max_value=MAX_OBJECT,
        help_text="The draft that it was made of.",
    )
    send_key = serializers.CharField(
        max_length=MAX_SEND_KEY, help_text="Random; the same key gives the same reply."
    )


class TicketChange(serializers.Serializer[Any]):
    """What is not given stays as it is."""

    state = serializers.ChoiceField(
        choices=["open", "closed", "spam"],
        required=False,
        help_text='"open" opens a closed one again, and says that one is no spam.',
    )
    assignee = serializers.CharField(
        max_length=150, required=False, allow_null=True, help_text='A username, "me", or null.'
    )
    team = serializers.CharField(
        max_length=100, required=False, allow_null=True, help_text="A team's name, or null."
    )
    priority = serializers.ChoiceField(choices=list(PRIORITIES), required=False)


class NoteInput(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False)


class RefusalInput(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=NoGoodAnswer.Reason.choices)
    text = serializers.CharField(default="", allow_blank=True, max_length=1000)


class AttachmentInput(serializers.Serializer[Any]):
    file = serializers.FileField(max_length=200, help_text="Its name is the file's name.")
    message = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_OBJECT,
        help_text="Which message it came with; without: the customer's newest.",
    )
