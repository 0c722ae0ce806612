"""The editor, the history and the playground: who may do what, and what a page keeps."""

import re
import uuid

import pytest
from django.urls import reverse

from kb import editing
from kb.editing import Content
from kb.generating.storing import passage_of
from kb.importing import import_sources
from kb.models import Article, Question
from kb.questions import upsert_question
from kb.retrieval import MODES
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db


def form_of(page) -> dict[str, str]:
    """The fields as a browser would send them back."""
    form = page.context["form"]
    return {field.name: str(field.value() or "") for field in form}


@pytest.fixture
def article(mina):
    content = Content("Gift cards", "Buy one in the *shop*.", "en", state="published")
    return editing.create(content, author=mina, key=uuid.uuid4().hex)


PAGES_OF_ADMINS = ["article-new", "article-edit", "article-preview", "article-restore"]
PAGES_OF_ADMINS += ["article-follow"]


@pytest.mark.parametrize("name", PAGES_OF_ADMINS)
def test_only_admins_edit(client, sara, outsider, article, name):
    revision = article.revisions.get()
    pks = {
        "article-edit": [article.pk],
        "article-follow": [article.pk],
        "article-restore": [article.pk, revision.pk],
    }.get(name, [])
    address = reverse(name, args=pks)
    assert client.post(address)["Location"].startswith(reverse("login"))
    for person in (sara, outsider):
        client.force_login(person)
        assert client.post(address).status_code == 403
        if name in ("article-new", "article-edit"):
            assert client.get(address).status_code == 403
    assert article.revisions.count() == 1


@pytest.mark.parametrize("name", ["article", "article-history", "playground", "coverage"])
def test_agents_read(client, sara, outsider, article, name):
    pks = [article.pk] if name in ("article", "article-history") else []
    address = reverse(name, args=pks)
    assert client.get(address).status_code == 302
    client.force_login(outsider)
    assert client.get(address).status_code == 403
    client.force_login(sara)
    page = client.get(address)
    assert page.status_code == 200
    assert reverse("article-edit", args=[article.pk]) not in page.content.decode()


def test_an_admin_writes_an_article(client, mina):
    client.force_login(mina)
    page = client.get(reverse("article-new"))
    data = form_of(page) | {
        "title": "کارت هدیه",
        "text": "از *فروشگاه* بخرید.\r\n",
        "state": "draft",
    }
    response = client.post(reverse("article-new"), data)
    article = Article.objects.get()
    assert response["Location"] == reverse("article", args=[article.pk])
    assert (article.state, article.lang, article.text) == ("draft", "fa", "از *فروشگاه* بخرید.")
    shown = client.get(response["Location"])
    assert f'data-key="{data["key"]}"' in shown.content.decode()
    assert "data-key" not in client.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"text": ""}, "text"),
        ({"text": "x" * 200_001}, "text"),
        ({"lang": "xx"}, "lang"),
        ({"visibility": "secret"}, "visibility"),
        ({"state": "burnt"}, "__all__"),
        ({"key": "no-key"}, "key"),
    ],
)
def test_what_cannot_be_saved_comes_back_as_it_was_typed(client, mina, changed, field):
    client.force_login(mina)
    data = form_of(client.get(reverse("article-new")))
    data |= {"title": "Gift cards", "text": "In the shop.", "state": "published"}
    page = client.post(reverse("article-new"), data | changed)
    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"]["text"].value() == (data | changed)["text"]
    assert not Article.objects.exists()


def test_the_later_editor_keeps_both_texts(client, mina, sara, article):
    client.force_login(mina)
    address = reverse("article-edit", args=[article.pk])
    mine = form_of(client.get(address)) | {"text": "Mina's words.", "state": "published"}
    editing.save(
        article,
        Content("Gift vouchers", "Sara's words.", "en", state="published"),
        author=sara,
        seen=editing.version_of(article),
    )
    page = client.post(address, mine)
    assert page.status_code == 409
    text = page.content.decode()
    assert "Gift vouchers" in text
    assert "<del>Sara&#x27;s</del><ins>Mina&#x27;s</ins> words." in text
    assert page.context["form"]["text"].value() == "Mina's words."
    assert Article.objects.get().text == "Sara's words."
    again = form_of(page) | {"state": "published"}
    assert client.post(address, again).status_code == 302
    assert Article.objects.get().text == "Mina's words."
    assert "Sara's words." in article.revisions.values_list("text", flat=True)


