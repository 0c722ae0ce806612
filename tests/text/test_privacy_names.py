"""People's names and addresses: found where they stand, and words of every day left alone."""

import pytest

from tests.timing import at_most
from text.privacy import explain, find, mask, restore
from text.privacy.names import candidates, tagger
from text.privacy.names.features import features
from text.privacy.names.latin import listed_names
from text.privacy.names.lexicon import known
from text.privacy.names.words import split
from text.privacy.reading import Reading

PERSONS = [
    ("سلام من رضا احمدی هستم و سایتم بالا نمیاد", "رضا احمدی"),
    ("با تشکر، مریم صادقی", "مریم صادقی"),
    ("لطفا پیگیری کنید.\nبا احترام\nنیلوفر جهانگیری", "نیلوفر جهانگیری"),
    ("دیروز با آقای کریم‌پور صحبت کردم", "کریم‌پور"),
    ("سلام سارا جان، ممنون از پیگیریت", "سارا"),
    ("نام و نام خانوادگی: حمیدرضا کلانتر", "حمیدرضا کلانتر"),
    ("فاکتور رو به نام زهرا محمدی بزنید", "زهرا محمدی"),
    ("گیرنده: كيوان رستمي", "كيوان رستمي"),
    ("My name is Marta Kowalik and my watch is broken", "Marta Kowalik"),
    ("Hi, the order is late.\nBest regards,\nTom Becker", "Tom Becker"),
    ("Dear Oliver, the parcel is here", "Oliver"),
    ("I talked to Leila Hartmann yesterday", "Leila Hartmann"),
    ("Мене звати Олена Коваленко, не працює годинник", "Олена Коваленко"),
    ("Не відкривається сайт.\nЗ повагою,\nТарас Мельник", "Тарас Мельник"),
    ("Пан Іваненко сказав, що буде завтра", "Іваненко"),
    ("שמי יעל כהן, השעון לא נדלק", "יעל כהן"),
    ("האתר לא נפתח.\nבברכה,\nדנה לוי", "דנה לוי"),
]
ADDRESSES = [
    (
        "آدرسم تهران، خیابان ولیعصر، کوچه نسترن، پلاک ۱۲، واحد ۳ هست",
        "تهران، خیابان ولیعصر، کوچه نسترن، پلاک ۱۲، واحد ۳",
    ),
    ("شیراز خ. ملاصدرا ک ۵ پ 12 طبقه سوم", "شیراز خ. ملاصدرا ک ۵ پ 12 طبقه سوم"),
    ("نشانی: بلوار کشاورز پلاک ۳۴۰", "بلوار کشاورز پلاک ۳۴۰"),
    ("I live at 12 Main St, Apt 4B, Troy, IL 62704.", "12 Main St, Apt 4B, Troy, IL 62704"),
    ("Доставка: м. Львів, вул. Франка 12, кв. 7. Дякую", "м. Львів, вул. Франка 12, кв. 7"),
    ("לשלוח אל רחוב הרצל 12, דירה 3, תל אביב", "רחוב הרצל 12, דירה 3, תל אביב"),
]  # fmt: skip


def _found(text):
    return [(span.type, text[span.start : span.end]) for span in find(text)]


@pytest.mark.parametrize(("text", "name"), PERSONS)
def test_name_is_found_whole(text, name):
    assert _found(text) == [("PERSON", name)]


@pytest.mark.parametrize(("text", "address"), ADDRESSES)
def test_address_is_found_whole(text, address):
    assert _found(text) == [("ADDRESS", address)]


@pytest.mark.parametrize(
    "text",
    [
        "امید دارم زودتر درست بشه",
        "با آرزوی موفقیت و شادی برای تیم شما",
        "پیام خطا میده و رضایت ندارم",
        "ساعت رو تو بهار خریدم",
        "با تشکر از پشتیبانی خوبتون",
        "با احترام، واحد مالی شرکت",
        "به نام خدا",
        "من مشترک شما هستم و راضی نیستم",
        "ووکامرس و المنتور روی وردپرس نصب نمیشه",
        "روی لینوکس و اندروید هم نسخه دارید؟",
        "تو خیابان بودم گوشیم قطع شد",
        "واحد پشتیبانی طبقه سوم",
        "آدرس سایت: https://kazheh.example",
        "You will be charged in May. Mark the box and Add Account",
        "Open Safari on your Mac and press Enter",
        "Thanks, your Support Team",
        "Дякую за допомогу, все працює на вулиці",
        "תודה רבה, הכל עובד ברחוב",
    ],
)
def test_everyday_words_are_no_names(text):
    assert find(text) == []


def test_names_can_be_left_out():
    text = "من رضا احمدی هستم، 0912 345 6789"
    assert [span.type for span in find(text, names=False)] == ["PHONE"]


def test_one_person_has_one_number_and_comes_back():
    text = "سلام من رضا احمدی هستم. با تشکر، رضا احمدی"
    masked = mask(text)
    assert masked.text == "سلام من [PERSON_1] هستم. با تشکر، [PERSON_1]"
    assert find(masked.text) == []
    assert restore(masked.text, masked.values) == text


def test_public_name_stays():
    text = "با تشکر، مریم صادقی"
    assert mask(text, public={("PERSON", "مریمصادقی")}).text == text


def test_postal_code_in_an_address_keeps_its_type():
    kinds = [kind for kind, _ in _found("آدرس: مشهد بلوار وکیل‌آباد پلاک ۱۴ کدپستی 9187654321")]
    assert kinds == ["ADDRESS", "POSTAL_CODE"]


def test_reasons_say_what_told():
    (finding,) = explain("با تشکر، مریم صادقی")
    assert "context" in finding.reasons


def test_offsets_hold_behind_emoji_and_marks():
    text = "🙂‏ سلامٌ من رضا احمدی هستم"
    (span,) = find(text)
    assert text[span.start : span.end] == "رضا احمدی"


def test_lexicon_knows_how_common_a_name_is():
    assert known("فاطمه").first == 4
    assert known("ترامپ").first == 0
    assert known("کتاب").sort != "-"


def test_features_fit_the_shipped_weights():
    marks = {tagger.fingerprint(feature) for feature in features("علیرضا")}
    assert len(marks & set(tagger._model()._rows)) > len(marks) / 2


def test_tagger_finds_names_it_was_never_shown():
    words = split("استاد بهرنگ پورسهراب دیروز درباره موسیقی حرف زد")
    found = [(words[first].text, words[last].text) for first, last in tagger.persons(words)]
    assert found == [("بهرنگ", "پورسهراب")]


def test_capitalised_words_without_a_listed_name_are_left():
    assert list(listed_names("Order Status Page, Visual Basic, Wednesday Morning")) == []


@pytest.mark.parametrize(
    "again",
    ["رضا ", "خیابان ", "Tom Becker ", "1 Main ", "вул. А ", "Dear ", "sent to 1 A ", "آدرس: "],
)
def test_long_texts_are_read_in_time(again):
    reading = Reading.of(again * 5000)
    with at_most(5):
        assert list(candidates(reading)) is not None
