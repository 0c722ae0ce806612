"""What is left of a model's answer: its words, and nothing that it made up or copied."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.cleaning import SourceText, clean_answer, disagree, while_written
from text.privacy.placeholders import placeholders_in

SOURCES = [
    SourceText(
        1,
        "دامنه را از پنل تمدید کنید. تلفن 021-91000000 یا help@kazheh.example"
        " و kazheh.example/track",
        url="https://kazheh.example/help/renew",
    ),
    SourceText(2, "Open 192.168.10.1 and press reset. Name servers: ns1.kazheh.example"),
]
OWN = {"[PHONE_1]", "[PERSON_1]", "[EMAIL_1]", "[BANK_CARD_1]"}


def clean(text: str, **changes):
    return clean_answer(text, **({"sources": SOURCES, "placeholders": OWN} | changes))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Steps\n\n**Open** the `panel`.", "Steps\n\nOpen the panel."),
        ("* one\n* two\n  + three", "- one\n- two\n  - three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("_really_ __sure__ ***yes*** ~~no~~", "really sure yes no"),
        ("> quoted\n\n---\n\nend", "quoted\n\nend"),
        ("```\nls -l\n```", "ls -l"),
        ("<p>Hi <b>you</b></p><ul><li>one</li><li>two</li></ul>", "Hi you\n\n- one\n- two"),
        ("a<script>steal()</script>b <img src=x onerror=steal()>c", "a b c"),
        ("&lt;b&gt;bold&lt;/b&gt; &amp; fine", "bold & fine"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a – b\n1 – 2"),
        ("snake_case and 2 * 3 * 4 stay; so does a < b", None),
        ("[PHONE_1] و [BANK_CARD_1]", None),
        ("نیم‌سرورها را «اینجا» بنویسید: ۱- یک ۲- دو", None),
    ],
)
def test_markup_becomes_plain_text(text, expected):
    assert clean(text).text == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Visit https://evil.example/x now.", "Visit now."),
        ("See [the panel](https://evil.example/x).", "See the panel."),
        ("See [renewal](https://kazheh.example/help/renew).", None),
        ("See https://www.kazheh.example/help/renew/", None),
        ("Track it at kazheh.example/track or kazheh.example.", None),
        ("Track it at kazheh.example/pay today.", "Track it today."),
        ("Set ns1.kazheh.example and ns9.kazheh.example.", "Set ns1.kazheh.example."),
        ("Edit wp-config.php, index.html and Node.js 2.4.1", None),
        ("[x](javascript:alert(1)) and javascript:alert(1)", "x"),
        ("برو به www.evil.example/a و برگرد.", "برو و برگرد."),
        ("Go to [help](https://kazheh.example.evil.example/help/renew)", "Go to help"),
        ("ftp://kazheh.example/help/renew is the place", "is the place"),
    ],
)
def test_links_are_those_of_the_sources(text, expected):
    cleaned = clean(text).text
    if expected is None:
        expected = text.replace("[renewal](", "renewal (")
    assert cleaned == expected


@pytest.mark.parametrize(
    ("text", "expected", "type_"),
    [
        ("Call 0912 345 6789 today.", "Call today.", "phone"),
        (
            "Write to boss@bad.test or help@kazheh.example.",
            "Write or help@kazheh.example.",
            "email",
        ),
        ("با ۰۹۱۲۳۴۵۶۷۸۹ تماس بگیرید.", "تماس بگیرید.", "phone"),
        ("به کارت 6037-9977-5039-1196 بریزید.", "به کارت بریزید.", "bank_card"),
        ("Phone: 0912 345 6789\nThanks", "Thanks", "phone"),
        ("تلفن ما ۰۲۱۹۱۰۰۰۰۰۰ است.", None, None),
        ("Open 192.168.10.1 in your browser.", None, None),
        ("Write to sales@kazheh.example.", None, None),
    ],
)
def test_contacts_are_those_of_the_sources_and_the_company(text, expected, type_):
    cleaned = clean(text, public=["sales@kazheh.example"])
    assert cleaned.text == (text if expected is None else expected)
    assert cleaned.removed == ({type_: 1} if type_ else {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سلام [PERSON_1]، به [PHONE_1] پیام می‌دهیم.", None),
        ("به [PHONE_7] پیام می‌دهیم.", "پیام می‌دهیم."),
        ("We write to [EMAIL_2] today.", "We write today."),
        ("Reach us at [PHONE_2], [PHONE_3] or [EMAIL_4].", "Reach us."),
        ("Phone: [PHONE_7]\nThanks", "Thanks"),
        ("Пишіть на [EMAIL_9].", "Пишіть."),
        ("כתבו אל [EMAIL_9] עוד היום", "כתבו עוד היום"),
        ("<EMAIL_2> \\[PHONE\\_2\\] ［ＰＨＯＮＥ＿２］ &#91;PHONE_2&#93; x", "x"),
        ("\\[PHONE\\_1\\] <EMAIL_1> [person 1]", "[PHONE_1] [EMAIL_1] [PERSON_1]"),
        ("[<b></b>PHONE_2] stays out", "stays out"),
    ],
)
def test_placeholders_are_those_of_the_ticket(text, expected):
    cleaned = clean(text).text
    assert cleaned == (text if expected is None else expected)
    assert {name for name, _type in placeholders_in(cleaned)} <= OWN


@pytest.mark.parametrize(
    "echo",
    [
        "\n### Customer\nnext question",
        "\n###Past answer 3\nfoo",
        "\nCustomer: and now?",
        "\nمشتری: و حالا؟",
        "<|im_end|>\n<|im_start|>user",
        "</s><s>[INST] more",
        "\nReply in Persian for the support team of Kazheh.\nx",
        "\nYou write for the support team. Reply in English; be warm.",
    ],
)
def test_what_follows_a_mark_of_the_prompt_is_cut(echo):
    cleaned = clean(f"Renew it in the panel.{echo}")
    assert cleaned.text == "Renew it in the panel."
    assert cleaned.removed["echo"] >= 1


@pytest.mark.parametrize(
    "head", ["### Reply\n", "Agent: ", "پاسخ: ", "**Assistant:** ", "<think>x</think>"]
)
def test_head_of_an_answer_is_left_out(head):
    assert clean(f"{head}Renew it.").text == "Renew it."


def test_settings_that_begin_like_a_role_stay():
    assert clean("User: your address\nServer: yours").text == "User: your address\nServer: yours"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("خوب است " * 50, "خوب است"),
        ("ok " * 5000, "ok"),
        ("Renew it in the panel now. " * 2, "Renew it in the panel now."),
        ("one two three " * 3 + "four", "one two three four"),
        ("ههههههههههههههههههه", "ههه"),
        ("no, no, it is fine", None),
        ("- Open it.\n- Close it.\n- Open it.", None),
    ],
)
def test_repetition_is_said_once(text, expected):
    assert clean(text).text == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "left", "cited", "unknown"),
    [
        ("Renew it [1].", "Renew it.", (1,), 0),
        ("Renew [2][1] it [۲]!", "Renew it!", (2, 1), 0),
        ("Both [1, 2] and none [7].", "Both and none.", (1, 2), 1),
        ("See it (see [1]).", "See it.", (1,), 0),
        ("It is so [Article 2].", "It is so.", (2,), 0),
        ("It is so【9】.", "It is so.", (), 1),
        ("arr[1]=2 stays", "arr[1]=2 stays", (), 0),
    ],
)
def test_citations_are_looked_up_here(text, left, cited, unknown):
    cleaned = clean(text)
    assert (cleaned.text, cleaned.cited) == (left, cited)
    assert cleaned.removed.get("citation", 0) == unknown


def test_support_is_the_share_of_words_that_sources_have():
    assert clean("سلام، دامنه را از پنل تمدید کنید.").supported == 1.0
    assert clean("ماشین قرمز فردا پرواز می‌کند").supported == 0.0
    assert 0.3 < clean("Press reset and dance happily").supported < 0.7
    assert clean("سلام، خوش آمدید").supported == 1.0  # says nothing
    assert clean("Open the panel and press reset", sources=[]).supported == 0.0


def test_answers_disagree_by_the_words_that_they_share():
    same = "Renew the domain in the panel"
    assert disagree([same, same, f"Hello, {same}, please."]) == 0.0
    assert disagree([same, "Charge the watch", "Return within seven days"]) == 1.0
    assert 0.5 < disagree([same, same, "Charge the watch"]) < 0.8
    assert disagree([same]) == disagree([]) == 0.0


def test_while_written_shows_no_half_placeholder_and_no_markup():
    assert while_written("**سلام** به [PHO") == "سلام به"
    assert while_written("Fine.\n### Cust") == "Fine."
    assert while_written("Fine.\n### Customer\nx") == "Fine."


def test_everything_taken_out_leaves_nothing():
    assert clean("### Customer\nhello").text == ""
    assert clean("").text == ""


soup = st.text(alphabet="ab *_`[]()<>#|&;:/.@-\n\\1ه PHONE،", max_size=300)


@settings(max_examples=200)
@given(soup)
def test_cleaning_twice_changes_no_placeholder_and_raises_never(text):
    cleaned = clean(text).text
    assert {name for name, _type in placeholders_in(cleaned)} <= OWN
    assert len(cleaned) <= len(text) + 20 * text.count("[") + text.count("]")
    assert while_written(text) is not None
