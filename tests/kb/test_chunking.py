"""Where articles are cut."""

from hypothesis import given
from hypothesis import strategies as st

from kb.chunking import ChunkText, Cut, chunk

FAQ = """# Help

Intro.

## Account

### How do I close it?

Ask us.

### Can I rename it?

Yes.

## Empty

## Last

End.
"""


def test_a_section_is_a_passage_under_its_headings():
    assert chunk(FAQ, title="Help") == [
        ChunkText(0, (), "Intro.", "Intro."),
        ChunkText(
            1,
            ("Account", "How do I close it?"),
            "Account\nHow do I close it?\nAsk us.",
            "Ask us.",
        ),
        ChunkText(2, ("Account", "Can I rename it?"), "Account\nCan I rename it?\nYes.", "Yes."),
        ChunkText(3, ("Last",), "Last\nEnd.", "End."),
    ]


def test_a_heading_unlike_the_title_is_kept_in_the_path():
    assert chunk(FAQ, title="Other")[0].heading_path == ("Help",)


def test_an_article_without_text_is_found_by_its_title():
    assert [item.text for item in chunk("", title="Only a title")] == ["Only a title"]


def test_an_edit_moves_only_its_own_section():
    before = {item.text for item in chunk(FAQ, title="Help")}
    after = {item.text for item in chunk(FAQ.replace("Yes.", "No."), title="Help")}
    assert len(before - after) == 1


LONG = [
    f"Paragraph {number}. " + " ".join(f"word{number * word}" for word in range(20))
    for number in range(120)
]


def test_an_insertion_moves_few_of_the_cuts_behind_it():
    """Without places chosen by the text itself every passage of the section would be new."""
    few = 0
    for place in range(10):
        before = {item.text for item in chunk("\n\n".join(LONG), title="T")}
        edited = [*LONG[:place], f"This one is new, number {place}.", *LONG[place:]]
        after = {item.text for item in chunk("\n\n".join(edited), title="T")}
        assert len(before) > 10
        few += len(after - before) <= 3
    assert few >= 8


def test_a_long_section_is_cut_between_sentences():
    text = " ".join(f"Sentence number {number} is here." for number in range(60))
    found = chunk(f"## H\n\n{text}", title="T", cut=Cut("letters", 300, len))
    assert len(found) > 5
    assert all(item.text.startswith("H\n") and item.text.endswith("here.") for item in found)
    assert " ".join(item.body for item in found) == text


def test_a_long_table_repeats_its_header():
    rows = "\n".join(f"| row {number} | value {number} |" for number in range(100))
    found = chunk(f"| name | size |\n|---|---|\n{rows}", title="T", cut=Cut("letters", 200, len))
    assert len(found) > 5
    assert all(item.body.startswith("name | size\nrow ") for item in found)
    assert sum(item.body.count("\nrow ") for item in found) == 100


def test_long_code_is_cut_between_lines():
    code = "\n".join(f"  line {number}" for number in range(100))
    found = chunk(f"```\n{code}\n```", title="T", cut=Cut("letters", 200, len))
    assert "\n".join(item.body for item in found) == code


def test_the_budget_may_be_counted_in_words():
    words = " ".join(["word"] * 100)
    found = chunk(words, title="T", cut=Cut("words", 10, lambda text: len(text.split())))
    assert [len(item.text.split()) for item in found] == [10] * 10


@given(
    st.lists(
        st.sampled_from(
            ["# H", "## سر", "- item", "| a | b |\n|---|---|\n| 1 | 2 |", "```\nx\n```"]
        )
        | st.text(alphabet="ab .؟\n", max_size=80)
    )
)
def test_no_passage_is_over_the_budget_or_out_of_order(parts):
    found = chunk("\n\n".join(parts), title="T", cut=Cut("letters", 60, len))
    assert [item.position for item in found] == list(range(len(found)))
    assert all(len(item.text) <= 60 and item.text for item in found)
