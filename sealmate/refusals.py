"""What is said of settings that cannot be used: what is wrong, where it stands, how to mend it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sealmate.errors import SettingsError

PREFIX = "SEALMATE_"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that one was probably meant to be; "" for none."""
    return next(iter(get_close_matches(name, list(known), 1, 0.7)), "")


def refused(
    error: ValidationError, known: Iterable[str], given: Mapping[str, Any], file: Path
) -> SettingsError:
    """The first thing that is wrong, where it stands, and how to mend it."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "settings"
    if first["type"] == "extra_forbidden":
        meant = nearest(name, known)
        question = f"; did you mean {meant!r}?" if meant else ""
        return SettingsError(f"there is no setting {name!r}{question}", f"mend it in {file}")
    why, got = str(first["msg"]), f" (got {first.get('input')!r})"
    if first["type"] == "value_error":  # one of ours, which names it
        why, got = why.removeprefix("Value error, "), ""
    hint = f"mend it in {place(name, given, file)}"
    return SettingsError(f"the setting {name} is not usable: {why}{got}", hint)


def unread(error: Exception) -> SettingsError:
    """For a variable that should hold a table, by pydantic-settings' own error about it."""
    name = next(iter(re.findall(r'field "(\w+)"', str(error))), "").upper()
    return SettingsError(
        f"{PREFIX}{name} in the environment is no table in JSON",
        f"""write it like {PREFIX}KEYS='{{"quit": "ctrl+x"}}', or unset it""",
    )


def place(name: str, given: Mapping[str, Any], file: Path) -> str:
    """Where a setting's value stands: a flag outranks the environment, and that the file."""
    field = name.partition(".")[0]
    if field in given:
        return f"the flag --{field.replace('_', '-')}"
    variable = f"{PREFIX}{field}".upper()
    there = variable in map(str.upper, os.environ)
    return f"{variable} in the environment" if there else str(file)
