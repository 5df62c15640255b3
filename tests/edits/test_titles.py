"""Titles that say something, and names of files that do not."""

from __future__ import annotations

import pytest

from sealmate.edits.titles import telling


@pytest.mark.parametrize(
    "title",
    ["The babysitter", "car-insurance-2024", "letter_from_tom", "Brief von Oma", "\u8d26\u5355"],
)
def test_a_word_that_names_a_thing_tells(title: str) -> None:
    assert telling(title)


@pytest.mark.parametrize(
    "title",
    [
        "",
        "note-001",
        "Note_3",
        "2026-03-01",
        "1 March 2026",
        "Scan 12",
        "IMG_2031",
        "Untitled",
        "v2",
    ],
)
def test_a_number_or_a_word_for_any_file_does_not(title: str) -> None:
    assert not telling(title)
