"""A conversation that has grown since its import gets what is new, once, masked and learned."""

import json
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from kb.models import Question
from tests.tickets.factories import EMAIL, PHONE
from tests.tickets.importing.whatsapp_forms import FORMS
from tickets import patterns
from tickets.importing import ReadingOptions, import_tickets
from tickets.models import Message, Reply, Ticket, VaultEntry
from tickets.rights import erase_customer, find_customer

pytestmark = pytest.mark.django_db
_FORM = next(form for form in FORMS if form.name == "fa android jalali")
_DESK, _SARA = "پشتیبانی", "Sara"
_CHAT = ReadingOptions(agents=(_DESK,))
_SAID = [
    (_SARA, f"سرور من روشن نمی‌شود، شماره‌ام {PHONE} است"),
    (_DESK, "سلام، سرور را از پنل یک بار خاموش کنید"),
    (_DESK, "و پنج دقیقه بعد روشن کنید"),
    (_SARA, f"فاکتور این ماه را به {EMAIL} می‌فرستید؟"),
    (_DESK, f"به {EMAIL} فرستاده شد و به {PHONE} پیامک رفت"),
    (_SARA, "ممنون"),
]


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0) - timedelta(days=2)


@pytest.fixture
def chat(tmp_path, now):
    def write(count, name="chat.txt"):
        start = timezone.make_naive(now).replace(second=0)
        messages = [
            (start + timedelta(minutes=n), who, text) for n, (who, text) in enumerate(_SAID[:count])
        ]
        path = tmp_path / name
        path.write_text(_FORM.write(messages), encoding="utf-8")
        return path

    return write


@pytest.fixture
def jsonl(tmp_path):
    def write(*rows, name="tickets.jsonl"):
        path = tmp_path / name
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return path

    return write


def _talk(*texts, start=None, number="1", **fields):
    """Customer and agent in turns, a minute each."""
    messages = [{"role": "agent" if n % 2 else "customer", "text": t} for n, t in enumerate(texts)]
    if start is not None:
        for n, message in enumerate(messages):
            message["at"] = (start + timedelta(minutes=n)).isoformat()
    return {"external_id": number, "messages": messages, **fields}


def _messages():
    return [(one.role, one.text) for one in Ticket.objects.get().messages.all()]


def _everything():
    return [
        list(table.objects.order_by("pk").values())
        for table in (Ticket, Message, VaultEntry, Question)
    ]


def _counts(report):
    return report.created, report.duplicates, report.extended


def test_longer_chat_adds_exactly_what_is_new(chat):
    assert _counts(import_tickets([chat(2)], options=_CHAT)) == (1, 0, 0)
    assert _counts(import_tickets([chat(5)], options=_CHAT)) == (0, 1, 1)
    assert _messages() == [
        ("customer", "سرور من روشن نمی‌شود، شماره‌ام [PHONE_1] است"),
        ("agent", "سلام، سرور را از پنل یک بار خاموش کنید\nو پنج دقیقه بعد روشن کنید"),
        ("customer", "فاکتور این ماه را به [EMAIL_1] می‌فرستید؟"),
        ("agent", "به [EMAIL_1] فرستاده شد و به [PHONE_1] پیامک رفت"),
    ]
    values = VaultEntry.objects.order_by("type").values_list("type", "number")
    assert list(values) == [("EMAIL", 1), ("PHONE", 1)]
    learned = dict(Question.objects.values_list("external_id", "answer"))
    assert sorted(learned.values()) == sorted([_messages()[1][1], _messages()[3][1]])


def test_second_run_of_the_longer_chat_adds_nothing(chat):
    import_tickets([chat(2)], options=_CHAT)
    import_tickets([chat(6)], options=_CHAT)
    assert Ticket.objects.get().state == Ticket.State.CLOSED
    before = _everything()
    assert _counts(import_tickets([chat(6)], options=_CHAT)) == (0, 1, 0)
    assert _counts(import_tickets([chat(2)], options=_CHAT)) == (0, 1, 0)
    assert _everything() == before


