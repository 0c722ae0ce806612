"""Names that the words around them give away, in the four languages.

Public entry: `told(form)`: spans of names. Titles ("آقای", "Mr", "пан"), introductions ("my name
is", "мене звати", "שמי"), greetings ("Dear …,") and signatures ("з повагою,"). In English,
Ukrainian and Hebrew this is all that finds a name; Persian has the tagger too.
"""

import re
from collections.abc import Iterator
from typing import Final

from text.privacy.names import hebrew, latin, ukrainian

_LATIN = r"(?-i:[A-Z\u00c0-\u00de][a-z\u00df-\u024f'’-]+)"
_LATIN_NAME = rf"(?-i:[A-Z]\.[ ]?){{0,2}}{_LATIN}(?:[ ](?-i:[A-Z]\.|{_LATIN})){{0,3}}"
_LINE_END = r"(?=[ \t]*(?:[,.!\n;:]|$))"
_UK = r"[А-ЯІЇЄҐ][а-яіїєґ'’ʼ-]+"
_UK_PATRONYMIC = r"[А-ЯІЇЄҐ][а-яіїєґ'’ʼ]+(?:[ое]вич|івн|ївн|лліч)[а-яіїє]{0,3}"
_UK_NAME = (
    rf"(?:{_UK}[ ]{_UK_PATRONYMIC}(?:[ ]{_UK})?"
    rf"|{_UK}(?:[ ](?:{_UK}|[А-ЯІЇЄҐ]\.))?(?:[ ](?:{_UK_PATRONYMIC}|[А-ЯІЇЄҐ]\.))?)"
)
_HE = r"[\u05d0-\u05ea][\u05d0-\u05ea'\"״׳-]+"
_HE_NAME = rf"{_HE}(?:[ ]{_HE}){{0,2}}"

