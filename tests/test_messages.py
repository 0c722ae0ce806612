"""Everything that people read is translated: templates and Python are searched for messages, and
each must have Persian words with the same placeholders."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.template import engines
from django.template.base import Node, Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(settings.BASE_DIR)
PARTS = ("config", "doors", "training", "tickets", "kb", "llm", "people", "runtime", "text")
SINGULAR = {"gettext", "gettext_lazy", "gettext_noop", "_"}
PLURAL = {"ngettext", "ngettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")


def test_every_message_has_persian_words():
    persian = _catalog("fa")
    missing = sorted(
        f"{message!r} in {place}" for message, place in _messages() if not persian.get(message)
    )
    assert not missing, "Translate in locale/fa: " + "; ".join(missing)


def test_persian_words_keep_the_placeholders():
    for message, words in _catalog("fa").items():
        for one in words:
            assert sorted(PLACEHOLDER.findall(one)) == sorted(PLACEHOLDER.findall(message)), message


@pytest.mark.parametrize("lang", [code for code, _ in settings.LANGUAGES])
def test_a_catalog_holds_no_message_that_is_not_used(lang):
    used = {message for message, _place in _messages()}
    assert set(_catalog(lang)) <= used


def test_messages_are_found_where_they_stand():
    used = {message for message, _place in _messages()}
    assert {"Inbox", "Draft %(number)s", "%(number)s minute", "drafting"} <= used


def _catalog(lang: str) -> dict[str, list[str]]:
    """Message (its singular) to translations, empty ones left out."""
    path = ROOT / "locale" / lang / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=lang)
    found = {}
    for message in catalog:
        if not message.id:
            continue
        plural = isinstance(message.id, tuple)
        words = message.string if plural else [message.string]
        # Persian and English both have two forms: half a plural is no translation.
        found[message.id[0] if plural else message.id] = list(words) if all(words) else []
    return found


def _messages() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        template = engines["django"].get_template(str(path.relative_to(ROOT / "templates")))
        for message in _in_template(template.template):
            yield message, path.name
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*.py")):
            for message in _in_python(ast.parse(path.read_text())):
                yield message, str(path.relative_to(ROOT))


def _in_template(template: Template) -> Iterator[str]:
    for node in _nodes(template.nodelist):
        if isinstance(node, TranslateNode):
            literal = node.filter_expression.var.literal
            assert literal is not None, f"{template.name}: only constants can be translated"
            yield literal.replace("%", "%%")  # as Django looks it up
        elif isinstance(node, BlockTranslateNode):
            message, _names = node.render_token_list(node.singular)
            yield message


def _nodes(nodes: list[Node]) -> Iterator[Node]:
    """All nodes with those inside them. An included template is read for itself."""
    for node in nodes:
        yield node
        for name in node.child_nodelists:
            yield from _nodes(getattr(node, name, None) or [])
        for _condition, inner in getattr(node, "conditions_nodelists", []):
            yield from _nodes(inner)


def _in_python(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in SINGULAR | PLURAL and node.args and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value