def test_chat_that_grew_step_by_step_is_as_if_read_at_once(chat, now):
    for count in range(2, 7):
        import_tickets([chat(count)], options=_CHAT)
    grown = _messages(), list(Message.objects.values_list("created_at", flat=True))
    Question.objects.all().delete()
    Ticket.objects.all().delete()
    import_tickets([chat(6)], options=_CHAT)
    assert grown == (_messages(), list(Message.objects.values_list("created_at", flat=True)))


def test_rows_without_times_grow_too(jsonl):
    import_tickets([jsonl(_talk("چطور رمز را عوض کنم؟", "از صفحهٔ حساب"))])
    longer = jsonl(
        _talk("چطور رمز را عوض کنم؟", "از صفحهٔ حساب", f"شماره‌ام {PHONE} است، پیدا نمی‌کنم", "بالا")
    )
    report = import_tickets([longer])
    assert _counts(report) == (0, 1, 1)
    assert report.placeholders == {"PHONE": 1}
    assert [text for _role, text in _messages()][2:] == [
        "شماره‌ام [PHONE_1] است، پیدا نمی‌کنم",
        "بالا",
    ]
    assert sorted(Question.objects.values_list("external_id", flat=True)) == [
        "import:1",
        "import:1#2",
    ]
    before = _everything()
    assert _counts(import_tickets([longer])) == (0, 1, 0)
    assert _everything() == before


@pytest.mark.parametrize(
    ("said", "after", "stored"),
    [
        ("482910", "کد تایید", "[OTP_1]\nکد تایید"),
        ("خیابان ولیعصر", "کوچه ۵ پلاک ۳", "[ADDRESS_1]"),
    ],
)
def test_value_that_only_what_came_after_shows_is_masked(jsonl, said, after, stored):
    begin = ("a question of mine", "and its answer")
    import_tickets([jsonl(_talk(*begin, said))])
    assert _messages()[2][1] == said
    grown = jsonl(_talk(*begin, f"{said}\n{after}", "ثبت شد"))
    assert import_tickets([grown]).extended == 1
    assert [text for _role, text in _messages()][2:] == [stored, "ثبت شد"]
    assert import_tickets([grown]).extended == 0


def test_chat_whose_import_was_stopped_and_which_then_grew_is_in_once(tmp_path, now, monkeypatch):
    monkeypatch.setattr("tickets.importing.reading._LOOKED_EVERY", 0)
    monkeypatch.setattr("tickets.importing.reading.BATCH", 3)
    start = timezone.make_naive(now).replace(second=0) - timedelta(days=100)
    said = [
        (start + timedelta(days=day, minutes=n), who, f"{text} {day}")
        for day in range(40)
        for n, (who, text) in enumerate(_SAID)
    ]
    path = tmp_path / "chat.txt"
    path.write_text(_FORM.write(said[:-3]), encoding="utf-8")
    looks = iter(range(10_000))
    report = import_tickets([path], options=_CHAT, stop=lambda: next(looks) > 20)
    assert report.stopped
    assert 0 < report.created < 40
    created = import_tickets([path], options=_CHAT).created + report.created
    path.write_text(_FORM.write(said), encoding="utf-8")
    assert _counts(import_tickets([path], options=_CHAT)) == (40 - created, created, 1)
    assert (Ticket.objects.count(), Message.objects.count()) == (40, 40 * 5)
    assert _counts(import_tickets([path], options=_CHAT)) == (0, 40, 0)


def _mail(number, sender, text, *, day, after=None):
    back = f"References: <1@x>\nIn-Reply-To: <{after}@x>\n" if after else ""
    to = "help@shop.example" if sender != "help@shop.example" else EMAIL
    return (
        f"From x@y.example Mon Jan 12 10:00:00 2026\nFrom: {sender}\nTo: {to}\n"
        f"Date: Mon, {day} Jan 2026 10:00:00 +0000\nMessage-ID: <{number}@x>\n{back}\n{text}\n\n"
    )


