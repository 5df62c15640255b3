"""`python -m sealmate.practice warmup|mirror`: teach the writer, or look at one."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from sealmate.errors import SealmateError
from sealmate.events import to_line
from sealmate.paths import bundled
from sealmate.settings import load_settings
from sealmate.workspace import Workspace


def main() -> int:
    """Run the command line's job; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sealmate.practice")
    parser.add_argument("job", choices=("warmup", "mirror"))
    parser.add_argument("--model", help="catalogue name, hub id or folder")
    parser.add_argument("--notes", type=int, default=0, help="notes of the stock, 0 = all")
    parser.add_argument("--steps", type=int, default=0, help="stop the plan after so many steps")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=8e-4, help="peak learning rate")
    parser.add_argument("--start-from", type=Path, help="adapter folder to go on from")
    parser.add_argument("--out", type=Path, help="folder of the adapter")
    parser.add_argument("--checkpoint", type=Path, help="file to resume from and write to")
    given = parser.parse_args()
    try:
        return _run(given)
    except SealmateError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return error.exit_code


def _run(given: argparse.Namespace) -> int:
    from sealmate.model.local import LocalModel
    from sealmate.practice.card import ship
    from sealmate.practice.mirror import as_dict, look
    from sealmate.practice.warmup import WRITER_RECIPE, warm_up

    assets = bundled("assets")
    workspace = Workspace.open(load_settings(model=given.model))
    for event in workspace.fetch_model():
        print(to_line(event), file=sys.stderr)
    folder = workspace.model_folder()
    assert folder is not None
    out = given.out or assets / "writer" / workspace.model_id
    cache = workspace.paths.ensure().data / "compute.json"
    if given.job == "warmup":
        recipe = replace(WRITER_RECIPE, seed=given.seed, learning_rate=given.rate)
        model = LocalModel.open(workspace.model_id, folder, compute_cache=cache)
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "adapter"
            for event in warm_up(
                model, assets, made, notes=given.notes, steps=given.steps, recipe=recipe,
                start_from=given.start_from, checkpoint=given.checkpoint,
            ):  # fmt: skip
                print(to_line(event), file=sys.stderr, flush=True)
            ship(made, out, {}, {})
        del model
    model = LocalModel.open(workspace.model_id, folder, writer=out, compute_cache=cache)
    scores = as_dict(look(model, assets))
    if given.job == "warmup":
        command = (
            f"python -m sealmate.practice warmup --notes {given.notes} --steps {given.steps} "
            f"--seed {given.seed} --rate {given.rate}"
        ) + (f" --start-from {given.start_from}" if given.start_from else "")
        ship(out, out, {"base": workspace.model_id, "command": command}, scores)
    print(json.dumps(scores))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
