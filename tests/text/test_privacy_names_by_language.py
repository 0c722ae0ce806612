"""Names and addresses in English, Ukrainian and Hebrew: what is accepted, what is refused."""

import pytest

from tests.timing import at_most
from text.privacy import find
from text.privacy.names import candidates
from text.privacy.reading import Reading

NAMES = [
    # Ukrainian: cases, patronymics, labels, titles, signatures, a name between two sentences
    ("Добрий день, мене звуть Ярина Заболотна, не можу увійти.", "Ярина Заболотна"),
    ("Я Микола Пархоменко, ваш клієнт з 2019 року.", "Микола Пархоменко"),
    ("Не працює пошта.\nЗ повагою,\nРостислав Гнатюк", "Ростислав Гнатюк"),
    ("З повагою, Зінаїда Кулик Накладна не рухається", "Зінаїда Кулик"),
    ("Шановна пані Соломіє, дякую за відповідь.", "Соломіє"),
    ("ПІБ: Гаврилюк Оксана Степанівна", "Гаврилюк Оксана Степанівна"),
    ("Отримувач: Дзюба Максим Ігорович, відділення 12", "Дзюба Максим Ігорович"),
    ("Передайте Наталії Яремчук, що я дзвонила", "Наталії Яремчук"),
    ("Розмовляв з оператором Юрієм Сидоренком вчора", "Юрієм Сидоренком"),
    ("Оформіть на ім'я Федір Безугла будь ласка", "Федір Безугла"),
    ("Ковальчук І. П. не отримав посилку", "Ковальчук І. П."),
    # Hebrew: lists of first and last names, a stuck letter, labels, titles, greetings
    ("שלום, קוראים לי אורטל בן חמו ויש לי בעיה", "אורטל בן חמו"),
    ("תודה,\nגלית אסרף", "גלית אסרף"),
    ("דיברתי עם מירב חזן מהתמיכה", "מירב חזן"),
    ("היי ליאת, תודה על התשובה", "ליאת"),
    ("ההזמנה על שם אופיר מלכה לא הגיעה", "אופיר מלכה"),
    ("נציגה בשם סיגל ענתה לי", "סיגל"),
    ("העברתי את הכסף למוטי ששון אתמול", "מוטי ששון"),
    ("לא תואמת. משה אזולאי, סלולרי לא עונה", "משה אזולאי"),
    ("גב' שרעבי הבטיחה לחזור אליי", "שרעבי"),
    ("החבילה של מיכאל וייסברג אבדה", "מיכאל וייסברג"),
    ("доброго дня, мене звати олена", "олена"),
    ("Співробітник Віталій не допоміг", "Віталій"),
    # English: labels, requests, signatures, first names that are words
    ("Please ask Hannah Olsen about it", "Hannah Olsen"),
    ("Account holder: Bill Hader", "Bill Hader"),
    ("This is Mark Obrien again.", "Mark Obrien"),
    ("On behalf of Rose Tyler, please cancel", "Rose Tyler"),
    ("Regards,\nJ. Whitaker", "J. Whitaker"),
    ('{"customer":"Grace Foster"}', "Grace Foster"),
    # Persian: a first name that is a word too, with a last name behind it
    ("به ایمان قربانی بگید زنگ بزنه", "ایمان قربانی"),
]
ADDRESSES = [
    "м. Київ, вул. Велика Васильківська, буд. 100, кв. 12",
    "Київська обл., м. Бровари, вул. Незалежності, 14-А, кв. 8",
    "Львів, вулиця Зелена 28, квартира 38",
    "вул. шевченка 15 кв 3",
    "רחוב ביאליק 7 רמת גן",
    "רח' הגפן 3/5, קומה 2, דירה 8, פתח תקווה",
    "סמטת הגפן 18 ירושלים",
    "אלנבי 58, תל אביב",
    "דרך מנחם בגין 132, תל אביב",
    "ת.ד. 3321, חיפה",
    "221B Baker Street, London NW1 6XE",
    "Flat 3, 44 Mill Crescent, Cardiff",
    "Unit 4, Orchard Business Park, Station Road, Reading RG1 2AB",
    "350 Fifth Avenue, 21st Floor, New York, NY 10118",
    "P.O. Box 1187, Tulsa, OK 74101",
    "شیراز، معالی\u200cآباد، خیابان دکتر قریب، کوچه ۲۶، ساختمان آرین، ط ۶",
    "تهرانپارس، بین فلکه اول و دوم، خ ۱۵۲ شرقی، پ ۱",
    "مشهد بلوار وکیل آباد، وکیل آباد ۶۴، پلاک ۷۳",
]
REFUSED = [
    "Шановний клієнте, ваше замовлення прийнято.",
    "З повагою, Служба підтримки",
    "Дякую, Київ",
    "Це Дуже Погано",
    "Привіт, Підтримко!",
    "Надія є, що все запрацює",
    "На вулиці 12 градусів, площа 45 м",
    "Це Нова Пошта, відділення 12.",
    "אני לקוח שלכם משנת 2018.",
    "שלום רב, האתר לא עובד. תודה רבה, מחכה לתשובה.",
    "בברכה, צוות התמיכה",
    "עם אור ירוק מהבהב",
    "כאן הכל בסדר.",
    "ליאת מזמן לא ענתה, חייב תשובה",
    "мене звати не потрібно",
    "ברחוב יש 4 מצלמות, דרך האתר 12 פעמים ניסיתי",
    "Order shipped. Cheers",
    "Is it done? Waiting.",
    "They told Me nothing",
    "Hello, Google Drive is full",
    "Open 2 Google Drive tabs, Chrome",
    "It took 3 Business Days way too long",
    "Contact Sales Team please",
    "پیام خطای درگاه، ولی موجودی کم شد",
    "ایران اسلامی",
]


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_name_is_found_whole(text, name):
    assert [text[one.start : one.end] for one in find(text) if one.type == "PERSON"] == [name]


@pytest.mark.parametrize("address", ADDRESSES)
def test_address_is_covered(address):
    text = f"{address}\n"
    spans = find(text)
    assert any(span.type == "ADDRESS" for span in spans)
    covered = {place for span in spans for place in range(span.start, span.end)}
    assert [char for i, char in enumerate(text) if char.isalnum() and i not in covered] == []


@pytest.mark.parametrize("text", REFUSED)
def test_other_words_are_left(text):
    assert find(text) == []


def test_next_sentence_is_no_part_of_an_address():
    text = "Deliver to: 26 Station Avenue, Bristol I called and waited"
    assert [text[one.start : one.end] for one in find(text)] == ["26 Station Avenue, Bristol"]


def test_small_word_stuck_to_an_address_stays():
    text = "גר בשדרות רוטשילד 113, קומה 2, ראשון לציון זה קרה"
    (span,) = find(text)
    assert text[span.start : span.end] == "שדרות רוטשילד 113, קומה 2, ראשון לציון"


@pytest.mark.parametrize(
    "again",
    ["Олена ", "Олена Коваленко ", "דנה כהן ", "רחוב הרצל 1 ", "м. Київ ", "Flat 1, Park ",
     "Unit 4, A Aa, ", "1 Main Park Place, ", "address 1 Aa "],
)  # fmt: skip
def test_long_texts_are_read_in_time(again):
    reading = Reading.of(again * 5000)
    with at_most(5):
        assert list(candidates(reading)) is not None
