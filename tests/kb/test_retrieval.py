"""The right passage for a question."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from kb.importing import import_sources
from kb.models import Article, Chunk
from kb.questions import upsert_question
from kb.retrieval import MODES, nothing_fits, search, similar_questions
from runtime.errors import InputError
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    """The sample company's help centre."""
    from django.conf import settings

    import_sources([settings.SAMPLE_DIR / "company" / "articles"])


def test_every_mode_finds_the_passage(company):
    for mode in ("hybrid", "dense", "lexical"):
        found = search("سقف خرید برای کد تخفیف چقدر است؟ کد تخفیف قبول نمی‌شود", mode=mode, k=5)
        assert found[0].external_id == "billing/fa-discount-code.html", mode
        assert len(found) == 5


def test_a_result_carries_everything(company):
    result = search("my watch does not sync", k=1)[0]
    assert result.title == "Watch W5 does not sync with the app"
    assert result.url == "https://help.kazheh.example/en/gadgets/watch-w5-sync"
    assert result.lang == "en"
    assert result.text == Chunk.objects.get(pk=result.chunk_id).text
    assert Article.objects.get(pk=result.article_id).external_id == result.external_id
    assert 0 < result.score <= 1


def test_spelling_of_letters_digits_and_half_spaces_does_not_matter(company):
    one = search("راه‌اندازی مودم R1 با ۱۹۲.۱۶۸.۱۰.۱")
    other = search("راه اندازي مودم r1 با 192.168.10.1")
    assert [result.chunk_id for result in one] == [result.chunk_id for result in other]


def test_language_narrows_the_search(company):
    assert {result.lang for result in search("SSH", lang="en", k=20)} == {"en"}
    assert {result.lang for result in search("SSH", lang="fa", k=20)} == {"fa"}


def test_a_language_covers_its_regions(write_jsonl):
    rows = [{"external_id": lang, "text": "کلید", "lang": lang} for lang in ("fa-AF", "fa", "fan")]
    import_sources([write_jsonl(rows)])
    assert {result.lang for result in search("کلید", lang="fa")} == {"fa", "fa-AF"}


def test_titles_weigh_more_than_text(write_jsonl):
    import_sources(
        [
            write_jsonl(
                [
                    {"external_id": "text", "title": "Other", "text": "refund of the order here"},
                    {"external_id": "title", "title": "Refund", "text": "money of the order here"},
                    {"external_id": "none", "title": "Else", "text": "nothing of the kind here"},
                ]
            )
        ]
    )
    assert [result.external_id for result in search("refund")] == ["title", "text"]


def test_a_rare_word_weighs_more_than_a_common_one(write_jsonl):
    rows = [{"external_id": str(n), "title": "T", "text": "common words here"} for n in range(9)]
    rows.append({"external_id": "rare", "title": "T", "text": "zygote words there"})
    import_sources([write_jsonl(rows)])
    assert search("common zygote", mode="lexical")[0].external_id == "rare"


def test_the_same_query_gives_the_same_order(write_jsonl):
    rows = [{"external_id": str(n), "title": "T", "text": "equal words"} for n in range(30)]
    import_sources([write_jsonl(rows)])
    found = search("equal", k=30)
    assert [result.chunk_id for result in found] == sorted(result.chunk_id for result in found)


def test_only_published_articles_are_found(company):
    Article.objects.update(state=Article.State.DRAFT)
    for mode in MODES:
        assert search("کد تخفیف", mode=mode) == []


@pytest.mark.parametrize(
    "query", ["", "   ", "؟!", "\x00", "\ud800", "zzzzqqqq", "' OR 1=1 --", "%s"]
)
def test_a_query_that_finds_nothing_is_no_error(query, make_centre):
    import_sources([make_centre(55)])
    for mode in ("hybrid", "dense", "lexical", "questions"):
        assert isinstance(search(query, mode=mode), list)


def test_a_very_long_query_is_searched(company):
    assert search("کد تخفیف " * 5000)[0].external_id == "billing/fa-discount-code.html"


@pytest.mark.parametrize(("mode", "k"), [("magic", 5), ("hybrid", 0), ("hybrid", 101)])
def test_wrong_options_are_refused(mode, k):
    with pytest.raises(InputError):
        search("x", mode=mode, k=k)


def test_questions_lead_to_their_article():
    import_sources([PAGES])
    wallet = Article.objects.get(external_id="fa-wallet.html")
    upsert_question("faq", "1", "fa", "پولم را کجا بریزم", "پنل", wallet)
    upsert_question("ticket", "2", "fa", "پولم را کجا بریزم دوباره", "پنل")
    found = search("پول را کجا بریزم", mode="questions")
    assert [result.external_id for result in found] == ["fa-wallet.html"]