_MAILS = [
    _mail(1, EMAIL, "My server does not start since yesterday", day=12),
    _mail(2, "help@shop.example", "Please turn it off and on", day=13, after=1),
    _mail(3, EMAIL, "It says that the disk is full now", day=14, after=2),
    _mail(4, "help@shop.example", "We have made the disk larger", day=15, after=3),
]


@pytest.mark.parametrize("second", [_MAILS, _MAILS[2:], _MAILS[1:]], ids=["all", "new", "overlap"])
def test_thread_grows_by_new_mails_however_much_the_mailbox_repeats(tmp_path, second):
    path = tmp_path / "box"
    options = ReadingOptions(agents=("shop.example",))
    path.write_text("".join(_MAILS[:2]))
    assert import_tickets([path], options=options).created == 1
    path.write_text("".join(second))
    assert _counts(import_tickets([path], options=options)) == (0, 1, 1)
    before = _everything()
    assert [text for _role, text in _messages()] == [
        "My server does not start since yesterday",
        "Please turn it off and on",
        "It says that the disk is full now",
        "We have made the disk larger",
    ]
    assert Question.objects.count() == 2
    assert _counts(import_tickets([path], options=options)) == (0, 1, 0)
    assert _everything() == before


def test_two_files_of_one_thread_in_one_run_are_one_conversation(tmp_path):
    paths = [tmp_path / "jan", tmp_path / "feb"]
    for path, mails in zip(paths, (_MAILS[:2], _MAILS[2:]), strict=True):
        path.write_text("".join(mails))
    report = import_tickets(paths, options=ReadingOptions(agents=("shop.example",)))
    assert _counts(report) == (1, 1, 1)
    assert len(_messages()) == 4


def test_zendesk_ticket_with_more_comments_grows(tmp_path, now):
    def export(count):
        comments = [
            {"author_id": 7 + n % 2, "body": f"comment {n} about the disk", "public": True}
            | {"created_at": (now + timedelta(hours=n)).isoformat()}
            for n in range(count)
        ]
        path = tmp_path / "z.json"
        path.write_text(json.dumps({"id": 5, "requester_id": 7, "comments": comments}))
        return path

    assert _counts(import_tickets([export(3)])) == (1, 0, 0)
    assert Ticket.objects.get().state == Ticket.State.CLOSED
    assert _counts(import_tickets([export(6)])) == (0, 1, 1)
    assert [text for _role, text in _messages()] == [
        f"comment {n} about the disk" for n in range(6)
    ]
    assert Ticket.objects.get().state == Ticket.State.ANSWERED
    assert _counts(import_tickets([export(6)])) == (0, 1, 0)


def test_value_that_was_forgotten_stays_so_and_its_number_is_not_given_again(jsonl, now):
    first = (f"شماره‌ام {PHONE} است، سرور روشن نمی‌شود", "با پنل روشن کنید")
    import_tickets([jsonl(_talk(*first, start=now))])
    VaultEntry.objects.all().delete()
    import_tickets([jsonl(_talk(*first, "به 09351112233 زنگ بزنید لطفاً", "چشم", start=now))])
    assert [text for _role, text in _messages()] == [
        "شماره‌ام [PHONE_1] است، سرور روشن نمی‌شود",
        "با پنل روشن کنید",
        "به [PHONE_2] زنگ بزنید لطفاً",
        "چشم",
    ]
    assert [(one.type, one.number) for one in VaultEntry.objects.all()] == [("PHONE", 2)]