_NO_NAMES: Final = (
    r"(?!(?:The|Team|Support|Customer|Sir|Madam|All|Everyone|There|Friend|Friends|User|Client|Sales"
    r"|Hi|Hello|Thanks|Thank|Please|Any|Your|You|We|My|Our|It|This|That|Is|In|On|At|To|For|Not|And"
    r"|Service|Services|Help|Desk|Admin|Windows|Android|Samsung|Google|Apple|Gmail|Linux|Mac|Chrome"
    r"|Firefox|WordPress|Laravel|Docker|Regards|Best|Kind|Sent|From|Sincerely|Good|Morning|Evening"
    r"|Technical|Billing|Manager|Director|Staff|Company|Inc|Ltd|Just|Still|Also|But|So|If|When|What"
    r"|How|Why|Can|Could|Would|I|A|An|Mr|Mrs|Ms|Dr|Having|Getting|Trying|No|Yes|Ok|Okay|Happy|Sorry"
    r"|Persian|English|Iranian|Based|Cheers|Waiting|Awaiting|Many|Bye|Urgent|Asap|Ta|Until|Do|Does|Did"
    r"|Are|Was|Were|Be|Now|Then|New|Order|Account|Not|Here|After|Before|See|Let|Looking|Great|Nice"
    r"|Been|Only|Really|Very|Unable|Using|Able|Stuck|Back|Facing|Wondering|Interested|Afraid)\b)"
)
_ENGLISH = (
    # Titles stand before names only.
    rf"\b(?-i:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Madam|Mx)\.?[ ](?P<en1>{_NO_NAMES}{_LATIN_NAME})",
    rf"\b(?:my (?:full |first |last |maiden )?name(?: is|['’]s|:)|(?:his|her|their|the) "
    rf"(?:full |first |last |maiden )?name is|i am called|everyone calls me|please call me"
    rf"|you can call me|name is|speaking with|spoke (?:to|with)|talked to|under the name(?: of)?"
    rf"|in the name of|name:|name on (?:the )?(?:card|account)(?: is|:)?|contact person:?"
    rf"|recipient:|attn:?|(?:account|card) ?holder:?|beneficiary:|customer(?: name)?:|client:"
    rf"|contact:|passenger:|on behalf of|my (?:wife|husband|brother|sister|son|daughter|colleague"
    rf"|friend|partner|assistant|manager|boss|mother|father|mom|dad),?)[ ]"
    rf"(?P<en2>{_NO_NAMES}{_LATIN_NAME})",
    rf"\b(?:i am|i['’]m|this is|it['’]s)[ ](?P<en3>{_NO_NAMES}{_LATIN}(?:[ ]{_LATIN}){{0,2}})"
    rf"(?=[ ]*(?:[,.!\n]|$|from\b|here\b|again\b|speaking\b|and (?:i|my)\b|writing\b))",
    rf"(?:^|\n|[.!?][ ])[ \t]*(?:hi|hello|hey|dear|good (?:morning|evening|afternoon))[ ]"
    rf"(?P<en4>{_NO_NAMES}{_LATIN_NAME}){_LINE_END}",
    rf"\b(?:(?:kind|best|warm|many)?[ ]?(?:regards|wishes)|sincerely|yours(?: truly)?|cheers"
    rf"|thanks(?: again| a lot| in advance)?|thank you|respectfully|best)[ \t]?[,.!:-]?"
    rf"[ \t]*\n?[ \t]*(?P<en5>{_NO_NAMES}{_LATIN_NAME})[ \t]*[.!]?[ \t]*(?=\n|$|,)",
    # A signature of its own before an address or at the end of the text: "…? Marta, +98 …".
    rf"[.!?][ ]+(?P<en6>{_NO_NAMES}{_LATIN}(?:[ ]{_LATIN})?)(?=,[ ]?(?:\+?\d|\S+@)|[.]?[ ]*\Z)",
    rf"[\"'](?:customer|client|recipient|(?:full|customer|first|last)_?name|(?:account_?|card_?)?"
    rf"holder)[\"'][ ]?:[ ]?[\"'](?P<en8>{_NO_NAMES}{_LATIN_NAME})(?=[\"'])",
    rf"\b(?:ask(?: for)?|told|emailed|contact(?:ed)?|called|tell)[ ]"
    rf"(?=(?P<en9>{_NO_NAMES}{_LATIN}[ ]{_NO_NAMES}{_LATIN}))",
    rf"[-–—][ ]?(?P<en7>{_NO_NAMES}{_LATIN_NAME})[ ]*\Z",
)
_UK_STOP = (
    r"(?!(?:Дякую|Доброго|Добрий|День|Шановн|Нов[аоу]|Пошт|Україн|Приват|Підтримк|Служб|Компані|Адреса"
    r"|Київ|Львів|Одес|Харків|Дніпро|Магазин|Сайт|Код|Номер|Замовлення|Посилка|Після|Прошу|Чекаю)[\w]*)"
)
_UKRAINIAN = (
    rf"(?:\b(?i:пан(?:е|у|ом|і|ові)?|пані|панові|г-н|г-жа|добродію|лікар|інженер))[ ]"
    rf"(?P<uk1>{_UK_NAME})",
    rf"(?i:мене звати|моє ім['’ʼ]я(?: та прізвище)?(?: -| —|:)?|меня зовут|звати мене"
    rf"|отримувач(?:ка)?:?|одержувач(?:ка)?:?|на ім['’ʼ]я|прізвище:?|піб:?|ім['’ʼ]я:"
    rf"|замовни(?:к|ця):?|п\.і\.б\.:?|підпис:?|контактна особа:?|власник (?:картки|рахунку):?"
    rf"|платник:?"
    rf"|(?:від|для) клієнт(?:а|ки))[ ]{_UK_STOP}(?P<uk2>{_UK_NAME})",
    rf"(?i:\b(?:клієнт(?:ка)?|менеджер(?:ка)?|оператор(?:ка)?|консультант(?:ка)?|курь?[’'ʼ]?єр(?:ка)?"
    rf"|це(?: знову| пише)?|вас турбує"
    rf"|мо(?:я|є|го|ю|єї|єму) (?:дружин[аиі]|чоловіка?|мам[аи]|тат[оа]|брата?"
    rf"|сестр[аи]|син[а]?|дочк[аи]|колег[аи])))[ ]{_UK_STOP}(?P<uk7>{_UK}[ ]{_UK_STOP}{_UK})"
    rf"(?=[ ]*(?:[,.;:!\n(]|$|[а-яіїєґ]|[ ]))",
    rf"(?i:з повагою|з найкращими побажаннями|щиро ваш[аі]?|дякую|спасибі|с уважением)"
    rf"[ \t]*[,.!:—-]?[ \t]*\n?[ \t]*{_UK_STOP}(?P<uk3>{_UK_NAME})[ \t]*[.!]?[ \t]*(?=\n|$)",
    rf"(?i:(?:шановн(?:ий|а|і)|вітаю|доброго дня|добрий день|привіт),?)[ ]{_UK_STOP}"
    rf"(?P<uk4>{_UK_NAME})(?=[ ]*[,!.])",
    rf"(?:\A|[\n.!?][ ]?)я[ ]?[-–—,]?[ ](?P<uk5>{_UK_NAME})(?=[,.\n]|$)",
    rf"\bЯ[ ]?[-–—,]?[ ](?P<uk6>{_UK_NAME})(?=[,.\n]|[ ]з[ ]|$)",
    rf"(?i:\b(?:співробітни(?:к|ця|ком|цею)|менеджер(?:ка|ом|кою)?|оператор(?:ка|ом|кою)?|кур['’ʼ]єр(?:ом)?"
    rf"|консультант(?:ка|ом|кою)?))[ ](?=(?P<uk9>{_UK}))",
    r"(?i:мене зв(?:ати|уть))[ ](?=(?P<uk10>[а-яіїєґ'’ʼ]{3,}))",
    rf"(?:\n|[.!?][ ])[ ]*[-–—][ ]?{_UK_STOP}(?P<uk8>{_UK}(?:[ ]{_UK})?)[ ]*\Z",
)
_HE_STOP = (
    r"(?!(?:לא|את|אני|של|על|כל|צוות|שירות|לקוח|לקוחות|רב|רבה|לכם|מראש|לך|יקר|יקרה|יקרים|נכבד|ו?תודה"
    r"|אבל|זה|עם|יש|אין|רוצה|צריך|צריכה|מאוד|ומ|ה|טוב|בוקר|ערב|כבר|לגבי|בנוגע|ניסיתי|קניתי|הזמנתי"
    r"|ואני|משתמש|משתמשת|מנסה|לקוחה|בעל|שם"
    r"|אמרה?|הבטיחה?|ענ[הת]ה?|כתבה?|שלחה?|דיברה?|התקשרה?|ביקשה?|טיפלה?|הגיעה?|הי[הי]?תה|היה|הוא|היא"
    r"|חבילה|הזמנה|ההזמנה|החבילה|החברה|חברה|מספר|המשתמש|המוצר|הקובץ|הדומיין|החשבון|הכרטיס|שלי|שלך"
    r"|שלכם|מחכה|ממתינה?|בבקשה|גם|רק|כאן|עכשיו|היום|אתמול|שוב|עוד|מה|איך|למה|מי|או|כי|אם|מתל|חדשה?"
    r"|דומיין|הכל|קובץ|מוצר|עסק|אתר|האתר|שרת|השרת|מכשיר|דגם|גרסה|שדה|בסדר|תקין|לקבל|לשלוח|יום|שבוע|להתראות|פרטי|משפחה|מלא|תמיכה|התמיכה|שלום|היי|בדיקה|הבדיקה|סיום|לי|לנו"
    r"|מבקש|מבקשת|מקווה|עדיין|מעוניין|מעוניינת|חושבת?|יודעת?|יכולה?|רואה|עובדת?|מקבלת?)(?![\u05d0-\u05ea]))"
)
_HE_TOLD = rf"{_HE_STOP}{_HE}(?:(?:[ ](?:בן|בר|אבו|בת|אבן|אל))?[ ]{_HE_STOP}{_HE})?"
_HEBREW = (
    rf"(?<![\u05d0-\u05ea])(?:מר|גברת|גב['׳]|ד[\"״]ר|פרופ['׳]|עו[\"״]ד|אדון)[ ](?P<he1>{_HE_TOLD})",
    rf"(?<![\u05d0-\u05ea])(?:שמי|קוראים לי|השם שלי(?: הוא)?|שם מלא:|שם:|שם הלקוחה?:|שם המזמינה?:"
    rf"|שם פרטי(?: ומשפחה)?:|על שם|לכבוד|המקבלת?:?|מקבלת? (?:החבילה|המשלוח):?|נמען:?|איש קשר:?"
    rf"|בעלת? (?:החשבון|הכרטיס):?|מוטב:?|מאת:?|חתימה:?|לקוחה?:|מזמינה?:)[ ]"
    rf"(?P<he2>{_HE_TOLD})",
    rf"(?<![\u05d0-\u05ea])(?:בברכה|בכבוד רב|תודה(?: רבה| מראש)?)[ \t]*[,.!:-][ \t]*\n?[ \t]*"
    rf"(?P<he3>{_HE_TOLD})[ \t]*[.!]?[ \t]*(?=\n|$)",
    rf"(?:\A|\n)(?:שלום|היי|הי)[ ](?P<he4>{_HE_TOLD})(?=[ ]*[,!.])",
    rf"(?<![\u05d0-\u05ea])(?:כאן|מדבר(?:ת)?|אני)[ ](?P<he5>{_HE_TOLD})"
    rf"(?=[ ]*[,.\n]|[ ]מ(?:תל|ירו|חיפה))",
    rf"(?<![\u05d0-\u05ea])(?:ה?נציגה?|בשם|ה?מנהלת?|ה?שליחה?|ה?טכנאית?|עם|אשתי|בעלי|אמא|אבא|אחותי|אחי"
    rf"|הבת שלי|הבן שלי)[ ](?=(?P<he7>{_HE_STOP}{_HE}))",
    rf"(?:\n|[.!?][ ])[ ]*[-–—][ ]?(?P<he6>{_HE_TOLD})[ ]*\Z",
)
_ALPHABETS: Final = (
    (re.compile(r"[A-Z][a-z]"), re.compile("|".join(_ENGLISH), re.IGNORECASE)),
    (re.compile(r"[\u0400-\u04ff]"), re.compile("|".join(_UKRAINIAN))),
    (re.compile(r"[\u05d0-\u05ea]"), re.compile("|".join(_HEBREW))),
)


_UNSURE: Final = {
    "en6": latin.begins_listed,
    "en7": latin.begins_listed,
    "en9": latin.could_begin,
    "uk7": ukrainian.like_name,
    "uk9": ukrainian.is_first_name,
    "uk10": ukrainian.is_first_name,
    "he5": hebrew.like_name,
    "he7": hebrew.is_first_name,
}
"""What also stands before other words: a listed first name must begin it."""
_STUCK: Final = frozenset({"he1", "he2", "he4"})
"""Where "to", "of" may be stuck to the name."""


def told(form: str) -> Iterator[tuple[int, int]]:
    for letters, patterns in _ALPHABETS:
        if not letters.search(form):
            continue
        for found in patterns.finditer(form):
            group = found.lastgroup
            if group is None or (group in _UNSURE and not _UNSURE[group](found[group])):
                continue
            start, end = found.span(group)
            yield start + (hebrew.stuck(found[group]) if group in _STUCK else 0), end
