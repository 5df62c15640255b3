"""`sealmate demo`: the whole idea in one run, in a throwaway home."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import Globals, JsonOption
from sealmate.cli.output import clean, drawing, emit, say
from sealmate.cli.watching import stopping
from sealmate.errors import HomeError, VersionError

if TYPE_CHECKING:
    from rich.console import Console

    from sealmate.demo import Asked, Step
    from sealmate.settings import Settings

_SAMPLES = 5
_WIDE = 100


def register(app: typer.Typer) -> None:
    """Add the command `demo`."""
    app.command()(demo)


def demo(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Keep what comes of it in this new folder.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Save what is shown as an SVG picture.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show it all on a few bundled notes: ask, take notes in, learn overnight, ask, roll back.

    Your own notes and settings are not touched. It fetches the small model if it is not here yet.
    """
    from sealmate import demo as whole
    from sealmate.workspace import Workspace

    if picture is not None:
        _refuse_unwritable(picture, home)
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(home))
        cancel = stack.enter_context(stopping())
        workspace = stack.enter_context(Workspace.open(_settings(ctx, folder)))
        screen = _Screen(to_stderr=as_json, record=picture is not None)
        screen.title(folder, kept=home is not None)
        result = screen.follow(whole.run(workspace, cancel=cancel))
        screen.summary(result)
        if picture is not None:
            _save(screen.console, picture)
    if as_json:
        emit(result)
    elif home is not None:
        say(f"it is kept; talk to it: sealmate --home {folder} versions rollback 1, then")
        say(f"sealmate --home {folder}")
    if not result["logits_restored_exactly"]:
        raise VersionError(
            "the rollback did not bring back the same logits",
            "see sealmate doctor: arithmetic on this computer does not repeat itself",
        )


def _settings(ctx: typer.Context, folder: Path) -> Settings:
    """The defaults in another home: of the person's own settings only the model cache holds."""
    given = ctx.find_object(Globals) or Globals()
    models = given.settings().models
    return replace(given, home=folder).settings(models=models, review=False)


@contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    if home is not None:
        yield home.expanduser().absolute()
        return
    try:
        # A child that is still ending may hold a file for a moment.
        throwaway = tempfile.TemporaryDirectory(prefix="sealmate-demo-", ignore_cleanup_errors=True)
    except OSError as error:
        raise HomeError(
            f"cannot make a throwaway home in {tempfile.gettempdir()}: {error.strerror}",
            "give a folder: sealmate demo --home FOLDER",
        ) from error
    with throwaway as name:
        yield Path(name)


def _refuse_unwritable(file: Path, home: Path | None) -> None:
    """Raise HomeError where a picture cannot be written: minutes later is too late to say so."""
    target = Path(os.path.realpath(file))  # a link to nothing stays one
    made = home is not None and file.absolute().parent == home.expanduser().absolute()
    try:
        there = target.exists()
        if there and not (target.is_file() or target.is_dir()):
            return  # a pipe or the like
        if made and not target.parent.exists():
            return  # the demo makes it
        target.open("ab").close()
        if not there:
            target.unlink()
    except OSError as error:
        raise _cannot_write(file, error) from error


def _save(console: Console, file: Path) -> None:
    try:
        console.save_svg(str(file), title="sealmate demo")
    except OSError as error:
        raise _cannot_write(file, error) from error


def _cannot_write(file: Path, error: OSError) -> HomeError:
    return HomeError(f"cannot write {file}: {error.strerror}", "name a file in another folder")


