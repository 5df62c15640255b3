import zipfile
from pathlib import Path

import pytest

from sealmate.errors import SourceError
from sealmate.sources import read_file

from .conftest import DATA, docx_members, epub_members, make_pdf, make_zip


def test_pdf_of_another_program() -> None:
    document = read_file(DATA / "lighthouse.pdf")
    paragraphs = document.text.split("\n\n")
    assert paragraphs[0] == "The lighthouse of Kvalnes"
    assert paragraphs[1].endswith("in the museum at Bergen. The lamp burnt paraffin until 1936.")
    assert "the first one had taken a month. The floor was laid in larch." in paragraphs[2]
    assert "Page" not in document.text
    assert len(paragraphs) == 5


def test_pdf_by_hand(tmp_path: Path) -> None:
    pages = [
        [(800, "The Annals"), (700, f"Sentence {n} begins here and it"), (686, "goes on")]
        for n in ("one", "two", "three")
    ]
    pages[2].append((600, "Apart."))
    document = read_file(make_pdf(tmp_path / "a.pdf", [*pages, []], "Annals of Elm"))
    assert document.title == "Annals of Elm"
    assert document.media_type == "application/pdf"
    assert document.notes == ("1 of its 4 pages have no text (scanned?)",)
    assert document.text.split("\n\n") == [
        "The Annals",
        "Sentence one begins here and it goes on",
        "Sentence two begins here and it goes on",
        "Sentence three begins here and it goes on",
        "Apart.",
    ]


def test_pdf_paragraph_goes_over_the_page(tmp_path: Path) -> None:
    pages = [[(700, "It was a dark and")], [(700, "stormy night.")]]
    assert read_file(make_pdf(tmp_path / "a.pdf", pages)).text == "It was a dark and stormy night."


@pytest.mark.parametrize("name", ["garden.docx", "garden.epub"])
def test_documents_of_another_program(name: str) -> None:
    document = read_file(DATA / name)
    assert document.title == "The garden at Elm Street"
    assert "planted in 1987 by Aunt Rosa. It bears about forty kilograms" in document.text
    assert "\n# Plants\n" in document.text
    assert "\n## Roses\n" in document.text
    assert "| Spade | Shed |" in document.text
    assert "- The white one is Madame Hardy.\n" in document.text  # no number of the footnote
    assert "1. Bought in Lyon." in document.text
    for noise in ("http", "**", "↩", "↑", "<", "xml"):
        assert noise not in document.text


def test_markdown_is_kept_as_text() -> None:
    document = read_file(DATA / "garden.md")
    assert document.text == (DATA / "garden.md").read_text().strip()
    assert document.title == "The garden at Elm Street"
    assert document.media_type == "text/markdown"


def test_docx_by_hand(tmp_path: Path) -> None:
    members = docx_members("# Boats", "The sloop is named Ada_Lovelace *2*.")
    document = read_file(make_zip(tmp_path / "a.docx", members))
    assert document.title == "Boats"
    assert document.text == "# Boats\n\nThe sloop is named Ada_Lovelace *2*."


def test_epub_by_hand(tmp_path: Path) -> None:
    members = epub_members("<h1>One</h1><p>First\xa0chapter.</p>", "<img src='x'/>", "<p>Last</p>")
    document = read_file(make_zip(tmp_path / "a.epub", members))
    assert document.title == "A Book"
    assert document.text == "# One\n\nFirst chapter.\n\nLast"


def test_epub_with_a_chapter_missing_says_so(tmp_path: Path) -> None:
    members = epub_members("<p>a</p>", "<p>b</p>")
    del members["OPS/the text/1.xhtml"]
    document = read_file(make_zip(tmp_path / "a.epub", members))
    assert document.notes == ("1 of its 2 chapters are missing",)


