"""Pages, sitemaps and sites into articles, and in step with them ever after."""

import gzip
import json
from types import SimpleNamespace

import pytest
from fpdf import FPDF

from kb.importing import formats
from kb.importing.entries import Entry, Unchanged
from kb.importing.web import WebOptions, WebRead, failures, read_source, reading
from kb.importing.web.frontier import Frontier
from kb.models import Article, Source, WebPage
from tests.kb.web.sites import Answer, Centre, Site, html, names, redirect, tagged

pytestmark = pytest.mark.django_db
Kind = Source.Kind


def crawl(site: Site, path: str = "/", **options) -> Centre:
    return Centre(site.url(path), Kind.CRAWL, **options)


def small_site(site: Site) -> Centre:
    site.pages["/"] = html("Welcome", links=("/a", "/b"))
    site.pages["/a"] = html("Alpha", links=("/c",))
    site.pages["/b"] = html("Beta", links=("/a", "/"))
    site.pages["/c"] = html("Gamma")
    return crawl(site)


# --- one page


def test_one_page_is_one_article(site):
    site.pages["/faq"] = html("Wallets", links=("/other",))
    centre = Centre(site.url("/faq"), Kind.PAGE)
    assert centre.visit() == names(site, "/faq")
    article = Article.objects.get()
    assert (article.title, article.url) == ("Wallets", site.url("/faq"))
    assert "Wallets is what this page explains" in article.text
    assert centre.read.whole
    assert site.hits == ["/faq"]


def test_links_of_a_page_lead_from_its_address(site):
    site.pages["/help/faq"] = Answer(
        b"<html><body><main><h1>T</h1><p>Read <a href='more?a=1'>more</a> of it.</p></main>"
    )
    Centre(site.url("/help/faq"), Kind.PAGE).visit()
    assert f"[more]({site.url('/help/more?a=1')})" in Article.objects.get().text


def test_a_page_that_has_moved_is_an_article_at_its_new_address(site):
    site.pages["/old"], site.pages["/new"] = redirect("/new"), html("Moved")
    assert Centre(site.url("/old"), Kind.PAGE).visit() == names(site, "/new")
    assert Article.objects.get().url == site.url("/new")


def test_a_page_that_is_elsewhere_for_now_keeps_its_address(site):
    site.pages["/old"], site.pages["/now"] = redirect("/now", 302), html("Elsewhere")
    assert Centre(site.url("/old"), Kind.PAGE).visit() == names(site, "/old")


@pytest.mark.parametrize("status", [404, 410, 403, 500])
def test_a_page_that_cannot_be_had_is_a_failure_with_a_reason(site, status):
    site.pages["/"] = Answer(b"", status)
    centre = Centre(site.url(), Kind.PAGE)
    assert centre.visit() == []
    assert str(status) in "".join(centre.errors().values())
    assert centre.read.whole == (status in (404, 410))


def test_plain_text_and_markdown_are_read_by_their_type(site):
    site.pages["/a.md"] = Answer(b"# Title\n\nSome *text*.", headers={"Content-Type": "text/plain"})
    site.pages["/b"] = Answer(b"# Other\n\n- one", headers={"Content-Type": "text/markdown"})
    for path, title in (("/a.md", "Title"), ("/b", "Other")):
        Centre(site.url(path), Kind.PAGE).visit()
        assert Article.objects.get(external_id=site.name(path)).title == title


def test_an_old_persian_page_is_decoded_by_its_header(site):
    body = "<html><body><main><h1>راهنما</h1><p>کیف پول ویژه را باز کنید.</p></main>"
    site.pages["/"] = Answer(
        body.encode("windows-1256", "xmlcharrefreplace"),
        headers={"Content-Type": "text/html; charset=windows-1256"},
    )
    Centre(site.url(), Kind.PAGE).visit()
    assert Article.objects.get().title == "راهنما"


def test_a_picture_is_not_an_article(site):
    site.pages["/p"] = Answer(b"\x89PNG", headers={"Content-Type": "image/png"})
    centre = Centre(site.url("/p"), Kind.PAGE)
    assert centre.visit() == []
    assert "image/png is not read" in centre.errors()[site.url("/p")]


