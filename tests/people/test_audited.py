"""What admins change elsewhere leaves a line in the audit trail, with who and what."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.utils import translation

from kb.models import Article
from llm.models import Server
from llm.registry import promote, retire, rollback, set_canary
from llm.servers.registering import allow, disallow
from people.actions import ACTIONS
from people.audit import note
from people.audit_words import DETAILS, RULES, known_value, thing
from people.models import AuditEntry
from people.templatetags.audit_text import details_line, target_line
from tests.kb.test_editing_views import form_of
from tests.tickets.factories import make_ticket, make_version
from tickets.models import CustomPattern, RetentionRule
from tickets.rights import erase_customer, export_customer
from tickets.vault.permission import allow as allow_to_reveal
from tickets.vault.permission import forbid as forbid_to_reveal


@pytest.fixture
def admin(client, mina):
    client.force_login(mina)
    return client


def _lines():
    rows = AuditEntry.objects.order_by("pk").values_list("actor__username", "action", "target")
    return list(rows)


@pytest.fixture
def unchecked(monkeypatch):
    """Versions without files."""
    from llm.registry import changing

    monkeypatch.setattr(changing, "verify_version", lambda version: None)


def test_what_serves_is_written_down(mina, unchecked):
    first, second = make_version("first"), make_version("second")
    promote("A", first, by=mina)
    promote("A", second, by=mina)
    rollback("A", by=mina)
    set_canary("A", make_version("third"), share=0.1, by=mina)
    retire("A")
    assert _lines() == [
        ("mina", "version.promoted", "version first"),
        ("mina", "version.promoted", "version second"),
        ("mina", "version.rolled-back", "version first"),
        ("mina", "canary.started", "version third"),
        (None, "canary.ended", "version third"),
    ]
    assert AuditEntry.objects.all()[3].details == {"slot": "A", "before": "first"}


def test_servers_allowed_and_forbidden_are_written_once(mina):
    server = Server.objects.create(name="far", base_url="https://far.test/v1", hosted=True)
    for _time in range(2):
        allow(server, by=mina)
    for _time in range(2):
        disallow(server, by=mina)
    assert _lines() == [
        ("mina", "server.allowed", "server far"),
        ("mina", "server.forbidden", "server far"),
    ]


def test_an_article_of_the_desk_is_written_down(admin):
    given = form_of(admin.get("/articles/new/"))
    given |= {"title": "Gift cards", "text": "Buy one.", "lang": "en", "state": "published"}
    assert admin.post("/articles/new/", given).status_code == 302
    article = Article.objects.get()
    assert _lines() == [("mina", "article.written", f"article {article.pk}")]


def test_rules_and_patterns_are_written_down(admin):
    kind = RetentionRule.Kind.SPAM
    admin.post("/privacy/retention/", {"kind": kind, "days": "30"})
    admin.post("/privacy/tester/", {"name": "ORDER", "template": "KZ-#####", "add": "1"})
    admin.post(f"/privacy/patterns/{CustomPattern.objects.get().pk}/", {"active": ""})
    assert _lines() == [
        ("mina", "retention.changed", f"rule {kind}"),
        ("mina", "pattern.added", "pattern ORDER"),
        ("mina", "pattern.switched-off", "pattern ORDER"),
    ]


def test_a_customers_rights_are_written_down_without_the_customer(mina):
    person = make_ticket(contact="maryam.k@mail.test", name="مریم کریمی").customer
    number = person.pk
    export_customer(person, user=mina)
    erase_customer(person, user=mina)
    assert _lines() == [
        ("mina", "customer.exported", f"customer {number}"),
        ("mina", "customer.erased", f"customer {number}"),
    ]
    assert "mail.test" not in str(list(AuditEntry.objects.values()))


def test_who_may_see_values_is_written_down(sara):
    allow_to_reveal("sara")
    forbid_to_reveal("sara")
    assert Permission.objects.filter(user=sara).count() == 0
    assert _lines() == [
        (None, "reveal.allowed", "person sara"),
        (None, "reveal.forbidden", "person sara"),
    ]


def test_a_change_that_fails_leaves_no_line(admin, mina, unchecked):
    from llm.registry import RegistryError

    with pytest.raises(RegistryError):
        rollback("A", by=mina)
    admin.post("/privacy/retention/", {"kind": RetentionRule.Kind.SPAM, "days": "0"})
    assert not AuditEntry.objects.exists()


_CODE = re.compile(r"[a-z_-]+\.[a-z_-]+")


def _writers() -> Iterator[ast.Module]:
    """The modules that write the audit trail."""
    for part in ("config", "doors", "kb", "llm", "people", "tickets", "training"):
        for path in (settings.BASE_DIR / part).rglob("*.py"):
            source = path.read_text()
            if "people import audit" in source or "people.audit import" in source:
                yield ast.parse(source)


def _codes() -> set[str]:
    """Every "thing.done" in a function that writes the audit trail."""
    return {
        one.value
        for module in _writers()
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef) and _notes(function)
        for one in ast.walk(function)
        if isinstance(one, ast.Constant) and _CODE.fullmatch(str(one.value))
    }


def _notes(place: ast.AST) -> list[ast.Call]:
    calls = (one for one in ast.walk(place) if isinstance(one, ast.Call))
    named = ((one, getattr(one.func, "attr", getattr(one.func, "id", ""))) for one in calls)
    return [one for one, name in named if name == "note" and len(one.args) > 1]


def _keys() -> set[str]:
    """Of all details. Those that come as a mapping are of one that the module returns."""
    found = set()
    for module in _writers():
        words = [word.arg for note in _notes(module) for word in note.keywords]
        found |= {word for word in words if word}
        returned = [one.value for one in ast.walk(module) if isinstance(one, ast.Return)]
        if None in words:
            dicts = (one for value in returned if value for one in ast.walk(value))
            found |= {key.value for one in dicts if isinstance(one, ast.Dict) for key in one.keys}
    return found


def _things() -> set[str]:
    """Of all targets, with 7 for what differs."""
    found = set()
    for module in _writers():
        targets = [note.args[2] for note in _notes(module) if len(note.args) > 2]
        for one in ast.walk(module):
            if isinstance(one, ast.FunctionDef) and one.name == "target":
                targets += [line.value for line in ast.walk(one) if isinstance(line, ast.Return)]
        found |= {
            "".join(
                str(part.value) if isinstance(part, ast.Constant) else "7" for part in one.values
            )
            for one in targets
            if isinstance(one, ast.JoinedStr)
        }
    return found


def test_every_action_has_words():
    codes = _codes()
    assert len(codes) > 40
    assert not codes - set(ACTIONS), "add a line to people/actions.py"


def test_every_thing_and_every_detail_has_words():
    keys, things = _keys(), _things()
    assert keys >= {"slot", "before", "scopes", "invitations_withdrawn", "door", "follows"}
    assert not keys - set(DETAILS), "add a line to people/audit_words.py"
    assert things >= {"person 7", "team 7", "token 7 of 7", "source 7 7", "article import 7"}
    assert not {one for one in things if thing(one.replace("rule 7", "rule x")) is None}
    assert set(RULES) == set(RetentionRule.Kind.values)
    assert {state for state in Article.State.values if known_value("state", state) is None} == set()


def test_entry_is_shown_in_the_readers_words(mina):
    entry = note(mina, "person.role-changed", "person <b>", after="lead", before="agent", x=2)
    team = note(mina, "team.renamed", "team <b>", before="agent")
    token = note(
        mina, "token.issued", "token 12 of sara", scopes=["a:b", "c"], lang="fa", active=True
    )
    with translation.override("en"):
        assert target_line(entry.target) == "person <bdi>&lt;b&gt;</bdi>"
        assert details_line(entry) == "before: agent · after: lead · x: <bdi>2</bdi>"
        assert details_line(team) == "before: <bdi>agent</bdi>"  # a team may be called so
        assert target_line(token.target) == "token <bdi>12</bdi> of <bdi>sara</bdi>"
        told = "switched on: yes · scopes: <bdi>a:b</bdi>, <bdi>c</bdi> · language: Persian"
        assert details_line(token) == told
        assert target_line("what <i>") == "<bdi>what &lt;i&gt;</bdi>"
        assert target_line("team abcdefgh", 4) == "team <bdi>abc…</bdi>"
    with translation.override("fa"):
        assert "<bdi>۱۲</bdi>" in target_line(token.target)
        assert str(translation.gettext("lead")) in details_line(entry)
        assert "<bdi>۲</bdi>" in details_line(entry)
    assert AuditEntry.objects.get(pk=entry.pk).details == {
        "before": "agent",
        "after": "lead",
        "x": 2,
    }
