"""What a reader sees while a draft is written: whole letters, never taken back."""

from hypothesis import given
from hypothesis import strategies as st

from llm.engine.progress import RowProgress, whole_letters
from llm.engine.results import GenerationSettings, RowRequest
from tests.llm.tiny_models import QUESTIONS, prompt

LETTERS = st.text(alphabet="سلام می‌روم، پ1a.é😀 \n�")


def test_stream_texts_are_prefixes_that_end_in_the_result(engine):
    versions = ("first", "second", "base", "plain")
    for number in range(len(QUESTIONS)):
        seen: dict[int, list[str]] = {row: [] for row in range(len(versions))}
        results = engine.generate(
            [
                RowRequest(version, GenerationSettings(max_new_tokens=60), prompt(number))
                for version in versions
            ],
            on_text=lambda row, text, seen=seen: seen[row].append(text),
        )
        for row, result in enumerate(results):
            told = seen[row]
            assert len(told) > 5
            assert told == sorted(set(told), key=len)  # each is longer than the one before
            assert all(result.text.startswith(text) for text in told)
            assert told[-1] == result.text


def test_stream_holds_back_half_letters_and_open_joiners(engine):
    """The tokenizer splits letters: without holding back, U+FFFD would be seen."""
    seen = []
    (result,) = engine.generate(
        [RowRequest("first", GenerationSettings(max_new_tokens=60), prompt(0))],
        on_text=lambda row, text: seen.append(text),
    )
    assert result.tokens > len(seen)  # some tokens showed nothing new
    assert "‌" in result.text
    assert not any(text.endswith(("�", "‌", " ")) for text in seen)


@given(LETTERS)
def test_whole_letters_grow_with_the_bytes_and_are_never_taken_back(text):
    data = text.encode()
    whole = whole_letters(text)
    shown = ""
    for end in range(len(data) + 1):
        now = whole_letters(data[:end].decode(errors="replace"))
        assert now.startswith(shown)
        shown = now
    assert shown == whole


@given(LETTERS)
def test_whole_letters_change_nothing_but_the_ends(text):
    whole = whole_letters(text)
    assert whole in text
    assert text.strip("� \n‌") == whole.strip("� \n‌")
    assert whole_letters(whole) == whole


def row(limit: int = 5) -> RowProgress:
    return RowProgress(limit=limit, end_ids=(9,), decode=lambda ids: "".join(map(str, ids)))


def test_row_ends_at_the_end_mark_and_takes_nothing_after_it():
    one = row()
    assert [one.add(token) for token in (1, 2, 9, 3)] == [True, True, False, False]
    assert one.result(prompt_tokens=7).text == "12"
    assert one.result(prompt_tokens=7).finish == "stop"


def test_row_ends_at_its_limit():
    one = row(limit=2)
    for token in (1, 2, 3):
        one.add(token)
    assert (one.finish, one.ids) == ("length", [1, 2])


def test_row_keeps_the_first_reason_to_end():
    one = row()
    one.end("cancelled")
    one.end("stop")
    assert one.finish == "cancelled"