def test_a_linked_pdf_is_an_article_and_a_linked_archive_is_none(site):
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    document.multi_cell(0, text="How to reset the router. Hold the button for ten seconds.")
    pdf = Answer(bytes(document.output()), headers={"Content-Type": "application/pdf"})
    site.pages["/"] = html("Welcome", links=("/files/router-reset.pdf", "/all.zip", "/export"))
    site.pages["/files/router-reset.pdf"] = pdf
    site.pages["/export"] = Answer(b"[]", headers={"Content-Type": "application/json"})
    centre = crawl(site)
    assert centre.visit() == names(site, "/", "/files/router-reset.pdf")
    assert centre.errors() == {}
    assert "/all.zip" not in site.hits
    article = Article.objects.get(external_id=site.name("/files/router-reset.pdf"))
    assert "Hold the button for ten seconds" in article.text
    assert article.url == site.url("/files/router-reset.pdf")


def test_a_file_of_lines_is_an_article_a_line(site):
    lines = '{"external_id": "a", "title": "A", "text": "One"}\n' * 1 + (
        '{"external_id": "b", "title": "B", "text": "Two", "url": "https://x.example/b"}\n'
    )
    site.pages["/all.jsonl"] = Answer(lines.encode(), headers={"Content-Type": "text/plain"})
    centre = Centre(site.url("/all.jsonl"), Kind.PAGE)
    assert len(centre.visit()) == 2
    assert set(Article.objects.values_list("external_id", "url")) == {
        ("a", ""),
        ("b", "https://x.example/b"),
    }
    digests = set(Article.objects.values_list("content_hash", flat=True))
    centre.visit()
    assert set(Article.objects.values_list("content_hash", flat=True)) == digests


def test_a_file_of_many_articles_that_breaks_lets_none_vanish(site):
    line = b'{"external_id": "a", "title": "A", "text": "One"}'
    site.pages["/all.jsonl"] = Answer(line + b"\n" + line.replace(b'"a"', b'"b"'))
    site.pages["/all.jsonl"].headers["Content-Type"] = "application/jsonl"
    site.pages["/sitemap.xml"] = sitemap(site.url("/all.jsonl"), site.url("/x"))
    site.pages["/x"] = html("Page x")
    centre = Centre(site.url("/sitemap.xml"), Kind.SITEMAP)
    assert len(centre.visit()) == 3
    assert centre.read.whole
    site.pages["/all.jsonl"] = Answer(b"", 500)
    centre.visit()
    assert not centre.read.whole


def test_a_help_centers_api_is_read_part_by_part(site):
    def part(first: int, following: str | None) -> Answer:
        articles = [
            {
                "id": number,
                "title": f"Answer {number}",
                "body": f"<p>Do step {number} first.</p>",
                "html_url": f"https://x.example/hc/en-us/articles/{number}",
                "locale": "en-us",
                "draft": False,
            }
            for number in (first, first + 1)
        ]
        data = {"articles": articles, "next_page": following, "count": 4}
        return Answer(json.dumps(data).encode(), headers={"Content-Type": "application/json"})

    path = "/api/v2/help_center/en-us/articles.json"
    site.pages[path] = part(1, site.url(f"{path}?page=2"))
    site.pages[f"{path}?page=2"] = part(3, "http://169.254.169.254/latest")
    centre = Centre(site.url(path), Kind.PAGE)
    assert len(centre.visit()) == 4
    assert centre.read.whole
    assert set(Article.objects.values_list("title", "url")) == {
        (f"Answer {number}", f"https://x.example/hc/en-us/articles/{number}")
        for number in range(1, 5)
    }
    site.pages[f"{path}?page=2"] = Answer(b"", 500)
    centre.visit()
    assert not centre.read.whole


def test_a_page_nested_ten_thousand_deep_is_a_failure(site):
    site.pages["/"] = Answer(b"<div>" * 10_000 + b"text")
    centre = Centre(site.url(), Kind.PAGE)
    assert centre.visit() == []
    assert "nested" in centre.errors()[site.name()]


