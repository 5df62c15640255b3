"""`python -m sealmate.practice warmup|mirror|reader|reading`: teach the writer or the reader, or
look at how good one is."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sealmate.errors import SealmateError, UsageError
from sealmate.events import Event, to_line
from sealmate.model import catalogue
from sealmate.model.identity import hash_file
from sealmate.paths import bundled
from sealmate.settings import load_settings
from sealmate.workspace import Workspace

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel
    from sealmate.practice.card import Role
    from sealmate.training.loop import Recipe

_ROLES: dict[str, Role] = {
    "warmup": "writer",
    "mirror": "writer",
    "reader": "reader",
    "reading": "reader",
}
_RATES = {"writer": 8e-4, "reader": 6e-4}


def main() -> int:
    """Run the command line's job; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sealmate.practice")
    parser.add_argument("job", choices=("warmup", "mirror", "reader", "reading"))
    parser.add_argument("--model", help="catalogue name, hub id or folder")
    parser.add_argument("--notes", type=int, default=0, help="warmup: notes, 0 = all")
    parser.add_argument("--laps", type=int, default=2, help="reader: fillings of every note")
    parser.add_argument("--files", default="*", help="reader: names of files of notes, by commas")
    parser.add_argument("--others", type=int, default=0, help="reader: notes of other files a lap")
    parser.add_argument(
        "--rank", type=int, help="reader: directions a layer; --start-from is widened to it"
    )
    parser.add_argument("--upper", type=float, help="reader: share of the layers, from the top")
    parser.add_argument(
        "--words", action="store_true", help="reader: ask with other words of a kind as well"
    )
    parser.add_argument("--steps", type=int, default=0, help="stop the plan after so many steps")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--draw", type=int, default=5, help="reading: which notes, filled how")
    parser.add_argument("--rate", type=float, help="peak learning rate")
    parser.add_argument("--start-from", type=Path, help="adapter folder to go on from")
    parser.add_argument(
        "--blend", type=float, default=1.0,
        help="share of the new weights in their mean with those of --start-from",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="folder of the adapter")
    parser.add_argument("--checkpoint", type=Path, help="file to resume from and write to")
    given = parser.parse_args()
    try:
        return _run(given)
    except SealmateError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return error.exit_code


def _run(given: argparse.Namespace) -> int:
    workspace = Workspace.open(load_settings(model=given.model))
    for event in workspace.fetch_model():
        print(to_line(event), file=sys.stderr)
    print(json.dumps(_job(given, workspace, _ROLES[given.job])))
    return 0


def _job(given: argparse.Namespace, workspace: Workspace, role: Role) -> dict[str, float]:
    """Teach the adapter of that role, if the job is that, and look at how good it is."""
    from sealmate.practice.card import blend, ship  # torch: seconds

    out = given.out or _place(role, workspace)
    teaching = given.job in ("warmup", "reader")
    blended = given.blend != 1.0
    if blended and not (given.start_from and 0.0 < given.blend < 1.0):
        raise UsageError("--blend is a share between 0 and 1", "it needs --start-from")
    if teaching:
        given.rate = given.rate or _RATES[role]
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "adapter"
            start = given.start_from
            if role == "reader" and (given.rank or given.upper) and start:
                start = _widened(given, workspace, Path(scratch) / "wide")
            teach = _teach_reader if role == "reader" else _teach_writer
            for event in teach(given, workspace, made, start):
                print(to_line(event), file=sys.stderr, flush=True)
            if blended:
                blend(made, start, given.blend)
            ship(made, out, {}, {}, role)
    if role == "reader":
        scores = _look_at_reader(workspace, out, given.draw)
    else:
        scores = _look_at_writer(workspace, out)
    if teaching:
        facts = {"base": workspace.model_id, "command": _command(given, role)}
        writer = workspace.writer_folder()
        if role == "reader" and writer is not None:
            facts["writer_sha256"] = hash_file(writer / "adapter_model.safetensors")
        ship(out, out, facts, scores, role)
    return scores


