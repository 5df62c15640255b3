"""`sealmate settings`: every setting, what it is now, and where that comes from."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import Globals, JsonOption, settings_of, words
from sealmate.cli.output import emit, say, table
from sealmate.errors import UsageError

if TYPE_CHECKING:
    from sealmate.settings import Settings

DEFAULT = "default"


def register(app: typer.Typer) -> None:
    """Add the command `settings`."""
    app.command()(settings)


def settings(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of settings; without one, all.")
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only those that are not at their default.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show settings: their values, where those come from, and what they mean.

    To change one, write `name = value` into config.toml, which the last line names.
    """
    now = settings_of(ctx)
    file = now.paths.config_file
    given = asdict(ctx.find_object(Globals) or Globals())
    flags = {name: value for name, value in given.items() if value is not None}
    rows = _rows(now, file, flags)
    if names:
        rows = [_one(rows, words(name, "name")) for name in names]
    if changed:
        rows = [row for row in rows if row["from"] != DEFAULT]
    if as_json:
        emit(rows)
        return
    table(
        ["name", "value", "from", "meaning"],
        [(row["name"], _shown(row["value"]), row["from"], row["meaning"]) for row in rows],
        empty="all settings are at their defaults",
    )
    say(f"config.toml: {file}{'' if file.exists() else ' (not there yet)'}")


def _rows(now: Settings, file: Path, flags: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Name, value, default, origin and meaning of each setting, in the order of their kinds."""
    from sealmate.refusals import place  # pydantic with it

    written = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    rows = []
    for name, field in type(now).model_fields.items():
        origin = place(name, flags, file)
        if origin == str(file):
            origin = "config.toml" if name in written else DEFAULT
        value, default = (
            str(given) if isinstance(given, Path) else given
            for given in (getattr(now, name), field.get_default(call_default_factory=True))
        )
        rows.append(
            {"name": name, "value": value, "default": default, "from": origin,
             "meaning": field.description}
        )  # fmt: skip
    return rows


def _one(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The row of a name. Raises UsageError where there is none."""
    from sealmate.refusals import nearest

    found = next((row for row in rows if row["name"] == name.replace("-", "_")), None)
    if found is None:
        near = nearest(name, [row["name"] for row in rows])
        hint = f"do you mean {near}?" if near else "list them: sealmate settings"
        raise UsageError(f"there is no setting {name!r}", hint)
    return found


def _shown(value: object) -> str:
    """A value as it stands in config.toml; nothing for none."""
    if value is None or value == {}:
        return ""
    return json.dumps(value, ensure_ascii=False)
