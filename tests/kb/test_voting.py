from kb.retrieval.voting import VOTERS, by_answer


def test_two_near_questions_outvote_one_slightly_nearer():
    scores = [(1, 1.0), (2, 0.97), (3, 0.96)]
    assert by_answer(scores, {1: "a", 2: "b", 3: "b"}) == [(2, 0.97), (1, 1.0)]


def test_many_far_questions_do_not_outvote_a_near_one():
    scores = [(1, 1.0), *((number, 0.5) for number in range(2, 8))]
    answers = {1: "a"} | dict.fromkeys(range(2, 8), "b")
    assert by_answer(scores, answers) == [(1, 1.0), (2, 0.5)]


def test_an_answer_comes_once_with_its_nearest_question():
    scores = [(5, 0.9), (4, 0.8), (3, 0.7)]
    assert by_answer(scores, {5: "a", 4: "a", 3: "c"}) == [(5, 0.9), (3, 0.7)]


def test_answers_without_a_vote_follow_in_their_order():
    scores = [(number, 1 - number / 100) for number in range(VOTERS + 3)]
    answers = {number: f"answer {number}" for number in range(VOTERS + 3)}
    assert by_answer(scores, answers) == scores


def test_nothing_found_is_nothing():
    assert by_answer([], {}) == []
