"""ZIP and tar: their files as articles, and nothing ever written by a name in them."""

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile

import pytest

from kb.importing import import_sources
from kb.importing.document import UnreadableCollection, UnreadableDocument
from kb.importing.formats import entries
from kb.models import Article

PAGES = {"docs/a.md": b"# A\n\none", "docs/b.html": b"<h1>B</h1><p>two</p>", "c.txt": b"C\nthree"}


def make_zip(files, **options):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def make_tar(files, mode="w"):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def read(data, name="help.zip", **options):
    good, bad = {}, {}
    for entry in entries(data, name, **options):
        try:
            good[entry.name] = entry.read()
        except UnreadableDocument as error:
            bad[entry.name] = str(error)
    return good, bad


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("help.zip", make_zip(PAGES)),
        ("help.tar", make_tar(PAGES)),
        ("help.tar.gz", make_tar(PAGES, "w:gz")),
        ("help.tgz", make_tar(PAGES, "w:gz")),
        ("help.tar.bz2", make_tar(PAGES, "w:bz2")),
        ("help.tar.xz", make_tar(PAGES, "w:xz")),
        ("help.txt", make_zip(PAGES)),
    ],
)
def test_files_of_an_archive_are_articles_under_their_names(name, data):
    good, bad = read(data, name)
    assert bad == {}
    assert {key: (one.external_id, one.title, one.text) for key, one in good.items()} == {
        "docs/a.md": ("docs/a.md", "A", "one"),
        "docs/b.html": ("docs/b.html", "B", "two"),
        "c.txt": ("c.txt", "C", "three"),
    }


def test_names_stand_below_the_archives_own_where_there_are_several():
    good, _bad = read(make_zip(PAGES), "x/help.zip", inside="x/help.zip/")
    assert "x/help.zip/docs/a.md" in good


