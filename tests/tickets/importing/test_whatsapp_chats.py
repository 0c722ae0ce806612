"""Whole chats: what the application wrote, who answers, several exports, archives, bad input."""

import zipfile
from datetime import datetime, timedelta

import pytest

from tests.tickets.importing.whatsapp_forms import FORMS, LRM
from tests.timing import at_most
from tickets.importing.records import FileProblem, LeftOut, PastConversation, ReadingOptions
from tickets.importing.whatsapp import BadExport, UnknownAgents, read, recognises

CUSTOMER = "Ali Karimi"
AGENT = "Support"
_FIRST = datetime(2023, 5, 2, 9, 58)
_BY_NAME = {form.name: form for form in FORMS}
_ANDROID = _BY_NAME["en-GB android"]
_IOS = _BY_NAME["en-GB ios"]


def _read(path, *agents, **options):
    return list(read(path, ReadingOptions(agents=agents, **options)))


def _conversations(records):
    return [record for record in records if isinstance(record, PastConversation)]


def _texts(records):
    return [[turn.text for turn in one.turns] for one in _conversations(records)]


def _reasons(records):
    return [record.reason for record in records if isinstance(record, LeftOut)]


def _problems(records):
    return [(one.line, one.error) for one in records if isinstance(one, FileProblem)]


def _chat(*texts, form=_ANDROID, start=_FIRST, minutes=1, customer=CUSTOMER, agent=AGENT):
    """The customer and the agent in turns, a message every so many minutes."""
    return form.write(
        (start + n * timedelta(minutes=minutes), agent if n % 2 else customer, text)
        for n, text in enumerate(texts)
    )


@pytest.fixture
def export(tmp_path):
    def write(text, name="chat.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("<Media omitted>", "media"),
        ("<رسانه حذف شد>", "media"),
        ("<Zorp blick>", "media"),
        ("<メディア省略>", "media"),
        ("IMG-20230502-WA0001.jpg (file attached)", "media"),
        (f"{LRM}IMG-20230502-WA0001.jpg (fitxategia erantsita)", "media"),
        ("فاکتور.pdf (فایل پیوست شد)", "media"),
        ("Mina.vcf (file attached)", "media"),
        (f"{LRM}<attached: 00000012-PHOTO-2023-05-02-09-58-00.jpg>", "media"),
        (f"Contract.pdf • {LRM}3 pages {LRM}document omitted", "media"),
        (f"Contract.pdf • {LRM}3 pages {LRM}<attached: 00000013-Contract.pdf>", "media"),
        ("تصویر حذف شد", "media"),
        ("sticker omitted", "media"),
        ("location: https://maps.google.com/?q=35.7,51.4", "media"),
        (f"{LRM}Location: https://maps.google.com/?q=35.7,51.4", "media"),
        ("null", "media"),
        ("", "media"),
        ("This message was deleted", "system"),
        (f"{LRM}This message was deleted.", "system"),
        ("این پیام حذف شد", "system"),
        ("Missed voice call", "system"),
        (f"{LRM}Missed video call, {LRM}Tap to call back", "system"),
        (f"{LRM}Voice call, {LRM}2 min", "system"),
        (f"{LRM}zorp blick qua", "system"),
        (f"POLL:\nWhich?\n{LRM}OPTION: This (2 votes)\n{LRM}OPTION: That (0 votes)", "system"),
    ],
)
@pytest.mark.parametrize("form", [_ANDROID, _IOS], ids=["android", "ios"])
def test_what_no_person_wrote_is_left_out_and_counted(marker, reason, form, export):
    texts = ["one", "two", marker, "three", "four", "five", "six", "seven"]
    records = _read(export(_chat(*texts, form=form)), AGENT)
    assert _texts(records) == [["one", "two\nthree", "four", "five", "six", "seven"]]
    assert _reasons(records) == [reason]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"see you {LRM}<This message was edited>", "see you"),
        (f"دوباره {LRM}<این پیام ویرایش شد>", "دوباره"),
        (f"{LRM}IMG-20230502-WA0001.jpg (file attached)\nmy invoice", "my invoice"),
        (f"the caption {LRM}<attached: 00000012-PHOTO-2023-05-02-09-58-00.jpg>", "the caption"),
        (f"the caption\n{LRM}image omitted", "the caption"),
        ("<div class='a'>", "<div class='a'>"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("a.pdf (the second page)", "a.pdf (the second page)"),
        ("the image omitted from the page", "the image omitted from the page"),
        ("https://maps.google.com/help and more", "https://maps.google.com/help and more"),
        ("👍", "👍"),
        ("@989123456789 ok?", "@989123456789 ok?"),
        ("> quoted\nreply", "> quoted\nreply"),
        ("for x in y:\n    print(x)\n\n    done", "for x in y:\n    print(x)\n\n    done"),
    ],
)
def test_words_of_a_person_stay(text, kept, export):
    records = _read(export(_chat("one", "two", text, "three")), AGENT)
    assert _texts(records) == [["one", "two", kept, "three"]]


