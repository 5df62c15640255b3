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

_RATES = {"warmup": 8e-4, "reader": 6e-4}


def main() -> int:
    """Run the command line's job; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sealmate.practice")
    parser.add_argument("job", choices=("warmup", "mirror", "reader", "reading"))
    parser.add_argument("--model", help="catalogue name, hub id or folder")
    parser.add_argument("--notes", type=int, default=0, help="warmup: notes, 0 = all")
    parser.add_argument("--laps", type=int, default=2, help="reader: fillings of every note")
    parser.add_argument("--steps", type=int, default=0, help="stop the plan after so many steps")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, help="peak learning rate")
    parser.add_argument("--start-from", type=Path, help="warmup: adapter folder to go on from")
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
    job = _reader if given.job in ("reader", "reading") else _writer
    print(json.dumps(job(given, workspace)))
    return 0


def _writer(given: argparse.Namespace, workspace: Workspace) -> dict[str, float]:
    from sealmate.practice.card import ship
    from sealmate.practice.mirror import as_dict, look
    from sealmate.practice.warmup import WRITER_RECIPE, warm_up

    assets = bundled("assets")
    out = given.out or _place("writer", workspace)
    if given.job == "warmup":
        rate = given.rate or _RATES["warmup"]
        recipe = replace(WRITER_RECIPE, seed=given.seed, learning_rate=rate)
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "adapter"
            _follow(
                warm_up(
                    _open(workspace), assets, made, notes=given.notes, steps=given.steps,
                    recipe=recipe, start_from=given.start_from, checkpoint=given.checkpoint,
                )
            )  # fmt: skip
            ship(made, out, {}, {})
    scores = as_dict(look(_open(workspace, writer=out), assets))
    if given.job == "warmup":
        command = (
            f"python -m sealmate.practice warmup --notes {given.notes} --steps {given.steps} "
            f"--seed {given.seed} --rate {rate}"
        ) + (f" --start-from {given.start_from}" if given.start_from else "")
        ship(out, out, {"base": workspace.model_id, "command": command}, scores)
    return scores


def _reader(given: argparse.Namespace, workspace: Workspace) -> dict[str, float]:
    from sealmate.practice.card import ship
    from sealmate.practice.comprehension import as_dict, comprehend
    from sealmate.practice.reader import READER_RECIPE, teach_reader

    assets = bundled("assets")
    writer = workspace.writer_folder()
    out = given.out or _place("reader", workspace)
    if given.job == "reader":
        rate = given.rate or _RATES["reader"]
        recipe = replace(READER_RECIPE, seed=given.seed, learning_rate=rate)
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "adapter"
            _follow(
                teach_reader(
                    _open(workspace, writer=writer), assets, made, laps=given.laps,
                    steps=given.steps, recipe=recipe, checkpoint=given.checkpoint,
                )
            )  # fmt: skip
            ship(made, out, {}, {}, "reader")
    reader = out if (out / "adapter_model.safetensors").is_file() else None
    print(f"reading with {reader or 'the writer: there is no reader in ' + str(out)}",
          file=sys.stderr)  # fmt: skip
    scores = as_dict(comprehend(_open(workspace, writer=writer, reader=reader), assets))
    if given.job == "reader":
        command = (
            f"python -m sealmate.practice reader --laps {given.laps} --steps {given.steps} "
            f"--seed {given.seed} --rate {rate}"
        )
        facts = {"base": workspace.model_id, "command": command}
        if writer is not None:
            facts["writer_sha256"] = hash_file(writer / "adapter_model.safetensors")
        ship(out, out, facts, scores, "reader")
    return scores


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


def _follow(events: Iterator[Event]) -> None:
    for event in events:
        print(to_line(event), file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
