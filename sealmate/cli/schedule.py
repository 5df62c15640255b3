"""`sealmate schedule install|status|remove`: the night in the hands of the operating system."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import Globals, JsonOption, hand_on, settings_of
from sealmate.cli.output import emit, plain, say, tell, when

if TYPE_CHECKING:
    from sealmate.schedule.plan import Plan
    from sealmate.schedule.scheduler import Scheduler
    from sealmate.schedule.state import Status

KindOption = Annotated[
    str,
    typer.Option("--scheduler", help="auto, systemd, launchd, windows or cron."),
]
DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be written and run; change nothing.")
]


def register(app: typer.Typer) -> None:
    """Add the group `schedule`."""
    group = typer.Typer(help="The nightly run: a systemd timer, launchd, Task Scheduler or cron.")
    group.callback(invoke_without_command=True)(_default)
    group.command()(install)
    group.command()(status)
    group.command()(remove)
    app.add_typer(group, name="schedule")


def _default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if not hand_on(ctx, as_json):
        status(ctx, "auto", as_json)


def install(
    ctx: typer.Context,
    at: Annotated[
        str | None, typer.Option(help="Time of day, like 02:30. Default: the setting night_at.")
    ] = None,
    scheduler: KindOption = "auto",
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run `sealmate night` each night. Needs no root; where no scheduler runs, it prints the
    crontab line."""
    from sealmate import schedule
    from sealmate.night.process import make_log
    from sealmate.schedule.cron import Cron

    settings = settings_of(ctx)
    given = ctx.find_object(Globals) or Globals()
    plan = schedule.plan_for(settings, at, model=given.model, device=given.device)
    chosen, why = schedule.choose(scheduler)
    if not dry_run:
        settings.paths.ensure()
        make_log(plan.log)  # launchd and cron open it themselves
    if isinstance(chosen, Cron):
        _by_hand(chosen, plan, why, as_json)
        return
    if dry_run:
        _dry(chosen, plan, as_json)
        return
    chosen.install(plan)
    _show(schedule.status(settings, _now(), chosen.kind), as_json)


def status(ctx: typer.Context, scheduler: KindOption = "auto", as_json: JsonOption = False) -> None:
    """Say whether the nightly run is installed and when it comes next."""
    from sealmate import schedule

    _show(schedule.status(settings_of(ctx), _now(), scheduler), as_json)


def remove(
    ctx: typer.Context,
    scheduler: KindOption = "auto",
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take the nightly run away again."""
    from sealmate import schedule

    settings = settings_of(ctx)
    chosen, _ = schedule.choose(scheduler)
    found = schedule.status(settings, _now(), chosen.kind)
    removed = found.installed and (dry_run or chosen.remove(found.name))
    if as_json:
        emit({"scheduler": chosen.kind, "name": found.name, "removed": removed and not dry_run,
              "files": found.files})  # fmt: skip
    elif not removed:
        say("no nightly run is installed")
    else:
        say(f"{'would remove' if dry_run else 'removed'} {found.name} ({chosen.kind})")
        for path in found.files:
            say(f"  {path}")


def _now() -> Any:
    from sealmate.workspace import utc_now

    return utc_now()


def _by_hand(cron: Any, plan: Plan, why: str, as_json: bool) -> None:
    line = cron.line(plan)
    if as_json:
        emit({"scheduler": "cron", "name": plan.name, "installed": False, "why": why, "line": line})
        return
    if why:
        tell(f"{why}; nothing was installed")
    tell("add this line to your crontab (crontab -e):")
    say(line)


def _dry(chosen: Scheduler, plan: Plan, as_json: bool) -> None:
    files, commands = chosen.files(plan), chosen.commands(plan)
    if as_json:
        emit({"scheduler": chosen.kind, "name": plan.name, "installed": False,
              "files": plain(files), "commands": plain(commands)})  # fmt: skip
        return
    for file in files:
        say(f"--- {file.path}")
        say(file.text)
    say("--- then")
    for command in commands:
        say(subprocess.list2cmdline(command))


def _show(found: Status, as_json: bool) -> None:
    if as_json:
        emit(found)
        return
    if not found.installed:
        say("no nightly run is installed: sealmate schedule install --at 02:30")
        if found.why:
            say(f"{found.why}; it would print a crontab line")
        return
    say(f"{found.name} ({found.scheduler}): each night at {found.at}")
    if found.problem:
        say(f"it will not run: {found.problem}")
    else:
        say(f"next: {when(found.next)}")
    if found.note:
        say(found.note)
    for path in found.files:
        say(f"  {path}")