def _teach_writer(
    given: argparse.Namespace, workspace: Workspace, made: Path, start: Path | None
) -> Iterator[Event]:
    from sealmate.practice.warmup import WRITER_RECIPE, warm_up

    return warm_up(
        _open(workspace), bundled("assets"), made, notes=given.notes, steps=given.steps,
        recipe=replace(WRITER_RECIPE, seed=given.seed, learning_rate=given.rate),
        start_from=start, checkpoint=given.checkpoint,
    )  # fmt: skip


def _teach_reader(
    given: argparse.Namespace, workspace: Workspace, made: Path, start: Path | None
) -> Iterator[Event]:
    from sealmate.practice.reader import teach_reader

    return teach_reader(
        _open(workspace, writer=workspace.writer_folder()), bundled("assets"), made,
        laps=given.laps, files=given.files, others=given.others, words=given.words,
        steps=given.steps, recipe=_reader_recipe(given),
        start_from=start, checkpoint=given.checkpoint,
    )  # fmt: skip


def _reader_recipe(given: argparse.Namespace) -> Recipe:
    from sealmate.practice.reader import READER_RECIPE

    recipe = replace(READER_RECIPE, seed=given.seed, learning_rate=given.rate)
    if given.rank:
        recipe = replace(recipe, rank=given.rank, alpha=given.rank)
    return replace(recipe, upper=given.upper) if given.upper else recipe


def _widened(given: argparse.Namespace, workspace: Workspace, out: Path) -> Path:
    """The adapter to start from as one of the rank and layers that were asked for."""
    from sealmate.practice.widening import widen

    folder = workspace.model_folder()
    assert folder is not None
    layers = int(json.loads((folder / "config.json").read_text("utf-8"))["num_hidden_layers"])
    recipe = _reader_recipe(given)
    first = layers - max(1, round(layers * recipe.upper))
    widen(given.start_from, out, recipe.rank, first, layers, recipe.seed)
    return out


def _look_at_writer(workspace: Workspace, folder: Path) -> dict[str, float]:
    from sealmate.practice.mirror import as_dict, look

    return as_dict(look(_open(workspace, writer=folder), bundled("assets")))


def _look_at_reader(workspace: Workspace, folder: Path, draw: int) -> dict[str, float]:
    from sealmate.practice.comprehension import as_dict, comprehend

    reader = folder if (folder / "adapter_model.safetensors").is_file() else None
    there = reader or f"the writer: there is no reader in {folder}"
    print(f"reading with {there}", file=sys.stderr)
    model = _open(workspace, writer=workspace.writer_folder(), reader=reader)
    return as_dict(comprehend(model, bundled("assets"), seed=draw))


def _command(given: argparse.Namespace, role: str) -> str:
    """The command line that makes the adapter again."""
    size = f"--notes {given.notes}"
    if role == "reader":
        size = f"--laps {given.laps}"
        if given.files != "*":
            size += f" --files '{given.files}' --others {given.others}"
        for name in ("rank", "upper"):
            if value := getattr(given, name):
                size += f" --{name} {value}"
        size += " --words" if given.words else ""
    command = (
        f"python -m sealmate.practice {given.job} {size} --steps {given.steps} "
        f"--seed {given.seed} --rate {given.rate}"
    )
    if given.start_from:
        command += f" --start-from {given.start_from}"
    return command + (f" --blend {given.blend}" if given.blend != 1.0 else "")


def _place(role: str, workspace: Workspace) -> Path:
    """Where the adapter of a base in the catalogue is shipped."""
    if catalogue.find(workspace.settings.model) is None:
        raise UsageError("only adapters for models of the catalogue are shipped", "give --out DIR")
    return bundled("assets") / role / workspace.model_id


def _open(
    workspace: Workspace, *, writer: Path | None = None, reader: Path | None = None
) -> LocalModel:
    from sealmate.model.local import LocalModel

    folder = workspace.model_folder()
    assert folder is not None
    cache = workspace.paths.ensure().data / "compute.json"
    return LocalModel.open(
        workspace.model_id, folder, writer=writer, reader=reader, compute_cache=cache
    )


if __name__ == "__main__":
    raise SystemExit(main())
