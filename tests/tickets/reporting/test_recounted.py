"""Every figure a second way: counted in plain Python, with scipy's intervals, and held against SQL.

`nasty_desk` makes the rows. Nothing here uses what is tested but the scope that is asked for.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.utils import timezone

from tests.tickets.reporting.nasty_desk import NastyDesk
from tickets.costs import version_costs
from tickets.reporting.costs import cost_figures
from tickets.reporting.overview import overview
from tickets.reporting.pairs import pair_figures
from tickets.reporting.ratings import rating_figures
from tickets.reporting.replies import refusal_figures, reply_figures, reply_totals
from tickets.reporting.scope import read_scope
from tickets.reports import rating_table, start_of_day

pytestmark = pytest.mark.django_db


class Recount:
    """The rows of a desk that one asks about, and the weeks in which they lie."""

    def __init__(self, desk, scope, *, first_day):
        self.desk, self.scope, self.first_day = desk, scope, first_day
        self.zone = ZoneInfo(desk.zone)
        self.admin = scope.user.groups.filter(name="admin").exists()
        self.teams = set(scope.user.teams.values_list("pk", flat=True))

    def week(self, moment):
        day = moment.astimezone(self.zone).date()
        return day - timedelta(days=(day.weekday() - self.first_day) % 7)

    def inside(self, moment, ticket):
        scope, day = self.scope, moment.astimezone(self.zone).date()
        return (
            (not scope.since or day >= scope.since)
            and (not scope.until or day <= scope.until)
            and (self.admin or ticket.team_id is None or ticket.team_id in self.teams)
            and (not scope.lang or ticket.lang == scope.lang)
            and (not scope.team or ticket.team_id == scope.team.pk)
        )

    def ours(self, agent_id):
        return not self.scope.mine or agent_id == self.scope.user.pk

    def of_version(self, draft):
        return not self.scope.version or (
            draft is not None and draft.version_id == self.scope.version.pk
        )

    def ratings(self):
        return [
            one
            for one in self.desk.ratings
            if self.inside(one.updated_at, one.suggestion.ticket) and self.ours(one.agent_id)
        ]


def stars(ratings, key):
    """What `ModelRatings` says, of each value of a key: counts, shares and Wilson's interval."""
    groups = defaultdict(list)
    for one in ratings:
        groups[key(one)].append(one.stars)
    return {name: figures(given) for name, given in groups.items()}


def figures(given):
    counts = tuple(given.count(star) for star in range(1, 6))
    good = sum(1 for one in given if one >= 3)
    share = wilson(good, len(given))
    shares = (1 - good / len(given), good / len(given), share.low, share.high)
    return (counts, *(pytest.approx(100 * one, abs=0.0501) for one in shares))


def wilson(part, whole):
    from scipy.stats import binomtest

    return binomtest(part, whole).proportion_ci(0.95, method="wilson")


def sign_test(up, many):
    from scipy.stats import binomtest

    return binomtest(up, many).pvalue if many else 1.0


def told(one):
    return (one.counts, one.negative_pct, one.positive_pct, one.low, one.high)


def check_ratings(again, scope):
    found = rating_figures(scope)
    rows = [one for one in again.ratings() if again.of_version(one.suggestion)]
    weeks = stars(rows, lambda one: again.week(one.updated_at))
    assert {day: told(one) for day, one in found.weeks} == weeks
    assert [day for day, _one in found.weeks] == sorted(weeks)
    if rows:
        assert told(found.all) == figures([one.stars for one in rows])
    by_version = stars(rows, lambda one: one.suggestion.version.name)
    assert {one.model: told(one) for one in found.versions} == by_version
    for rows_of, expected in (
        (found.languages, stars(rows, lambda one: one.suggestion.ticket.lang)),
        (found.agents, stars(rows, lambda one: one.agent_id)),
        (
            found.categories,
            stars(rows, lambda one: one.suggestion.article and one.suggestion.article.source_id),
        ),
    ):
        assert len({one.model for one in rows_of}) == len(expected)  # none looks like another
        assert sorted(one.counts for one in rows_of) == sorted(one[0] for one in expected.values())
        assert [one.total for one in rows_of] == sorted(
            (one.total for one in rows_of), reverse=True
        )
    each = stars(rows, lambda one: (one.suggestion.version.name, again.week(one.updated_at)))
    assert {(name, day): told(one) for name, lines in found.weeks_of for day, one in lines} == each
    return len(rows)


