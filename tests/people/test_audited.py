"""What admins change elsewhere leaves a line in the audit trail, with who and what."""

import ast
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission

from kb.models import Article
from llm.models import Server
from llm.registry import promote, retire, rollback, set_canary
from llm.servers.registering import allow, disallow
from people.actions import ACTIONS
from people.models import AuditEntry
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


def _codes() -> set[str]:
    """Every "thing.done" in a function that writes the audit trail."""
    found = set()
    for part in ("config", "doors", "kb", "llm", "people", "tickets", "training"):
        for path in (settings.BASE_DIR / part).rglob("*.py"):
            source = path.read_text()
            functions = ast.walk(ast.parse(source)) if "note(" in source else ()
            for function in functions:
                if isinstance(function, ast.FunctionDef) and _notes(function):
                    found |= {
                        one.value
                        for one in ast.walk(function)
                        if isinstance(one, ast.Constant) and _CODE.fullmatch(str(one.value))
                    }
    return found


def _notes(function: ast.FunctionDef) -> bool:
    calls = (one.func for one in ast.walk(function) if isinstance(one, ast.Call))
    return any(getattr(one, "attr", getattr(one, "id", "")) == "note" for one in calls)


def test_every_action_has_words():
    codes = _codes()
    assert len(codes) > 40
    assert not codes - set(ACTIONS), "add a line to people/actions.py"
