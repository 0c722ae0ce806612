"""PDF documents: made with fpdf2, and one Persian page printed by Chromium (shapes/persian.pdf)."""

import io
from contextlib import suppress

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from kb.importing import pdf
from kb.importing.document import UnreadableDocument
from kb.importing.pdf_lines import Piece, lines_of
from tests.kb.conftest import PAGES
from tests.timing import at_most


class Book(FPDF):
    head = ""

    def header(self):
        self.set_font("helvetica", size=8)
        if self.head:
            self.cell(0, 10, self.head, align="C", new_x="LMARGIN", new_y="NEXT")

    def footer(self):
        self.set_y(-15)
        self.set_font("helvetica", size=8)
        if self.head:
            self.cell(0, 10, f"Page {self.page_no()} of many", align="C")

    def write_line(self, text, size=11.0, height=6.0):
        self.set_font("helvetica", size=size)
        self.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT")


def make_pdf(pages, *, head="", title="", password=""):
    """`pages`: lists of (text, size), or a text a page."""
    book = Book()
    book.head = head
    if title:
        book.set_title(title)
    for page in pages:
        book.add_page()
        for text, size in [(page, 11)] if isinstance(page, str) else page:
            book.write_line(text, size)
            book.ln(4)
    if password:
        book.set_encryption(owner_password="o", user_password=password)
    return bytes(book.output())


def test_headings_paragraphs_and_lists_are_found():
    pages = [
        [("The handbook", 24), ("Chapter one", 16), ("Some words " * 30 + "end here.", 11)],
        [("- First item\n- Second item", 11), ("Chapter two", 16), ("Other words.", 11)],
    ]
    document = pdf.read(make_pdf(pages), name="a/book.pdf")
    assert (document.external_id, document.title) == ("a/book.pdf", "The handbook")
    assert document.text == (
        f"## Chapter one\n\n{('Some words ' * 30).strip()} end here.\n\n"
        "- First item\n- Second item\n\n## Chapter two\n\nOther words."
    )


def test_running_heads_and_page_numbers_go():
    pages = [[(f"Topic {number}", 16), (f"What topic {number} says.", 11)] for number in range(6)]
    text = pdf.read(make_pdf(pages, head="Acme handbook, edition 3"), name="b.pdf").text
    assert "Acme" not in text
    assert "Page" not in text
    for number in range(6):
        assert f"# Topic {number}\n\nWhat topic {number} says." in text


def test_lines_that_differ_in_numbers_are_no_running_heads():
    pages = [f"Line {number} of the list.\nAnd what it means." for number in range(8)]
    text = pdf.read(make_pdf(pages), name="b.pdf").text
    assert [number for number in range(8) if f"Line {number} of" in text] == list(range(8))


def test_hyphenated_words_are_joined():
    data = make_pdf(
        ["This line is long enough to reach the mar-\ngin of the page, it con-\ntinues."]
    )
    assert "the margin of the page, it continues." in pdf.read(data, name="a.pdf").text


def test_a_contents_page_goes():
    data = make_pdf([[("One ............ 3\nTwo ............ 14", 11), ("Words.", 11)]])
    assert pdf.read(data, name="a.pdf").text == "Words."


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Good title", "Good title"), ("Microsoft Word - x.doc", "Large"), ("", "Large")],
)
def test_the_title_is_the_documents_own_if_it_is_one(title, expected):
    data = make_pdf([[("Large", 20), ("Words and words.", 11)]], title=title)
    assert pdf.read(data, name="x/name.pdf").title == expected


def test_a_pdf_without_a_title_is_named_by_its_file():
    assert pdf.read(make_pdf(["Words."]), name="x/hours.pdf").title == "hours"


def test_bookmarks_are_headings():
    writer = PdfWriter(
        clone_from=io.BytesIO(make_pdf(["Some words.\n\nSmall print\n\nIts words."]))
    )
    writer.add_outline_item("Small print", 0)
    target = io.BytesIO()
    writer.write(target)
    assert pdf.read(target.getvalue(), name="a.pdf").text == (
        "Some words.\n\n## Small print\n\nIts words."
    )


