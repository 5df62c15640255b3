"""Slash commands: their names, what they are for, and reading them out of a line of chat."""

from __future__ import annotations

import re
from dataclasses import dataclass

# "/etc/passwd" and "/ 2" are questions; a command is one word of letters.
_COMMAND = re.compile(r"/([A-Za-z]+)(?:(:\s*|\s+)(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """One slash command. `argument` is how its argument is written in the help, "" for none."""

    name: str
    argument: str
    text: str


COMMANDS = (
    Command("remember", "TEXT", "keep a note: found at once, in the weights after the night"),
    Command("forget", "TEXT", "show what would go, then ask before a source is erased"),
    Command("sources", "", "list what it was given"),
    Command("sleep", "now", "run the night now; `/sleep stop` ends it without loss"),
    Command("why", "QUESTION", "where an answer comes from"),
    Command("closed", "", "answer from the weights alone, or with passages again"),
    Command("new", "", "begin a new conversation, with the question after it if there is one"),
    Command("chats", "", "list the conversations; `/chats 3` opens one again"),
    Command("help", "", "this list"),
)


def parse(line: str) -> tuple[str, str] | None:
    """(command, argument) of a line, the command in lower case; None if it is a question.

    A colon may stand between the two of a command that there is.
    """
    found = _COMMAND.fullmatch(line.strip())
    if found is None:
        return None
    name = found[1].lower()
    if (found[2] or "").startswith(":") and name not in {command.name for command in COMMANDS}:
        return None
    return name, (found[3] or "").strip()


def complete(line: str) -> str:
    """What to append to a command that is being typed; "" if nothing or nothing certain."""
    if not line.startswith("/") or len(line) < 2:
        return ""
    fitting = [
        f"/{command.name}{' ' if command.argument else ''}{'now' * (command.argument == 'now')}"
        for command in COMMANDS
    ]
    fitting = [text for text in fitting if text.startswith(line)]
    return fitting[0][len(line) :] if len(fitting) == 1 else ""


def help_text(keys: list[tuple[str, str]], why: bool) -> str:
    """The help as Markdown; `keys` are (key, what it does)."""
    commands = [command for command in COMMANDS if why or command.name != "why"]
    lines = ["Ask anything, or write", ""]
    for command in commands:
        written = f"/{command.name} {command.argument}".strip()
        lines.append(f"- `{written}` {command.text}")
    lines += ["", "Keys: " + ", ".join(f"`{key}` {text}" for key, text in keys)]
    return "\n".join(lines)
