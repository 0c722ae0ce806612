"""Two rankings into one."""

from kb.retrieval.fusion import fuse, ranked


def test_fuse_adds_what_each_side_found():
    assert fuse({1: 10.0, 2: 5.0}, {2: 0.8, 3: 0.4}) == [(2, 0.75), (1, 0.5), (3, 0.25)]


def test_fuse_goes_on_with_one_side():
    assert fuse({7: 3.0, 8: 1.5}, {}, weight=1.0) == [(7, 1.0), (8, 0.5)]


def test_fuse_of_nothing_is_nothing():
    assert fuse({}, {}) == []


def test_a_negative_cosine_counts_as_none():
    assert fuse({}, {1: 0.5, 2: -0.5}) == [(1, 0.5), (2, 0.0)]


def test_ties_break_by_id():
    assert ranked({9: 0.1 + 0.2, 4: 0.3, 5: 0.4}) == [(5, 0.4), (4, 0.3), (9, 0.3)]