def test_a_redirect_to_an_inner_address_is_a_failure(site):
    site.pages["/"] = redirect("http://169.254.169.254/latest/meta-data/", 302)
    centre = Centre(site.url(), Kind.PAGE)
    assert centre.visit() == []
    assert "not on the public internet" in centre.errors()[site.name()]


def test_a_permanent_redirect_to_an_inner_address_is_a_failure(site):
    other = Site("127.0.0.2")
    other.pages["/"] = html("Inner")
    site.pages["/"] = redirect(other.url())
    try:
        centre = Centre(site.url(), Kind.PAGE)
        assert centre.visit() == []
        assert len(centre.errors()) == 1
    finally:
        other.close()
    assert other.requests == []


# --- a crawl


def test_a_site_is_read_whole(site):
    centre = small_site(site)
    assert centre.visit() == names(site, "/", "/a", "/b", "/c")
    assert centre.read.whole
    assert sorted(site.hits) == ["/", "/a", "/b", "/c"]


def test_a_second_visit_asks_and_reads_nothing_anew(site):
    centre = small_site(site)
    for path, page in list(site.pages.items()):
        site.pages[path] = tagged(page, f'"{path}"')
    centre.visit()
    site.hits.clear()
    assert centre.visit() == []
    assert sorted(centre.names(Unchanged)) == sorted(names(site, "/", "/a", "/b", "/c"))
    assert centre.read.whole
    assert sorted(site.hits) == ["/", "/a", "/b", "/c"]  # links of unchanged pages are known


def test_a_changed_page_alone_is_read_anew(site):
    centre = small_site(site)
    for path, page in list(site.pages.items()):
        site.pages[path] = tagged(page, f'"{path}"')
    centre.visit()
    site.pages["/b"] = tagged(html("Beta anew", links=("/d",)), '"b2"')
    site.pages["/d"] = html("Delta")
    assert centre.visit() == names(site, "/b", "/d")


def test_an_article_that_was_not_stored_is_read_again(site):
    """An import that dies between reading and storing: the server's 304 must not hide the page."""
    centre = small_site(site)
    site.pages["/b"] = tagged(html("Beta"), '"b"')
    centre.visit(stored=False)
    assert site.name("/b") in centre.visit()


def test_another_version_of_the_readers_reads_everything_anew(site, monkeypatch):
    site.pages["/"] = tagged(html("Welcome"), '"1"')
    centre = crawl(site)
    centre.visit()
    monkeypatch.setattr(formats, "VERSION", formats.VERSION + 1)
    assert centre.visit() == names(site, "/")


def test_another_language_setting_reads_everything_anew(site):
    site.pages["/"] = tagged(html("Welcome"), '"1"')
    centre = crawl(site)
    centre.visit(salt="")
    assert centre.visit(salt="") == []
    assert centre.visit(salt="fa") == names(site, "/")


def test_a_crawl_that_is_killed_goes_on_where_it_was(site):
    centre = small_site(site)
    assert centre.visit(most=2) == names(site, "/", "/a")
    assert not centre.read.whole
    site.hits.clear()
    assert sorted(centre.visit()) == sorted(names(site, "/b", "/c"))
    assert centre.names(Unchanged) == names(site, "/", "/a")
    assert centre.read.whole
    assert sorted(site.hits) == ["/b", "/c"]


def test_a_killed_crawl_reads_again_what_was_not_stored(site):
    centre = small_site(site)
    centre.visit(most=2, stored=False)
    assert sorted(centre.visit()) == sorted(names(site, "/", "/a", "/b", "/c"))
    assert centre.read.whole


def test_a_stop_is_heard_between_pages_and_gone_on_from(site):
    centre = small_site(site)
    assert centre.visit(stop=lambda: len(site.hits) >= 2) == names(site, "/", "/a")
    assert not centre.read.whole
    assert sorted(centre.visit()) == sorted(names(site, "/b", "/c"))


def test_a_stop_is_heard_while_waiting(site):
    site.pages["/"] = Answer(b"", 503, {"Retry-After": "50"})
    centre = crawl(site)
    assert centre.visit(stop=lambda: len(site.hits) >= 1) == []
    assert centre.items == []
    assert WebPage.objects.get().state == "waiting"


