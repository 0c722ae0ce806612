"""What is not indexed as it should be is found and indexed."""

import pytest

from kb import tasks
from kb.embedding import active_recipe, filling
from kb.importing import import_sources
from kb.models import Article, Chunk, ChunkVector, Posting, Question
from kb.questions import upsert_question
from kb.retrieval import search, similar_questions

pytestmark = pytest.mark.django_db


def test_an_article_changed_by_another_hand_is_indexed(make_centre):
    import_sources([make_centre(3)])
    Article.objects.filter(external_id="0001.md").update(text="Completely different words.")
    tasks.sweep()
    assert search("completely")[0].external_id == "0001.md"
    assert Chunk.objects.count() == 3


def test_forms_of_an_older_version_are_made_anew(make_centre):
    upsert_question("ticket", "1", "en", "empty battery", "charge it")
    Posting.objects.all().delete()
    Question.objects.update(text_version=0)
    tasks.index()
    assert similar_questions("battery")


def test_missing_vectors_are_added(make_centre):
    import_sources([make_centre(55)])
    ChunkVector.objects.all().delete()
    tasks.sweep()
    assert filling.is_complete(active_recipe())


def test_an_index_that_is_in_order_is_left_alone(make_centre):
    import_sources([make_centre(55)])
    vectors = ChunkVector.objects.order_by("pk").values_list("pk", flat=True)
    before = list(vectors)
    tasks.sweep()
    tasks.refit()
    assert list(vectors.all()) == before
