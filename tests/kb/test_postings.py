"""The inverted index: what is written is read, whoever writes beside, and what is gone goes."""

from contextlib import contextmanager
from threading import Barrier, Thread

import psycopg
import pytest
from django.db import connection, transaction

from kb import postings
from kb.indexing import index_articles
from kb.models import Article, Chunk, Posting, Question, Source, TermSegment
from kb.postings import QUESTIONS, reading
from kb.postings.merging import MERGED
from kb.postings.segments import raw_connection
from kb.questions import upsert_question
from kb.searchable import forms

pytestmark = pytest.mark.django_db
GROUP = "chunks:test"


@pytest.fixture(autouse=True)
def counted_as_written(monkeypatch):
    """The documents of these tests have no rows."""
    monkeypatch.setattr(reading, "SMALL", 0)


def write_articles(count):
    source = Source.objects.create(location="tests", name="tests")
    rows = [
        Article(
            source=source,
            external_id=f"{number:04}.md",
            title=f"A title{number}",
            text=f"A form of number{number}.",
            lang="en",
        )
        for number in range(count)
    ]
    index_articles(Article.objects.bulk_create(rows))


def entries(term, group=GROUP):
    found = postings.read(group, [term]).postings.get(term)
    return sorted(found["entry"].tolist()) if found is not None else []


def test_a_posting_holds_the_counts_of_each_field():
    postings.add(
        GROUP,
        [
            (7, forms("key", "key lost key", headings="key", url="/key/key/house")),
            (9, forms("door", "lost")),
        ],
    )
    found = postings.read(GROUP, ["key", "lost", "absent"])
    (key,) = found.postings["key"]
    names = ("entry", "text", "title", "headings", "url")
    assert [int(key[name]) for name in names] == [7, 2, 1, 1, 2]
    assert [int(key[name]) for name in ("text_length", "title_length")] == [3, 1]
    assert found.counts == {"key": 1, "lost": 2}
    assert found.statistics.documents == 2
    assert found.statistics.text == 2.0
    assert found.statistics.title == 1.0


def test_a_count_that_is_too_large_is_the_largest():
    postings.add(GROUP, [(1, forms("t", "word " * 70_000))])
    (posting,) = postings.read(GROUP, ["word"]).postings["word"]
    assert (posting["text"], posting["text_length"]) == (255, 65_535)


def test_nothing_to_write_leaves_no_segment():
    postings.add(GROUP, [])
    assert not TermSegment.objects.exists()


def test_groups_keep_apart():
    postings.add(GROUP, [(1, forms("t", "key"))])
    postings.add(QUESTIONS, [(1, forms("t", "key")), (2, forms("t", "key"))])
    assert entries("key") == [1]
    assert entries("key", QUESTIONS) == [1, 2]


def test_many_writes_are_merged_and_nothing_is_lost():
    count = MERGED * MERGED + 3
    for number in range(count):
        postings.add(GROUP, [(number, forms("title", f"common word{number}"))])
    assert TermSegment.objects.count() < 2 * MERGED
    found = postings.read(GROUP, ["common", "word5"])
    assert found.counts == {"common": count, "word5": 1}
    assert found.statistics.documents == count
    assert found.statistics.text == 2.0
    segments = set(TermSegment.objects.values_list("pk", flat=True))
    assert set(Posting.objects.values_list("segment_id", flat=True)) == segments


def test_a_large_segment_is_not_written_again_for_a_few_small_ones():
    postings.add(GROUP, [(number, forms("t", "key")) for number in range(1000)])
    large = TermSegment.objects.get()
    for number in range(1000, 1000 + MERGED):
        postings.add(GROUP, [(number, forms("t", "key"))])
    assert TermSegment.objects.filter(pk=large.pk).exists()
    assert TermSegment.objects.count() == 2


def test_the_sweep_leaves_few_segments():
    for size in (100, 50, 20, 20, 10, 10, 10, 5, 5, 1, 1):
        postings.add(GROUP, [(size * 100 + number, forms("t", "key")) for number in range(size)])
    assert TermSegment.objects.count() > MERGED
    postings.merge(GROUP, few=True)
    assert TermSegment.objects.count() == MERGED
    assert postings.read(GROUP, ["key"]).counts == {"key": 232}


