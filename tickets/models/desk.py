"""What agents add to a ticket beside replies: notes, drafts of their own, refusals, files."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import Team
from tickets.models.drafts import Suggestion
from tickets.models.tickets import Message, Ticket


class TicketEvent(models.Model):
    """What happened to a ticket. Written by `tickets.events`, which tells the doors as well."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        MESSAGE = "message", _("the customer wrote again")
        DRAFTED = "drafted", _("drafts are ready")
        REPLIED = "replied", _("answered")
        UNDONE = "undone", _("sending was undone")
        ASSIGNED = "assigned", _("assigned")
        TEAM = "team", _("moved to another team")
        PRIORITY = "priority", _("priority changed")
        CLOSED = "closed", _("closed")
        REOPENED = "reopened", _("opened again")
        SPAM = "spam", _("marked as spam")
        MERGED = "merged", _("merged")
        NOTED = "noted", _("a note was written")
        REFUSED = "refused", _("no draft was good")
        ELSEWHERE = "elsewhere", _("answered in another program")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    object_id = models.BigIntegerField(null=True)  # of the message, reply, note, other ticket
    details = models.JSONField(default=dict, blank=True)  # ids, codes, figures
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"ticket event {self.pk}"


class Note(models.Model):
    """For colleagues; never in a prompt, a reply or a data set."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField()  # with placeholders
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"note {self.pk}"


class CannedReply(models.Model):
    """A reply that is written once and used often."""

    title = models.CharField(max_length=100)
    text = models.TextField()  # with placeholders; what stands for nothing is refused when sent
    lang = models.CharField(max_length=12, blank=True)  # empty: for all
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="canned_replies"
    )
    """Empty: for all teams."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    uses = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return f"canned reply {self.pk}"


class SavedView(models.Model):
    """An inbox that somebody keeps: filters by name. With a team, for all of its members."""

    name = models.CharField(max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="saved_views"
    )
    filters = models.JSONField(default=dict)
    """As `tickets.inbox` reads them; searched words stand with placeholders."""
    position = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"saved view {self.pk}"


class ReplyDraft(models.Model):
    """What an agent has typed and not sent, encrypted: it may hold values."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="reply_drafts")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reply_drafts"
    )
    text_encrypted = models.BinaryField()
    suggestion = models.ForeignKey(
        Suggestion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "agent"], name="reply_draft_per_agent")
        ]

    def __str__(self) -> str:
        return f"reply draft {self.pk}"


class NoGoodAnswer(models.Model):
    """An agent found none of the drafts good: an article to write (`kb.coverage`)."""

    class Reason(models.TextChoices):
        NO_ARTICLE = "no_article", _("no article says it")
        WRONG = "wrong", _("what they say is wrong")
        NOT_THE_QUESTION = "not_the_question", _("they answer another question")
        TONE = "tone", _("nobody can send such words")
        OTHER = "other", _("something else")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="refusals")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="refusals"
    )
    reason = models.CharField(max_length=20, choices=Reason)
    text = models.CharField(max_length=1000, blank=True)  # with placeholders
    gap = models.ForeignKey(
        "kb.CoverageGap", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "agent"], name="refusal_per_agent")
        ]

    def __str__(self) -> str:
        return f"refusal {self.pk}"


class Rewrite(models.Model):
    """A draft said another way by the version that wrote it, because an agent asked."""

    class Kind(models.TextChoices):
        SHORTER = "shorter", _("shorter")
        FRIENDLIER = "friendlier", _("friendlier")
        FORMAL = "formal", _("more formal")
        TRANSLATE = "translate", _("translated")

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="rewrites")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    lang = models.CharField(max_length=12, blank=True)  # of a translation
    state = models.CharField(
        max_length=20, choices=Suggestion.State, default=Suggestion.State.PENDING
    )
    claim = models.CharField(max_length=36, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0)
    text = models.TextField(blank=True)  # with placeholders; grows while writing
    marks = models.JSONField(default=dict, blank=True)
    """As `Suggestion.marks`; "lost": [placeholders that the draft has and this has not]."""
    error = models.CharField(max_length=200, blank=True)
    tokens = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"rewrite {self.pk}"


class Attachment(models.Model):
    """A file that came with a message, encrypted on disk; the row stays when the file was refused
    or erased."""

    class State(models.TextChoices):
        KEPT = "kept", _("kept")
        REFUSED = "refused", _("not kept")
        ERASED = "erased", _("erased")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200)  # with placeholders
    media_type = models.CharField(max_length=100)  # as the bytes say, not as the sender does
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    path = models.CharField(max_length=200, blank=True)  # below MEDIA_ROOT, random
    state = models.CharField(max_length=10, choices=State, default=State.KEPT)
    why = models.CharField(max_length=200, blank=True)  # it was refused, in English
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"attachment {self.pk}"
