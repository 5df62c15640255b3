"""The README says what is there: commands, settings, pictures, and where figures come from."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from sealmate.cli.app import build
from sealmate.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRY = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/sealmate demo"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
OPEN, CLOSE = re.compile(r"<!-- figures: (.+?) -->"), "<!-- end figures -->"


def commands() -> dict[str, set[str]]:
    """Each command of the CLI with its sub-commands."""
    top = typer.main.get_command(build())
    found = getattr(top, "commands", {})
    return {name: set(getattr(command, "commands", {})) for name, command in found.items()}


def code() -> Iterator[str]:
    """Every piece of code in the README: spans, and lines of fenced blocks."""
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", README, flags=re.S | re.M))


def called() -> Iterator[list[str]]:
    """The words after `sealmate` wherever it is called, global options left out."""
    for text in code():
        for part in text.split("&&"):
            words = shlex.split(part, comments=True)
            if words and Path(words[0]).name == "sealmate" and len(words) > 1:
                yield words[1:]


@pytest.mark.parametrize("line", [TRY, TEST])
def test_the_two_commands_are_lines_to_paste(line: str) -> None:
    assert f"```sh\n{line}\n```" in README
    assert README.count(line) == 1


def test_ci_runs_the_second() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    wanted = re.search(r'grep -m1 -F "(.+?)" README\.md', script)
    assert wanted is not None
    assert next(line for line in README.splitlines() if wanted[1] in line) == TEST


@pytest.mark.parametrize("name", commands())
def test_each_command_is_told_of(name: str) -> None:
    assert any(words[0] == name for words in called()), f"README.md does not mention {name}"
    for sub in commands()[name] - {"list", "show", "status", "remove"}:
        assert f"{name} {sub}" in README, f"README.md does not mention {name} {sub}"


def test_what_is_told_of_exists() -> None:
    known = commands()
    for words in called():
        name, *rest = words
        if name.startswith("-"):
            continue
        assert name in known, f"there is no command {name}"
        if known[name] and rest and re.fullmatch("[a-z-]+", rest[0]):
            assert rest[0] in known[name], f"there is no command {name} {rest[0]}"
    helps = {text for text in code() if re.fullmatch(r"--[a-z-]+( .*)?", text)}
    assert helps, "options are written as code"


def test_settings_are_as_they_are() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? *\|", README, re.MULTILINE)
    assert len(rows) > 8
    for name, default in rows:
        assert name in Settings.model_fields, f"there is no setting {name}"
        value = Settings.model_fields[name].default
        if default:
            assert default == (str(value).lower() if isinstance(value, bool) else str(value))


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"!?\[[^\]]*\]\(([^)]+)\)", README)
    assert any(target.startswith("assets/screenshots/") for target in targets)
    for target in targets:
        if "://" not in target:
            assert (ROOT / target.partition("#")[0]).is_file(), target
    for name in ("chat.svg", "demo.svg"):
        assert f"assets/screenshots/{name}" in targets


def test_figures_say_where_they_come_from() -> None:
    known = commands()
    blocks = list(OPEN.finditer(README))
    assert blocks
    assert README.count(CLOSE) == len(blocks) == README.count("<!-- figures")
    assert len({block[1] for block in blocks}) == len(blocks)
    end = 0
    for block in blocks:
        assert block.start() > end, "blocks do not overlap"
        end = README.index(CLOSE, block.end())
        program, name, *rest = shlex.split(block[1])
        assert program == "sealmate"
        assert name in known
        assert not known[name] or rest[0] in known[name]
        lines = README[block.end() : end].strip().splitlines()
        assert len(lines) >= 2
        widths = {line.count("|") for line in lines}
        assert len(widths) == 1, "a table has as many cells in each row"
