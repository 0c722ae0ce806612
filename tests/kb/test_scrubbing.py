"""Customers' data in articles that people bring in: taken out; what is the company's own stays."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kb import running
from kb.models import Article, ArticleRevision, ImportRun
from kb.scrubbing import MARK, scrubbed

PERSONAL = "مشتری با 0912 345 6789 و کارت 6037-9977-5039-1196 از maryam.k@mail.test نوشت"
OWN = (
    "Write to refund+windows@shop.test or info@shop.test, call 021-91000000, open"
    " http://192.168.10.1/?page=2 and type the IBAN as IR00 0000 0000 0000 0000 0000 00."
)


def test_a_customers_values_go_and_no_placeholder_comes():
    text, count = scrubbed(PERSONAL)
    assert (text, count) == (f"مشتری با {MARK} و کارت {MARK} از {MARK} نوشت", 3)


def test_what_is_the_companys_own_stays(settings):
    assert scrubbed(OWN) == (OWN, 0)
    settings.PUBLIC_CONTACTS = ["+989123456789", "maryam.k@mail.test"]
    assert scrubbed(PERSONAL)[1] == 1


@pytest.mark.django_db
def test_an_upload_comes_without_them_and_says_so(client, mina, monkeypatch):
    monkeypatch.setattr("kb.tasks.run_import.delay", lambda run_id: None)
    client.force_login(mina)
    file = SimpleUploadedFile("guide.md", f"# راهنما\n\n{PERSONAL}\n\n{OWN}".encode())
    assert client.post(reverse("import"), {"file": file}).status_code == 302
    run = ImportRun.objects.get()
    assert running.run(run.pk)
    run.refresh_from_db()
    assert run.report["taken_out"] == 3
    article = Article.objects.get()
    assert article.text.count(MARK) == 3
    assert "refund+windows@shop.test" in article.text


@pytest.mark.django_db
def test_an_article_of_the_editor_comes_without_them_and_says_so(client, mina):
    client.force_login(mina)
    form = {
        "title": "راهنما",
        "text": PERSONAL,
        "visibility": "public",
        "key": "5f2c1f4e-5c33-4b43-9f0e-0a3f0f8d1c11",
        "state": "draft",
    }
    page = client.post(reverse("article-new"), form, follow=True, headers={"accept-language": "en"})
    assert "3 personal values were taken out" in page.content.decode()
    assert Article.objects.get().text == scrubbed(PERSONAL)[0]
    assert MARK in ArticleRevision.objects.get().text


@pytest.mark.django_db
def test_agents_bring_no_articles(client, sara):
    client.force_login(sara)
    file = SimpleUploadedFile("guide.md", PERSONAL.encode())
    assert client.post(reverse("import"), {"file": file}).status_code == 403
    assert client.post(reverse("article-new"), {"text": PERSONAL}).status_code == 403
    assert not Article.objects.exists()