def test_a_dry_run_writes_nothing(site):
    centre = small_site(site)
    assert len(centre.visit(remember=False, stored=False)) == 4
    assert centre.read.whole
    assert not WebPage.objects.exists()
    unsaved = Source(location=site.url(), kind=Kind.CRAWL)
    assert len(list(read_source(unsaved, centre.options))) == 4


def test_progress_is_told(site):
    told = []
    small_site(site).visit(progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 4), (3, 4), (4, 4)]


def test_other_sites_are_not_visited_and_www_is_the_same(site):
    other = Site()
    links = (other.url("/x"), "https://example.com/", "/a", "mailto:a@b.example", "#top")
    site.pages["/"], site.pages["/a"] = html("Welcome", links=links), html("Alpha")
    try:
        assert crawl(site).visit() == names(site, "/", "/a")
    finally:
        other.close()
    assert other.requests == []
    scope = read_source(Source(location="https://www.x.example/"), WebOptions()).scope
    scope.host = "x.example"
    assert scope.has("http://x.example/a")
    assert scope.has("https://www.x.example/a")
    assert not scope.has("https://x.example.evil/a")


def test_paths_are_let_in_and_left_out(site):
    links = ("/help/a", "/help/private/b", "/blog/c")
    site.pages["/"] = html("Welcome", links=links)
    for link in links:
        site.pages[link] = html(link)
    centre = crawl(site, include=("/help/",), exclude=("/help/private",))
    assert centre.visit() == names(site, "/", "/help/a")


def test_depth_and_pages_have_limits(site):
    for number in range(10):
        site.pages[f"/{number}"] = html(f"Page {number}", links=(f"/{number + 1}",))
    deep = crawl(site, "/0", max_depth=2)
    assert deep.visit() == names(site, "/0", "/1", "/2")
    assert deep.read.whole
    few = Centre(site.url("/0?all"), Kind.CRAWL, max_pages=3, max_depth=50)
    site.pages["/0?all"] = html("All", links=("/1", "/2", "/3", "/4"))
    assert len(few.visit()) == 3
    assert not few.read.whole
    assert "raise max_pages" in few.errors()[site.url("/0?all")]


def test_an_address_is_one_page_however_it_is_written(site):
    links = (
        "/a#x",
        "/a/",
        "/a?utm_source=x&fbclid=1",
        "/./b/../a",
        f"http://{site.place}:{site.port}",
    )
    site.pages["/"] = html("Welcome", links=links)
    site.pages["/a"] = html("Alpha")
    site.pages["/a/"] = redirect("/a")
    assert crawl(site).visit() == names(site, "/", "/a")


def test_a_persian_address_is_read_as_people_write_it(site):
    site.pages["/"] = html("Welcome", links=("/راهنما/کیف-پول",))
    site.pages["/%D8%B1%D8%A7%D9%87%D9%86%D9%85%D8%A7/%DA%A9%DB%8C%D9%81-%D9%BE%D9%88%D9%84"] = (
        html("کیف پول")
    )
    assert site.name("/راهنما/کیف-پول") in crawl(site).visit()


def test_a_copy_leads_to_the_canonical_page(site):
    head = "<link rel='canonical' href='/a'>"
    site.pages["/"] = html("Welcome", links=("/print/a", "/a"))
    site.pages["/print/a"] = html("Alpha printed", head=head, links=("/b",))
    site.pages["/a"] = html("Alpha", head=head)
    site.pages["/b"] = html("Beta")
    assert crawl(site).visit() == names(site, "/", "/a", "/b")


def test_a_canonical_address_elsewhere_or_at_the_root_is_not_believed(site):
    site.pages["/"] = html("Welcome", links=("/a", "/b"))
    site.pages["/a"] = html("Alpha", head="<link rel='canonical' href='/'>")
    site.pages["/b"] = html("Beta", head="<link rel='canonical' href='https://x.example/b'>")
    assert crawl(site).visit() == names(site, "/", "/a", "/b")


@pytest.mark.parametrize("links", [("/a",), ("/b",), ("/b", "/a")])
def test_a_canonical_page_that_redirects_back_loses_nothing(site, links):
    site.pages["/"] = html("Welcome", links=links)
    site.pages["/a"] = html("Alpha", head="<link rel='canonical' href='/b'>")
    site.pages["/b"] = redirect("/a")
    assert crawl(site).visit() == names(site, "/", "/a")