def test_persian_reads_in_order_with_letters_digits_and_brackets():
    document = pdf.read((PAGES.parent / "shapes" / "persian.pdf").read_bytes(), name="p.pdf")
    assert (document.title, document.lang) == ("راهنمای کیف پول", "fa")
    assert document.text.startswith(
        "کمترین مبلغ شارژ ۲۰٬۰۰۰ تومان است؛ از پنل کاربری می توانید شارژ کنید. این بند باید آن قدر "
        "بلند باشد که در دو یا سه سطر شکسته شود تا ببینیم سطرها چگونه به هم می پیوندند"
    )
    assert "## مراحل کار\n\n1. وارد پنل شوید.\n2. گزینهٔ «کیف پول» را بزنید." in document.text
    assert (
        "نسخهٔ Android 12 را از https://a.example/app بگیرید و کد 1234 را وارد کنید (فقط یک بار)."
    ) in document.text


def test_words_that_were_stored_as_one_reads_them_are_turned_back():
    text = "این متن را از پشت یک تصویر خوانده اند و به ترتیب است"
    pieces = [Piece(f"{word[::-1]} ", 500 - 20 * n, 700, 12) for n, word in enumerate(text.split())]
    assert lines_of(pieces)[0].text == text


@pytest.mark.parametrize("user", ["secret", ""])
def test_a_password_is_told_and_an_empty_one_is_none(user):
    writer = PdfWriter(clone_from=io.BytesIO(make_pdf(["Some words."])))
    writer.encrypt(user_password=user, owner_password="owner", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    if not user:
        assert pdf.read(target.getvalue(), name="a.pdf").text == "Some words."
        return
    with pytest.raises(UnreadableDocument, match="password"):
        pdf.read(target.getvalue(), name="a.pdf")


def test_a_scan_is_told():
    book = FPDF()
    book.add_page()
    book.rect(20, 20, 100, 100, style="F")
    with pytest.raises(UnreadableDocument, match="may be scanned"):
        pdf.read(bytes(book.output()), name="a.pdf")


@pytest.mark.parametrize("cut", [50, 300, 700])
def test_a_damaged_pdf_is_refused(cut):
    with pytest.raises(UnreadableDocument, match=r"damaged|no text"):
        pdf.read(make_pdf(["Some words."])[:cut], name="a.pdf")


def test_five_hundred_pages_are_read_in_bounded_time():
    words = " ".join(f"word{number}" for number in range(60))
    data = make_pdf([f"{words} on page {number}." for number in range(500)], head="Head")
    with at_most(30):
        text = pdf.read(data, name="a.pdf").text
    assert text.count("on page") == 500


def test_too_many_pages_are_refused(settings):
    settings.MAX_PDF_PAGES = 3
    with pytest.raises(UnreadableDocument, match="4 pages; 3 are the most"):
        pdf.read(make_pdf(["a"] * 4), name="a.pdf")


def test_more_text_than_an_article_holds_is_refused(settings):
    settings.MAX_ARTICLE_CHARACTERS = 100
    with pytest.raises(UnreadableDocument, match="more than 100 characters"):
        pdf.read(make_pdf(["Some words. " * 10] * 30), name="a.pdf")


def with_nested_forms(depth, each):
    """A page that shows a form, which shows another ten times, and so on."""
    writer = PdfWriter(clone_from=io.BytesIO(make_pdf(["Some words."])))
    page = writer.pages[0]
    inner, resources = b"BT /F1 10 Tf (x) Tj ET", page["/Resources"]
    for _ in range(depth):
        form = DecodedStreamObject()
        form.set_data(inner)
        form[NameObject("/Type")] = NameObject("/XObject")
        form[NameObject("/Subtype")] = NameObject("/Form")
        form[NameObject("/Resources")] = resources
        resources = DictionaryObject(
            {
                NameObject("/Font"): page["/Resources"]["/Font"],
                NameObject("/XObject"): DictionaryObject(
                    {NameObject("/Fm"): writer._add_object(form)}
                ),
            }
        )
        inner = b"/Fm Do " * each
    page[NameObject("/Resources")] = resources
    content = DecodedStreamObject()
    content.set_data(inner)
    page[NameObject("/Contents")] = writer._add_object(content)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_forms_in_forms_do_not_take_for_ever(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_SECONDS", 0.5)
    data = with_nested_forms(12, 10)
    assert PdfReader(io.BytesIO(data)).pages
    with at_most(15), suppress(UnreadableDocument):
        pdf.read(data, name="a.pdf")