def test_html(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(
        '<?xml version="1.0"?><html><head><meta charset="windows-1251"><title>Дом</title>'
        "<style>p{}</style></head><body><nav>Menu</nav><main><h2>Кот</h2><!-- no -->"
        "<p>Его зовут <b>Том</b>, см. <a href='http://x.org'>сайт</a><sup>"
        "<a href='#1'>[1]</a></sup>."
        "<script>alert(1)</script></p><p hidden>no</p></main><footer>no</footer></body>"
        "</html>".encode("cp1251")
    )
    document = read_file(path)
    assert (document.title, document.media_type) == ("Дом", "text/html")
    assert document.text == "## Кот\n\nЕго зовут Том, см. сайт."


def test_html_nested_without_end_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<div>" * 5000 + "deep" + "</div>" * 5000)
    assert read_file(path).text == "deep"


def test_html_without_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("http://only.a.url/")
    assert read_file(path).text == "http://only.a.url/"


def test_content_decides_before_the_suffix(tmp_path: Path) -> None:
    for name, media in (("lighthouse.pdf", "pdf"), ("garden.docx", "wordprocessingml"),
                        ("garden.epub", "epub")):  # fmt: skip
        copy = tmp_path / f"{name}.txt"
        copy.write_bytes((DATA / name).read_bytes())
        assert media in read_file(copy).media_type
    page = tmp_path / "page"
    page.write_text("\n<!DOCTYPE html><html><body><p>Hi</p></body></html>")
    assert read_file(page).text == "Hi"


CONTAINER = "META-INF/container.xml"
ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "members", "reason"),
    [
        ("a.docx", {"x": "y"}, "is not a DOCX: no word/document.xml in the zip"),
        ("a.docx", docx_members(), "has no text"),
        ("a.docx", docx_members("a") | {"word/document.xml": "<w:do"}, "is a damaged DOCX: "),
        ("a.docx", docx_members("a", prolog=ENTITIES), "declares XML entities"),
        ("a.docx", docx_members("x" * 2_100_000), "unpacks to 2 MB, more than 1 MB"),
        ("a.epub", {"mimetype": "application/epub+zip"}, "is not an EPUB: no META-INF"),
        ("a.epub", {CONTAINER: "<a/>"}, "its package file is missing"),
        ("a.epub", {CONTAINER: "no"}, "META-INF/container.xml is not XML"),
        ("a.epub", epub_members("<img/>"), "has no text"),
        ("a.epub", epub_members("<p>" + "x" * 2_100_000), "unpacks to 2 MB, more than 1 MB"),
        ("a.epub", epub_members(*["x" * 300_000] * 5), "holds more than 1 MB of text"),
        ("a.odt", {"content.xml": "<a/>"}, "is a zip, but neither a DOCX nor an EPUB"),
    ],
)  # fmt: skip
def test_bad_zips(tmp_path: Path, name: str, members: dict[str, str | bytes], reason: str) -> None:
    path = make_zip(tmp_path / name, members)
    with pytest.raises(SourceError) as caught:
        read_file(path, max_bytes=1_000_000)
    assert caught.value.message.startswith(f"{path} ")
    assert reason in caught.value.message
    assert "\n" not in caught.value.message


def test_epub_with_drm(tmp_path: Path) -> None:
    locked = (
        '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData><e:CipherData>'
        '<e:CipherReference URI="{}"/></e:CipherData></e:EncryptedData></encryption>'
    )
    members = epub_members("<p>a</p>")
    key = "META-INF/encryption.xml"
    fonts = members | {key: locked.format("OPS/font.otf")}
    assert read_file(make_zip(tmp_path / "a.epub", fonts)).text == "a"
    chapters = members | {key: locked.format("OPS/the%20text/0.xhtml")}
    with pytest.raises(SourceError, match="locked by its seller"):
        read_file(make_zip(tmp_path / "b.epub", chapters))