def test_the_same_text_at_two_addresses_is_one_article(site):
    site.pages["/"] = html("Welcome", links=("/a", "/copy"))
    site.pages["/a"] = site.pages["/copy"] = html("Alpha")
    assert crawl(site).visit() == names(site, "/", "/a")
    assert "the same text as" in WebPage.objects.get(url=site.url("/copy")).error


def test_pages_that_ask_for_it_are_passed_over(site):
    site.pages["/"] = html("Welcome", links=("/list", "/secret", "/header"))
    site.pages["/list"] = html("List", head="<meta name=robots content=noindex>", links=("/a",))
    site.pages["/secret"] = html(
        "Secret", head="<meta name=ROBOTS content='NoIndex, NoFollow'>", links=("/b",)
    )
    header = html("Header", links=("/c",))
    site.pages["/header"] = Answer(header.body, headers={"X-Robots-Tag": "none"})
    for path in ("/a", "/b", "/c"):
        site.pages[path] = html(f"Page {path}")
    assert crawl(site).visit() == names(site, "/", "/a")


def test_a_link_marked_nofollow_is_not_followed(site):
    page = html("Welcome", links=("/a",)).body.replace(b"<a ", b"<a rel='nofollow ugc' ")
    site.pages["/"], site.pages["/a"] = Answer(page), html("Alpha")
    assert crawl(site).visit() == names(site, "/")


def test_endless_queries_and_calendars_come_to_an_end(site):
    def endless(request):
        path, _, query = request.path.partition("?")
        number = int(query.partition("=")[2] or 0)
        links = (f"{path}?p={number + 1}", f"{path}?p={number + 2}")
        return html(f"List {path} {number}", links=links)

    def day(request):
        year, month = (int(part) for part in request.path.split("/")[2:4])
        links = (f"/cal/{year + month // 12}/{month % 12 + 1:02}",)
        return html(f"Calendar {year} {month}", links=links)

    site.pages = {f"/list?p={number}": endless for number in range(200)}
    site.pages |= {"/list": endless, "/": html("Welcome", links=("/list", "/cal/2024/01"))}
    site.pages |= {
        f"/cal/{year}/{month:02}": day for year in range(2024, 2030) for month in range(1, 13)
    }
    crawl(site, max_depth=50, max_variants=10).visit()
    assert len([path for path in site.hits if path.startswith("/list?")]) == 10
    assert len([path for path in site.hits if path.startswith("/cal")]) == 10


def test_a_path_that_repeats_itself_is_left(site):
    def deeper(request):
        return html(f"At {request.path}", links=(f"{request.path}/en/x",))

    site.pages["/"] = html("Welcome", links=("/en/x",))
    site.pages |= {"/en/x" * times: deeper for times in range(1, 9)}
    crawl(site, max_depth=50).visit()
    assert site.hits == ["/", "/en/x", "/en/x/en/x"]


def test_what_is_gone_is_not_seen_and_nothing_else_is_missing(site):
    centre = small_site(site)
    centre.visit()
    site.pages["/b"] = Answer(b"", 410)
    site.pages["/"] = html("Welcome", links=("/a",))
    centre.visit()
    assert centre.read.whole
    assert site.name("/b") not in centre.names(Entry) + centre.names(Unchanged)
    assert WebPage.objects.get(url=site.url("/b")).state == "gone"


def test_a_failure_hides_no_page_behind_it(site):
    """What only a failing page leads to is asked whether it is still there."""
    centre = small_site(site)
    centre.visit()
    site.pages["/a"] = Answer(b"", 500)
    assert site.name("/c") in centre.visit()
    assert list(centre.errors()) == names(site, "/a")
    site.pages["/"] = html("Welcome", links=("/new",))  # the one way to all others, and it fails
    site.pages["/new"] = Answer(b"", 500)
    site.pages["/b"] = Answer(b"", 404)
    seen = centre.visit() + centre.names(Unchanged)
    assert seen == names(site, "/", "/c")
    assert list(centre.errors()) == names(site, "/new", "/a")
    assert centre.read.whole