def test_marks_before_every_text_say_nothing(export):
    texts = [f"{LRM}words {n}" for n in range(8)]
    records = _read(export(_chat(*texts, form=_IOS)), AGENT)
    assert [len(one) for one in _texts(records)] == [8]


def test_notices_of_a_group_are_left_out(export):
    head = _ANDROID.header(_FIRST)
    text = (
        f"{head}{_ANDROID.encryption}\n{head}Ali created group “Customers: all”\n"
        f"{head}Ali added +98 912 345 6789\n{head}+98 912 345 6789 left\n"
        f'{head}Ali changed the subject from "a: b" to "c: d"\n'
    ) + _chat(*(f"words {n}" for n in range(6)))
    records = _read(export(text), AGENT)
    assert _texts(records) == [[f"words {n}" for n in range(6)]]
    assert _reasons(records) == ["system"] * 5


def test_everybody_else_in_a_group_is_the_customer(export):
    names = ["Ali", "Mina", AGENT, "Sara", "Ali", "Second Agent", AGENT]
    text = _ANDROID.write((_FIRST, name, f"m{n}") for n, name in enumerate(names))
    (one,) = _conversations(_read(export(text), AGENT, "second agent"))
    assert [(turn.role, turn.text) for turn in one.turns] == [
        ("customer", "m0\nm1"),
        ("agent", "m2"),
        ("customer", "m3\nm4"),
        ("agent", "m5\nm6"),
    ]


def test_file_called_after_the_customer_says_who_answers(export):
    text = _chat("welcome", "hi", "how are you?", "fine", customer=AGENT, agent=CUSTOMER)
    options = ReadingOptions()
    path = export(text, f"WhatsApp Chat with {CUSTOMER} (1).txt")
    (one,) = _conversations(read(path, options))
    assert one.turns[0].role == "agent"
    assert options.guessed == [f"{path}: speaker 1: 2 messages"]


def test_of_two_the_one_who_begins_conversations_is_the_customer(export):
    options = ReadingOptions()
    text = _chat("a", "b") + _chat("c", "d", start=_FIRST + timedelta(days=1))
    conversations = _conversations(read(export(text), options))
    assert [one.turns[0].role for one in conversations] == ["customer", "customer"]
    assert len(options.guessed) == 1
    assert AGENT not in options.guessed[0]


def test_nobody_known_to_answer_is_refused_without_a_name(export):
    group = _ANDROID.write((_FIRST, f"Person {n % 3}", "x") for n in range(9))
    with pytest.raises(UnknownAgents, match="--agent NAME") as refused:
        _read(export(group))
    assert "speaker 3: 3 messages" in str(refused.value)
    assert "Person" not in str(refused.value)
    with pytest.raises(UnknownAgents) as refused:
        _read(export(_chat("a", "b")), "Somebody Else")
    assert "Ali" not in str(refused.value)
    even = _chat("a", "b") + _chat(
        "c", "d", start=_FIRST + timedelta(days=1), customer=AGENT, agent=CUSTOMER
    )
    with pytest.raises(UnknownAgents):
        _read(export(even))


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("پشتيباني شركت", "پشتیبانی شرکت"),
        ("پشتیبانی شرکت", "پشتيباني شركت"),
        ("علی\u200cرضا", "علیرضا"),
        ("علیرضا", "علی\u200cرضا"),
        (f"{LRM}Support\u202c", "support"),
        ("Support", "\u202bSUPPORT\u202c"),
        ("~\u202fSupport  Desk", "Support Desk"),
        ("\u202a+98\u00a0912\u00a0345\u00a06789\u202c", "+989123456789"),
    ],
)
@pytest.mark.parametrize("form", [_ANDROID, _IOS], ids=["android", "ios"])
def test_agent_is_known_however_the_name_is_written(export, form, written, given):
    records = _read(export(_chat("a", "b", form=form, agent=written)), given)
    (one,) = _conversations(records)
    assert [turn.role for turn in one.turns] == ["customer", "agent"]


def test_number_of_a_customer_is_the_contact_and_a_name_is_none(export):
    for customer, contact in (
        ("\u202a+98\u00a0912\u00a0345\u00a06789\u202c", "+98 912 345 6789"),
        ("~\u202f+98 912 345 6789", "+98 912 345 6789"),
        (CUSTOMER, ""),
    ):
        (one,) = _conversations(_read(export(_chat("a", "b", customer=customer)), AGENT))
        assert one.contact == contact


