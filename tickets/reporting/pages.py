"""The figures of each page: `rating_page`, `reply_page`, `version_page`, `cost_page`, `my_page`.

A page asks PostgreSQL a fixed number of times; the file behind a figure comes from the same list.
"""

from collections.abc import Callable, Sequence
from typing import Final

from django.utils.translation import gettext as _

from tickets.reporting import figures as shown
from tickets.reporting.costs import cost_figures
from tickets.reporting.figures import Figure
from tickets.reporting.pairs import Pair, pair_figures
from tickets.reporting.ratings import rating_figures
from tickets.reporting.replies import refusal_figures, reply_figures
from tickets.reporting.reply_figures import accepted, edits, outcomes, refused, times
from tickets.reporting.scope import Scope
from tickets.reporting.version_figures import against_each_other, costs, seconds_by_week


def rating_page(scope: Scope) -> list[Figure]:
    found = rating_figures(scope)
    category = _(
        "A draft’s category is the source of the article that it stands on: the first passage that "
        "it cites, or else was given."
    )
    return [
        shown.rating_weeks("weeks", _("Positive ratings by week"), [(_("all"), found.weeks)]),
        shown.rating_weeks(
            "versions-weeks", _("Positive ratings by version and week"), found.weeks_of
        ),
        shown.rating_figure("versions", _("Ratings by version"), _("Version"), found.versions),
        shown.rating_figure("languages", _("Ratings by language"), _("Language"), found.languages),
        shown.rating_figure(
            "categories", _("Ratings by category"), _("Category"), found.categories, note=category
        ),
        shown.rating_figure("agents", _("Ratings by agent"), _("Agent"), found.agents),
    ]


def reply_page(scope: Scope) -> list[Figure]:
    found, of_version = reply_figures(scope), scope.version is not None
    languages, agents = (
        (_("Replies by language"), _("Language")),
        (_("Replies by agent"), _("Agent")),
    )
    version = (_("Replies by version of the draft"), _("Version"))
    return [
        outcomes(found.weeks),
        accepted("versions", *version, found.versions, of_version=True),
        edits("edits", _("How much of a draft was changed"), found.versions),
        accepted("languages", *languages, found.languages, of_version=of_version),
        accepted("agents", *agents, found.agents, of_version=of_version),
        times("answer", _("From the customer’s message to the answer"), found.weeks),
        times("writing", _("From opening the ticket to the answer"), found.weeks),
        refused(refusal_figures(scope)),
    ]


def version_page(scope: Scope, pairs: Sequence[Pair] | None = None) -> list[Figure]:
    return [against_each_other(pair_figures(scope) if pairs is None else pairs)]


def cost_page(scope: Scope) -> list[Figure]:
    versions, weeks = cost_figures(scope)
    return [seconds_by_week(weeks), costs(versions)]


def my_page(scope: Scope) -> list[Figure]:
    """What somebody did himself."""
    replies, ratings = reply_figures(scope), rating_figures(scope)
    return [
        outcomes(replies.weeks),
        times("answer", _("From the customer’s message to the answer"), replies.weeks),
        times("writing", _("From opening the ticket to the answer"), replies.weeks),
        shown.rating_weeks("weeks", _("Positive ratings by week"), [(_("all"), ratings.weeks)]),
        shown.rating_figure("versions", _("Ratings by version"), _("Version"), ratings.versions),
    ]


PAGES: Final[dict[str, Callable[[Scope], list[Figure]]]] = {
    "ratings": rating_page,
    "replies": reply_page,
    "versions": version_page,
    "costs": cost_page,
}
