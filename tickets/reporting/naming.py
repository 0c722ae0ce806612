"""What versions, agents, sources and languages are called in a report: `agent_names` and its like.

Two of one name are told apart, or a table would have one row twice: by the name that an agent signs
in with, where a source lies, a language's code.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.contrib.auth.models import User

from kb.models import Source
from llm.models import ModelVersion
from runtime.templatetags.desk_text import language_name

Key = TypeVar("Key", int, str)


def version_names(pks: Iterable[Any]) -> dict[int, str]:
    return dict(ModelVersion.objects.filter(pk__in=list(pks)).values_list("pk", "name"))


def agent_names(pks: Iterable[Any]) -> dict[int, str]:
    people = User.objects.filter(pk__in=list(pks)).only("first_name", "last_name", "username")
    return _told_apart(
        {one.pk: (one.get_full_name() or one.get_username(), one.get_username()) for one in people}
    )


def source_names(pks: Iterable[Any]) -> dict[int, str]:
    rows = Source.objects.filter(pk__in=list(pks)).values_list("pk", "name", "location")
    return _told_apart({pk: (name, location) for pk, name, location in rows})


def language_names(codes: Iterable[Any]) -> dict[str, str]:
    return _told_apart({code: (language_name(code), code) for code in codes})


def _told_apart(names: Mapping[Key, tuple[str, str]]) -> dict[Key, str]:
    """`names`: what each is called, and what tells it from others that are called so."""
    times = Counter(name for name, _detail in names.values())
    return {
        key: f"{name} ({detail})" if times[name] > 1 and detail != name else name
        for key, (name, detail) in names.items()
    }
