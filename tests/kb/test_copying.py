"""Vectors arrive as they were sent."""

import numpy as np
import pytest

from kb.copying import copy_vectors
from kb.indexing import index_questions
from kb.models import EmbeddingRecipe, Question, QuestionVector

pytestmark = pytest.mark.django_db


def test_vectors_are_stored_in_half_precision():
    question = Question.objects.create(
        kind="ticket", external_id="1", lang="en", text="q", answer="a", text_version=0
    )
    index_questions([question])
    recipe = EmbeddingRecipe.objects.create(kind="offline", model="m", dimension=4, text_version=1)
    vector = [0.1, -0.25, 0.0, 0.96875]
    copy_vectors(QuestionVector, "question_id", [(recipe.pk, question.pk, vector)])
    stored = list(QuestionVector.objects.get().vector)
    assert stored == pytest.approx(np.array(vector, dtype=np.float16).astype(float).tolist())