class _Screen:
    """The steps as they happen, numbered; the events between them as `drawing` draws them."""

    def __init__(self, *, to_stderr: bool, record: bool) -> None:
        from rich.console import Console

        stream = sys.stderr if to_stderr else sys.stdout
        # A picture, a pipe and a wide terminal all get the same lines.
        width = _WIDE if record or not stream.isatty() else None
        self.console = Console(file=stream, highlight=False, record=record, width=width)
        self._number = 0

    def follow(self, steps: Any) -> dict[str, Any]:
        """Draw all of `steps` and give back the generator's value."""
        with ExitStack() as stack:
            draw = None
            while True:
                try:
                    item = next(steps)
                except StopIteration as end:
                    result: dict[str, Any] = end.value
                    return result
                if self._is_step(item):
                    # Lines between a bar's frames would tear it.
                    stack.close()
                    draw = None
                    self._step(item)
                else:
                    if draw is None:
                        draw = stack.enter_context(drawing())
                    draw(item)

    def title(self, folder: Path, *, kept: bool) -> None:
        """What is about to happen, and where."""
        self._line("sealmate demo", style="bold")
        self._line(f"in {folder}, " + ("which is kept" if kept else "a throwaway home"), "dim")

    def summary(self, result: dict[str, Any]) -> None:
        """The figures, once more in one place."""
        line = (
            f"{result['questions']} questions closed-book: {result['recall_before']:.2f} before, "
            f"{result['recall_after']:.2f} after the night, "
            f"{result['recall_rolled_back']:.2f} rolled back"
        )
        self._line()
        self._line(f"{line} ({result['seconds']:.0f} s)", style="bold")
        self._line(
            f"asked what no note says, it said so {result['abstention_after']:.2f} of the time; "
            f"questions trained word for word and not counted: {result['overlap']}",
            "dim",
        )

    @staticmethod
    def _is_step(item: object) -> bool:
        from sealmate import demo as whole

        return isinstance(
            item, whole.Loaded | whole.Asked | whole.TookIn | whole.Learnt | whole.RolledBack
        )

    def _step(self, step: Step) -> None:
        from sealmate import demo as whole

        match step:
            case whole.Loaded(info, _, _):
                self._head(
                    f"The model: {info.id}, 4-bit weights ({info.quantization}) on {info.device}"
                )
            case whole.Asked():
                self._asked(step)
            case whole.TookIn(titles):
                self._head(f"{len(titles)} notes go in")
                self._indented(" · ".join(titles))
            case whole.Learnt():
                self._head(
                    f"The night: {step.kept} of {step.written} self-edits kept and trained, "
                    f"version {step.version} passed its gate ({step.seconds:.0f} s)"
                )
                for question, answer in step.examples:
                    self._indented(f"trained: {question}  {answer}", "dim")
            case whole.RolledBack():
                logits = "restored bit for bit" if step.logits else "NOT restored"
                answers = "identical" if step.answers else "NOT identical"
                self._indented(
                    f"logits {logits} (version {step.version} had moved them by up to "
                    f"{step.moved:.2f}); answers {answers}",
                    "green" if step.logits and step.answers else "bold red",
                )

    def _asked(self, exam: Asked) -> None:
        heading = {
            "before": "Before: asked about things it was never told",
            "after": "After: the same questions, with the notes out of sight",
            "rolled back": "Rolled back: the same again, without the memory",
        }[exam.when]
        self._head(f"{heading}: {sum(exam.right)} of {len(exam.right)} right")
        shown: dict[str, int] = {}
        for number, question in enumerate(exam.questions):
            shown.setdefault(question.note, number)
        for number in list(shown.values())[:_SAMPLES]:
            self._answer(exam, number)

    def _answer(self, exam: Asked, number: int) -> None:
        from rich.table import Table
        from rich.text import Text

        right = exam.right[number]
        row = Table.grid(padding=(0, 2))
        row.add_column(width=3)
        row.add_column(width=56)
        row.add_column(ratio=1, overflow="ellipsis", no_wrap=True)
        row.add_row(
            Text(" + " if right else " - ", style="green" if right else "red"),
            Text(clean(exam.questions[number].text)),
            Text(" ".join(clean(exam.replies[number]).split()), style="green" if right else "dim"),
        )
        self.console.print(row)

    def _head(self, text: str) -> None:
        self._number += 1
        self._line()
        self._line(f"{self._number}. {text}", "bold cyan")

    def _indented(self, text: str, style: str = "") -> None:
        from rich.padding import Padding
        from rich.text import Text

        self.console.print(Padding(Text(clean(text), style=style), (0, 0, 0, 3), expand=False))

    def _line(self, text: str = "", style: str = "") -> None:
        self.console.print(clean(text), style=style, markup=False)