def test_frequent_terms_are_counted_where_they_are_not_read():
    postings.add(GROUP, [(number, forms("t", "common")) for number in range(100)])
    postings.add(GROUP, [(number, forms("t", "common rust")) for number in range(100, 103)])
    found = postings.read(GROUP, ["common", "rust"], most_bytes=3 * postings.WORD.itemsize)
    assert set(found.postings) == {"rust"}
    assert found.counts == {"common": 103, "rust": 3}


def test_compacting_drops_what_is_gone():
    write_articles(20)
    group = postings.chunk_group("")
    gone = Article.objects.filter(external_id__lt="0010.md")
    Chunk.objects.filter(article__in=gone).delete()
    before = postings.read(group, ["form"])
    assert postings.tidy() >= 1
    after = postings.read(group, ["form", "number1", "number15"])
    assert (before.statistics.documents, after.statistics.documents) == (20, 10)
    assert after.counts == {"form": 10, "number15": 1}
    assert after.statistics.text == before.statistics.text
    assert after.statistics.title == before.statistics.title
    assert TermSegment.objects.filter(group=group).count() == 1


def test_compacting_leaves_an_index_in_order_alone():
    write_articles(20)
    before = list(TermSegment.objects.values_list("pk", flat=True))
    assert postings.tidy() == 0
    assert list(TermSegment.objects.values_list("pk", flat=True)) == before


def test_compacting_a_group_of_which_nothing_is_left_removes_it():
    write_articles(3)
    Chunk.objects.all().delete()
    Question.objects.all().delete()
    postings.tidy()
    assert not TermSegment.objects.exists()
    assert not Posting.objects.exists()


def test_a_small_desk_counts_only_what_is_there(monkeypatch):
    monkeypatch.setattr(reading, "SMALL", 5000)
    write_articles(20)
    Chunk.objects.filter(article__external_id__lt="0010.md").delete()
    found = postings.read(postings.chunk_group(""), ["form", "number1"])
    assert found.statistics.documents == 10
    assert found.counts == {"form": 10}


def test_a_question_written_anew_leaves_its_old_words_behind(monkeypatch):
    monkeypatch.setattr(reading, "SMALL", 5000)
    first = upsert_question("ticket", "1", "en", "battery", "a")
    again = upsert_question("ticket", "1", "en", "parcel", "a")
    assert first.pk == again.pk
    assert first.entry != again.entry
    assert entries("parcel", QUESTIONS) == [again.entry]
    assert entries("batteri", QUESTIONS) == []


def test_a_write_that_is_rolled_back_leaves_nothing():
    with transaction.atomic():
        postings.add(GROUP, [(1, forms("t", "key"))])
        transaction.set_rollback(True)
    assert entries("key") == []
    assert not TermSegment.objects.exists()


@contextmanager
def no_waiting():
    """An error instead of a wait for the other's lock, which it keeps until we are done. The
    server's own work may hold one for a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


@pytest.mark.django_db(transaction=True)
def test_writers_beside_each_other_neither_wait_nor_lose_anything():
    """One merges and keeps its transaction open while the other writes enough to merge too."""
    for number in range(MERGED - 1):
        postings.add(GROUP, [(number, forms("t", "key"))])
    merged, written = Barrier(2, timeout=120), Barrier(2, timeout=120)

    def other() -> None:
        with transaction.atomic():
            postings.add(GROUP, [(100, forms("t", "key"))])
            merged.wait()
            written.wait()
        connection.close()

    thread = Thread(target=other)
    thread.start()
    merged.wait()
    with no_waiting():
        for number in range(200, 200 + MERGED):
            postings.add(GROUP, [(number, forms("t", "key"))])
    written.wait()
    thread.join()
    assert entries("key") == [*range(MERGED - 1), 100, *range(200, 200 + MERGED)]
    found = postings.read(GROUP, ["key"])
    assert found.statistics.documents == found.counts["key"] == 2 * MERGED


def test_it_reads_within_the_callers_transaction():
    assert isinstance(raw_connection(), psycopg.Connection)
    with transaction.atomic():
        postings.add(GROUP, [(1, forms("t", "key"))])
        assert entries("key") == [1]
