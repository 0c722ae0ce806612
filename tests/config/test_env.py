import pytest

from config import env


@pytest.fixture(autouse=True)
def forget_problems(monkeypatch):
    monkeypatch.setattr(env, "problems", [])


@pytest.mark.parametrize(
    ("raw", "value"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("", False)]
)
def test_get_bool_reads_words(monkeypatch, raw, value):
    monkeypatch.setenv("X", raw)
    assert env.get_bool("X", not value) is value
    assert env.problems == []


def test_get_bool_remembers_a_bad_word(monkeypatch):
    monkeypatch.setenv("X", "perhaps")
    assert env.get_bool("X", True) is True
    assert env.problems == ["X must be one of 1, 0, true, false, yes, no, on, off."]


@pytest.mark.parametrize("raw", ["ten", "0", "11", "1.5"])
def test_get_int_refuses_what_is_no_number_in_range(monkeypatch, raw):
    monkeypatch.setenv("X", raw)
    assert env.get_int("X", 5, low=1, high=10) == 5
    assert len(env.problems) == 1
    assert env.problems[0].startswith("X must be")


def test_get_int_takes_the_bounds(monkeypatch):
    monkeypatch.setenv("X", "10")
    assert env.get_int("X", 5, low=1, high=10) == 10


def test_get_list_leaves_empty_parts_out(monkeypatch):
    monkeypatch.setenv("X", "a, ,b,")
    assert env.get_list("X", []) == ["a", "b"]


def test_get_path_is_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("X", "here")
    assert env.get_path("X", tmp_path) == tmp_path / "here"


def test_get_choice_takes_one_of_the_words(monkeypatch):
    monkeypatch.setenv("X", " All ")
    assert env.get_choice("X", "none", among=("none", "all")) == "all"
    monkeypatch.setenv("X", "some")
    assert env.get_choice("X", "none", among=("none", "all")) == "none"
    assert env.problems == ["X must be one of none, all."]


@pytest.mark.parametrize("raw", ["Mars/Olympus", ":/etc/localtime", "../etc", "Asia"])
def test_get_timezone_refuses_what_is_none(monkeypatch, raw):
    monkeypatch.setenv("X", raw)
    assert env.get_timezone("X", "Asia/Tehran") == "Asia/Tehran"
    assert env.problems == ["X must be a time zone such as Asia/Tehran."]


def test_get_timezone_takes_an_empty_one_as_none(monkeypatch):
    monkeypatch.setenv("X", "")
    assert env.get_timezone("X", "Asia/Tehran") == "Asia/Tehran"
    monkeypatch.setenv("X", "Europe/Kyiv")
    assert env.get_timezone("X", "Asia/Tehran") == "Europe/Kyiv"
    assert env.problems == []


@pytest.mark.parametrize("raw", ["nonsense", "sqlite:///x", "postgres://u:p@host:nine/x", "://"])
def test_get_database_connects_nowhere_by_a_mistyped_address(monkeypatch, raw):
    monkeypatch.setenv("X", raw)
    assert env.get_database("X") == {"ENGINE": "django.db.backends.dummy"}
    assert env.problems == ["X must be postgres://USER:PASSWORD@HOST:PORT/NAME."]


def test_get_database_reads_an_address(monkeypatch):
    monkeypatch.setenv("X", "postgres://u:p@host:9/x")
    found = env.get_database("X")
    assert (found["NAME"], found["HOST"], found["PORT"]) == ("x", "host", 9)
    assert env.problems == []
