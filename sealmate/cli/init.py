"""`sealmate init`: look at the GPU, propose a model that fits, fetch and record it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sealmate.cli.common import Globals, JsonOption, open_workspace
from sealmate.cli.output import clean, emit, follow, tell
from sealmate.errors import UsageError
from sealmate.paths import describe_bytes

if TYPE_CHECKING:
    from sealmate.model.catalogue import Entry
    from sealmate.model.gpu import Gpu

_RESERVE = 1.0  # GiB that a desktop and the CUDA context take beside the model
_ASK_FROM = 1_000_000_000  # bytes; a download below that needs no yes where nobody can answer


def register(app: typer.Typer) -> None:
    """Add the command `init`."""
    app.command()(init)


def init(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take what is proposed.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no network.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Choose a base model for this computer, fetch it and write it into config.toml.

    `sealmate --model NAME init` takes that one instead of the proposal.
    """
    from sealmate.cli.model import choose
    from sealmate.model import catalogue, hub
    from sealmate.model.fetch import ensure
    from sealmate.model.gpu import gpus
    from sealmate.model.shelf import locate

    found = gpus()
    with open_workspace(ctx) as workspace:
        given = ctx.find_object(Globals)
        if given is not None and given.model:
            name = given.model
        else:
            proposed = proposal(found)
            tell(_because(found, proposed))
            small = catalogue.small()
            here = locate(proposed.name, workspace.paths) is not None
            if proposed != small and not here and (offline or not hub.reachable()):
                tell(
                    f"note: no model hub answers, so {proposed.name} cannot be fetched now; "
                    f"taking {small.name}. Run init again when it does."
                )
                proposed = small
            name = proposed.name
        entry = catalogue.find(name)
        if locate(name, workspace.paths) is None and not yes:
            _agree(name, entry, as_json)
        folder = follow(ensure(name, workspace.paths, offline=offline, clock=workspace.clock))
        result = choose(workspace, name)
    if as_json:
        emit(result | {"folder": folder, "gpus": found})
    else:
        tell(f'{result["name"]} is ready; next: sealmate note "..." and sealmate consolidate')


def proposal(found: list[Gpu]) -> Entry:
    """The largest model of the table that trains on the GPU with the most memory."""
    from sealmate.model import catalogue

    return catalogue.propose(max((gpu.total_gib for gpu in found), default=0.0) - _RESERVE)


def _because(found: list[Gpu], proposed: Entry) -> str:
    if not found:
        return f"no NVIDIA GPU: {proposed.name}, {proposed.about or 'the smallest'}"
    best = max(found, key=lambda gpu: gpu.total_gib)
    return (
        f"{best.name} with {best.total_gib:.0f} GiB: {proposed.name} trains in "
        f"{proposed.train_gib:g} GiB and chats in {proposed.chat_gib:g}"
    )


def _agree(name: str, entry: Entry | None, as_json: bool) -> None:
    """Say what would be fetched and ask. Raises Abort, and UsageError where nobody can answer."""
    what = f"fetch {name}"
    if entry is not None:
        what += f" ({describe_bytes(entry.download_bytes)}, licence {entry.licence})"
    if sys.stdin.isatty() and not as_json:
        typer.confirm(clean(what + "?"), default=True, abort=True, err=True)
    elif entry is None or entry.download_bytes >= _ASK_FROM:
        raise UsageError(f"cannot ask whether to {what}", "add --yes")
    else:
        tell(what)