def check_replies(again, scope):
    found, rows = reply_figures(scope), []
    for one in again.desk.replies:
        kept = again.inside(one.created_at, one.ticket) and again.of_version(one.suggestion)
        rows += [one] if kept and again.ours(one.agent_id) else []
    check_group(found.all, rows, timed=True)
    check_group(reply_totals(scope), rows, timed=True)
    for groups, key, timed in (
        (found.weeks, lambda one: again.week(one.created_at), True),
        (found.languages, lambda one: one.ticket.lang, False),
        (found.agents, lambda one: one.agent_id, False),
        (found.versions, lambda one: one.suggestion and one.suggestion.version.name, False),
    ):
        expected = defaultdict(list)
        for one in rows:
            expected[key(one)].append(one)
        expected.pop(None, None)  # written afresh: of no version
        assert sum(one.replies for one in groups) == sum(map(len, expected.values()))
        assert sorted(one.replies for one in groups) == sorted(map(len, expected.values()))
        assert len({one.week or one.name for one in groups}) == len(groups)
        for one in groups:
            if (one.week or one.name) in expected:
                check_group(one, expected[one.week or one.name], timed=timed)
    return len(rows)


def check_group(one, rows, *, timed):
    shares = [row.edit_share for row in rows if row.edit_share is not None]
    drafted = sum(share == 0 for share in shares)
    assert (one.replies, one.as_drafted, one.edited, one.afresh) == (
        *(len(rows), drafted, len(shares) - drafted, len(rows) - len(shares)),
    )
    assert one.edit_median == (pytest.approx(median(shares)) if shares else None)
    if rows:
        share = wilson(len(shares), len(rows))
        assert one.accepted_pct == pytest.approx(100 * len(shares) / len(rows), abs=0.0501)
        assert one.bounds == pytest.approx((100 * share.low, 100 * share.high), abs=0.0501)
    for name, begun in (("answer", "waiting_since"), ("writing", "opened_at")) if timed else ():
        seconds = [
            (row.created_at - getattr(row, begun)).total_seconds()
            for row in rows
            if getattr(row, begun)
        ]
        middle, late = (
            (np.percentile(seconds, 50), np.percentile(seconds, 90)) if seconds else (None, None)
        )
        assert getattr(one, f"{name}_median") == (middle and pytest.approx(middle, abs=1e-3))
        assert getattr(one, f"{name}_late") == (late and pytest.approx(late, abs=1e-3))
        assert getattr(one, f"{name}_known") == len(seconds)


def check_refusals(again, scope):
    drafted = {one.message_id for one in again.desk.drafts if again.of_version(one)}
    rows = [
        one
        for one in again.desk.refusals
        if again.inside(one.created_at, one.message.ticket)
        and again.ours(one.agent_id)
        and one.message_id in drafted
    ]
    found = refusal_figures(scope)
    assert found.total == len(rows)
    words = dict(type(again.desk.refusals[0]).Reason.choices)
    assert dict(found.reasons) == Counter(str(words[one.reason]) for one in rows)
    weeks = Counter((again.week(one.created_at), str(words[one.reason])) for one in rows)
    assert {(day, reason): count for day, reason, count in found.weeks} == weeks


def check_costs(again, scope):
    rows = [(one, one) for one in again.desk.drafts]
    rows += [(one.suggestion, one) for one in again.desk.rewordings]
    versions, weeks = cost_figures(scope)
    for found, by_week in ((versions, False), (weeks, True)):
        expected = defaultdict(lambda: ([], []))
        for draft, one in rows:
            ended = one.state in ("ready", "failed") and again.of_version(draft)
            if ended and again.inside(one.created_at, draft.ticket):
                week = again.week(one.created_at) if by_week else None
                expected[draft.version.name, week][one is not draft].append(one)
        assert len(found) == len(expected)
        for one in found:
            check_cost(one, *expected[one.version, one.week])


def check_cost(one, drafts, rewordings):
    written = [each for each in drafts if each.state == "ready"]
    seconds, tokens = ([getattr(each, name) for each in written] for name in ("seconds", "tokens"))
    assert (one.drafts, one.failed) == (len(drafts), len(drafts) - len(written))
    assert one.rewordings == len(rewordings)
    share = 100 * len([each for each in drafts if each.state == "failed"]) / max(1, len(drafts))
    assert one.failed_pct == (pytest.approx(share, abs=0.0501) if drafts else None)
    for value, measured in ((one.median_seconds, seconds), (one.median_tokens, tokens)):
        known = [each for each in measured if each]  # 0: nobody told
        assert value == (pytest.approx(median(known)) if known else None)
    both = [*drafts, *rewordings]
    assert one.all_seconds == pytest.approx(sum(each.seconds for each in both))
    assert one.all_tokens == sum(each.tokens for each in both)
    assert one.all_read == sum(each.prompt_tokens for each in drafts)


