"""What customers ask and no article answers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kb.models.articles import Article


class CoverageGap(models.Model):
    """What was searched and found nothing: an article to write. `text` holds no personal data; the
    same words asked again count up."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        WRITTEN = "written", _("written")
        DISMISSED = "dismissed", _("dismissed")

    class Origin(models.TextChoices):
        DESK = "desk", _("search at the desk")
        API = "api", _("API")
        TICKET = "ticket", _("ticket")
        REFUSED = "refused", _("no draft was good")

    search_form = models.CharField(max_length=1000)
    digest = models.CharField(max_length=64, unique=True)  # of language and search form
    text = models.CharField(max_length=1000)
    lang = models.CharField(max_length=12)
    origin = models.CharField(max_length=20, choices=Origin)
    best_score = models.FloatField(default=0.0)
    count = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    article = models.ForeignKey(
        Article, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-last_at"], name="gap_state_last")]

    def __str__(self) -> str:
        return f"gap {self.pk}"
