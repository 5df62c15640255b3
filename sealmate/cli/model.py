"""`sealmate model list|fetch|use|show|remove`: the base that everything stands on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, confirmed, hand_on, open_workspace, words
from sealmate.cli.output import clean, emit, follow, say, table, tell
from sealmate.errors import ModelError, UsageError
from sealmate.paths import describe_bytes

if TYPE_CHECKING:
    from sealmate.paths import Paths
    from sealmate.workspace import Workspace

Name = Annotated[
    str | None,
    typer.Argument(help="Name, hub id, folder or GGUF file. Default: the one in use.",
                   show_default=False),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the group `model`."""
    group = typer.Typer(help="Models: what there is, fetch, choose, remove.")
    group.callback(invoke_without_command=True)(_default)
    group.command("list")(list_models)
    group.command()(fetch)
    group.command()(use)
    group.command()(show)
    group.command()(remove)
    app.add_typer(group, name="model")


def _default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if not hand_on(ctx, as_json):
        list_models(ctx, as_json)


def list_models(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List known and fetched models, with the GPU memory they need in 4 bits."""
    with open_workspace(ctx) as workspace:
        rows = _rows(workspace)
    if as_json:
        emit(rows)
        return
    table(
        ["", "name!", "params>", "chat>", "train>", "download>", "licence", "state"],
        [
            (
                "*" if row["active"] else "",
                row["name"],
                f"{row['parameters'] / 1e9:.2f} B" if row["parameters"] else "",
                f"{row['chat_gib']:g} GiB" if row["chat_gib"] else "",
                f"{row['train_gib']:g} GiB" if row["train_gib"] else "",
                describe_bytes(row["download_bytes"]) if row["download_bytes"] else "",
                row["licence"],
                "here" if row["folder"] else "not fetched",
            )
            for row in rows
        ],
        empty="no models",
    )


def _rows(workspace: Workspace) -> list[dict[str, Any]]:
    from sealmate.model import catalogue
    from sealmate.model.shelf import locate

    rows: dict[str, dict[str, Any]] = {}
    for entry in catalogue.entries():
        rows[entry.name] = {
            "name": entry.name,
            "active": False,
            "hub": entry.hub,
            "parameters": entry.parameters,
            "download_bytes": entry.download_bytes,
            "chat_gib": entry.chat_gib,
            "train_gib": entry.train_gib,
            "licence": entry.licence,
            "folder": locate(entry.name, workspace.paths),
        }
    blank = {"parameters": 0, "download_bytes": 0, "chat_gib": 0, "train_gib": 0}
    for folder, facts in _fetched(workspace.paths):
        if any(row["folder"] == folder for row in rows.values()):
            continue
        name = str(facts.get("name", folder.name))
        rows[name] = {"name": name, "active": False, "hub": "", **blank,
                      "licence": str(facts.get("licence", "")), "folder": folder}  # fmt: skip
    current = workspace.model_id
    if current not in rows:
        try:
            here = workspace.model_folder()
        except ModelError:
            here = None
        rows[current] = {"name": current, "hub": "", **blank, "licence": "", "folder": here}
    rows[current]["active"] = True
    return list(rows.values())


def _fetched(paths: Paths) -> list[tuple[Path, dict[str, Any]]]:
    """The folders of the model cache that are complete, with their provenance."""
    from sealmate.model.unpack import PROVENANCE

    found = []
    for file in sorted(paths.models.glob(f"*/{PROVENANCE}")):
        try:
            facts = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(facts, dict) and not file.parent.name.startswith("."):
            found.append((file.parent, facts))
    return found


def fetch(
    ctx: typer.Context,
    name: Name = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no network: take what lies here.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring a model onto this computer; a download that was cut goes on or starts again."""
    from sealmate.model.fetch import ensure

    with open_workspace(ctx) as workspace:
        wanted = words(name or workspace.settings.model, "name")
        folder = follow(ensure(wanted, workspace.paths, offline=offline, clock=workspace.clock))
    if as_json:
        emit({"name": wanted, "folder": folder})
    else:
        say(f"{wanted} is in {folder}")


def use(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name, hub id, folder or GGUF file.")],
    as_json: JsonOption = False,
) -> None:
    """Choose the base model: written into config.toml, nothing else is changed there."""
    with open_workspace(ctx) as workspace:
        result = choose(workspace, words(name, "name"))
    if as_json:
        emit(result)
        return
    say(f"{result['name']} is the base from now on ({result['config']})")
    if not result["folder"]:
        say("it is not here yet: `sealmate model fetch` brings it, or the first use does")


def choose(workspace: Workspace, name: str) -> dict[str, Any]:
    """Record `name` as the base in config.toml. Raises ModelError if it can be no model."""
    import os

    from sealmate.configfile import set_value
    from sealmate.model.shelf import locate
    from sealmate.workspace import base_id

    folder = locate(name, workspace.paths)
    chosen = base_id(name)
    file = workspace.paths.ensure().config_file
    set_value(file, "model", chosen)
    overruled = os.environ.get("SEALMATE_MODEL")
    if overruled and overruled != chosen:
        tell(f"note: SEALMATE_MODEL={overruled} is set and outranks {file}")
    if workspace.paths.database.exists() and (active := workspace.store.versions.active()):
        version = workspace.store.versions.get(active)
        if version.base_id != chosen:
            tell(f"note: version {active} was built on {version.base_id} and cannot stand on this")
    return {"name": chosen, "folder": folder, "config": file}


def show(ctx: typer.Context, name: Name = None, as_json: JsonOption = False) -> None:
    """Show where a model is, where it came from, and its shape."""
    from sealmate.model import catalogue
    from sealmate.model.shelf import locate
    from sealmate.workspace import base_id

    with open_workspace(ctx) as workspace:
        wanted = words(name or workspace.settings.model, "name")
        folder = locate(wanted, workspace.paths)
        entry = catalogue.find(wanted)
        facts: dict[str, Any] = {
            "name": base_id(wanted),
            "folder": folder,
            "bytes": sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
            if folder
            else 0,
            "catalogue": entry,
            "provenance": _read_json(folder, "provenance.json"),
        }
        config = _read_json(folder, "config.json")
        facts["config"] = {
            key: config[key]
            for key in ("model_type", "num_hidden_layers", "hidden_size", "vocab_size",
                        "max_position_embeddings", "dtype")
            if key in config
        }  # fmt: skip
    if as_json:
        emit(facts)
        return
    say(facts["name"])
    say(f"  folder      {folder or 'not fetched: sealmate model fetch ' + wanted}")
    if folder:
        say(f"  size        {describe_bytes(facts['bytes'])}")
    if entry:
        say(f"  licence     {entry.licence}")
        say(f"  parameters  {entry.parameters / 1e9:.2f} B")
        say(f"  4-bit GPU   {entry.chat_gib:g} GiB to chat, {entry.train_gib:g} GiB to train")
    for key in ("source", "fetched_at", "gguf_sha256"):
        if key in facts["provenance"]:
            say(f"  {key:<11} {facts['provenance'][key]}")
    for key, value in facts["config"].items():
        say(f"  {key:<11} {value}")


def _read_json(folder: Path | None, name: str) -> dict[str, Any]:
    try:
        data = json.loads((folder / name).read_text(encoding="utf-8")) if folder else {}
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def remove(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name, hub id or GGUF file.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a fetched model from the cache. Notes and versions stay."""
    from sealmate.model.shelf import removable
    from sealmate.model.shelf import remove as delete

    with open_workspace(ctx) as workspace:
        try:
            folder = removable(words(name, "name"), workspace.paths)
        except ModelError as error:
            hint = error.hint or "list them: sealmate model list"
            raise ModelError(error.message, hint) from None
        if not yes:
            if as_json:
                raise UsageError("--json cannot ask before deleting", "add --yes")
            if not confirmed(clean(f"delete {folder}?"), "add --yes"):
                say("nothing was removed")
                return
        freed = delete(name, workspace.paths)
    if as_json:
        emit({"removed": folder, "bytes": freed})
    else:
        say(f"removed {folder} ({describe_bytes(freed)})")