@pytest.mark.parametrize(("minutes", "conversations"), [(59, 1), (60, 1), (61, 3)])
def test_an_hour_of_silence_ends_a_conversation(minutes, conversations, export):
    records = _read(export(_chat("a", "b", "c", "d", "e", minutes=minutes)), AGENT)
    found = len(_conversations(records)) + _reasons(records).count("unasked")
    assert found == (conversations if conversations == 1 else 5)


def test_silence_is_a_setting(export):
    path = export(_chat("a", "b", "c", "d", minutes=20))
    assert len(_conversations(_read(path, AGENT))) == 1
    assert len(_conversations(_read(path, AGENT, silence=timedelta(minutes=10)))) == 2
    assert _reasons(_read(path, AGENT, silence=timedelta(minutes=10))) == ["unasked"] * 2


def test_chat_that_is_never_silent_is_cut(export):
    texts = [f"m{n}" for n in range(4500)]
    records = _read(export(_chat(*texts, minutes=0)), AGENT)
    assert [len(one.turns) for one in _conversations(records)] == [2000, 2000, 500]
    long_side = "\n".join(["x" * 4000] * 3)
    text = _ANDROID.write((_FIRST, CUSTOMER, long_side) for n in range(4))
    records = _read(export(text + _chat("y", "z")), AGENT)
    assert not _problems(records)
    assert sum(len(turn.text) for one in _conversations(records) for turn in one.turns) > 48_000


def _days(count, words="q"):
    return "".join(
        _chat(f"{words}{n}", f"a{n}", f"more {n}", start=_FIRST + timedelta(days=n))
        for n in range(count)
    )


def _ids(records):
    return [one.external_id for one in _conversations(records)]


def test_longer_export_of_a_chat_keeps_the_ids(export):
    short = _ids(_read(export(_days(3), "a.txt"), AGENT))
    long = _ids(_read(export(_days(30), "other name.txt"), AGENT))
    assert len(set(long)) == 30
    assert long[:3] == short
    assert all(one.startswith("id-") for one in long)


def test_id_holds_though_a_longer_export_shows_another_order_of_the_date(export):
    form = _BY_NAME["fr android"]  # nothing tells 02/05 from 05/02 in one day
    text = _chat("q", "a", form=form).replace("02/05/2023", "05/02/2023")
    longer = text + _chat("r", "b", form=form).replace("02/05/2023", "05/25/2023")
    one = _conversations(_read(export(text), AGENT))[0]
    first = _conversations(_read(export(longer), AGENT))[0]
    assert one.turns[0].at != first.turns[0].at
    assert one.external_id == first.external_id


def test_overlapping_exports_in_one_file_are_one_chat(export):
    whole = _days(6)
    lines = whole.splitlines(keepends=True)
    text = "".join(lines[:11]) + _ANDROID.notice(_FIRST) + "".join(lines[4:])
    records = _read(export(text), AGENT)
    assert _texts(records) == _texts(_read(export(whole), AGENT))
    assert _reasons(records).count("repeated") == 7


def test_same_words_twice_in_a_minute_are_both_kept(export):
    text = _ANDROID.write(
        [(_FIRST, CUSTOMER, "ok"), (_FIRST, CUSTOMER, "ok"), (_FIRST, AGENT, "?")]
    )
    assert _texts(_read(export(text), AGENT)) == [["ok\nok", "?"]]


def test_several_chats_one_behind_the_other_stay_apart(export):
    chats = [
        _ANDROID.notice(_FIRST)
        + _chat(f"q of {name}", "hello, how can I help?", "bye", customer=name)
        for name in ("Ali", "Mina", "Sara")
    ]
    records = _read(export("".join(chats)), AGENT)
    assert _texts(records) == [
        [f"q of {name}", "hello, how can I help?", "bye"] for name in ("Ali", "Mina", "Sara")
    ]
    assert len(set(_ids(records))) == 3


@pytest.fixture
def folder(tmp_path):
    """Two exports of one chat, one of another, and what was sent."""
    at = tmp_path / "exports"
    at.mkdir()
    lines = _days(6).splitlines(keepends=True)
    (at / f"WhatsApp Chat with {CUSTOMER}.txt").write_text("".join(lines[:11]))
    (at / f"WhatsApp Chat with {CUSTOMER} (1).txt").write_text("".join(lines[4:]))
    (at / "WhatsApp Chat with Mina.txt").write_text(_chat("m1", "m2", customer="Mina"))
    (at / "notes.txt").write_text("no chat\n")
    (at / "IMG-20230502-WA0001.jpg").write_bytes(b"\xff\xd8")
    return at


