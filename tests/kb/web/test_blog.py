"""Blogs by an admin's selectors, and the options that hold them."""

import pytest

from kb.importing.entries import Entry, Unreadable
from kb.importing.web import BadOption, WebOptions, recognise
from kb.importing.web.addresses import BadAddress
from kb.importing.web.selecting import without_tail
from kb.models import Article, Source
from tests.kb.web.sites import Answer, Centre, Site, names

pytestmark = pytest.mark.django_db
Kind = Source.Kind
BLOG = {
    "select_list": ".post-card h2 a",
    "select_next": "a.next",
    "select_title": ".post > h2.title",
    "select_body": ".post .text p, .post .text h3, .post .text ul",
}


def post(number: int) -> Answer:
    return Answer(
        f"""<html lang="fa"><head><title>وبلاگ</title></head><body>
        <div class="sidebar"><p>تبلیغ</p><a href="/post/999">پیشنهاد</a></div>
        <div class="post"><h2 class="title">نوشتهٔ شمارهٔ {number}</h2>
        <div class="text"><p>بند نخست نوشتهٔ {number} دربارهٔ <a href="../x">رمزارز</a>.</p>
        <h3>بخش دوم</h3><ul><li>یک</li><li>دو</li></ul>
        <p>منبع تغذیه را خاموش کنید و دوباره روشن کنید.</p><script>bad()</script>
        <p><strong>منبع:</strong> <a href="https://example.com">نمونه</a></p>
        <p>این بند پس از منبع است.</p></div>
        <p>دیدگاه‌ها</p></div></body></html>""".encode()
    )


def list_page(posts: range, following: str = "") -> Answer:
    cards = "".join(
        f"<div class='post-card'><h2><a href='/post/{number}'>نوشته</a></h2>"
        f"<a href='/tag/{number}'>برچسب</a></div>"
        for number in posts
    )
    more = f"<a class='next' href='{following}'>بعدی</a>" if following else ""
    canonical = "<link rel='canonical' href='/blog'>"
    return Answer(f"<html><head>{canonical}</head><body>{cards}{more}</body></html>".encode())


def blog(site: Site, **options) -> Centre:
    site.pages["/blog"] = list_page(range(3), "/blog?page=2")
    site.pages["/blog?page=2"] = list_page(range(3, 6), "/blog?page=3")
    site.pages["/blog?page=3"] = list_page(range(6, 7), "/blog?page=3")
    site.pages |= {f"/post/{number}": post(number) for number in range(7)}
    return Centre(site.url("/blog"), Kind.CRAWL, **(BLOG | options))


def test_all_posts_of_all_list_pages_are_read(site):
    centre = blog(site)
    assert centre.visit() == names(site, *(f"/post/{number}" for number in range(7)))
    assert centre.read.whole
    assert not [path for path in site.hits if path.startswith(("/tag", "/post/999", "/x"))]


def test_a_post_is_its_title_and_paragraphs_without_the_tail(site):
    blog(site).visit()
    article = Article.objects.get(external_id=site.name("/post/2"))
    assert article.title == "نوشتهٔ شمارهٔ 2"
    assert article.text == (
        f"بند نخست نوشتهٔ 2 دربارهٔ [رمزارز]({site.url('/x')}).\n\n### بخش دوم\n\n- یک\n- دو\n\n"
        "منبع تغذیه را خاموش کنید و دوباره روشن کنید."
    )


def test_new_posts_alone_are_new(site):
    centre = blog(site)
    centre.visit()
    site.pages["/blog"] = list_page(range(-1, 3), "/blog?page=2")
    site.pages["/post/-1"] = post(-1)
    before = set(Article.objects.values_list("external_id", "content_hash"))
    centre.visit()
    after = set(Article.objects.values_list("external_id", "content_hash"))
    assert {name for name, _ in after - before} == {site.name("/post/-1")}


def test_a_post_without_its_body_is_a_failure_that_names_the_selector(site):
    centre = blog(site)
    site.pages["/post/1"] = Answer(b"<html><body><p>Something else</p></body></html>")
    centre.visit()
    assert centre.errors() == {site.name("/post/1"): "select_body matches no text on this page."}


def test_a_list_without_posts_is_a_failure_that_names_the_selector(site):
    centre = blog(site, select_list=".nothing a")
    assert centre.visit() == []
    assert "select_list" in centre.errors()[site.url("/blog")]
    assert not centre.read.whole