def check_pairs(again, scope):
    marks = defaultdict(list)
    for one in again.ratings():
        marks[one.suggestion.message_id, one.suggestion_id].append(one)
    drafts = defaultdict(list)
    for (message, _draft), given in marks.items():
        drafts[message].append((given[0].suggestion, mean(one.stars for one in given)))
    found = defaultdict(lambda: defaultdict(list))
    for rated in drafts.values():
        for one, left in rated:
            for other, right in rated:
                pair = (one.version, other.version)
                wanted = scope.version is None or scope.version in pair
                if one.version_id < other.version_id and wanted:
                    whose = one.ticket.customer_id or f"ticket {one.ticket_id}"
                    found[tuple(each.name for each in pair)][whose].append(left - right)
    pairs = pair_figures(scope)
    assert {(one.one, one.other) for one in pairs} == set(found)
    for one in pairs:
        check_pair(one, found[one.one, one.other])


def check_pair(one, customers):
    each = [apart for given in customers.values() for apart in given]
    assert (one.messages, one.customers) == (len(each), len(customers))
    better, worse = (sum(sign * apart > 1e-9 for apart in each) for sign in (1, -1))
    assert (one.better, one.worse, one.same) == (better, worse, len(each) - better - worse)
    middle = mean(each)
    assert one.mean == pytest.approx(middle, abs=0.00051)
    up, down = (sum(sign * sum(given) > 1e-9 for given in customers.values()) for sign in (1, -1))
    assert one.p == pytest.approx(sign_test(up, up + down))
    many = len(customers)
    # A mean over clusters: Cochran, Sampling Techniques (1977), 6.4, with t of G − 1 (Student).
    spread = sum((sum(given) - middle * len(given)) ** 2 for given in customers.values())
    if many < 5 or spread < 1e-6:
        assert (one.low, one.high) == (None, None)
        return
    from scipy.stats import t as students

    half = students.ppf(0.975, many - 1) * (many / (many - 1) * spread) ** 0.5 / len(each)
    assert (one.low, one.high) == pytest.approx((middle - half, middle + half), abs=0.002)


def check_elsewhere(desk, everything):
    """The command and the older page, and the page of models: as the reports have it."""
    zone, day = ZoneInfo(desk.zone), date(2025, 12, 27)
    since = [one for one in desk.ratings if one.updated_at.astimezone(zone).date() >= day]
    for given, rows in ((None, desk.ratings), (start_of_day(day), since)):
        expected = stars(rows, lambda one: one.suggestion.version.name)
        assert {one.model: told(one) for one in rating_table(since=given)} == expected
    versions, _weeks = cost_figures(everything)
    assert {one.version: (one.drafts, one.seconds, one.tokens) for one in version_costs()} == {
        one.version: (one.drafts, one.median_seconds, one.median_tokens) for one in versions
    }


PERIODS = (
    {"since": "all"},
    {"since": "2025-12-27", "until": "2025-12-27"},
    {"since": "1404/10/6", "until": "1404/10/8"},  # 27 to 29 December 2025
    {"since": "2025-03-30", "until": "2025-10-26"},
    {"since": "2030-01-01"},
)


@pytest.mark.parametrize(
    ("lang", "first_day", "zone"),
    [("fa", 5, "Asia/Tehran"), ("en", 0, "Europe/Berlin")],
)
def test_every_figure_is_counted_again(mina, settings, lang, first_day, zone):
    settings.LANGUAGE_CODE, settings.TIME_ZONE = lang, zone
    desk = NastyDesk(zone)
    lead = desk.agents[0]
    counted = 0
    for asked in (
        *PERIODS,
        {"lang": "en"},
        {"team": str(desk.teams[1].pk), "version": "v3"},
        {"lang": "fa", "team": str(desk.teams[0].pk), "version": "v2"} | PERIODS[3],
    ):
        for user, mine in ((mina, False), (lead, False), (lead, True)):
            scope = read_scope(user, {"since": "all"} | asked, mine=mine)
            again = Recount(desk, scope, first_day=first_day)
            counted += check_ratings(again, scope) + check_replies(again, scope)
            check_refusals(again, scope)
            check_pairs(again, scope)
            check_costs(again, scope)
            if not mine and asked in PERIODS[:2]:
                shown = told(overview(scope).ratings)
                assert shown == told(rating_figures(scope).all)
    check_elsewhere(desk, read_scope(mina, {"since": "all"}))
    assert counted > 500
    assert timezone.get_current_timezone_name() == zone
    assert date(2025, 12, 27).weekday() == 5