@pytest.mark.parametrize("name", ["garden.docx", "garden.epub", "lighthouse.pdf"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.97])
def test_files_cut_short(tmp_path: Path, name: str, part: float) -> None:
    data = (DATA / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(SourceError, match=r"cut short|no whole zip"):
        read_file(path)


@pytest.mark.parametrize("name", ["garden.docx", "garden.epub", "lighthouse.pdf"])
def test_files_with_a_damaged_byte_are_read_or_refused(tmp_path: Path, name: str) -> None:
    data = (DATA / name).read_bytes()
    path = tmp_path / name
    for place in range(0, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            assert read_file(path).text
        except SourceError as error:
            assert "\n" not in error.message  # noqa: PT017


def test_bad_pdfs(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"locked\.pdf is encrypted"):
        read_file(DATA / "locked.pdf")
    with pytest.raises(SourceError, match=r"has no text, only pictures"):
        read_file(make_pdf(tmp_path / "scan.pdf", [[], []]))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4\nnothing\n%%EOF")
    with pytest.raises(SourceError, match=r"is a damaged PDF"):
        read_file(tmp_path / "b.pdf")
    with pytest.raises(SourceError, match=r"holds more than 20 bytes of text"):
        read_file(DATA / "lighthouse.pdf", max_bytes=20)


def test_a_zip_bomb_in_docx_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    block = b" " * 1_000_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in docx_members("a").items():
            archive.writestr(name, content)
        with archive.open("word/styles.xml", "w") as member:
            for _ in range(60):
                member.write(block)
    with pytest.raises(SourceError, match="unpacks to 60 MB, more than 30 MB"):
        read_file(path)


def test_html_that_no_parser_takes_is_one_clear_error(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>a</p><![0]><p>b</p>")
    with pytest.raises(SourceError, match="damaged HTML"):
        read_file(page)


REFUSED = "declares XML entities"
PROLOGS = ['<!DOCTYPE d [<!ENTITY a "aaaa">]>', '<!DOCTYPE d [<!ENTITY % a "aaaa">]>',
           '<!DOCTYPE d [<!ATTLIST x a CDATA "aaaa">]>',
           f"<!--{'x' * 100_000}-->{ENTITIES}"]  # fmt: skip
ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp1251"]


def with_prolog(xml: str | bytes, prolog: str, encoding: str) -> bytes:
    assert isinstance(xml, str)
    named = "utf-16" if encoding == "utf-16-le" else encoding.removesuffix("-sig")
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    return f'{mark}<?xml version="1.0" encoding="{named}"?>{prolog}{xml}'.encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("prolog", PROLOGS)
@pytest.mark.parametrize("part", [CONTAINER, "OPS/book.opf", "c.dat", "META-INF/encryption.xml"])
def test_entities_in_an_epub(tmp_path: Path, part: str, prolog: str, encoding: str) -> None:
    members = epub_members("<p>a</p>")
    members["META-INF/encryption.xml"] = "<encryption/>"
    if part == "c.dat":
        members["c.dat"] = members.pop("OPS/book.opf")
        members[CONTAINER] = str(members[CONTAINER]).replace("OPS/book.opf", "c.dat")
    members[part] = with_prolog(members[part], prolog, encoding)
    with pytest.raises(SourceError, match=REFUSED) as caught:
        read_file(make_zip(tmp_path / "a.epub", members))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("prolog", PROLOGS)
@pytest.mark.parametrize("part", ["word/document.xml", "word/c.dat", "_rels/.rels", "word/styles"])
def test_entities_in_a_docx(tmp_path: Path, part: str, prolog: str, encoding: str) -> None:
    members = docx_members("Words.")
    if part == "word/c.dat":  # the zip is still known by its other document
        members[part] = members["word/document.xml"]
        members["_rels/.rels"] = str(members["_rels/.rels"]).replace("word/document.xml", part)
    members.setdefault(part, "<styles/>")
    members[part] = with_prolog(members[part], prolog, encoding)
    with pytest.raises(SourceError, match=REFUSED) as caught:
        read_file(make_zip(tmp_path / "a.docx", members))
    assert "\n" not in caught.value.message


def test_a_document_type_that_declares_nothing_is_read(tmp_path: Path) -> None:
    doctype = '<!DOCTYPE package PUBLIC "+//ISBN 0-9673008-1-9//DTD OEB 1.0 Package//EN" "oeb.dtd">'
    members = epub_members("<p>a</p>")
    members["OPS/book.opf"] = with_prolog(members["OPS/book.opf"], doctype, "utf-16")
    assert read_file(make_zip(tmp_path / "a.epub", members)).text == "a"


def test_pictures_and_the_word_in_a_document_are_no_entities(tmp_path: Path) -> None:
    members = docx_members("Write &lt;!ENTITY a 'b'> for it.")
    members["word/media/a.png"] = b"\x89PNG\r\n" + bytes(range(256)) * 9
    members["word/media/a.svg"] = "<svg/>"
    members["word/media/a.txt"] = "<!ENTITY"
    document = read_file(make_zip(tmp_path / "a.docx", members))
    assert document.text == "Write <!ENTITY a 'b'> for it."


def test_large_xml_by_another_name_is_refused_as_such(tmp_path: Path) -> None:
    members = docx_members("a")
    members["word/c.dat"] = "<a>" + " " * 2_000_000
    with pytest.raises(SourceError, match=r"word/c\.dat unpacks to 2 MB, more than 1 MB"):
        read_file(make_zip(tmp_path / "a.docx", members), max_bytes=1_000_000)


def test_names_in_a_zip_do_not_break_the_line(tmp_path: Path) -> None:
    members = epub_members("<p>a</p>")
    members["c\n.dat"] = "no XML"
    members[CONTAINER] = str(members[CONTAINER]).replace("OPS/book.opf", "c&#10;.dat")
    with pytest.raises(SourceError, match="is not XML") as caught:
        read_file(make_zip(tmp_path / "a.epub", members))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("space", [" ", "\t", "\n", " \n"])
@pytest.mark.parametrize("tag", ["p", "pre", "td"])
def test_spaces_in_a_page_are_no_hang(tmp_path: Path, tag: str, space: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<{tag}>a{space * 400_000}b</{tag}>")
    assert read_file(page).text.strip("`\n| -").split() == ["a", "b"]


@pytest.mark.parametrize("opened", ["<a ", "<", "<!--", '<a b="', "<a href=x", "<![CDATA[", "</"])
def test_what_never_ends_in_a_page_is_no_hang(tmp_path: Path, opened: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<p>Rex is 4 < 5 years old.</p>{opened * 100_000}")
    assert read_file(page).text.startswith("Rex is 4 < 5 years old.")
