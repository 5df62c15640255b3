"""Figures as text: tables with aligned columns, shares and seconds as people read them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a table: `columns` above `rows`, numbers flushed right, the rest left."""
    body = [[figure(cell) for cell in row] for row in rows]
    right = [_numeric(row[n] for row in body) for n in range(len(columns))]
    widths = [max(len(row[n]) for row in [list(columns), *body]) for n in range(len(columns))]
    return [
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(columns), *body]
    ]


def figures(values: Mapping[str, Any]) -> list[str]:
    """Lines "name  value", one a figure; figures in a mapping stand under its name, indented."""
    width = max((len(name) for name in values), default=0)
    lines = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines.append(name)
            lines += ["  " + line for line in figures(value)]
        else:
            lines.append(f"{name.ljust(width)}  {figure(value)}")
    return lines


def figure(value: object) -> str:
    """A cell: floats with four digits that count, None as a dash, all else as it is."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def share(hits: Iterable[bool]) -> float:
    """The share of true ones, rounded to three digits; 0 for none asked."""
    done = list(hits)
    return round(sum(done) / len(done), 3) if done else 0.0


def median(values: Iterable[float], digits: int = 4) -> float:
    """The median, rounded; 0 for nothing measured."""
    done = list(values)
    return round(statistics.median(done), digits) if done else 0.0


def _numeric(cells: Iterable[str]) -> bool:
    return all(cell == "-" or cell.replace(".", "", 1).lstrip("-").isdigit() for cell in cells)