def test_the_form_of_an_article_in_another_language_keeps_it(client, mina, article):
    Article.objects.update(lang="de")
    client.force_login(mina)
    address = reverse("article-edit", args=[article.pk])
    data = form_of(client.get(address)) | {"text": "Im Laden.", "state": "published"}
    assert client.post(address, data).status_code == 302
    assert Article.objects.get().lang == "de"


UNSAFE = [
    "[x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](&#106;avascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x]\n\n[x]: javascript:alert(1)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://tracker.example/1.png)",
    '[x](http://a.example "onmouseover=alert(1)")',
    "<iframe src=//a.example></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "```\n<script>alert(1)</script>\n```",
]


@pytest.mark.parametrize("text", UNSAFE)
def test_the_preview_is_safe(client, mina, text):
    client.force_login(mina)
    html = client.post(reverse("article-preview"), {"text": text}).content.decode()
    names = re.findall(r"<(\w+)", html) + re.findall(r"""\s([\w-]+)=["']""", html)
    assert not {"script", "img", "iframe", "onerror", "onmouseover", "src", "style"} & set(names)
    addresses = re.findall(r'href="([^"]*)"', html)
    assert all(address.startswith(("http://", "https://")) for address in addresses)


def test_the_preview_is_as_the_page_will_be(client, mina):
    client.force_login(mina)
    page = client.post(reverse("article-preview"), {"text": "# سلام\n\n- یک\n- two"})
    assert '<h1 dir="auto">سلام</h1>' in page.content.decode()
    assert "<html" not in page.content.decode()
    assert client.post(reverse("article-preview"), {}).status_code == 200
    assert client.get(reverse("article-preview")).status_code == 405


class TestHistory:
    @pytest.fixture
    def changed(self, article, mina):
        content = Content("Gift cards", "Buy one at the till.", "en", state="published")
        return editing.save(article, content, author=mina, seen=editing.version_of(article))

    def test_what_changed_is_shown(self, client, sara, changed):
        client.force_login(sara)
        page = client.get(reverse("article-history", args=[changed.pk]))
        text = page.content.decode()
        assert "<del> *shop*.</del><ins> till.</ins>" in text
        assert "mina" in text
        assert page.context["is_current"]
        oldest = changed.revisions.last()
        page = client.get(reverse("article-history", args=[changed.pk]), {"revision": oldest.pk})
        assert (page.context["blocks"], page.context["is_current"]) == ([], False)
        assert "/restore/" not in page.content.decode()

    def test_an_admin_restores(self, client, mina, changed):
        client.force_login(mina)
        oldest = changed.revisions.last()
        page = client.get(reverse("article-history", args=[changed.pk]), {"revision": oldest.pk})
        address = reverse("article-restore", args=[changed.pk, oldest.pk])
        assert address in page.content.decode()
        assert client.get(address).status_code == 405
        assert client.post(address).status_code == 302
        assert Article.objects.get().text == "Buy one in the *shop*."
        assert changed.revisions.count() == 3

    @pytest.mark.parametrize("revision", ["0", "x", "9" * 40, "-1"])
    def test_there_is_no_such_revision(self, client, mina, changed, revision):
        client.force_login(mina)
        address = reverse("article-history", args=[changed.pk])
        assert client.get(address, {"revision": revision}).status_code == 404

    def test_another_articles_revision_is_not_restored(self, client, mina, changed):
        client.force_login(mina)
        other = editing.create(Content("Other", "x"), author=mina, key="other")
        address = reverse("article-restore", args=[other.pk, changed.revisions.first().pk])
        assert client.post(address).status_code == 404

    def test_an_article_from_before_there_was_a_history(self, client, sara, article):
        article.revisions.all().delete()
        client.force_login(sara)
        page = client.get(reverse("article-history", args=[article.pk]))
        assert page.context["revision"] is None


