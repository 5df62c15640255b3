"""Help is broken where the terminal ends, not where the source does."""

from __future__ import annotations

import typer

from sealmate.cli.app import build
from sealmate.cli.paragraphs import join


def test_a_paragraph_is_one_line() -> None:
    text = """Forget it for good.

    Numbers are ids. With --json and without --yes that
    is all it does.
    """
    assert join(text) == (
        "Forget it for good.\n\nNumbers are ids. With --json and without --yes that is all it does."
    )


def test_no_help_has_a_line_end_inside_a_paragraph() -> None:
    def helps(command: object) -> list[str]:
        inner = getattr(command, "commands", {}).values()
        return [getattr(command, "help", "") or "", *(h for one in inner for h in helps(one))]

    texts = helps(typer.main.get_command(build()))
    assert len(texts) > 30
    assert [text for text in texts if "\n" in text.replace("\n\n", "")] == []
