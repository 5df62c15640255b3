"""What every command needs: the global options, a workspace, clean words from the shell."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealmate.cli.output import tell
from sealmate.errors import NotFoundError, SealmateError, UsageError

if TYPE_CHECKING:
    from sealmate.paths import Paths
    from sealmate.records import Source
    from sealmate.settings import Settings
    from sealmate.store import Store
    from sealmate.workspace import Clock, Workspace

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@dataclass(frozen=True, slots=True)
class Globals:
    """The options before the command; None where not given."""

    home: Path | None = None
    profile: str | None = None
    model: str | None = None
    device: str | None = None

    def settings(self, **flags: object) -> Settings:
        """The settings with these options and a command's own `flags` on top."""
        from sealmate.settings import load_settings  # pydantic-settings: 0.2 s

        return load_settings(
            home=self.home, profile=self.profile, model=self.model, device=self.device, **flags
        )


def settings_of(ctx: typer.Context, **flags: object) -> Settings:
    """The settings of a command. Raises SettingsError."""
    given = ctx.find_object(Globals) or Globals()
    return given.settings(**flags)


def hand_on(ctx: typer.Context, as_json: bool) -> bool:
    """Let a --json before the sub-command hold for it; whether there is a sub-command."""
    if as_json:
        names = getattr(ctx.command, "commands", {})
        ctx.default_map = {name: {"as_json": True} for name in names}
    return ctx.invoked_subcommand is not None


def open_workspace(ctx: typer.Context, **flags: object) -> Workspace:
    """The workspace of a command, to be used in a `with`. Raises SettingsError."""
    from sealmate.workspace import Workspace

    workspace = Workspace.open(settings_of(ctx, **flags))
    workspace.on_store = _resume
    if new_profile(workspace.paths):
        workspace.on_store = _resume_new
    return workspace


def new_profile(paths: Paths) -> str:
    """That a profile is not there yet, beside those that are; "" where it is. A mistyped name must
    not look as if everything was lost."""
    if paths.profile == "default" or os.path.lexists(paths.profile_dir):
        return ""
    return _made(paths)


def _made(paths: Paths) -> str:
    others: list[str] = []
    with suppress(OSError):  # a home that is not there yet has none
        found = paths.profile_dir.parent.iterdir()
        others = sorted(path.name for path in found if path.is_dir() and path != paths.profile_dir)
    known = f"; there were: {', '.join(others)}" if others else ""
    return f"the profile {paths.profile} is new{known}"


def _resume_new(store: Store, paths: Paths, clock: Clock) -> None:
    """Say that a profile was made."""
    tell(f"note: {_made(paths)}")
    _resume(store, paths, clock)


def _resume(store: Store, paths: Paths, clock: Clock) -> None:
    """Tell of an upgrade, and finish a `forget` that was cut off: what should be gone must not wait
    for the next night.

    Waits for nobody; what goes wrong is left to the next `forget`, `doctor` or night, which say so.
    """
    from sealmate.store.state import FORGETTING

    if store.upgraded:
        tell(f"note: {store.upgraded}")
    if store.state.get(FORGETTING):
        from sealmate.night import forgetting  # the checks of versions with it: 0.1 s

        with suppress(SealmateError):
            forgetting.finish(store, paths, clock)


def words(text: str, what: str) -> str:
    """`text` as the shell gave it, if it is text. Raises UsageError on bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"the {what} is not UTF-8 text", "save it to a file and ingest that"
        ) from None
    return text


def one_source(store: Store, text: str) -> Source:
    """The one source that `text` names (its id, or part of its title or path).

    Raises NotFoundError if it names none or several.
    """
    found = store.sources.find(words(text, "name"))
    if len(found) > 1:
        current = [source for source in found if source.state == "current"]
        found = current if len(current) == 1 else found
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFoundError(f"no source is called {text!r}", "list them: sealmate sources list")
    shown = ", ".join(f"{source.id} ({source.title})" for source in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    raise NotFoundError(f"{text!r} names {len(found)} sources: {shown}{more}", "use the id")


def confirmed(question: str, otherwise: str) -> bool:
    """What a person says to a question on the terminal. Raises UsageError, with `otherwise` as what
    to do, where nobody is there."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to say yes", otherwise)
    return typer.confirm(question, err=True)