@pytest.mark.parametrize(
    "name", ["../up.md", "a/../../up.md", "/etc/up.md", "C:\\up.md", "..\\up.md"]
)
def test_a_name_that_leads_out_is_reported_and_nothing_is_written(name, tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    for data in (make_zip({name: b"# X\n\nx", **PAGES}), make_tar({name: b"# X\n\nx", **PAGES})):
        good, bad = read(data)
        assert len(good) == 3
        assert list(bad.values()) == ["Its name leads out of the archive; it is not read."]
    assert list(tmp_path.rglob("*.md")) == []


def test_links_devices_hidden_files_and_what_a_mac_adds_are_passed_over():
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, kind in (("l.md", tarfile.SYMTYPE), ("h.md", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        device = tarfile.TarInfo("d.md")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
        page = tarfile.TarInfo("a.md")
        page.size = 4
        archive.addfile(page, io.BytesIO(b"# A\n"))
    assert [list(part) for part in read(target.getvalue(), "a.tar")] == [["a.md"], []]
    link = zipfile.ZipInfo("l.md")
    link.external_attr = 0o120777 << 16
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        for name in ("__MACOSX/._a.md", ".git/b.md", "x/.c.md", "p.png", "a.md"):
            archive.writestr(name, "# A\n")
    assert [list(part) for part in read(target.getvalue())] == [["a.md"], []]


def zeros(size, opener):
    target = io.BytesIO()
    with opener(target) as packed:
        for _ in range(size // 1_000_000):
            packed.write(b"\0" * 1_000_000)
    return target.getvalue()


def bomb(kind):
    if kind == "zip":
        return make_zip(
            {f"{number}.txt": b"0" * 20_000_000 for number in range(3)}, compresslevel=1
        )
    return zeros(60_000_000, lambda target: gzip.GzipFile(fileobj=target, mode="wb"))


@pytest.mark.parametrize("kind", ["zip", "gz"])
@pytest.mark.parametrize("limit", ["size", "growth"])
def test_a_bomb_is_refused_in_little_memory(kind, limit, settings, monkeypatch):
    data = bomb(kind)
    if limit == "size":
        settings.MAX_ARCHIVE_BYTES = 32 * 1024**2
    else:
        monkeypatch.setattr("kb.importing.archives.MAX_GROWTH", 100)
    tracemalloc.start()
    with pytest.raises(UnreadableCollection, match="Unpacked"):
        list(entries(data, "bomb"))
    assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
    tracemalloc.stop()


def test_sizes_that_lie_do_no_harm():
    data = bytearray(make_zip({"a.txt": b"0" * 5_000_000}))
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 1000)
    good, bad = read(bytes(data))
    assert (good, list(bad)) == ({}, ["a.txt"])
    assert "damaged" in bad["a.txt"]


def test_too_many_files_are_refused(settings):
    settings.MAX_ARCHIVE_FILES = 10
    files = {f"{number}.md": b"# A" for number in range(11)}
    for data in (make_zip(files), make_tar(files)):
        with pytest.raises(UnreadableCollection, match="more than 10 files"):
            list(entries(data, "x"))


def test_a_member_over_the_limit_fails_alone(settings):
    settings.MAX_UPLOAD_BYTES = 1_000_000
    for data in (make_zip({**PAGES, "z.txt": b"0" * 1_100_000}),):
        good, bad = read(data)
        assert len(good) == 3
        assert bad == {"z.txt": "The file has 1 MB; 0 MB are the most."}


def test_members_are_read_one_at_a_time():
    files = {f"{number}.txt": bytes([97 + number]) * 3_000_000 for number in range(12)}
    data = make_tar(files)
    tracemalloc.start()
    assert len([entry.digest for entry in entries(data, "a.tar")]) == 12
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()


def test_an_archive_in_an_archive_is_one_failure():
    good, bad = read(make_zip({"in.zip": make_zip(PAGES), "a.md": b"# A"}))
    assert list(good) == ["a.md"]
    assert bad == {"in.zip": "Archives inside archives are not read: unpack it first."}


def test_a_password_is_told():
    data = bytearray(make_zip({"a.md": b"# A"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(UnreadableCollection, match="password"):
        list(entries(bytes(data), "a.zip"))


@pytest.mark.parametrize("damage", [slice(0, -30), slice(0, 60)])
@pytest.mark.parametrize("make", [make_zip, lambda files: make_tar(files, "w:gz")])
def test_a_damaged_archive_is_refused_whole(make, damage):
    with pytest.raises(UnreadableCollection, match="damaged"):
        list(entries(make(PAGES)[damage], "a"))


def test_an_archive_without_articles_says_so():
    with pytest.raises(UnreadableDocument, match="no file in the archive"):
        list(entries(make_zip({"a.png": b"x"}), "a.zip"))


def test_a_compressed_file_is_read_as_what_it_is():
    data = gzip.compress(b'{"external_id": "a", "text": "x"}\n')
    assert [entry.read().external_id for entry in entries(data, "articles.jsonl.gz")] == ["a"]


@pytest.mark.parametrize("page", ["cp1256", "cp720"])
def test_persian_names_from_old_windows_are_read(page):
    name = "راهنما/سوال ها.md".replace("ی", "ي")
    raw = name.encode(page)
    data = make_zip({"x" * len(raw): b"# A"}).replace(b"x" * len(raw), raw)
    assert list(read(data)[0]) == [name]


def test_names_with_backslashes_and_in_utf8_are_read():
    assert list(read(make_zip({"پوشه\\یک.md": b"# A"}))[0]) == ["پوشه/یک.md"]


def test_a_long_header_of_a_tar_is_refused():
    data = make_tar({"x" * 200_000 + ".md": b"# A"})
    with pytest.raises(UnreadableCollection, match="damaged"):
        list(entries(data, "a.tar"))


def test_rows_of_a_table_in_an_archive_are_articles():
    good, bad = read(make_zip({"faq.csv": b"question,answer\nA?,one\nB?,two\n", "a.jsonl": b"{"}))
    assert [document.title for document in good.values()] == ["A?", "B?"]
    assert list(bad) == ["a.jsonl:1"]


def counts(report):
    return (report.created, report.updated, report.unchanged, report.removed, len(report.failed))


@pytest.mark.django_db
def test_an_archive_is_kept_in_step(tmp_path):
    path = tmp_path / "help.zip"
    path.write_bytes(make_zip(PAGES))
    assert counts(import_sources([path])) == (3, 0, 0, 0, 0)
    assert set(Article.objects.values_list("external_id", flat=True)) == set(PAGES)
    path.write_bytes(make_zip({**dict(reversed(PAGES.items())), "docs/a.md": b"# A\n\nnew"}))
    assert counts(import_sources([path])) == (0, 1, 2, 0, 0)
    path.write_bytes(make_zip({"docs/a.md": b"# A\n\nnew", "c.txt": PAGES["c.txt"]}))
    assert counts(import_sources([path])) == (0, 0, 2, 1, 0)
    path.write_bytes(make_zip({"docs/a.md": b"# A\n\nnew", "c.csv": b"x,y\n1,2\n"}))
    assert counts(import_sources([path])) == (0, 0, 1, 0, 1)
    assert Article.objects.filter(state="published").count() == 2


@pytest.mark.django_db
def test_archives_in_a_folder_keep_their_articles_apart(tmp_path):
    for name in ("one.zip", "two.tar.gz"):
        make = make_zip if name.endswith("zip") else lambda files: make_tar(files, "w:gz")
        (tmp_path / name).write_bytes(make({"a.md": b"# A\n\nwords"}))
    assert counts(import_sources([tmp_path])) == (2, 0, 0, 0, 0)
    assert set(Article.objects.values_list("external_id", flat=True)) == {
        "one.zip/a.md",
        "two.tar.gz/a.md",
    }
