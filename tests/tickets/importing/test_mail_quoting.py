"""What a writer wrote, without quotes and signature, in the forms of four languages."""

import pytest

from tickets.importing.mail.quoting import own_text

ANSWER = "سلام، انجام شد.\nدوباره امتحان کنید."
INTRODUCTIONS = [
    "On Mon, Jan 12, 2026 at 10:30 AM Sara Ahmadi <sara@example.ir> wrote:",
    "On 12 Jan 2026, at 10:30, Sara <sara@example.ir>\nwrote:",
    "On Mon, 12 Jan 2026 10:30:00 +0330\nSara Ahmadi\n<sara@example.ir> wrote:",
    "در تاریخ دوشنبه ۱۲ ژانویهٔ ۲۰۲۶،\u200f ۱۰:۳۰ Sara Ahmadi <sara@example.ir> نوشت:",
    "\u202bدر تاریخ دوشنبه ۲۲ دی ۱۴۰۴ ساعت ۱۰:۳۰ سارا احمدی\u202c <\u202asara@example.ir\u202c> نوشت:\u202c",  # noqa: E501
    "در ۲۲ دی ۱۴۰۴، سارا احمدی نوشته است:",
    "пн, 12 січ. 2026 р. о 10:30 Сара <sara@example.ir> пише:",
    '12 січня 2026, 10:30:00, від "Сара" <sara@example.ir>:\nСара написав(-ла):',
    "\u202bבתאריך יום ב׳, 12 בינו׳ 2026 ב-10:30 מאת \u202aSara\u202c\u200f <\u202asara@example.ir\u202c>:\u202c",  # noqa: E501
    "ב-12 בינו' 2026, בשעה 10:30, שרה <sara@example.ir> כתב/ה:",
    "-----Original Message-----",
    "---- پیام اصلی ----",
    "---------- Forwarded message ---------",
    "----- Оригінальне повідомлення -----",
    "-----הודעה מקורית-----",
    "From: Sara\nSent: Monday, January 12, 2026\nTo: Support\nSubject: Order",
    "________________________________\nFrom: Sara <s@example.ir>\nDate: Monday\nTo: Support\nSubject: x",  # noqa: E501
    "*From:* Sara\n*Sent:* Monday\n*To:* Support",
    "از: سارا\nارسال شده: دوشنبه\nبه: پشتیبانی\nموضوع: سفارش",
    "Від: Сара\nНадіслано: понеділок\nКому: Підтримка\nТема: x",
    "מאת: שרה\nנשלח: יום שני\nאל: תמיכה\nנושא: x",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
def test_quote_below_the_answer_goes(introduction):
    text = f"{ANSWER}\n\n{introduction}\n\nسفارش من نرسید\nشماره ۱۲"
    if "січня" in introduction:
        text = text.replace("سفارش من", "> سفارش من").replace("شماره", "> شماره")
    own = own_text(text)
    assert own.startswith(ANSWER)
    assert "سفارش من" not in own
    assert "نرسید" not in own
    assert "wrote" not in own
    assert "пише" not in own


@pytest.mark.parametrize("introduction", INTRODUCTIONS[:7])
def test_answer_below_and_between_marked_quotes_stays(introduction):
    text = f"{introduction}\n> first question\n> more\n\none\n> second question\ntwo"
    assert own_text(text).split() == ["one", "two"]


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nSara Ahmadi\nSupport | example.ir\n021-12345678",
        "با تشکر\nسارا احمدی\nپشتیبانی",
        "با احترام،\nسارا",
        "با تشکر از شما",
        "ارادتمند",
        "Best regards,\nSara",
        "Kind regards\n\nSara Ahmadi\nHead of Support",
        "Thanks!",
        "З повагою,\nСара",
        "בברכה,\nשרה",
        "Sent from my iPhone",
        "Sent from Yahoo Mail on Android",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "ارسال شده از iPhone من",
        "از آیفون من ارسال شد",
        "Надіслано з iPhone",
        "נשלח מה-iPhone שלי",
        "Regards\nSara\n\nSent from my Samsung Galaxy",
    ],
)
def test_signature_goes(signature):
    assert own_text(f"{ANSWER}\n\n{signature}\n") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "با تشکر وصل نشد",
        "Thanks, but it still fails",
        "Best regards are sent to you by the server as text",
        "From: is the header that is wrong",
        "On Monday I wrote: nothing",
        "در منو نوشته است: خطا\nچه کنم؟",
        "a -- b\nc --- d",
        "موضوع: سفارش\nسلام",
        "با تشکر\n" + "\n".join(f"و یک نکته دیگر شماره {n}" for n in range(12)),
    ],
)
def test_text_that_only_looks_so_stays(text):
    assert own_text(text) == text


def test_message_of_a_quote_alone_is_empty():
    assert own_text("> a\n> b\n") == ""
    assert own_text("On Mon, Jan 12, 2026 Sara <s@example.ir> wrote:\na\nb") == ""
