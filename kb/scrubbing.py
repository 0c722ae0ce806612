"""Customers' data that got into an article: `scrubbed(text)` takes it out.

For what people bring in at the desk, by upload or in the editor: it may be copied out of a ticket.
What a website has published stays as it is. MARK stands for a value, and no placeholder: a draft
that quotes the article would have that filled with the value of whoever asked.

Only what hardly ever is the company's own is taken: telephones of people, cards, accounts,
national IDs, codes, passwords, keys, and mail addresses without a word such as "support".
Landlines, addresses of servers, links, postal codes and company IDs are what help centres are
full of.
"""

import re
from typing import Final

from django.conf import settings

from text.privacy import find, normal_value
from text.privacy.spans import (
    API_KEY,
    BANK_CARD,
    CARD_CODE,
    EMAIL,
    IBAN,
    NATIONAL_ID,
    OTP,
    PASSWORD,
    PHONE,
)

MARK: Final = "•••"
TAKEN: Final = frozenset(
    {API_KEY, BANK_CARD, CARD_CODE, EMAIL, IBAN, NATIONAL_ID, OTP, PASSWORD, PHONE}
)
_OFFICE = re.compile(
    r"(?:^|[._+-])(?:abuse|admin|billing|careers|contact|customer|feedback|hello|help|helpdesk|hr|"
    r"info|jobs|legal|mail|marketing|media|no-?reply|office|orders?|postmaster|press|privacy|refunds?|"
    r"sales|security|service|support|team|webmaster|example|user(?:name)?|name)(?:[._+-]|$)",
    re.IGNORECASE,
)


def scrubbed(text: str) -> tuple[str, int]:
    """The text without them, and how many there were. PASOKH_PUBLIC_CONTACTS stay."""
    public = {normal_value(_type_of(one), one) for one in settings.PUBLIC_CONTACTS}
    pieces, done, count = [], 0, 0
    for span in find(text, names=False):
        value = text[span.start : span.end]
        normal = normal_value(span.type, value)
        if span.type not in TAKEN or normal in public or _is_nobodys(span.type, value):
            continue
        pieces += [text[done : span.start], MARK]
        done, count = span.end, count + 1
    return "".join([*pieces, text[done:]]), count


def _type_of(contact: str) -> str:
    return EMAIL if "@" in contact else PHONE


def _is_nobodys(type_: str, value: str) -> bool:
    """An office's address, or a number that only shows the form: IR00 0000 …"""
    if type_ == EMAIL:
        return _OFFICE.search(value.partition("@")[0]) is not None
    return type_ in (IBAN, BANK_CARD) and len({one for one in value if one.isdigit()}) == 1