def _zipped(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def test_archive_and_folder_of_exports_are_read(folder, tmp_path):
    expected = [*_texts(_read(folder, AGENT))]
    assert [one[0] for one in expected] == [*(f"q{n}" for n in range(6)), "m1"]
    archive = _zipped(folder, tmp_path / "chats.zip")
    records = _read(archive, AGENT)
    assert _texts(records) == expected
    assert recognises(archive)
    assert recognises(folder)
    sources = {record.source for record in records}
    assert all(source.startswith(f"{archive}#") for source in sources)
    assert CUSTOMER not in repr(records)
    assert _texts(_read(archive)) == expected  # the files are called after the customers


def test_archive_of_an_iphone_is_called_after_the_chat(tmp_path):
    path = tmp_path / f"WhatsApp Chat - {CUSTOMER}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_chat.txt", _chat("a", "b", form=_IOS, customer=AGENT, agent=CUSTOMER))
        archive.writestr("00000001-PHOTO-2023-05-02-09-58-00.jpg", b"")
    (one,) = _conversations(_read(path))
    assert [turn.role for turn in one.turns] == ["agent", "customer"]


def test_one_chat_without_an_agent_does_not_stop_the_others(folder):
    (folder / "WhatsApp Chat with Zed.txt").write_text(_chat("z1", "z2", agent="Somebody"))
    records = _read(folder, AGENT)
    assert len(_conversations(records)) == 7
    ((line, error),) = _problems(records)
    assert (line, "--agent" in error, "Zed" in error) == (1, True, False)


def test_archive_without_a_chat_or_a_damaged_one_is_refused(tmp_path, export):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(BadExport):
        _read(path)
    assert not recognises(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_chat.txt", _days(2000))
    whole = path.read_bytes()
    begin = whole.index(b"_chat.txt") + len("_chat.txt")
    # other text, and what is no compressed text at all
    for at, damage in ((4000, bytes(range(200)) * 2), (begin, b"\x07")):
        damaged = export(whole[:at] + damage + whole[at + len(damage) :], "b.zip")
        with pytest.raises(BadExport):
            _read(damaged, AGENT)
    with pytest.raises(BadExport):
        _read(tmp_path / "none.txt", AGENT)


def test_lines_that_cannot_be_read_are_listed(export):
    text = "An export of somewhere\n\n" + _days(2)
    lines = text.splitlines(keepends=True)
    lines[4] = "45/45/2023, 09:58 - Ali Karimi: no such day\n"
    lines.insert(5, "and its second line\n")
    data = "".join(lines).encode()
    broken = data.replace(b"more 1", b"more \x81\xff 1")
    records = _read(export(broken), AGENT)
    assert [line for line, _ in _problems(records)] == [1, 5, 6, 9]
    assert _texts(records) == [["q0", "a0"], ["q1", "a1"]]
    assert "no such day" not in repr(_problems(records))


def test_windows_1256_and_utf_16_are_read(export):
    text = _chat("سلام دامنه من وصل نیست", "سلام، بررسی می کنیم")
    expected = [["سلام دامنه من وصل نیست", "سلام، بررسی می کنیم"]]
    utf16 = export(text.encode("utf-16"))
    assert _texts(_read(utf16, AGENT)) == expected
    old = "".join(line for line in text).replace("ی", "ي").encode("windows-1256")
    assert _texts(_read(export(old), AGENT))[0][0].startswith("سلام دامنه من وصل ن")


def test_file_of_an_unknown_shape_lists_its_lines_and_no_more_than_a_thousand(export):
    text = "".join(f"Tuesday the {n % 30}th at noon, Ali > hello {n}\n" for n in range(1500))
    records = _read(export(text), AGENT)
    problems = _problems(records)
    assert [line for line, _ in problems[:3]] == [1, 2, 3]
    assert len(problems) == 1001
    assert problems[-1] == (0, "500 more lines cannot be read.")
    assert "hello" not in repr(problems)


def test_message_of_any_length_is_bounded(export):
    text = _chat("a", "b") + _chat("x\n" * 300_000, "c", start=_FIRST + timedelta(days=1))
    records = _read(export(text), AGENT)
    assert len(_problems(records)) >= 1
    assert _texts(records)[0] == ["a", "b"]


def test_progress_comes_to_the_size_of_the_file(export):
    path = export(_days(500))
    told = []
    list(read(path, ReadingOptions(agents=(AGENT,), progress=told.append)))
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


def test_truncated_archive_is_refused_and_a_damaged_chat_among_others_listed(folder, tmp_path):
    archive = _zipped(folder, tmp_path / "chats.zip")
    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-60])
    with pytest.raises(BadExport):
        _read(cut, AGENT)
    assert not recognises(cut)


@pytest.mark.parametrize("letter", [" ", "\n", "<", "1", "/", ":", "-", "(", LRM, "1/"])
def test_line_of_one_repeated_letter_takes_no_time(letter, export):
    text = _chat("a", "b", f"x{letter * 150_000}>", "c", f"1/1/2023{letter * 150_000})", "d")
    chat = export(text)
    with at_most(5):
        _read(chat, AGENT)
