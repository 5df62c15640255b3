"""HTML to Markdown: what a reader would read, without scripts, menus and link targets."""

from __future__ import annotations

import re

from sealmate.errors import SourceError
from sealmate.sources.text import decode

# So many spaces align nothing, and markdownify reads a run of them in the square of its length.
_WIDE = re.compile(r"[ \t\r\n]{100,}")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_UNREAD = (
    "script", "style", "noscript", "template", "svg", "math annotation", "nav", "iframe",
    "object", "button", "select", "input", "textarea", "dialog", "[hidden]",
)  # fmt: skip

# The number of a footnote, which would otherwise stick to the word before it; and rules.
_NOTE_MARKS = (
    "sup:has(> a[href*='#']), a[href*='#']:has(> sup:only-child), "
    "a[role=doc-noteref], a[epub\\:type=noteref], a.footnote-ref, hr"
)


def html_to_markdown(html: bytes | str) -> tuple[str, str]:
    """(title, Markdown) of a page; the title may be "".

    A page with one `<main>` is that alone. Links and images become their words, emphasis goes:
    in a passage that a model learns by heart, a URL or an asterisk is noise.
    Raises SourceError if the bytes are not text, or are marked up beyond repair.
    """
    # 120 ms: not for those who only list what they have.
    from bs4 import BeautifulSoup
    from bs4.builder import ParserRejectedMarkup
    from bs4.dammit import EncodingDetector
    from bs4.element import CData, PreformattedString
    from markdownify import MarkdownConverter

    if isinstance(html, bytes):
        html = decode(html, EncodingDetector.find_declared_encoding(html, is_html=True))
    # bs4 warns of XML, and of input that looks like a file name or a URL; this is neither.
    html = _XML_DECLARATION.sub("", html)
    # What opens and never ends is text, which the parser finds out anew for each by reading on to
    # the end.
    ended = html.rfind(">") + 1
    html = html[:ended] + html[ended:].replace("<", "&lt;")
    try:
        soup = BeautifulSoup(html if ended else f"<p>{html}</p>", "html.parser")
    except ParserRejectedMarkup:
        raise SourceError("is damaged HTML", "open it in a browser and save it again") from None
    named = soup.title.get_text(" ", strip=True) if soup.title is not None else ""
    for head in soup.find_all(["head", "title"]):
        head.decompose()
    for unread in soup.select(", ".join(_UNREAD)):
        unread.decompose()
    for aside in soup.find_all(string=lambda string: isinstance(string, PreformattedString)):
        if not isinstance(aside, CData):  # comments, doctypes, <?xml ...?>
            aside.extract()
    for mark in soup.select(_NOTE_MARKS):
        mark.decompose()
    for link in soup.select("a[href*='#']"):
        if link.get_text(strip=True).rstrip("\ufe0e") in ("↑", "↩", "^"):  # back from a footnote
            link.decompose()
    for wide in soup.find_all(string=_WIDE):
        wide.replace_with(_WIDE.sub(lambda run: "\n\n" if "\n" in run[0] else " ", wide))
    mains = soup.find_all("main")
    root = mains[0] if len(mains) == 1 and mains[0].get_text(strip=True) else soup
    if not named:
        first = root.find("h1")
        named = first.get_text(" ", strip=True) if first is not None else ""
    converter = MarkdownConverter(
        heading_style="atx",
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        strip=["a", "img", "b", "strong", "i", "em"],
    )
    try:
        text = str(converter.convert_soup(root))
    except RecursionError:  # tags nested hundreds deep: no structure left worth keeping
        text = root.get_text("\n", strip=True)
    if not text.strip():
        raise SourceError("has no text")
    return named, text