def test_the_number_of_queries_does_not_grow(company):
    with CaptureQueriesContext(
        connection,
    ) as few:
        search("کد تخفیف", k=1)
    with CaptureQueriesContext(connection) as many:
        search("کد تخفیف", k=50)
    assert len(few) == len(many)


def test_internal_articles_are_found_only_by_those_who_may(make_centre):
    import_sources([make_centre(55)])
    upsert_question(
        "ticket",
        "1",
        "en",
        "invoice number0",
        "A.",
        Article.objects.get(title__contains="number0 "),
    )
    Article.objects.filter(title__contains="number0 ").update(visibility="internal")
    for mode in MODES:
        assert "0000.md" in {one.external_id for one in search("invoice number0", mode=mode)}
        found = search("invoice number0", mode=mode, visibility="public")
        assert "0000.md" not in {one.external_id for one in found}, mode


def test_nothing_fits_what_no_article_is_about(company):
    assert nothing_fits(search("recipe for a chocolate cake with walnuts"))
    assert nothing_fits(search("قیمت بلیت هواپیما به استانبول"))
    assert nothing_fits([])
    for query in ("my watch does not sync", "کد تخفیف قبول نمی‌شود"):
        for mode in ("hybrid", "lexical"):
            assert not nothing_fits(search(query, mode=mode)), (query, mode)


def test_scores_are_from_0_to_1_and_fall(company):
    for mode in ("hybrid", "dense", "lexical"):
        scores = [result.score for result in search("my watch does not sync", mode=mode, k=30)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores), mode


def test_why_names_words_and_question(company):
    article = Article.objects.get(external_id__endswith="en-watch-w5-sync.html")
    upsert_question("ticket", "1", "en", "The watch is not syncing", "Restart it.", article)
    why = search("my watch does not sync", lang="en", k=3)[0].why
    assert "watch" in why.words["title"]
    assert why.question == "The watch is not syncing"
    assert round(sum(why.shares.values()), 2) == 1
    assert any("watch" in line for line in why.lines())
    assert set(why.as_json()) >= {"words", "cosine", "question", "shares"}
    why = replace(why, cosine=0.7)
    assert why.lines()[-1] == "Meaning: 0.70"
    with translation.override("fa"):
        assert why.lines()[-1].endswith("۰٫۷۰")


def test_near_duplicates_of_an_article_are_folded(write_jsonl):
    text = "Press the reset button, wait for the green light and enter the code again."
    rows = f"## Router\n\n{text}\n\n## Switch\n\n{text}\n\n## Radio\n\nNo reset button here.\n"
    import_sources([write_jsonl([{"external_id": "a", "title": "Devices", "text": rows}])])
    assert Chunk.objects.count() == 3
    found = search("reset button", k=10)
    assert len(found) == 2
    assert {"Radio"} < {one.heading_path[0] for one in found}


class TestSimilarQuestions:
    @pytest.fixture(autouse=True)
    def known(self, make_centre):
        import_sources([make_centre(55)])
        rows = [
            ("ticket", "1", "en", "battery does not charge", "Hold the battery button."),
            ("ticket", "2", "en", "parcel is late", "Parcels take three days."),
            ("faq", "3", "en", "charge the spare battery", "Use the battery cable."),
            ("ticket", "4", "fa", "باتری شارژ نمی‌شود", "دکمه را نگه دارید."),
        ]
        for row in rows:
            upsert_question(*row)

    def ids(self, *args, **kwargs):
        return [found.external_id for found in similar_questions(*args, **kwargs)]

    def test_the_nearest_comes_first(self):
        found = similar_questions("my battery will not charge")
        assert found[0].external_id == "1"
        assert found[0].answer == "Hold the battery button."

    def test_kinds_and_language_narrow(self):
        found = self.ids("battery charge", kinds=["faq"])  # the articles' titles ask too
        assert (found[0], "1" in found) == ("3", False)
        assert self.ids("باتری", lang="fa") == ["4"]

    def test_a_question_can_be_left_out(self):
        assert "1" not in self.ids("battery does not charge", exclude_external_ids=["1"], k=10)

    def test_words_of_the_answer_count_too(self):
        assert self.ids("three days", k=1) == ["2"]


def test_a_question_written_again_is_one_and_changes(make_centre):
    first = upsert_question("ticket", "1", "en", "old words", "a")
    again = upsert_question("ticket", "1", "en", "old words", "a")
    assert first.pk == again.pk
    changed = upsert_question("ticket", "1", "en", "new words", "a")
    assert (changed.pk, changed.text) == (first.pk, "new words")
    assert not similar_questions("old")
    assert similar_questions("new")[0].question_id == first.pk
