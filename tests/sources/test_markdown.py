"""Front matter, as far as the splitting of texts does not tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.sources.markdown import blocks, front_matter, title

MATTER = "---\ntitle: Boats\n-item: 1\n- two\n  three: 3\n\n# four\n---\n"


def test_front_matter_is_told_from_what_follows() -> None:
    assert front_matter(MATTER + "Text\n---\n") == MATTER
    assert title(MATTER + "# Other") == "Boats"


@pytest.mark.parametrize(
    "text",
    ["", "Text", "---", "---\nplain words\n---\n", "---\ntitle: x", " ---\na: b\n---\n",
     "---\na: b\n----\n", "---\n: b\n---\n"],
)  # fmt: skip
def test_no_front_matter(text: str) -> None:
    assert front_matter(text) == ""


# No line that ends it is among them, nor one that it may not have.
LINE = st.sampled_from(
    ["", " ", "-", "-a: b", "--", "- a", "a: b", "a-b : c", "é_1:", "# c", "\tx"]
)


@given(st.lists(LINE, max_size=8))
def test_any_of_its_lines_in_any_order(lines: list[str]) -> None:
    matter = "\n".join(["---", *lines, "---", ""])
    assert front_matter(matter + "Text") == matter
    assert front_matter("\n".join(["---", *lines, "no such line", "---", ""])) == ""


@pytest.mark.parametrize(
    "line", ["-milk: 2 l", "", " ", "a: b", "-", "a-b-c" * 20 + ":", "-" * 80, "a" + " " * 80 + ":"]
)
def test_lists_that_no_line_ends_are_no_hang(line: str) -> None:
    text = "---\n" + f"{line}\n" * 5_000 + "end"
    assert front_matter(text) == "" or line.startswith("---")
    assert list(blocks(text))
