"""What commands print: one JSON document or tables on stdout, progress and errors on stderr."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sealmate import events
from sealmate.cli.streams import silence, writing
from sealmate.errors import SealmateError
from sealmate.events import Event
from sealmate.paths import describe_bytes

T = TypeVar("T")
_WIDE = 400  # a pipe has no width: nothing is cut
_SHARE = 24  # columns of a terminal that each column of a table has at least, where it needs them
_BYTES = 1_000_000  # totals from here on are bytes: stages count sources, steps or tokens below


def plain(value: Any) -> Any:
    """`value` as JSON knows it: records become objects, times ISO 8601, paths text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value


def emit(value: Any) -> None:
    """Print exactly one JSON document, on one line, on stdout."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(plain(value), ensure_ascii=not utf8)
    if utf8:
        text = text.encode("utf-8", "replace").decode()  # a lone surrogate is no UTF-8
    with writing():
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def clean(text: object) -> str:
    """`text` without control characters: a note must not move the cursor or set a title."""
    return "".join(
        letter if letter in "\n\t" or (letter >= " " and not "\x7f" <= letter <= "\x9f") else "�"
        for letter in str(text)
    )


def say(text: object = "") -> None:
    """Print a line of plain text on stdout."""
    with writing():
        sys.stdout.write(clean(text) + "\n")


def tell(text: object) -> None:
    """Print a line on stderr, beside whatever a command prints on stdout."""
    try:
        sys.stderr.write(clean(text) + "\n")
    except BrokenPipeError:
        raise
    except OSError:  # a full disk there: what is done must not end for want of a line about it
        silence(sys.stderr)


def complain(error: SealmateError) -> None:
    """Print an expected error: what happened, then how to mend it."""
    tell("error: " + " ".join(error.message.split()))
    if error.hint:
        tell("hint: " + " ".join(error.hint.split()))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print `rows` under `columns` (a name that ends in ">" is flushed right, one that ends in "!"
    is never broken: it is there to be copied), or `empty`."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        say(empty)
        return
    cells = [[" ".join(clean(cell).split()) for cell in row] for row in rows]
    widths = [max(map(len, [name, *column])) for name, *column in zip(columns, *cells, strict=True)]
    whole = sum(width for width, name in zip(widths, columns, strict=True) if name.endswith("!"))
    terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, width=None if terminal else _WIDE, highlight=False)
    if terminal and 2 * whole > console.width:  # nothing would be left for the others
        terminal, console = False, Console(file=sys.stdout, width=_WIDE, highlight=False)
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    last = len(columns) - 1
    # one long cell in the last column must not leave the others without any room
    rest = console.width - sum(min(width, _SHARE) + 2 for width in widths[:-1])
    for number, name in enumerate(columns):
        kept = name.endswith("!")
        grid.add_column(
            name.rstrip(">!"),
            justify="right" if name.endswith(">") else "left",
            overflow="ellipsis" if number == last else "fold",
            no_wrap=number == last or kept,
            min_width=widths[number] if kept else None,
            max_width=max(_SHARE, rest) if number == last else None,
        )
    for row in cells:
        grid.add_row(*map(Text, row))
    with writing():
        console.print(grid, soft_wrap=not terminal)


def when(at: datetime | None) -> str:
    """A time in the zone of this computer, to the minute; "" for None."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"


@contextmanager
def drawing() -> Iterator[Callable[[Event], None]]:
    """A function that draws events on stderr: bars on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[detail]}", markup=False),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr, highlight=False),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def bar(stage: str, done: int, total: int, detail: str) -> None:
        if stage not in tasks:
            tasks[stage] = progress.add_task(stage, total=None, count="", detail="")
        progress.update(
            tasks[stage],
            completed=done,
            total=total or None,
            count=_count(done, total),
            detail=clean(detail)[:60],
        )

    def draw(event: Event) -> None:
        match event:
            case events.Started(stage, total, detail):
                if detail:
                    progress.console.print(clean(f"{stage}: {detail}"), markup=False)
                bar(stage, 0, total, "")
            case events.Progress(stage, done, total, detail):
                bar(stage, done, total, detail)
            case events.Loss(step, steps, loss, _, _):
                bar("training", step, steps, f"loss {loss:.3f}")
            case _:
                if text := describe(event):
                    progress.console.print(clean(text), markup=False)

    with progress:
        yield draw


def describe(event: Event) -> str:
    """One line about an event; "" where a line would say too little."""
    match event:
        case events.Started(stage, total, detail):
            about = f" ({describe_bytes(total)})" if stage == "fetch" and total else ""
            return f"{stage}: {detail}{about}" if detail else f"{stage} ..."
        case events.Note(text):
            return text
        case events.Loss(step, steps, loss, _, _):
            return f"training {step}/{steps}: loss {loss:.3f}"
        case events.Gated(passed, _, reasons):
            return "gate: " + ("passed" if passed else "refused: " + "; ".join(reasons))
        case events.Published(version, _):
            return f"version {version} is active"
        case events.Failed(_, message, hint):
            return f"failed: {message}" + (f" ({hint})" if hint else "")
        case _:
            return ""


def follow(steps: Generator[Event, None, T]) -> T:
    """Draw the events of `steps` to the end and give back the generator's value."""
    with drawing() as draw:
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                value: T = end.value
                return value
            draw(event)


def _line(event: Event) -> None:
    if not isinstance(event, events.Loss) and (text := describe(event)):
        tell(text)


def _count(done: int, total: int) -> str:
    if max(done, total) >= _BYTES:
        return (
            f"{describe_bytes(done)} of {describe_bytes(total)}" if total else describe_bytes(done)
        )
    return f"{done}/{total}" if total else ""
