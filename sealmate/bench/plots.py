"""The matrix and the curve of recall as pictures, PNG and SVG. Needs matplotlib (extra `plots`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sealmate.bench.matrix import Row, matrix, share

HINT = "no pictures: matplotlib is not installed (pip install 'sealmate[plots]')"
_FORMATS = ("png", "svg")


def can_plot() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def plot(runs: Mapping[str, Sequence[Sequence[Row]]], folder: Path) -> list[Path]:
    """Draw `runs` (an arm's seeds, each a list of nights) into `folder`; returns the files.

    One matrix an arm, of its first seed, and one curve of recall over all arms and seeds.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    made: list[Path] = []
    for arm, seeds in runs.items():
        if seeds and seeds[0]:
            figure = _matrix(pyplot, arm, seeds[0])
            made += _save(pyplot, figure, folder / f"matrix-{arm}")
    figure = _curve(pyplot, runs)
    made += _save(pyplot, figure, folder / "recall")
    return made


def _matrix(pyplot: Any, arm: str, rows: Sequence[Row]) -> Any:
    width = len(rows)
    asked = [0, *(row.night for row in rows if row.whole)]
    grid = [line for night, line in enumerate(matrix(rows)) if night in asked]
    cells = [
        [float("nan") if cell is None else 100 * cell for cell in row]
        + [float("nan")] * (width - len(row))
        for row in grid
    ]
    size = 2.6 + 0.32 * width
    figure, axes = pyplot.subplots(figsize=(size + 1.2, size), layout="constrained")
    image = axes.imshow(cells, vmin=0, vmax=100, cmap="viridis", aspect="auto")
    axes.set_xticks(range(width), [str(n + 1) for n in range(width)])
    axes.set_yticks(range(len(asked)), ["untaught", *map(str, asked[1:])])
    axes.set_xlabel("facts of night")
    axes.set_ylabel("asked after night")
    axes.set_title(f"{arm}: closed-book recall, percent")
    if width <= 12:
        for y, row in enumerate(cells):
            for x, cell in enumerate(row):
                if cell == cell:
                    colour = "black" if cell > 60 else "white"
                    axes.text(x, y, f"{cell:.0f}", ha="center", va="center", color=colour)
    figure.colorbar(image, ax=axes)
    return figure


def _curve(pyplot: Any, runs: Mapping[str, Sequence[Sequence[Row]]]) -> Any:
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for colour, (arm, seeds) in enumerate(runs.items()):
        for number, rows in enumerate(seeds):
            nights = [row.night for row in rows]
            whole = [row for row in rows if row.whole]
            held = [_percent(row.recall) for row in whole]
            fresh = [_percent(row.columns.get(str(row.night), (0, 0))) for row in rows]
            label = arm if number == 0 else None
            axes.plot(
                [row.night for row in whole],
                held,
                color=f"C{colour}",
                marker="o",
                markersize=3,
                label=label,
            )
            axes.plot(nights, fresh, color=f"C{colour}", linestyle=":", linewidth=1)
    axes.set_ylim(0, 100)
    axes.set_xlabel("night")
    axes.set_ylabel("closed-book recall, percent")
    axes.set_title("all that still holds (line) and what was just learnt (dots)")
    axes.legend()
    return figure


def _percent(count: tuple[int, int]) -> float:
    part = share(count)
    return float("nan") if part is None else 100 * part


def _save(pyplot: Any, figure: Any, stem: Path) -> list[Path]:
    files = [stem.with_suffix(f".{kind}") for kind in _FORMATS]
    for file in files:
        figure.savefig(file, dpi=130)
    pyplot.close(figure)
    return files