def test_values_of_an_old_conversation_are_not_kept(jsonl):
    start = datetime(2019, 1, 1, 10, tzinfo=timezone.get_current_timezone())
    import_tickets([jsonl(_talk("سؤال اول من این است", "پاسخ", start=start))])
    grown = _talk("سؤال اول من این است", "پاسخ", f"شماره‌ام {PHONE} است", "ثبت شد", start=start)
    assert import_tickets([jsonl(grown)]).extended == 1
    assert _messages()[2][1] == "شماره‌ام [PHONE_1] است"
    assert not VaultEntry.objects.exists()


@pytest.mark.parametrize("state", [Ticket.State.NEW, Ticket.State.SPAM])
def test_ticket_that_is_worked_on_stays_as_it_is(jsonl, state):
    import_tickets([jsonl(_talk("a question of mine", "b"))])
    Ticket.objects.update(state=state)
    report = import_tickets([jsonl(_talk("a question of mine", "b", "c and more of it", "d"))])
    assert _counts(report) == (0, 1, 0)
    assert len(_messages()) == 2


def test_ticket_that_the_desk_answered_stays_as_it_is(jsonl):
    import_tickets([jsonl(_talk("a question of mine", "b"))])
    ticket = Ticket.objects.get()
    Reply.objects.create(
        ticket=ticket,
        message=ticket.messages.get(role="agent"),
        agent=User.objects.create_user("agent"),
        send_key="k",
    )
    report = import_tickets([jsonl(_talk("a question of mine", "b", "c and more of it", "d"))])
    assert _counts(report) == (0, 1, 0)
    assert len(_messages()) == 2


def test_ticket_of_another_source_stays_as_it_is(jsonl):
    import_tickets([jsonl(_talk("a question of mine", "b"))], source="shop")
    longer = jsonl(_talk("a question of mine", "b", "c and more of it", "d"))
    assert _counts(import_tickets([longer])) == (1, 0, 0)
    assert Ticket.objects.get(source="shop").messages.count() == 2


def test_conversation_that_begins_in_another_way_is_counted_and_left(jsonl):
    import_tickets([jsonl(_talk("a question of mine", "b"))])
    report = import_tickets([jsonl(_talk("another one", "c", "d", "e"))])
    assert (_counts(report), report.left_out) == ((0, 1, 0), {"changed": 1})
    assert [text for _role, text in _messages()] == ["a question of mine", "b"]


def test_dry_run_says_what_has_grown_and_writes_nothing(chat):
    import_tickets([chat(2)], options=_CHAT)
    before = _everything()
    dry = import_tickets([chat(6)], options=_CHAT, dry_run=True)
    assert _everything() == before
    real = import_tickets([chat(6)], options=_CHAT)
    assert _counts(real) == (0, 1, 1)
    assert dry.as_dict() | {"seconds": 0} == real.as_dict() | {"seconds": 0}


def test_what_was_erased_does_not_come_back_with_a_conversation_that_went_on(jsonl, now):
    first = ("the first question of mine", "its answer")
    import_tickets([jsonl(_talk(*first, start=now, contact=EMAIL))])
    erase_customer(find_customer(EMAIL), user=None)
    grown = _talk(*first, start=now, contact=EMAIL)
    later = timezone.now() + timedelta(days=1)
    grown["messages"] += _talk("a later question of mine", "and its answer", start=later)[
        "messages"
    ]
    report = import_tickets([jsonl(grown)])
    assert report.created == 1
    assert [text for _role, text in _messages()] == ["a later question of mine", "and its answer"]
    assert _counts(import_tickets([jsonl(grown)])) == (0, 1, 0)


@pytest.mark.django_db(transaction=True)  # within a transaction the patterns are read each time
def test_duplicates_are_known_with_few_queries(jsonl, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(patterns, "REMEMBERED_SECONDS", 3600.0)  # nor after a time
    path = jsonl(
        *(_talk(f"question {n} {PHONE}", f"answer {n}", number=str(n)) for n in range(300))
    )
    import_tickets([path])
    with django_assert_max_num_queries(25):
        assert import_tickets([path]).duplicates == 300
