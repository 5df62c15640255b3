import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.errors import SourceError
from sealmate.sources.text import decode, tidy, tidy_title

# What a person types: no control characters but tabs and line ends.
TYPED = st.text(st.one_of(st.characters(exclude_categories=("Cs", "Cc")), st.sampled_from("\n\t")))


@given(TYPED)
def test_utf8_comes_back(text: str) -> None:
    assert decode(text.encode()) == text.removeprefix("\ufeff")
    assert decode(codecs.BOM_UTF8 + text.encode()) == text


@given(TYPED, st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]))
def test_wide_encodings_come_back_by_their_mark(text: str, encoding: str) -> None:
    assert decode(("\ufeff" + text).encode(encoding)) == text


@given(st.text(st.sampled_from("aeiou ÄÖÜäöüßéèàçñÅø\n"), min_size=1))
def test_windows_1252_comes_back(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_quotes_of_windows_1252() -> None:
    assert decode("“It’s 5 €” – done…".encode("cp1252")) == "“It’s 5 €” – done…"


def test_a_byte_that_windows_1252_lacks_is_latin_1() -> None:
    assert decode(b"caf\xe9 \x81") == "café \x81"


def test_one_wrong_byte_does_not_spoil_utf8() -> None:
    assert decode("naïve façade ".encode() + b"caf\xe9") == "naïve façade café"


def test_a_declared_encoding_is_used_unless_it_is_a_lie() -> None:
    assert decode("Привет".encode("cp1251"), "cp1251") == "Привет"
    assert decode("Привет".encode(), "ascii") == "Привет"
    assert decode("Привет".encode(), "no-such-encoding") == "Привет"


def test_utf16_cut_in_the_middle_of_a_character() -> None:
    assert decode("\ufeffhello".encode("utf-16-le")[:-1]) == "hell\ufffd"


@given(st.binary())
def test_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text = tidy(decode(data))
    except SourceError as error:
        assert "binary" in error.message  # noqa: PT017
    else:
        text.encode()
        assert all(
            char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs") for char in text
        )


@pytest.mark.parametrize("data", [b"\x7fELF\x02\x01\0\0", bytes(range(1, 32)) * 9, b"abc\0def"])
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="is not text: it holds binary data"):
        decode(data)


@given(TYPED)
def test_tidy_is_stable(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once


def test_tidy() -> None:
    assert tidy("\ufeff a\r\nb\rc\x0cd  \n\x1b[31mred\x07\xa0e\xadf\u202eg\n\n") == (
        "a\nb\nc\nd\n[31mred efg"
    )
    assert tidy("e\u0301") == "é"


def test_titles_are_one_short_line() -> None:
    assert tidy_title("  A\n b\t c ") == "A b c"
    assert tidy_title("alpha beta, gamma", 13) == "alpha beta…"
    assert tidy_title("x" * 50, 10) == "x" * 9 + "…"


ROW = st.text(st.sampled_from(" \ta\u00a0é"))


@given(st.lists(ROW))
def test_tidy_takes_the_spaces_at_the_end_of_lines_alone(rows: list[str]) -> None:
    plain = [row.replace("\u00a0", " ").rstrip(" \t") for row in rows]
    assert tidy("\n".join(rows)) == "\n".join(plain).strip()


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0", " \t"])
def test_spaces_inside_a_line_are_read_once(space: str) -> None:
    wide = "a" + space * 400_000 + "b"
    assert len(tidy(wide)) == len(wide)


@given(
    st.text(st.sampled_from("aé\u0301\u0316\u0344\u0f73\u0345─👍ᄀ"), max_size=12),
    st.integers(1, 40),
)
def test_piled_up_marks_become_what_unicode_says(text: str, times: int) -> None:
    assert tidy(text * times) == unicodedata.normalize("NFC", text * times)


def test_marks_without_end_on_a_letter_are_no_hang() -> None:
    assert len(tidy("a" + "\u0316\u0301\u0315" * 60_000)) > 100_000
