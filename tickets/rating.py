"""Stars for a suggestion: one rating per agent and suggestion; rating again replaces it."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from runtime.errors import InputError
from runtime.live import publish
from text.privacy.placeholders import cut
from tickets import vault
from tickets.intake import clean
from tickets.models import Rating, Suggestion, Ticket

STARS = range(1, 6)
MAX_REASON = 1000


class BadRating(InputError):
    """Stars outside 1 to 5, a reason that is too long, or a draft that was never finished."""


def rate(suggestion: Suggestion, *, agent: User, stars: int, reason: str = "") -> Rating:
    """Raises BadRating, and has then changed nothing."""
    reason = clean(reason)
    if stars not in STARS:
        raise BadRating(_("A rating is 1, 2, 3, 4 or 5."))
    if len(reason) > MAX_REASON:
        raise BadRating(
            _("The reason may have %(limit)d characters at most.") % {"limit": MAX_REASON}
        )
    if suggestion.state != Suggestion.State.READY:
        raise BadRating(_("Only a finished draft can be rated."))
    with transaction.atomic():
        masked = _masked(suggestion, reason) if reason else ""
        rating, _created = Rating.objects.update_or_create(
            suggestion=suggestion,
            agent=agent,
            defaults={"stars": stars, "reason": masked},
        )
        publish(f"ticket:{suggestion.ticket_id}", rating=rating.pk)
    return rating


def _masked(suggestion: Suggestion, reason: str) -> str:
    """Agents quote customers; a value of the ticket keeps its number."""
    ticket = Ticket.objects.select_for_update().get(pk=suggestion.ticket_id)
    masker = vault.TicketMasker.of(ticket)
    masked = cut(masker.mask(reason, escape=False), MAX_REASON)
    masker.keep(ticket)
    return masked


def withdraw(rating: Rating) -> None:
    """The agent takes a rating back; the caller has checked whose it is."""
    with transaction.atomic():
        ticket_id = rating.suggestion.ticket_id
        rating.delete()
        publish(f"ticket:{ticket_id}", withdrawn=1)
