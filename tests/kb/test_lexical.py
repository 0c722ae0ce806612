"""Candidates by words: order, fields, filters, and what they say about themselves."""

import pytest

from kb import postings
from kb.indexing import index_articles
from kb.models import Article, Chunk, Question, Source
from kb.questions import upsert_question
from kb.retrieval.candidates import CHUNKS, QUESTIONS, scope
from kb.retrieval.lexical import lexical, lexical_sides, matches

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre():
    """Write articles; the chunks' ids by the article's external id."""

    def write(*rows: dict) -> dict[str, int]:
        source = Source.objects.create(location="tests", name="tests")
        articles = [Article(source=source, **{"lang": "en", **row}) for row in rows]
        index_articles(Article.objects.bulk_create(articles))
        return dict(Chunk.objects.values_list("article__external_id", "pk"))

    return write


def order(query, ids, **options):
    names = {pk: name for name, pk in ids.items()}
    found = lexical(query, scope(CHUNKS, **options), most=20)
    return [names[pk] for pk in sorted(found, key=lambda pk: (-round(found[pk], 6), pk))]


def test_forms_of_a_word_find_each_other(centre):
    ids = centre(
        {"external_id": "fa", "title": "حساب", "text": "تنظیمات حساب‌هایتان", "lang": "fa"},
        {"external_id": "en", "title": "Other", "text": "installing the browsers"},
    )
    assert order("تنظیم حسابم", ids) == ["fa"]
    assert order("installed browser", ids) == ["en"]


def test_a_misspelt_word_is_found_by_its_parts(centre):
    ids = centre(
        {"external_id": "right", "title": "Subscription", "text": "renewal"},
        {"external_id": "other", "title": "Refund", "text": "money"},
    )
    assert order("subscritpion", ids) == ["right"]


def test_title_headings_address_and_text_are_all_searched(centre):
    ids = centre(
        {"external_id": "title", "title": "Zygote one", "text": "plain text here"},
        {"external_id": "text", "title": "Plain one", "text": "the zygote of text here"},
        {"external_id": "heading", "title": "Plain two", "text": "# Zygote\n\nplain text here"},
        {"external_id": "url", "title": "Plain", "text": "text", "url": "https://x.ir/a/zygote-5"},
        {"external_id": "none", "title": "Plain four", "text": "plain text here"},
    )
    found = order("zygote", ids)
    assert found[0] == "title"
    assert set(found) == {"title", "text", "heading", "url"}


def test_the_path_of_the_external_id_stands_in_for_an_address(centre):
    ids = centre({"external_id": "billing/lost-voucher.md", "title": "A", "text": "b"})
    assert order("voucher", ids) == ["billing/lost-voucher.md"]


def test_language_and_visibility_narrow_it(centre):
    ids = centre(
        {"external_id": "fa", "title": "SSH", "text": "a", "lang": "fa-AF"},
        {"external_id": "en", "title": "SSH", "text": "b"},
        {"external_id": "own", "title": "SSH", "text": "c"},
    )
    Article.objects.filter(external_id="own").update(visibility="internal")
    assert order("ssh", ids, lang="fa") == ["fa"]
    assert order("ssh", ids, lang="en") == ["en", "own"]
    assert order("ssh", ids, lang="en", visibility="public") == ["en"]


def test_questions_of_internal_articles_are_not_for_customers(centre):
    centre({"external_id": "own", "title": "T", "text": "b"})
    article = Article.objects.get()
    Article.objects.update(visibility="internal")
    inside = upsert_question("faq", "1", "en", "zygote", "a", article)
    free = upsert_question("ticket", "2", "en", "zygote", "b")
    assert set(lexical("zygote", scope(QUESTIONS), most=9)) == {inside.pk, free.pk}
    public = scope(QUESTIONS, visibility="public")
    assert set(lexical("zygote", public, most=9)) == {free.pk}


def test_a_rare_language_gets_as_many_as_are_asked_for(centre):
    rows = [
        {
            "external_id": f"{n:03}",
            "title": "Word",
            "text": "word",
            "lang": "he" if n > 140 else "en",
        }
        for n in range(145)
    ]
    centre(*rows)
    assert len(lexical("word", scope(CHUNKS, lang="he"), most=3)) == 3


def test_passages_of_another_cut_are_not_found(centre):
    ids = centre({"external_id": "a", "title": "Zygote", "text": "b"})
    Chunk.objects.update(cut="another")
    assert order("zygote", ids) == []


def test_of_equal_scores_the_first_ids_are_kept(centre):
    ids = centre(*({"external_id": f"{n:02}", "title": "Twin", "text": "twin"} for n in range(30)))
    found = lexical("twin", scope(CHUNKS), most=10)
    assert sorted(found) == sorted(ids.values())[:10]


def test_rows_that_another_side_found_get_their_score(centre):
    ids = centre(*({"external_id": f"{n:02}", "title": "Twin", "text": "twin"} for n in range(9)))
    last, absent = max(ids.values()), 10**9
    found = lexical("twin", scope(CHUNKS), most=2, also=[last, absent])
    assert set(found) == {*sorted(ids.values())[:2], last}


def test_a_score_is_its_words_and_its_parts_and_below_the_ideal(centre):
    centre({"external_id": "a", "title": "Lost key", "text": "The key is lost."})
    found = lexical_sides("lost keys", scope(CHUNKS), most=5)
    for pk, score in found.scores.items():
        assert score == pytest.approx(found.words[pk] + found.grams[pk])
        assert 0 < found.words[pk] < score < found.ideal


def test_a_frequent_word_counts_less_than_a_rare_one_even_if_it_is_not_read(centre, monkeypatch):
    rows = [{"external_id": f"{n}", "title": "T", "text": "common"} for n in range(30)]
    ids = centre(*rows, {"external_id": "rare", "title": "T", "text": "zygote"})
    monkeypatch.setattr(postings.read, "__kwdefaults__", {"most_bytes": 150})
    assert order("common zygote", ids)[0] == "rare"


def test_matches_tell_which_words_stand_in_which_field(centre):
    ids = centre(
        {
            "external_id": "a",
            "title": "Resetting a password",
            "text": "# On the phone\n\nClick the link in the password mail.",
            "url": "https://x.ir/lost-password",
        },
        {"external_id": "b", "title": "Other", "text": "nothing"},
    )
    found = matches("How do I reset my passwords on a phone?", scope(CHUNKS), ids.values())
    assert found[ids["b"]] == {}
    assert found[ids["a"]] == {
        "title": ["reset", "passwords"],
        "headings": ["phone"],
        "url": ["passwords"],
        "text": ["passwords"],
    }


def test_matches_of_questions_are_by_their_id():
    first = upsert_question("ticket", "1", "en", "old battery", "a")
    again = upsert_question("ticket", "1", "en", "flat battery", "charge")
    assert first.pk == again.pk == Question.objects.get().pk
    found = matches("old battery charge", scope(QUESTIONS), [again.pk])
    assert found == {again.pk: {"title": ["battery"], "text": ["charge"]}}


@pytest.mark.parametrize("query", ["", "؟!", "how is it", "\x00", "%s", "'; --"])
def test_a_query_without_a_word_that_tells_finds_nothing(centre, query):
    centre({"external_id": "a", "title": "Lost key", "text": "The key is lost."})
    assert lexical(query, scope(CHUNKS), most=5) == {}
    assert matches(query, scope(CHUNKS), []) == {}
