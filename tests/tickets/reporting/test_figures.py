"""What the reports say, held against counting by hand."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone, translation

from kb.models import Article, Source
from people.models import Team
from tests.tickets.factories import make_drafts, make_ticket, make_version
from tickets.merging import merge
from tickets.models import NoGoodAnswer, Rating, Reply, Suggestion, Ticket
from tickets.notes import add_note
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.reporting.costs import cost_figures
from tickets.reporting.pairs import examples, pair_figures, sign_test, student
from tickets.reporting.ratings import rating_figures
from tickets.reporting.replies import refusal_figures, reply_figures, reply_totals
from tickets.reporting.reply_figures import refused
from tickets.reporting.scope import read_scope
from tickets.reporting.version_figures import against_each_other
from tickets.undoing import undo_reply

pytestmark = pytest.mark.django_db


def everything(user, **asked):
    return read_scope(user, {"since": "all"} | asked)


def rated(agent, *stars, **fields):
    drafts = make_drafts(make_ticket(**fields))
    for draft, given in zip(drafts, stars, strict=True):
        rate(draft, agent=agent, stars=given)
    return drafts


def named(rows):
    return {row.model: row.counts for row in rows}


def test_ratings_are_counted_each_way(mina, sara, omid):
    source = Source.objects.create(name="Wallet", location="/wallet")
    article = Article.objects.create(
        source=source, external_id="a", title="A", text="", lang="fa", content_hash=""
    )
    old = rated(sara, 1, 2, 5, lang="fa")
    rated(omid, 1, 4, 5, lang="en")
    Suggestion.objects.filter(pk=old[0].pk).update(article=article)
    now = timezone.now()
    Rating.objects.update(updated_at=now)
    Rating.objects.filter(suggestion__in=old).update(updated_at=now - timedelta(days=21))
    found = rating_figures(everything(mina))
    assert found.all.counts == (2, 1, 0, 1, 2)
    assert (found.all.negative_pct, found.all.positive_pct) == (50.0, 50.0)
    assert found.all.low < 50 < found.all.high
    assert named(found.versions) == {
        "tuned-a": (2, 0, 0, 0, 0),
        "tuned-b": (0, 1, 0, 1, 0),
        "base": (0, 0, 0, 0, 2),
    }
    assert named(found.languages) == {"Persian": (1, 1, 0, 0, 1), "English": (1, 0, 0, 1, 1)}
    assert named(found.agents) == {"sara": (1, 1, 0, 0, 1), "omid": (1, 0, 0, 1, 1)}
    assert named(found.categories) == {"Wallet": (1, 0, 0, 0, 0), "no article": (1, 1, 0, 1, 2)}
    assert [one.counts for _day, one in found.weeks] == [(1, 1, 0, 0, 1), (1, 0, 0, 1, 1)]
    assert (found.weeks[1][0] - found.weeks[0][0]).days == 21
    assert {name: len(weeks) for name, weeks in found.weeks_of} == {
        "tuned-a": 2,
        "tuned-b": 2,
        "base": 2,
    }


@pytest.mark.parametrize(("lang", "first"), [("fa", 5), ("en", 0)])
def test_week_begins_as_the_desks_language_has_it(mina, sara, settings, lang, first):
    settings.LANGUAGE_CODE = lang
    rated(sara, 1, 2, 3)
    for days in range(7):
        moment = timezone.now() - timedelta(days=days)
        Rating.objects.update(updated_at=moment)
        [(day, _one)] = rating_figures(everything(mina)).weeks
        assert day.weekday() == first  # Saturday in Persian, Monday in English
        assert 0 <= (timezone.localtime(moment).date() - day).days < 7


def test_what_is_asked_about_limits_all_figures(mina, sara, omid):
    rated(sara, 1, 1, 1, lang="fa")
    team = Team.objects.create(name="orders")
    other = rated(omid, 5, 5, 5, lang="en")
    Ticket.objects.filter(pk=other[0].ticket_id).update(team=team)
    version = make_version("tuned-b")
    noon = timezone.make_aware(datetime(2026, 5, 12, 12))
    Rating.objects.update(updated_at=noon)

    def total(**asked):
        return rating_figures(everything(mina, **asked)).all.total

    assert total() == 6
    assert total(lang="en") == 3
    assert total(lang="he") == 6  # no ticket has it: as if it were not asked
    assert total(team=str(team.pk)) == 3
    assert total(version=version.name) == 2
    assert total(version=version.name, lang="en") == 1
    assert total(since="2026-05-13") == 0
    assert total(since="2026-05-12") == 6
    assert total(until="2026-05-11") == 0
    assert total(until="2026-05-12") == 6


def test_lead_sees_only_what_her_teams_may(parisa, support, sara, navid, mina):
    ours, theirs, everybodys = rated(sara, 1, 1, 1), rated(navid, 5, 5, 5), rated(sara, 3, 3, 3)
    Ticket.objects.filter(pk=ours[0].ticket_id).update(team=support)
    sales = Team.objects.get(name="sales")
    Ticket.objects.filter(pk=theirs[0].ticket_id).update(team=sales)
    for draft, who in ((ours[0], sara), (theirs[0], navid), (everybodys[0], sara)):
        send_reply(draft.ticket_id, agent=who, text="x", suggestion_id=None, send_key=str(draft.pk))
        NoGoodAnswer.objects.create(message=draft.message, agent=who, reason="wrong")
    for user, count in ((mina, 3), (parisa, 2)):
        for asked in ({}, {"team": str(sales.pk)}):
            scope = everything(user, **asked)
            expected = count if not asked else (1 if user == mina else 2)
            assert rating_figures(scope).all.total == 3 * expected
            assert reply_totals(scope).replies == expected
            assert refusal_figures(scope).total == expected
            assert pair_figures(scope)[0].messages == expected
            assert sum(one.drafts for one in cost_figures(scope)[0]) == 3 * expected
    assert "navid" not in named(rating_figures(everything(parisa)).agents)
    shown = [
        one.ticket for one in examples(everything(parisa), pair_figures(everything(parisa))[0])
    ]
    assert theirs[0].ticket_id not in shown


def test_what_was_taken_back_or_changed_counts_once(mina, sara, settings):
    """A rating given anew, a reply undone and sent again, a ticket merged into another."""
    settings.UNDO_SECONDS = 3600
    first, second = (rated(sara, 1, 2, 3) for _again in range(2))
    rate(first[0], agent=sara, stars=5)
    held = send_reply(
        first[0].ticket_id, agent=sara, text="x", suggestion_id=None, send_key="a", hold=True
    )
    since = held.waiting_since
    undo_reply(held.pk, agent=sara)
    sent = send_reply(
        first[0].ticket_id, agent=sara, text="یک", suggestion_id=first[0].pk, send_key="b"
    )
    assert sent.waiting_since == since
    merge(second[0].ticket_id, into=first[0].ticket_id, actor=sara)
    add_note(first[0].ticket_id, author=sara, text="of no figure")
    assert rating_figures(everything(mina)).all.counts == (1, 2, 2, 0, 1)
    one = reply_figures(everything(mina)).all
    assert (one.replies, one.as_drafted, one.afresh) == (1, 1, 0)
    assert one.answer_median == pytest.approx((sent.created_at - since).total_seconds())
    assert pair_figures(everything(mina))[0].messages == 2


def test_customers_who_all_agree_give_no_interval(mina, sara):
    """Its width would be nothing, and five customers no certainty."""
    for at in range(6):
        rated(sara, 4, 3, 3, contact=f"c{at}@mail.test")
    for one in pair_figures(everything(mina)):
        assert (abs(one.mean), one.low, one.high) in ((1, None, None), (0, None, None))


def test_my_figures_are_mine(sara, omid):
    rated(sara, 1, 1, 1)
    rated(omid, 5, 5, 5)
    mine = read_scope(sara, {"since": "all"}, mine=True)
    assert rating_figures(mine).all.counts == (3, 0, 0, 0, 0)


def test_replies_by_what_became_of_the_draft(mina, sara):
    texts = ("پاسخ آمادهٔ نخست", "پاسخ دوم", "سوم")
    for at, text in enumerate((texts[0], f"{texts[0]} با افزوده", "چیزی دیگر")):
        ticket = make_ticket()
        draft = make_drafts(ticket, texts=texts)[0]
        send_reply(
            ticket.pk,
            agent=sara,
            text=text,
            suggestion_id=None if at == 2 else draft.pk,
            send_key=f"key-{at}",
        )
    now = timezone.now()
    for at, reply in enumerate(Reply.objects.order_by("pk")):
        Reply.objects.filter(pk=reply.pk).update(
            created_at=now,
            waiting_since=now - timedelta(minutes=10 * (at + 1)),
            opened_at=now - timedelta(minutes=at + 1),
        )
    found = reply_figures(everything(mina))
    one = found.all
    assert (one.replies, one.as_drafted, one.edited, one.afresh) == (3, 1, 1, 1)
    assert one.accepted_pct == 66.7
    assert one.bounds[0] < 66.7 < one.bounds[1]
    assert one.answer_median == pytest.approx(1200)
    assert one.answer_late == pytest.approx(1680)  # nine tenths of the way from 600 to 1,800
    assert one.writing_median == pytest.approx(120)
    shares = sorted(Reply.objects.exclude(edit_share=None).values_list("edit_share", flat=True))
    assert one.edit_median == pytest.approx(sum(shares) / 2)
    assert [(row.name, row.replies) for row in found.versions] == [("tuned-a", 2)]
    assert [(row.name, row.replies) for row in found.agents] == [("sara", 3)]
    assert len(found.weeks) == 1


def test_refusals_by_reason(mina, sara, omid):
    for at, (agent, reason) in enumerate(((sara, "wrong"), (omid, "wrong"), (sara, "tone"))):
        message = make_ticket(external_id=f"refused-{at}").messages.get()
        NoGoodAnswer.objects.create(message=message, agent=agent, reason=reason)
    found = refusal_figures(everything(mina))
    assert found.total == 3
    assert [count for _reason, count in found.reasons] == [2, 1]
    with translation.override("fa"):
        heard = refused(found).chart.label
    assert "۲" in heard
    assert not re.search("[0-9]", heard)


def test_costs_by_version(mina):
    now = timezone.now()  # of one week
    for seconds in (1, 2, 9):
        for draft in make_drafts(make_ticket()):
            Suggestion.objects.filter(pk=draft.pk).update(
                seconds=seconds, tokens=10, created_at=now
            )
    Suggestion.objects.filter(version__name="base", seconds=9).update(state="failed")
    Suggestion.objects.filter(version__name="tuned-b", seconds=9).update(state="pending")
    versions, weeks = cost_figures(everything(mina))
    found = {one.version: one for one in versions}
    assert (found["tuned-a"].drafts, found["tuned-a"].median_seconds) == (3, 2)
    assert (found["base"].drafts, found["base"].failed_pct) == (3, 33.3)
    assert found["base"].median_seconds == 1.5  # of those that were written
    assert found["tuned-b"].drafts == 2
    assert found["tuned-a"].all_seconds == 12
    assert len(weeks) == 3


def test_versions_are_compared_on_the_same_messages(mina, sara, omid):
    for at in range(12):
        drafts = rated(sara, 5 if at % 4 else 2, 3, 4, contact=f"c{at}@mail.test")
        if at == 0:
            rate(drafts[0], agent=omid, stars=4)  # 2 and 4: the draft has 3
    rate(make_drafts(make_ticket())[0], agent=sara, stars=1)  # alone: held against nothing
    pairs = {frozenset((one.one, one.other)): one for one in pair_figures(everything(mina))}
    assert len(pairs) == 3
    found = pairs[frozenset(("tuned-a", "tuned-b"))]
    sign = 1 if found.one == "tuned-a" else -1
    assert (found.messages, found.customers) == (12, 12)
    assert sign * found.mean == pytest.approx((9 * 2 + 2 * -1 + 0) / 12, abs=0.001)
    better, worse = (found.better, found.worse)[::sign]
    assert (better, found.same, worse) == (9, 1, 2)
    assert found.p == pytest.approx(sign_test(9, 2))
    assert found.low < found.mean < found.high
    with translation.override("fa"):
        heard = against_each_other([found]).chart.label
    assert not re.search("[0-9]", heard)


def test_interval_agrees_with_a_bootstrap_over_customers(mina, sara):
    """An independent way to the same figure: training's, which draws customers again and again."""
    import random

    from training.evaluation.intervals import bootstrap

    chance = random.Random(7)
    differences, whose = [], []
    for customer in range(25):
        liking = chance.gauss(0.5, 1)
        for _message in range(chance.choice((1, 1, 2, 4))):
            one = max(1, min(5, round(3 + liking + chance.gauss(0, 0.7))))
            rated(sara, one, 3, 3, contact=f"c{customer}@mail.test")
            differences.append(one - 3)
            whose.append(str(customer))
    found = next(
        one for one in pair_figures(everything(mina)) if {one.one, one.other} == {"tuned-a", "base"}
    )
    sign = 1 if found.one == "tuned-a" else -1
    expected = bootstrap(differences, clusters=whose)
    low, high = sorted((sign * found.low, sign * found.high))
    assert sign * found.mean == pytest.approx(expected.mean, abs=0.001)
    assert found.customers == expected.clusters
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.07)


