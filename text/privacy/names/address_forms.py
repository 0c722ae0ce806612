"""English, Ukrainian and Hebrew addresses, whose order is fixed enough for one expression each."""

import re
from typing import Final

from text.privacy.names.address_words import HEBREW_CITIES, UKRAINIAN_CITIES

_STRONG = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|terrace|parkway|pkwy|crescent)\b\.?"
)
_WEAK = (
    r"(?-i:Drive|DRIVE|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Highway|Hwy|Close|Alley|Row|Hills?|Circle|Trail"
    r"|Gardens?|Grove|Mews|Quay|Walk|Broadway)\b\.?"
)
"""Words of other things too ("Google Drive"): a town or a flat must follow."""
_KIND = (
    rf"(?:{_STRONG}|{_WEAK}|(?:drive|dr|court|ct|way|place|square|highway|hwy|close|alley)\b\.?)"
)
_NO_STREET = (
    r"(?!(?:[GMKT]B|google|factor|years?|days?|hours?|months?|weeks?|minutes?|star|business|seagate"
    r"|bad|error|terms|step|pro|max|usb|flash|hard|disk|pen|thumb|shared|cloud|one|more|other|new|of|x)\b)"
)
_UNIT = (
    r"(?:\d{1,2}(?:st|nd|rd|th)[ ]floor|\#[ ]?\w{1,6}"
    r"|(?:apt|apartment|suite|ste|unit|flat|floor|bldg|room)\b\.?[ ]?#?\w{1,6})"
)
_FLAT = r"(?:flat|apt|apartment|unit|suite|room|floor)\b\.?[ ]?#?\w{1,4},?[ \n]"
_LEAD = rf"(?:{_FLAT})?"
_CAPITAL = r"(?-i:[A-Z\u00c0-\u00de\u0100-\u024f])"
_WORD = rf"{_CAPITAL}[\w'’.-]*"
_NO_PLACE = (
    r"(?!(?:please|thanks?|the|i|i['’]m|we|and|but|my|it|is|are|can|could|hi|hello|this|that|if|so|you|your"
    r"|what|when|how|regards|best|kind|cheers|since|after|order|phone|tel|zip|card|parcel|postcode"
    r"|email|mobile|let|ask|call|contact|send|sent|there|not|no|in|on|for|to|at|with|from)\b)"
)
_PLACE = rf"{_NO_PLACE}{_CAPITAL}[^\W\d_]*(?:['’.-][^\W\d_]+){{0,2}}(?![\w])"
_CITY = rf"{_PLACE}(?:[ ]{_PLACE}){{0,2}}"
_SIGN = r"(?=[ ]?(?:[,.;)\n]|$|[ ]\d{5}(?!\d)|[ ](?-i:[A-Z]{1,2}\d|[A-Z]{2}\b)))"
# Where a new sentence follows without a full stop, one word is all that is surely the city.
_TOWN = (
    rf"(?:{_CITY}(?-i:{_SIGN})|(?:(?:new|san|los|las|saint|st|fort|santa|el|north|south|east|west"
    rf"|mount|port|salt|kansas|oklahoma|jersey|milton)\.?[ ])?{_PLACE})"
)
_REGION = r"(?-i:[A-Z]{2})(?:[ ]{1,2}\d{4,6}(?:-\d{4})?)?|\d{5}(?:-\d{4})?"
_POSTCODE = r"(?-i:[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2})"
_JOIN = r"[ ]?[,\n][ ,\n]{0,3}"
_COMMA = r"[ ]?,[ ]?\n?"
_TAIL = (
    rf"(?:{_COMMA}{_TOWN}){{0,2}}"
    rf"(?:{_JOIN}{_CITY}(?-i:(?=[ ]?(?:,|[ ]\d|[ ][A-Z]{{2}}\b))))?"
    rf"(?:(?:[ ,]{{0,2}}\n[ ,\n]{{0,2}}{_CITY}){{1,3}}"
    rf"(?=[ ,]{{1,2}}(?:[A-Z]{{2}}[ ])?\d{{5}}(?!\d)))?"
    rf"(?:[ ,\n]{{1,4}}(?:{_POSTCODE}|{_REGION})(?!\w))?"
    rf"(?:{_JOIN}{_CITY}[ ]\d{{5}}(?!\d))?"
    rf"(?:{_COMMA}(?:usa|uk|u\.s\.a\.|united (?:kingdom|states)|england|scotland|wales"
    rf"|canada|australia|ireland)\b)?"
)
_ENGLISH = re.compile(
    rf"(?<![\w.#-])(?:{_FLAT}(?:{_CITY},[ ]){{0,2}}{_CITY}[ ]{_KIND}{_TAIL}|{_LEAD}(?:"
    rf"\d{{1,5}}(?:[/-]\d{{1,4}})?[A-Za-z]?,?[ ](?:(?-i:[NSEW])\.?[ ])?(?:\d{{1,5}}[ ])?"
    rf"{_NO_STREET}(?:{_WORD}[ ]|\d{{1,3}}(?:st|nd|rd|th)[ ]){{1,4}}"
    rf"(?:{_STRONG}|{_WEAK}(?=[ ]?,?[ \n]{_UNIT}|{_COMMA}{_PLACE}|[ ](?-i:[A-Z]{{2}})[ ]\d{{5}}))"
    rf"(?:[ ](?:north|south|east|west)\b)?(?:[ ,\n]{{1,4}}{_UNIT})?{_TAIL}"
    rf"|\d{{1,5}}[ ]{_NO_STREET}(?:{_WORD}[ ]){{1,4}}(?:\d{{1,5}})?[ ,\n]{{1,4}}{_UNIT}{_TAIL}"
    rf"|\d{{3,5}}[ ]{_NO_STREET}(?:{_WORD}[ ]){{1,3}}{_WEAK}(?![ ][A-Z]){_TAIL}"
    rf"|(?:\d{{1,5}}[ ])?p\.?[ ]?o\.?[ ]box[ ]\d{{1,6}}(?:[ ,\n]{{1,3}}{_UNIT})?{_TAIL}"
    rf"))",
    re.IGNORECASE,
)
_TOLD_WORDS = (
    r"(?:address(?: is|:| to)?|lives? (?:at|in|on)|sent to|send (?:it|this|them) to|shipp?(?:ed)?"
    r"(?: it| this)? to|deliver(?:ed)?(?: it)? to|offices? (?:is|are) at|located at|moved to"
    r"|return to|arrived at|delivery to|meet (?:you )?at|collect(?:ed)? from"
    r"|pick(?:ed)? up (?:from|at))"
)
_TOLD = (
    rf"\d{{1,6}},?[ ](?:\d{{1,5}}[ ])?{_WORD}(?:[ ](?:{_WORD}|[a-z]{{2,3}}\b|\d{{1,5}}\b)){{0,12}}"
    rf"(?:[ ,\n]{{1,4}}{_UNIT})?{_TAIL}"
)
_SMALL = (
    rf"\d{{1,5}}[a-z]?[ ](?:[a-z'’]{{2,}}[ ]|\d{{1,3}}(?:st|nd|rd|th)[ ]){{1,3}}{_KIND}"
    rf"(?:[ ,]{{1,2}}{_UNIT})?{_TAIL}"
)
_TOLD_ENGLISH = re.compile(
    rf"\b(?i:{_TOLD_WORDS})\s+(?P<value>{_LEAD}{_SMALL}|{_LEAD}{_TOLD})", re.IGNORECASE
)
_MILITARY = re.compile(
    r"\b(?:PSC|Unit|CMR|US[A-Z]{1,4})[ ][\w ]{1,20},?[ \n](?:Box[ ]\d{1,6}[ ,\n]{1,3})?"
    r"(?:APO|FPO|DPO)[ ]A[AEP](?:[ ]\d{5})?"
)
_UK_STREET = (
    r"(?i:вул(?:\.|иц[яіюею]{1,2})|просп(?:\.|ект[іу]?)|пр-т\.?|бульв(?:\.|ар[іу]?)|б-р\.?"
    r"|пров(?:\.|улок|улку)|площ[аі]|пл\.|шосе|узвіз|набережн(?:а|ій)|наб\.|мкр\.?|мікрорайон|ж/м|жк|ул\.|улиц[аеу])"
)
_UK_WORD = r"[А-ЯІЇЄҐ0-9][\w'’ʼ-]*"
_UK_NAME = r"[А-ЯІЇЄҐ][\w'’ʼ-]*"
_UK_TOWN = (
    rf"(?:(?:м\.|місто|смт\.?|с\.|село|г\.)[ ]?{_UK_WORD}(?:[ ]{_UK_NAME})?"
    rf"|(?:{UKRAINIAN_CITIES})(?!\w))"
)
_UK_REGION = r"(?:[А-ЯІЇЄҐ][\w'’ʼ-]*[ ](?:обл(?:\.|асть)|р-н|район))"
_UK_HOUSE = (
    r"(?:[ ]?,?[ ]?(?:буд(?:\.|инок)?|д\.|№)?[ ]?\d{1,4}"
    r"(?:[ ]?[-/]?[ ]?[«\"]?[А-ЯІЇЄҐа-яіїєґA-Z][»\"]?(?!\w))?(?:[/-]\d+)?(?!\w))"
)
_UKRAINIAN = re.compile(
    rf"(?<!\w)(?:{_UK_REGION},?[ ])?(?:{_UK_TOWN}[ ]?,?[ ])?(?:{_UK_REGION},?[ ])?"
    rf"(?:{_UK_STREET}[ ]?(?:\d{{1,3}}(?:-?[а-яіїє]{{1,3}})?[ ]+)?"
    rf"{_UK_NAME}(?:[ ]+{_UK_WORD}){{0,3}}"
    rf"|вул\.[ ]?[а-яіїєґ'’ʼ-]+(?:[ ][а-яіїєґ'’ʼ-]+)?"
    rf"|{_UK_NAME}(?:[ ]{_UK_NAME})?[ ](?:вул\.|просп\.|пров\.))"
    rf"{_UK_HOUSE}"
    rf"(?:,?[ ](?:кв(?:\.|артира)?|корп(?:\.|ус)?|оф(?:\.|іс)?|під['’ʼ]?їзд|поверх|пов\."
    rf"|секція|к\.)[ ]?\d{{1,4}}|,?[ ]\d[ ]поверх)*"
    rf"(?:,[ ]{_UK_TOWN}(?!\w)|,[ ]{_UK_WORD}(?=\s*(?:[.,\n]|$)))?(?:,[ ]{_UK_REGION})?"
    rf"|(?<!\w)(?:{_UK_TOWN},?[ ])?а/с[ ]?№?[ ]?\d{{1,5}}(?:,[ ]{_UK_TOWN})?"
)
_HE = r"[\u05d0-\u05ea][\u05d0-\u05ea'\"״׳-]*"
_HE_STREET = (
    r"(?:רחוב|רח['׳]|שדרות|שד['׳]|סמטת|סמ['׳]|משעול)[ ]"
    r"(?!(?:יש|אין|היה|היו|של|שלי|שלנו|הזה|ליד|עם|לא|מול|כבר|עד)[ ])"
)
_HE_WEAK = r"(?:דרך|כיכר|שביל|נתיב)[ ]"
"""Ways of other things too ("through the site"): a town or a flat must follow."""
_HE_STUCK = r"(?:(?<![\u05d0-\u05ea])|(?<=(?<![\u05d0-\u05ea])[במלהו]))"
_HE_UNIT = (
    r"(?:,?[ ](?:דירה|ד['׳.]|קומה|ק['׳]|כניסה|בניין|בית|מיקוד)[ ]?(?:\d{1,3}(?!\d)|[א-ת](?![\w'])))"
)
_HE_CITY = rf"(?:{HEBREW_CITIES})(?![\u05d0-\u05ea])"
_HE_NUMBER = r"\d{1,4}(?:[ ]?[א-ת](?![\w'\"]))?(?:/\d+)?(?!\w)"
_HE_NO_STREET = (
    r"(?!(?:הזמנה|חבילה|מספר|קוד|תיק|גרסה|פורט|שעה|בשעה|טלפון|סכום|פנייה|עד|מתאריך|של|תוך|אחרי|לפני|רק|קנינו"
    r"|שילמתי|קומה|דירה|[במלהו]?(?:רחוב|שדרות|סמטת|דרך|כיכר)|כבר|בערך|יש|מאז|הפינג|כל)[ ])"
)
_HEBREW = re.compile(
    rf"(?:{_HE_CITY},?[ ])?{_HE_STUCK}{_HE_STREET}{_HE}(?:[ ]{_HE}){{0,2}}[ ,]{{1,2}}"
    rf"{_HE_NUMBER}{_HE_UNIT}*(?:,?[ ]{_HE_CITY}|,[ ]{_HE}(?:[ ]{_HE})?(?=\s*(?:[.,\n]|$)))?"
    rf"{_HE_UNIT}*"
    rf"|(?<![\u05d0-\u05ea]){_HE_NO_STREET}{_HE}(?:[ ]{_HE_NO_STREET}{_HE})?[ ]{_HE_NUMBER}"
    rf"{_HE_UNIT}*,[ ]{_HE_CITY}{_HE_UNIT}*"
    rf"|{_HE_STUCK}{_HE_WEAK}{_HE}(?:[ ]{_HE}){{0,2}}[ ]{_HE_NUMBER}"
    rf"(?:{_HE_UNIT}+|{_HE_UNIT}*,?[ ]{_HE_CITY})"
    rf"|(?<![\u05d0-\u05ea])ת[.\"״]?[ ]?ד[.]?[ ]\d{{1,6}}(?:,?[ ]{_HE_CITY})?"
)
FORMS: Final = (
    (
        re.compile(r"\d[a-zA-Z]?,? [A-Z0-9]|[oO]\.? ?[bB][oO][xX]"),
        re.compile(rf"\b(?:{_KIND}|(?:apt|suite|p\.? ?o\.? box|unit|flat)\b)", re.IGNORECASE),
        _ENGLISH,
    ),
    (re.compile(r"\s\d"), re.compile(_TOLD_WORDS, re.IGNORECASE), _TOLD_ENGLISH),
    (re.compile(r"[AFD]PO"), re.compile(r"PO A[AEP]"), _MILITARY),
    (re.compile("[а-яА-Я]"), re.compile(rf"{_UK_STREET}|а/с"), _UKRAINIAN),
    (
        re.compile("[א-ת]"),
        re.compile(rf"{_HE_STREET}|{_HE_WEAK}|{_HE_CITY}|ת[.\"״]?[ ]?ד"),
        _HEBREW,
    ),
)
"""Two cheap tests, and the expression to run where they pass."""