class TestArticlePage:
    @pytest.fixture
    def imported(self):
        import_sources([PAGES])
        return Article.objects.get(external_id="en-faq.html")

    def test_passages_and_the_questions_that_lead_to_them(self, client, sara, imported):
        chunks = list(imported.chunks.order_by("position"))
        name = f"{passage_of(chunks[-1]).digest}:x"
        generated = (Question.Kind.GENERATED, name, "en", "Can I leave?", "Yes.", imported)
        upsert_question(*generated, models=False)
        past = (Question.Kind.TICKET, "t:1", "en", "I want out", "Go on.", imported)
        upsert_question(*past, models=False)
        client.force_login(sara)
        page = client.get(reverse("article", args=[imported.pk]))
        passages = page.context["passages"]
        assert [passage.chunk for passage in passages] == chunks
        assert "Can I leave?" in [one.text for one in passages[-1].questions]
        assert [one.text for one in page.context["questions"]] == ["I want out"]
        own = {one.text: passage for passage in passages for one in passage.questions}
        asked = own["How do I close my account?"].chunk
        assert asked.heading_path == ["Account", "How do I close my account?"]
        assert "Account › How do I close my account?" in page.content.decode()

    def test_a_changed_article_follows_its_source_again(self, client, mina, sara, imported):
        content = Content(imported.title, "Our words.", "en", state="published")
        editing.save(imported, content, author=mina, seen=editing.version_of(imported))
        address = reverse("article-follow", args=[imported.pk])
        client.force_login(sara)
        assert address not in client.get(reverse("article", args=[imported.pk])).content.decode()
        client.force_login(mina)
        assert address in client.get(reverse("article", args=[imported.pk])).content.decode()
        assert client.post(address).status_code == 302
        imported.refresh_from_db()
        assert not imported.is_edited


class TestList:
    @pytest.fixture(autouse=True)
    def articles(self, article):
        import_sources([PAGES])

    @pytest.mark.parametrize(
        ("chosen", "count"),
        [
            ({}, 4),
            ({"state": "published"}, 4),
            ({"state": "draft"}, 0),
            ({"state": "burnt"}, 4),
            ({"lang": "he"}, 1),
            ({"lang": "x\x00"}, 0),
            ({"title": "cards GIFT"}, 1),
            ({"title": "%"}, 0),
            ({"title": "\x00"}, 4),
            ({"source": "9" * 30}, 4),
            ({"source": "x"}, 4),
            ({"page": "99"}, 4),
        ],
    )
    def test_filters(self, client, sara, chosen, count):
        client.force_login(sara)
        page = client.get(reverse("articles"), chosen)
        assert page.context["page_obj"].paginator.count == count
        assert page.context["total"] == 4

    def test_by_source(self, client, sara, article):
        client.force_login(sara)
        page = client.get(reverse("articles"), {"source": article.source_id})
        assert list(page.context["page_obj"]) == [article]


class TestPlayground:
    @pytest.fixture(autouse=True)
    def articles(self):
        import_sources([PAGES])

    def test_all_modes_or_why_not(self, client, sara):
        Question.objects.all().delete()
        client.force_login(sara)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        page = client.get(reverse("playground"), {"q": "close my account"})
        columns = {column.mode: column for column in page.context["columns"]}
        assert tuple(columns) == MODES
        assert "50 passages" in columns["dense"].unavailable
        assert "linked" in columns["questions"].unavailable
        assert columns["hybrid"].note == "By words alone."
        for mode in ("hybrid", "lexical"):
            first = columns[mode].hits[0]
            assert first.result.external_id == "en-faq.html"
            assert first.rank == 1
        assert ("lexical", 1) in columns["hybrid"].hits[0].elsewhere

    def test_nothing_fits_is_said(self, client, sara):
        client.force_login(sara)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        page = client.get(reverse("playground"), {"q": "xylophone"})
        assert [column.nothing_fits for column in page.context["columns"][::2]] == [True, True]
        assert "Nothing fits" in page.content.decode()

    def test_a_linked_question_leads_to_its_article(self, client, sara):
        article = Article.objects.get(external_id="en-faq.html")
        upsert_question(
            Question.Kind.GENERATED, "g", "en", "May I leave for good?", "Yes.", article
        )
        client.force_login(sara)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        page = client.get(reverse("playground"), {"q": "leave for good", "lang": "en"})
        columns = {column.mode: column for column in page.context["columns"]}
        assert columns["questions"].hits[0].result.article_id == article.pk

    @pytest.mark.parametrize("asked", [{}, {"q": " "}, {"q": "x" * 5000}, {"q": "x", "lang": "%"}])
    def test_odd_questions(self, client, sara, asked):
        client.force_login(sara)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        assert client.get(reverse("playground"), asked).status_code == 200
