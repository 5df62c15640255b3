"""`sealmate bench`: measure this machine and this recipe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sealmate.cli.common import JsonOption, open_workspace, settings_of
from sealmate.cli.continual import continual
from sealmate.cli.output import drawing, emit, follow, say

RoundsOption = Annotated[int, typer.Option(min=1, help="Interleaved rounds; medians count.")]
NotesOption = Annotated[int, typer.Option(min=1, help="Notes to measure on.")]


def register(app: typer.Typer) -> None:
    """Add the group `bench`."""
    group = typer.Typer(
        help="Measurements: how fast it starts, learns and writes, and how well it remembers.",
        no_args_is_help=True,
    )
    group.command()(startup)
    group.command()(train)
    group.command()(write)
    group.command()(memory)
    group.command()(sweep)
    group.command()(continual)
    app.add_typer(group, name="bench")


def startup(rounds: RoundsOption = 7, as_json: JsonOption = False) -> None:
    """Time --help and listings beside `python -c "import typer, sqlalchemy"`."""
    from sealmate.bench import startup as bench

    figures = follow(bench.startup(rounds))
    if as_json:
        emit(figures)
        return
    _show({name: value for name, value in figures.items() if name != "commands"})
    _table(
        ["command", "seconds", "ratio", "imports torch"],
        [list(row.values()) for row in figures["commands"]],
    )


def train(
    ctx: typer.Context,
    notes: NotesOption = 6,
    rounds: RoundsOption = 3,
    batch: Annotated[int, typer.Option(min=1, help="Rows of the plain loop's batches.")] = 8,
    steps: Annotated[int, typer.Option(min=1, help="Plain batches in a round.")] = 4,
    same_layers: Annotated[
        bool, typer.Option("--same-layers", help="Plain adapters in the upper layers only, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Time training beside peft on packed layers, padded batches and full logits.

    Some minutes. The ratio is of seconds a note, plain over ours.
    """
    with open_workspace(ctx) as workspace:
        from sealmate.bench.train import bench_train  # torch and peft: seconds

        with drawing() as draw:
            model = workspace.model(draw)
        figures = follow(
            bench_train(
                model, workspace.settings, notes=notes, rounds=rounds, rows=batch, steps=steps,
                same_layers=same_layers,
            )
        )  # fmt: skip
    _beside(figures, as_json)


def write(
    ctx: typer.Context,
    notes: NotesOption = 6,
    rounds: RoundsOption = 3,
    plain_notes: Annotated[int, typer.Option(min=1, help="Notes of the plain loop a round.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Time writing beside transformers' generate, passage by passage on packed layers.

    Some minutes. The ratio is of tokens made a second, ours over plain.
    """
    with open_workspace(ctx) as workspace:
        from sealmate.bench.write import bench_write  # torch and peft: seconds

        with drawing() as draw:
            model = workspace.model(draw)
        figures = follow(
            bench_write(
                model, workspace.settings, notes=notes, rounds=rounds, plain_notes=plain_notes
            )
        )
    _beside(figures, as_json)


def memory(
    ctx: typer.Context,
    notes: Annotated[
        Path | None, typer.Option(help="JSON lines of notes with questions. Default: bundled.")
    ] = None,
    strangers: Annotated[
        Path | None, typer.Option(help="JSON list of questions nothing answers. Default: bundled.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the night.")] = None,
    only: Annotated[int | None, typer.Option(min=1, help="The first so many notes only.")] = None,
    keep: Annotated[
        Path | None, typer.Option(help="New folder to keep the home and all answers in.")
    ] = None,
    as_notes: Annotated[
        bool, typer.Option("--as-notes", help="Take notes in as `note` does, not as files.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Learn a set of notes in a throwaway home, and ask everything before and after.

    Minutes. Your own notes and versions are not touched.
    """
    from sealmate.bench.sets import read_set

    bench = read_set(notes, strangers, only)
    settings = settings_of(ctx, seed=seed)
    from sealmate.bench.memory import bench_memory  # torch and peft: seconds

    figures = follow(bench_memory(settings, bench, keep=keep, as_notes=as_notes))
    if as_json:
        emit(figures)
    else:
        _show(figures)


def sweep(
    ctx: typer.Context,
    keep: Annotated[Path, typer.Option(help="Home for notes, edits and rows; goes on there.")],
    arms: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SETTING=VALUE,...]...", help="Changes of settings, one arm each."),
    ] = None,
    only: Annotated[int | None, typer.Option(min=1, help="Only the first so many notes.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train the tuning notes in several ways and compare recall, abstention, general loss, time.

    Without arms the settings are measured as they are. Edits are written once, in --keep.
    """
    from sealmate.bench.sweep import bench_sweep, tuning_set

    figures = follow(bench_sweep(settings_of(ctx), tuning_set(only), arms or [""], keep))
    if as_json:
        emit(figures)
        return
    columns = ["arm", "recall", "near", "strangers", "recall_any", "recall_at_0.9",
               "general_loss_attached", "tokens", "train_seconds"]  # fmt: skip
    _table(columns, [[row[name] for name in columns] for row in figures["arms"]])


def _beside(figures: Mapping[str, Any], as_json: bool) -> None:
    """Ours and the plain loop side by side."""
    if as_json:
        emit(figures)
        return
    ours, plain = figures["ours"], figures["plain"]
    _table(["", "ours", "plain"], [[name, ours[name], plain[name]] for name in ours])
    say()
    _show({name: value for name, value in figures.items() if name not in ("ours", "plain")})


def _show(figures: Mapping[str, Any]) -> None:
    from sealmate.bench import report

    for line in report.figures(figures):
        say(line)


def _table(columns: list[str], rows: list[list[object]]) -> None:
    from sealmate.bench import report

    for line in report.table(columns, rows):
        say(line)
