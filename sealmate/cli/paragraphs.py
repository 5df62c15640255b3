"""Help as it flows: typer keeps the line ends that a docstring has in the source."""

from __future__ import annotations

import inspect

import typer


def flowing(app: typer.Typer) -> typer.Typer:
    """`app` with the help of each command, and of those in its groups, in whole paragraphs."""
    for command in app.registered_commands:
        text = command.help or inspect.getdoc(command.callback) or ""
        command.help = join(text)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            flowing(group.typer_instance)
    return app


def join(text: str) -> str:
    """`text` with each paragraph on one line, for the terminal to break."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