def test_a_site_that_is_down_is_left_for_the_next_time(site):
    site.pages["/"] = html("Welcome", links=tuple(f"/{number}" for number in range(30)))
    for number in range(30):
        site.pages[f"/{number}"] = Answer(b"", 500)
    centre = crawl(site)
    centre.visit()
    assert len(centre.errors()) == reading.FAILURES_IN_A_ROW + 1
    assert "10 pages in a row" in centre.errors()[site.url()]
    assert not centre.read.whole
    site.pages |= {f"/{number}": html(f"Page {number}") for number in range(30)}
    assert len(centre.visit()) == 20
    assert len(centre.visit()) == 31


def test_a_moved_page_is_read_at_its_new_address(site):
    centre = small_site(site)
    centre.visit()
    site.pages["/b"], site.pages["/beta"] = redirect("/beta", 308), html("Beta")
    seen = centre.visit() + centre.names(Unchanged)
    assert site.name("/beta") in seen
    assert site.name("/b") not in seen


def test_a_redirect_to_another_site_is_passed_over_and_at_the_start_said(site):
    site.pages["/"] = html("Welcome", links=("/away",))
    site.pages["/away"] = redirect("http://other.example/x")
    assert crawl(site).visit() == names(site, "/")
    site.pages["/moved"] = redirect("http://other.example/x")
    centre = crawl(site, "/moved")
    assert centre.visit() == []
    assert "other.example" in centre.errors()[site.url("/moved")]
    assert not centre.read.whole


def test_a_visit_knows_a_bounded_number_of_pages(site, monkeypatch):
    monkeypatch.setattr(reading, "MOST_KNOWN", 20)
    site.pages["/"] = html("Welcome", links=tuple(f"/{number}" for number in range(100)))
    centre = crawl(site)
    centre.visit()
    assert WebPage.objects.count() == 20
    assert not centre.read.whole
    assert "more pages than" in "".join(centre.errors().values())


def test_a_site_without_any_article_is_a_failure(site):
    site.pages["/"] = html("Welcome", head="<meta name=robots content=noindex>")
    centre = crawl(site)
    assert centre.visit() == []
    assert "gives an article" in centre.errors()[site.url()]


@pytest.fixture
def waits(site, monkeypatch):
    """The waits between two requests; none of them is slept. By the reading's clock each request
    takes half a second, and nothing else takes any time."""
    waits = []
    monkeypatch.setattr(WebRead, "_wait", lambda self, seconds: waits.append(seconds))
    clock = SimpleNamespace(monotonic=lambda: len(site.requests) / 2)
    monkeypatch.setattr(reading, "time", clock)
    return waits


def test_the_rate_is_kept(site, waits):
    small_site(site).visit(options=WebOptions(seconds_between=2))
    assert waits == [1.5] * 4  # robots.txt and four pages


# --- robots.txt


def robots(site: Site, text: str, status: int = 200) -> None:
    site.pages["/robots.txt"] = Answer(text.encode(), status, {"Content-Type": "text/plain"})


def test_robots_txt_is_obeyed(site):
    centre = small_site(site)
    robots(site, "User-agent: *\nDisallow: /b\n\nUser-agent: pasokh\nDisallow: /a\nAllow: /a/ok")
    site.pages["/"] = html("Welcome", links=("/a", "/b", "/a/ok"))
    site.pages["/a/ok"] = html("Allowed")
    assert centre.visit() == names(site, "/", "/b", "/a/ok")
    assert "/a" not in site.hits


def test_a_redirect_does_not_lead_around_robots_txt(site):
    robots(site, "User-agent: *\nDisallow: /private")
    site.pages["/"] = html("Welcome", links=("/a",))
    site.pages["/a"], site.pages["/private"] = redirect("/private", 302), html("Private")
    assert crawl(site).visit() == names(site, "/")
    assert "/private" not in site.hits


