"""Changing one value of config.toml without touching the rest: comments, order, other keys."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from pathlib import Path

from sealmate.errors import HomeError, SettingsError
from sealmate.paths import make_private_dir

_HEADER = re.compile(r"\s*\[")


def set_value(file: Path, key: str, value: str) -> None:
    """Set the top-level `key` of `file` to the string `value`; the file is made if missing.

    The new file takes the old one's place in one step and is readable by its owner only.
    Raises SettingsError if the file is no TOML or the line cannot be changed safely, HomeError
    if it cannot be written.
    """
    target = file.resolve()  # a linked config.toml stays linked
    try:
        old = target.read_bytes().decode() if target.exists() else ""
        before = tomllib.loads(old)
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {file}: {error}", "mend or remove that file") from None
    new = _changed(old, key, value)
    try:
        after = tomllib.loads(new)
    except ValueError:
        after = {}
    # A key inside a text of several lines, or a value over several lines, is not ours to cut.
    if after != {**before, key: value}:
        raise SettingsError(
            f"cannot change {key} in {file} without touching the rest",
            f"set it there by hand: {key} = {json.dumps(value, ensure_ascii=False)}",
        )
    _replace(target, new)


def _changed(text: str, key: str, value: str) -> str:
    line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    newline = "\r\n" if "\r\n" in text else "\n"
    pattern = re.compile(rf"\s*(?:{re.escape(key)}|\"{re.escape(key)}\"|'{re.escape(key)}')\s*=")
    end = next((n for n, row in enumerate(lines) if _HEADER.match(row)), len(lines))
    for number, row in enumerate(lines[:end]):
        if pattern.match(row):
            lines[number] = line + _comment(row) + newline
            return "".join(lines)
    if end and not lines[end - 1].endswith("\n"):
        lines[end - 1] += newline
    # Before the blank lines and comments that belong to the first table.
    while end and end < len(lines) and (not lines[end - 1].strip() or lines[end - 1][0] == "#"):
        end -= 1
    lines.insert(end, line + newline)
    return "".join(lines)


def _comment(row: str) -> str:
    """The comment at the end of a line, with the space before it; "" if there is none."""
    for at in (match.start() for match in re.finditer("#", row)):
        try:
            tomllib.loads(row[:at])
        except ValueError:
            continue  # this # is inside the value
        space = row[len(row[:at].rstrip()) : at]
        return space + row[at:].rstrip()
    return ""


def _replace(target: Path, text: str) -> None:
    if not target.parent.is_dir():  # that of a linked file is somebody's own
        make_private_dir(target.parent)
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".config-", suffix=".toml")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise HomeError(
            f"cannot write {target}: {error.strerror}", "check its permissions and free space"
        ) from error
