"""WhatsApp exports of many languages: the same messages, whatever the form of their headers."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tickets.importing.whatsapp_forms import FORMS, Form
from tickets.importing.records import FileProblem, LeftOut, PastConversation, ReadingOptions
from tickets.importing.whatsapp import looks_like, read

CUSTOMER = "Mina 🌸"
AGENT = "پشتیبانی شرکت"
_FIRST = datetime(2023, 5, 2, 9, 58)
_BY_NAME = {form.name: form for form in FORMS}


def _read(path, *agents, **options):
    return list(read(path, ReadingOptions(agents=agents or (AGENT,), **options)))


def _conversations(records):
    return [record for record in records if isinstance(record, PastConversation)]


def _left_out(records):
    return [(record.reason, record.line) for record in records if isinstance(record, LeftOut)]


def _turns(conversation):
    return [(turn.role, turn.text) for turn in conversation.turns]


def _times(conversation):
    return [timezone.make_naive(turn.at) for turn in conversation.turns]


@pytest.fixture
def export(tmp_path):
    def write(text, name="chat.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


def _three_days(form: Form) -> str:
    day, minute = timedelta(days=1), timedelta(minutes=1)
    noon = _FIRST + timedelta(hours=2, minutes=4)  # 12:02
    late = _FIRST + 13 * day + timedelta(hours=13)  # 22:58 of the 15th
    return form.notice(_FIRST) + form.write(
        [
            (_FIRST, CUSTOMER, "سلام 👋\nخط دوم: 10:20\n\nخط آخر"),
            (_FIRST + minute, AGENT, "Hello: see https://example.com/a?b=1"),
            (noon, CUSTOMER, "a" * 3),
            (noon + minute, AGENT, "ok"),
            (noon + 2 * minute, CUSTOMER, form.media),
            (late, CUSTOMER, "`code: x = [1, 2]`"),
            (late + minute, AGENT, "بله"),
            (late + 2 * minute, AGENT, "تمام"),
        ]
    )


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_export_of_any_language_gives_its_messages(form, export):
    text = _three_days(form)
    records = _read(export(text))
    first, second, third = _conversations(records)
    assert _turns(first) == [
        ("customer", "سلام 👋\nخط دوم: 10:20\n\nخط آخر"),
        ("agent", "Hello: see https://example.com/a?b=1"),
    ]
    assert _turns(second) == [("customer", "aaa"), ("agent", "ok")]
    assert _turns(third) == [("customer", "`code: x = [1, 2]`"), ("agent", "بله\nتمام")]
    assert _times(first) == [_FIRST, _FIRST + timedelta(minutes=1)]
    assert _times(second)[0] == datetime(2023, 5, 2, 12, 2)
    assert _times(third)[0] == datetime(2023, 5, 15, 22, 58)
    assert _left_out(records) == [("system", 1), ("media", 9)]
    assert not [record for record in records if isinstance(record, FileProblem)]
    assert [record.line for record in (first, second, third)] == [2, 7, 10]
    assert looks_like(text)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(form, export):
    text = "\ufeff" + _three_days(form).replace("\n", "\r\n")
    conversations = _conversations(_read(export(text)))
    assert [len(one.turns) for one in conversations] == [2, 2, 2]
    assert _turns(conversations[0])[0][1] == "سلام 👋\nخط دوم: 10:20\n\nخط آخر"
    assert looks_like(text)


_texts = st.lists(
    st.text(
        st.sampled_from("ab سلامخیر.,!?؟🙂👍0123/-[]()<_:`\u200c"), min_size=1, max_size=25
    ).map(str.strip),
    min_size=1,
    max_size=3,
).map("\n".join)


def _plain(text: str) -> bool:
    """Words of a person in any reading: no header, no marker, nothing empty."""
    return bool(text.strip()) and text == text.strip() and not text.startswith(("[", "<"))


@given(
    form=st.sampled_from([form for form in FORMS if form.name != "unknown halves"]),
    start=st.datetimes(datetime(2019, 1, 1), datetime(2024, 1, 1)),
    said=st.lists(
        st.tuples(st.booleans(), st.integers(0, 50), _texts.filter(_plain)), min_size=3, max_size=12
    ),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_writer_wrote_is_what_the_reader_reads(form, start, said, tmp_path_factory):
    at = start.replace(second=0, microsecond=0)
    messages = [(at, CUSTOMER, "question number one"), (at, AGENT, "answer number one")]
    for is_agent, minutes, text in said:
        at += timedelta(minutes=minutes)
        messages.append((at, AGENT if is_agent else CUSTOMER, text))
    # One date can be ambiguous; a chat that goes on for three weeks is not.
    messages += [(at + timedelta(days=days), CUSTOMER, "still there?") for days in range(1, 22)]
    path = tmp_path_factory.mktemp("chat") / "c.txt"
    path.write_text(form.write(messages), encoding="utf-8", newline="")
    records = _read(path)
    whole = "\n".join(text for one in _conversations(records) for _, text in _turns(one))
    assert whole == "\n".join(text for _, _, text in messages)
    assert [_times(one)[0] for one in _conversations(records)][-21:] == [
        at + timedelta(days=days) for days in range(1, 22)
    ]
    assert not _left_out(records)


def _day_and_month(export, *dates, pattern="{}, 10:00 - {}: x{}\n"):
    text = "".join(
        pattern.format(date, AGENT if n % 2 else CUSTOMER, n) for n, date in enumerate(dates)
    )
    records = _read(export(text), silence=timedelta(days=4000))
    return [turn.at.date().isoformat() for turn in _conversations(records)[0].turns]


@pytest.mark.parametrize(
    ("dates", "read_as"),
    [
        (["01/05/2023", "02/05/2023", "03/05/2023"], ["2023-05-01", "2023-05-02", "2023-05-03"]),
        (["05/01/2023", "05/02/2023", "05/03/2023"], ["2023-05-01", "2023-05-02", "2023-05-03"]),
        (["03/04/2023", "05/04/2023", "25/04/2023"], ["2023-04-03", "2023-04-05", "2023-04-25"]),
        (["4/3/23", "4/5/23", "4/25/23"], ["2023-04-03", "2023-04-05", "2023-04-25"]),
        (["03.04.23", "01.05.23"], ["2023-04-03", "2023-05-01"]),
        (["11/30/23", "12/1/23", "1/2/24"], ["2023-11-30", "2023-12-01", "2024-01-02"]),
        (["23-04-03", "23-04-25"], ["2023-04-03", "2023-04-25"]),
        (["1402/02/12", "1402/02/13"], ["2023-05-02", "2023-05-03"]),
        (["02/02/12", "02/02/31", "02/03/01"], ["2023-05-02", "2023-05-21", "2023-05-22"]),
        (["1445/01/01", "1445/01/02"], ["2023-07-19", "2023-07-20"]),
    ],
)
def test_order_of_day_and_month_comes_from_all_dates(dates, read_as, export):
    assert _day_and_month(export, *dates) == read_as


def test_one_date_that_can_be_read_twice_goes_by_the_habit_of_its_form(export):
    assert _day_and_month(export, "03/04/2023", "03/04/2023")[0] == "2023-04-03"
    half = "{}, 10:00 AM - {}: x{}\n"
    assert _day_and_month(export, "3/4/23", "3/4/23", pattern=half)[0] == "2023-03-04"


def test_two_forms_in_one_file_are_read_each_by_itself(export):
    android = _BY_NAME["en-US android"]
    ios = _BY_NAME["de ios"]
    day = timedelta(days=1)
    text = android.write(
        [(_FIRST + n * day, (CUSTOMER, AGENT)[n % 2], f"a{n}") for n in range(14)]
    ) + ios.write([(_FIRST + (20 + n) * day, (CUSTOMER, AGENT)[n % 2], f"b{n}") for n in range(4)])
    (conversation,) = _conversations(_read(export(text), silence=timedelta(days=30)))
    assert [text for _, text in _turns(conversation)] == [
        *(f"a{n}" for n in range(14)),
        *(f"b{n}" for n in range(4)),
    ]
    assert _times(conversation)[-1] == _FIRST + 23 * day


def test_text_that_begins_with_a_date_stays_in_its_message(export):
    form = _BY_NAME["de android"]
    text = form.write(
        [
            (_FIRST, CUSTOMER, "my list:\n01.06.23, 10:00 - dentist: bring card\n02.06.2023 shop"),
            (_FIRST, AGENT, "12/05/2024 10:00 - meeting: room 3"),
            (_FIRST, CUSTOMER, "[12/05/24, 10:00:01] no: such message"),
            (_FIRST + timedelta(minutes=5), AGENT, "noted\n12/05/2024 10:00 - room: 3"),
            (_FIRST + timedelta(minutes=6), CUSTOMER, "thanks"),
        ]
    )
    (conversation,) = _conversations(_read(export(text)))
    assert _turns(conversation) == [
        ("customer", "my list:\n01.06.23, 10:00 - dentist: bring card\n02.06.2023 shop"),
        ("agent", "12/05/2024 10:00 - meeting: room 3"),
        ("customer", "[12/05/24, 10:00:01] no: such message"),
        ("agent", "noted\n12/05/2024 10:00 - room: 3"),
        ("customer", "thanks"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "+98 912 345 6789",
        "\u202a+98\u00a0912\u00a0345\u00a06789\u202c",
        "~\u202fAli 😀🔥",
        "רועי כהן",
        "\u2067محمد رضایی\u2069",
        "Ali (shop) - new",
        "Shop: Ali",
        "O'Brien & Söhne, GmbH.",
    ],
)
@pytest.mark.parametrize("form", ["de android", "en-US ios", "fa android"])
def test_name_of_any_form_speaks_and_is_given_nowhere(name, form, export):
    text = _BY_NAME[form].write(
        [(_FIRST + timedelta(minutes=n), AGENT if n % 2 else name, f"words {n}") for n in range(10)]
    )
    records = _read(export(text))
    (conversation,) = _conversations(records)
    assert _turns(conversation) == [
        ("agent" if n % 2 else "customer", f"words {n}") for n in range(10)
    ]
    bare = name.strip("\u202a\u202c\u2067\u2069~\u202f")
    assert bare not in repr(records) + conversation.external_id
    swapped = _conversations(_read(export(text), bare.upper()))[0]
    assert swapped.turns[0].role == "agent"


def test_header_time_of_the_clock_change_or_minutes_out_of_order_are_no_new_conversation(export):
    text = _BY_NAME["de android"].write(
        [
            (_FIRST, CUSTOMER, "one"),
            (_FIRST - timedelta(minutes=2), AGENT, "two"),
            (_FIRST, CUSTOMER, "three"),
        ]
    )
    (conversation,) = _conversations(_read(export(text)))
    assert [text for _, text in _turns(conversation)] == ["one", "two", "three"]


@pytest.mark.parametrize(
    "start",
    [
        "external_id,question,answer\n1,a,b\n",
        '{"question": "a"}\n',
        "From ali@example.com Sat Jan  3 01:05:34 1996\n",
        "Subject: 12/05/2024 10:00\n\nHello",
        "2024-05-01 10:00:00,123 a log without names\n",
        "",
    ],
)
def test_other_formats_do_not_look_like_a_chat(start):
    assert not looks_like(start)
