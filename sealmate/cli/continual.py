"""`sealmate bench continual`: many nights, and what is left of the first at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sealmate.cli.common import JsonOption, settings_of
from sealmate.cli.output import emit, follow, say, tell
from sealmate.errors import UsageError


def continual(
    ctx: typer.Context,
    nights: Annotated[int, typer.Option(min=1, help="Nights.")] = 30,
    notes: Annotated[int, typer.Option(min=1, help="Notes told in a night.")] = 8,
    arms: Annotated[
        str, typer.Option(help="What to compare, of ours, no-replay and seal.")
    ] = "ours,no-replay,seal",
    seeds: Annotated[int, typer.Option(min=1, help="Streams; each has another seed.")] = 1,
    questions: Annotated[
        int, typer.Option(min=1, help="Most questions asked about one night's notes.")
    ] = 12,
    changed: Annotated[
        float, typer.Option(min=0, max=1, help="Share of notes that correct an earlier one.")
    ] = 0.10,
    deleted: Annotated[
        float, typer.Option(min=0, max=1, help="Notes to be forgotten, as a share of all.")
    ] = 0.05,
    edits: Annotated[
        str, typer.Option(help="written: by the writer; stock: ready ones, without writing.")
    ] = "written",
    every: Annotated[
        int, typer.Option(min=1, help="Ask for all that was told only every so many nights.")
    ] = 1,
    home: Annotated[
        Path | None, typer.Option(help="Folder of the run; it goes on where it was cut.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Learn for many nights, change and forget facts, and ask all that still holds.

    Six nights of four notes take half an hour on two cores; thirty of eight belong on a GPU.
    Your own notes and versions are not touched. A run that is cut goes on where it was.
    """
    if edits not in ("written", "stock"):
        raise UsageError(f"--edits cannot be {edits!r}", "choose written or stock")
    settings = settings_of(ctx)
    where = (home or settings.paths.data / "bench" / "continual").expanduser().absolute()
    chosen = tuple(dict.fromkeys(name.strip() for name in arms.split(",") if name.strip()))
    from sealmate.bench.continual import Plan, bench_continual  # torch and peft: seconds
    from sealmate.bench.stream import Shape

    plan = Plan(nights, chosen, seeds, "stock" if edits == "stock" else "written",
                Shape(notes, questions, changed, deleted), every)  # fmt: skip
    figures = follow(bench_continual(settings, where, plan))
    _pictures(where, plan)
    if not as_json:
        _show(where, plan, figures)
    emit(figures)


def _pictures(where: Path, plan: Any) -> None:
    from sealmate.bench import plots

    if not plots.can_plot():
        tell(plots.HINT)
        return
    for file in plots.plot(_rows(where, plan), where):
        tell(f"wrote {file}")


def _show(where: Path, plan: Any, figures: Mapping[str, Mapping[str, Any]]) -> None:
    """The matrices, and the figures side by side above the line that ends it all."""
    from sealmate.bench import report
    from sealmate.bench.matrix import SEAL_PUBLISHED, SEAL_SOURCE, lines, matrix

    for arm, seeds in _rows(where, plan).items():
        for number, rows in enumerate(seeds):
            say(f"{arm}{f', stream {number + 1}' if number else ''}: closed-book recall, percent")
            for line in lines(matrix(rows)):
                say(line)
            say()
    say(f"beside it, published: {SEAL_SOURCE}; passages in place of nights, percent")
    for line in lines(SEAL_PUBLISHED, percent=True):
        say(line)
    say()
    names = [name for name in next(iter(figures.values())) if name != "spread"]
    table = [[name, *(figures[arm][name] for arm in figures)] for name in names]
    if plan.seeds > 1:
        for name in next(iter(figures.values()))["spread"]:
            table.append([f"{name}, spread", *(figures[arm]["spread"][name] for arm in figures)])
    for line in report.table(["", *figures], table):
        say(line)
    say()


def _rows(where: Path, plan: Any) -> Mapping[str, Any]:
    import json

    from sealmate.bench.continual import read_rows

    seeds = json.loads((where / "matrix.json").read_text("utf-8"))["seeds"]
    return {
        arm: [read_rows(where, arm, seed)[: plan.nights] for seed in seeds] for arm in plan.arms
    }