def test_a_list_page_that_fails_lets_nothing_vanish(site):
    centre = blog(site)
    site.pages["/blog?page=2"] = Answer(b"", 500)
    assert len(centre.visit()) == 3
    assert not centre.read.whole
    assert len(centre.names(Unreadable)) == 1


def test_a_blog_that_is_killed_goes_on_where_it_was(site):
    centre = blog(site)
    first = centre.visit(most=4)
    site.hits.clear()
    assert sorted(first + centre.visit()) == sorted(names(site, *(f"/post/{n}" for n in range(7))))
    assert not [path for path in site.hits if path.startswith("/blog")]


def test_posts_without_selectors_of_their_own_are_read_like_any_page(site):
    centre = blog(site, select_title="", select_body="")
    assert len(centre.visit()) == 7
    assert "پس از منبع" not in Article.objects.get(external_id=site.name("/post/0")).text


def test_one_page_may_be_read_by_selectors(site):
    site.pages["/p"] = post(1)
    centre = Centre(site.url("/p"), Kind.PAGE, select_body=".post .text p")
    assert centre.visit() == names(site, "/p")
    wrong = Centre(site.url("/p?2"), Kind.PAGE, select_body=".nothing")
    site.pages["/p?2"] = post(1)
    assert wrong.visit() == []
    assert "select_body" in wrong.errors()[site.name("/p?2")]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\n\nمنبع: b\n\nc", "a"),
        ("a\n\n**منبع**: b", "a"),
        ("a\n\n## منابع\n\n- b", "a"),
        ("a\n\nمنبع\n\nb", "a"),
        ("a\n\n> منبع - b", "a"),
        ("a\n\nمنبع تغذیه را بررسی کنید.", "a\n\nمنبع تغذیه را بررسی کنید."),
        ("منبع: b\n\nc", "منبع: b\n\nc"),
        ("a\n\nمنبعی: b", "a\n\nمنبعی: b"),
    ],
)
def test_the_tail_begins_at_a_paragraph_that_is_the_word(text, kept):
    assert without_tail(text, ("منبع", "منابع")) == kept


# --- options


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"max_pages": 0}, "max_pages"),
        ({"max_pages": "10"}, "max_pages"),
        ({"max_pages": True}, "max_pages"),
        ({"max_depth": -1}, "max_depth"),
        ({"seconds_between": 1e9}, "seconds_between"),
        ({"seconds_between": float("nan")}, "seconds_between"),
        ({"lang": "Persian!"}, "lang"),
        ({"include": ["help"]}, "include"),
        ({"exclude": "/help"}, "exclude"),
        ({"select_body": "p["}, "select_body"),
        ({"select_title": 7}, "select_title"),
        ({"select_list": "a{}"}, "select_list"),
        ({"select_next": ".next"}, "select_list"),
        ({"select_body": "p\n\nq"}, "select_body"),
        ({"select_body": "p" * 501}, "select_body"),
        ({"drop_tail": [""]}, "drop_tail"),
        ({"obey_robots": "no"}, "obey_robots"),
    ],
)
def test_a_bad_option_is_one_line_that_names_it(data, named):
    with pytest.raises(BadOption, match=named) as raised:
        WebOptions.from_json(data)
    assert "\n" not in str(raised.value)


def test_options_survive_being_kept():
    options = WebOptions(lang="fa", max_pages=7, include=("/a",), **BLOG)
    assert WebOptions.from_json(options.as_json()) == options
    assert WebOptions.from_json({"refresh": 3}) == WebOptions()


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://x.example/sitemap.xml", Kind.SITEMAP),
        ("https://x.example/a/sitemap_index.xml.gz?x=1", Kind.SITEMAP),
        ("https://x.example/my-sitemap-2.xml", Kind.SITEMAP),
        ("https://x.example/sitemap", Kind.PAGE),
        ("https://x.example/sitemap.xml/page", Kind.PAGE),
        ("https://x.example/", Kind.PAGE),
    ],
)
def test_what_an_address_is_is_recognised(url, kind):
    assert recognise(url) == kind


def test_what_is_no_address_is_said_so():
    with pytest.raises(BadAddress, match="address of a web page"):
        recognise("ftp://x.example/")


def test_entries_know_their_name_before_they_are_read(site):
    centre = blog(site)
    centre.visit()
    for item in centre.items:
        assert isinstance(item, Entry)
        assert item.read().external_id == item.name
