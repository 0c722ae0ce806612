"""Who of those who write answers for the company: `is_agent(writer, agents)`."""

import re
from collections.abc import Sequence

_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def plain_name(name: str) -> str:
    """Without case, invisible marks and extra spaces: as two spellings are compared."""
    return " ".join(_UNSEEN.sub("", name).replace("ي", "ی").replace("ك", "ک").casefold().split())


def is_agent(writer: str, agents: Sequence[str]) -> bool:
    """`agents`: names, addresses, or domains ("example.com", "@example.com")."""
    plain = plain_name(writer)
    if not plain:
        return False
    domain = plain.rpartition("@")[2] if "@" in plain else ""
    for agent in map(plain_name, agents):
        if plain == agent or (domain and agent.lstrip("@") == domain):
            return True
    return False