def test_a_forbidden_page_is_a_failure_that_says_so(site):
    robots(site, "User-agent: *\nDisallow: /")
    site.pages["/"] = html("Welcome")
    centre = Centre(site.url(), Kind.PAGE)
    assert centre.visit() == []
    assert "robots.txt" in centre.errors()[site.url()]
    own = Centre(site.url("/?own"), Kind.PAGE, obey_robots=False)
    site.pages["/?own"] = html("Welcome")
    assert len(own.visit()) == 1


def test_an_endless_robots_txt_is_read_as_far_as_it_matters(site):
    centre = small_site(site)

    def endless(request):
        request.send_response(200)
        request.end_headers()
        try:
            request.wfile.write(b"User-agent: *\nDisallow: /b\n")
            while True:
                request.wfile.write(b"#" * 10_000 + b"\n")
        except OSError:
            return

    site.pages["/robots.txt"] = endless
    assert centre.visit() == names(site, "/", "/a", "/c")


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_robots_txt_allows_everything(site, status):
    robots(site, "User-agent: *\nDisallow: /", status)
    assert len(small_site(site).visit()) == 4


@pytest.mark.parametrize("status", [500, 503])
def test_a_robots_txt_that_fails_forbids_everything_for_now(site, status):
    robots(site, "", status)
    centre = small_site(site)
    assert centre.visit() == []
    assert "robots.txt cannot be read" in centre.errors()[site.url()]
    assert not centre.read.whole
    assert site.hits == []
    robots(site, "")
    assert len(centre.visit()) == 4


def test_the_delay_of_robots_txt_is_kept_within_reason(site, waits):
    robots(site, "User-agent: *\nCrawl-delay: 4")
    small_site(site).visit()
    assert waits == [3.5] * 4
    robots(site, "User-agent: *\nCrawl-delay: 86400")
    waits.clear()
    site.pages["/other"] = html("Other", links=("/a",))
    crawl(site, "/other").visit()
    assert set(waits) == {29.5}


def test_sitemaps_that_robots_txt_names_help_a_crawl(site):
    robots(site, f"Sitemap: {site.url('/map.xml')}\nSitemap: {site.url('/none.xml')}")
    site.pages["/map.xml"] = sitemap(site.url("/orphan"), "http://other.example/x")
    site.pages["/"], site.pages["/orphan"] = html("Welcome"), html("Orphan")
    centre = crawl(site)
    assert centre.visit() == names(site, "/", "/orphan")
    assert centre.errors() == {}


# --- a sitemap


def sitemap(*urls: str, lastmod: str = "", kind: str = "url") -> Answer:
    top = {"url": "urlset", "sitemap": "sitemapindex"}[kind]
    at = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    rows = "".join(f"<{kind}><loc>\n{url}\n</loc>{at}</{kind}>" for url in urls)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = f"<?xml version='1.0' encoding='UTF-8'?><{top} xmlns='{space}'>{rows}</{top}>"
    return Answer(text.encode(), headers={"Content-Type": "application/xml"})


def mapped(site: Site, *paths: str, **options) -> Centre:
    site.pages["/sitemap.xml"] = sitemap(*map(site.url, paths))
    for path in paths:
        site.pages.setdefault(path, html(f"Page {path}", links=("/not-listed",)))
    return Centre(site.url("/sitemap.xml"), Kind.SITEMAP, **options)


def test_the_pages_of_a_sitemap_are_read_and_no_others(site):
    site.pages["/not-listed"] = html("Not listed")
    centre = mapped(site, "/a", "/b", "/a.png")
    assert centre.visit() == names(site, "/a", "/b")
    assert centre.read.whole


def test_what_is_no_longer_listed_is_not_seen(site):
    centre = mapped(site, "/a", "/b")
    centre.visit()
    site.pages["/sitemap.xml"] = sitemap(site.url("/a"))
    assert centre.visit() + centre.names(Unchanged) == names(site, "/a")
    assert centre.read.whole


def test_an_index_of_packed_sitemaps_is_followed(site):
    inner = gzip.compress(sitemap(site.url("/a"), site.url("/b")).body)
    site.pages["/one.xml.gz"] = Answer(inner, headers={"Content-Type": "application/gzip"})
    site.pages["/two.txt"] = Answer(site.url("/c").encode(), headers={"Content-Type": "text/plain"})
    site.pages["/sitemap.xml"] = sitemap(
        site.url("/one.xml.gz"), site.url("/two.txt"), site.url("/sitemap.xml"), kind="sitemap"
    )
    site.pages |= {path: html(f"Page {path}") for path in ("/a", "/b", "/c")}
    centre = Centre(site.url("/sitemap.xml"), Kind.SITEMAP)
    assert centre.visit() == names(site, "/a", "/b", "/c")
    assert centre.read.whole