def test_examples_are_where_ratings_are_farthest_apart(mina, sara):
    for stars in ((5, 1, 3), (4, 3, 3), (1, 4, 3), (3, 3, 3)):
        rated(sara, *stars)
    scope = everything(mina)
    pair = next(
        one for one in pair_figures(scope) if {one.one, one.other} == {"tuned-a", "tuned-b"}
    )
    found = examples(scope, pair)
    apart = [one.one_stars - one.other_stars for one in found]
    assert sorted(map(abs, apart)) == [1, 3, 4]
    assert found[0].question
    texts = {"tuned-a": "یک", "tuned-b": "دو"}
    assert all((one.one, one.other) == (texts[pair.one], texts[pair.other]) for one in found)


@pytest.mark.parametrize("freedom", [4, 7, 30, 1000])
def test_students_quantile(freedom):
    from scipy.stats import t  # an independent implementation

    assert student(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=0.001)


@pytest.mark.parametrize(("up", "down"), [(0, 0), (5, 5), (1, 9), (30, 12), (700, 600), (0, 3)])
def test_sign_test_is_the_binomial_one(up, down):
    from scipy.stats import binomtest

    expected = binomtest(up, up + down).pvalue if up + down else 1.0
    assert sign_test(up, down) == pytest.approx(expected, abs=0.002)
