"""Article pages and the API: who may see them, what they give, what they refuse."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from kb import running, tasks
from kb.importing import import_sources
from kb.models import Article, ImportRun
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def articles():
    import_sources([PAGES])
    return {row.external_id: row for row in Article.objects.all()}


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    ids = []
    monkeypatch.setattr(tasks.run_import, "delay", ids.append)
    return ids


def test_agents_read_articles(client, sara, articles):
    client.force_login(sara)
    page = client.get(reverse("articles"))
    assert page.status_code == 200
    assert len(page.context["page_obj"].object_list) == 3
    page = client.get(reverse("article", args=[articles["fa-wallet.html"].pk]))
    assert '<td dir="auto">عادی</td>' in page.context["html"]
    assert "<td" in page.content.decode()
    assert "alert(1)" not in page.content.decode()


def test_agents_search_articles(client, sara, articles):
    client.force_login(sara)
    page = client.get(reverse("articles"), {"q": "شارژ کیف پول"})
    assert page.context["results"][0].external_id == "fa-wallet.html"


def test_the_list_asks_the_database_a_fixed_number_of_times(
    client, sara, articles, django_assert_max_num_queries
):
    client.force_login(sara)
    with django_assert_max_num_queries(8):
        client.get(reverse("articles"))


@pytest.mark.parametrize("name", ["articles", "article", "import", "import-run"])
def test_strangers_are_sent_away(client, outsider, articles, name):
    pks = [articles["en-faq.html"].pk] if name in ("article", "import-run") else []
    address = reverse(name, args=pks)
    assert client.get(address).status_code == 302
    client.force_login(outsider)
    assert client.get(address).status_code == 403


def test_agents_may_not_import(client, sara):
    client.force_login(sara)
    assert client.get(reverse("import")).status_code == 403
    assert client.post(reverse("import")).status_code == 403


def test_an_admin_uploads_and_follows(client, mina, asked, django_capture_on_commit_callbacks):
    client.force_login(mina)
    file = SimpleUploadedFile("fa-wallet.html", (PAGES / "fa-wallet.html").read_bytes())
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("import"), {"file": file, "lang": ""})
    run = ImportRun.objects.get()
    assert response["Location"] == reverse("import-run", args=[run.pk])
    assert asked == [run.pk]
    assert run.started_by == mina
    running.run(run.pk)
    assert client.get(response["Location"]).context["run"].state == "done"
    fragment = client.get(response["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "import-progress" in fragment


def test_a_file_over_the_limit_is_refused(client, mina, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    client.force_login(mina)
    for size in (1001, 200_000):
        file = SimpleUploadedFile("big.html", b"x" * size)
        response = client.post(reverse("import"), {"file": file})
        assert response.status_code == 413
        assert len(response.context["form"].errors["file"]) == 1
        assert not ImportRun.objects.exists()


def test_other_files_are_refused(client, mina):
    client.force_login(mina)
    response = client.post(reverse("import"), {"file": SimpleUploadedFile("x.exe", b"MZ")})
    assert response.status_code == 400
    assert response.context["form"].errors["file"]


def test_an_upload_needs_the_token_of_its_page(mina):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mina)
    response = strict.post(reverse("import"), {"file": SimpleUploadedFile("x.html", b"<p>x")})
    assert response.status_code == 403
    assert not ImportRun.objects.exists()


class TestApi:
    @pytest.fixture
    def api(self, sara):
        client = APIClient()
        client.force_authenticate(sara)
        return client

    def test_search(self, api, articles):
        found = api.get(reverse("api-search"), {"q": "close my account", "k": 1}).json()
        assert [row["external_id"] for row in found["results"]] == ["en-faq.html"]
        assert found["results"][0]["chunk"].startswith("Account\nHow do I close my account?")

    def test_articles(self, api, articles):
        listed = api.get(reverse("api-articles"), {"lang": "he"}).json()
        assert [row["title"] for row in listed["results"]] == ["שעות פעילות"]
        detail = api.get(reverse("api-article", args=[listed["results"][0]["id"]])).json()
        assert "אנחנו" in detail["text"]

    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"q": ""},
            {"q": "x", "k": 0},
            {"q": "x", "mode": "magic"},
            {"q": "x", "mode": "dense"},
        ],
    )
    def test_wrong_questions(self, api, articles, query):
        response = api.get(reverse("api-search"), query)
        assert response.status_code == 400
        assert "\n" not in response.json()["detail"]

    @pytest.mark.parametrize("name", ["api-search", "api-articles"])
    def test_nobody_else(self, outsider, name):
        client = APIClient()
        assert client.get(reverse(name), {"q": "x"}).status_code in (401, 403)
        client.force_authenticate(outsider)
        assert client.get(reverse(name), {"q": "x"}).status_code == 403