def test_a_part_that_fails_keeps_the_rest_from_vanishing(site):
    site.pages["/one.xml"] = sitemap(site.url("/a"))
    site.pages["/a"] = html("Alpha")
    site.pages["/sitemap.xml"] = sitemap(
        site.url("/one.xml"), site.url("/gone.xml"), kind="sitemap"
    )
    centre = Centre(site.url("/sitemap.xml"), Kind.SITEMAP)
    assert centre.visit() == names(site, "/a")
    assert list(centre.errors()) == [site.url("/gone.xml")]
    assert not centre.read.whole


def test_a_page_that_says_when_it_changed_is_not_asked_again_without_need(site):
    def listed(lastmod):
        site.pages["/sitemap.xml"] = sitemap(site.url("/a"), lastmod=lastmod)

    centre = mapped(site, "/a")
    listed("2020-05-01")
    assert centre.visit() == names(site, "/a")
    site.hits.clear()
    assert centre.visit() == []
    assert (centre.names(Unchanged), site.hits) == (names(site, "/a"), ["/sitemap.xml"])
    site.pages["/a"] = html("Alpha anew")
    listed("2999-01-01T10:00:00+03:30")
    assert centre.visit() == names(site, "/a")


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<urlset><url><loc>http://x/&c;</loc></url></urlset>"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOMB, "document type"),
        (BOMB.decode().encode("utf-16"), "lists no pages"),
        (b"<urlset><url><loc>http://x", "not well-formed"),
        (b"<html><body>Hello</body></html>", "lists no pages"),
        (b"hello world", "lists no pages"),
        (b"", "lists no pages"),
        (b"\x1f\x8bbroken", "broken"),
        (gzip.compress(b" " * 30_000_000), "bytes"),
        (b"<a>" * 100_000, "well-formed"),
    ],
)
def test_what_is_no_sitemap_is_a_failure_with_a_reason(site, body, reason):
    site.pages["/sitemap.xml"] = Answer(body, headers={"Content-Type": "application/xml"})
    centre = Centre(site.url("/sitemap.xml"), Kind.SITEMAP)
    assert centre.visit() == []
    assert reason in centre.errors()[site.url("/sitemap.xml")]
    assert not centre.read.whole


def test_a_sitemap_that_leads_to_other_sites_is_a_failure(site):
    site.pages["/sitemap.xml"] = sitemap("http://169.254.169.254/", "http://other.example/")
    centre = Centre(site.url("/sitemap.xml"), Kind.SITEMAP)
    assert centre.visit() == []
    assert "no page of this site" in centre.errors()[site.url("/sitemap.xml")]


def test_nested_indexes_come_to_an_end(site):
    for number in range(10):
        site.pages[f"/{number}.xml"] = sitemap(site.url(f"/{number + 1}.xml"), kind="sitemap")
    centre = Centre(site.url("/0.xml"), Kind.SITEMAP)
    centre.visit()
    assert len(site.hits) <= 5
    assert not centre.read.whole


def test_the_limit_of_pages_holds_for_a_sitemap_and_nothing_vanishes(site):
    centre = mapped(site, *(f"/{number}" for number in range(6)), max_pages=4)
    assert len(centre.visit()) == 4
    assert not centre.read.whole


def test_the_longest_wait_that_a_server_may_ask_for_is_bounded():
    assert failures.LONGEST_WAIT <= 120


def test_the_memory_of_a_dry_run_knows_what_earlier_visits_read(site):
    site.pages["/"] = tagged(html("Welcome"), '"1"')
    centre = crawl(site)
    centre.visit()
    assert centre.visit(remember=False) == []
    assert centre.names(Unchanged) == names(site, "/")
    assert Frontier(centre.source, remember=False, most=10).visit == 2
