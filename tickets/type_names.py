"""How the types of personal data are called at the desk, and which icon stands for them.

The types themselves belong to `text.privacy`, which knows no languages of an interface.
"""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from text.privacy.spans import DESTROYED

NAMES: Final[dict[str, Promise]] = {
    "EMAIL": _("e-mail address"),
    "PHONE": _("mobile number"),
    "LANDLINE": _("landline number"),
    "NATIONAL_ID": _("national ID"),
    "COMPANY_ID": _("company ID"),
    "BANK_CARD": _("bank card"),
    "IBAN": _("IBAN"),
    "POSTAL_CODE": _("postal code"),
    "IP": _("IP address"),
    "URL_SECRET": _("secret in a link"),
    "API_KEY": _("API key"),
    "PASSWORD": _("password"),
    "OTP": _("one-time code"),
    "CARD_CODE": _("card security code"),
    "USERNAME": _("user name"),
    "PERSON": _("person's name"),
    "ADDRESS": _("postal address"),
    "FILE": _("attached file"),
}
_ICONS: Final = {
    "EMAIL": "mail",
    "PHONE": "phone",
    "LANDLINE": "phone",
    "NATIONAL_ID": "id",
    "COMPANY_ID": "id",
    "BANK_CARD": "card",
    "IBAN": "card",
    "CARD_CODE": "key",
    "POSTAL_CODE": "place",
    "ADDRESS": "place",
    "IP": "net",
    "URL_SECRET": "key",
    "API_KEY": "key",
    "PASSWORD": "key",
    "OTP": "key",
    "USERNAME": "person",
    "PERSON": "person",
}


def type_name(type_: str) -> str:
    """In the interface's language; a company's own pattern is called as it was named."""
    return str(NAMES[type_]) if type_ in NAMES else type_.replace("_", " ").capitalize()


def type_icon(type_: str) -> str:
    return _ICONS.get(type_, "number")


def is_destroyed(type_: str) -> bool:
    return type_ in DESTROYED


def type_choices(types: Iterable[str]) -> list[tuple[str, str]]:
    """By name, for a form."""
    return sorted(((type_, type_name(type_)) for type_ in types), key=lambda one: one[1])
