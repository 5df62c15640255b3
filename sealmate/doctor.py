"""OK, WARN or FAIL for everything sealmate stands on, with how to mend it. Loads no model."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from sealmate.errors import SealmateError, VersionError
from sealmate.model import catalogue
from sealmate.model.arithmetic import tried
from sealmate.model.gpu import gpus
from sealmate.model.shelf import damage
from sealmate.paths import describe_bytes
from sealmate.settings import known_variables, unknown_variables
from sealmate.workspace import Workspace

Status = Literal["OK", "WARN", "FAIL"]

_LITTLE, _TOO_LITTLE = 5.0, 0.5  # GB free
_MUCH = 1e9  # bytes worth pruning for


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `hint` tells how to mend what is not OK."""

    name: str
    status: Status
    message: str
    hint: str = ""


Examine = Callable[[Workspace], Iterator[Check]]


def examine(workspace: Workspace, *, quick: bool = False) -> Iterator[Check]:
    """All checks, one after the other. `quick` leaves out what takes seconds: hashing the model
    and trying 4-bit arithmetic in a child process. Never raises for what it finds."""
    for name, look in (
        ("disk", _disk),
        ("home", _home),
        ("settings", _settings),
        ("gpu", _gpu),
        ("bitsandbytes", _packages if quick else _arithmetic),
        ("model", _model_quick if quick else _model),
        ("adapters", _adapters),
        ("database", _database),
        ("versions", _versions),
        ("timer", _timer),
    ):
        try:
            yield from look(workspace)
        except SealmateError as error:
            yield Check(name, "FAIL", error.message, error.hint)
        except OSError as error:
            hint = "check its permissions and free space"
            yield Check(name, "FAIL", f"{error.filename}: {error.strerror}", hint)


def _disk(workspace: Workspace) -> Iterator[Check]:
    for what, folder in (("data", workspace.paths.data), ("models", workspace.paths.models)):
        place = folder
        while not place.exists() and place != place.parent:
            place = place.parent
        free = shutil.disk_usage(place).free / 1e9
        message = f"{free:.1f} GB free for {what} in {folder}"
        variable = "SEALMATE_HOME" if what == "data" else "SEALMATE_MODELS"
        hint = f"free some space, or set {variable} to a folder on another disk"
        if free < _TOO_LITTLE:
            yield Check("disk", "FAIL", message, hint)
        elif free < _LITTLE:
            yield Check("disk", "WARN", message, hint)
        else:
            yield Check("disk", "OK", message)


def _home(workspace: Workspace) -> Iterator[Check]:
    paths = workspace.paths.ensure()
    probe = paths.work / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"")
    finally:
        probe.unlink(missing_ok=True)
    message = f"{paths.profile_dir} can be written and is private; the log is {paths.log}"
    yield Check("home", "OK", message)


def _settings(workspace: Workspace) -> Iterator[Check]:
    message = str(workspace.paths.config_file)
    if not workspace.paths.config_file.exists():
        message += " (not there: all defaults)"
    if outranked := known_variables():
        message += f"; outranked in the environment by {', '.join(outranked)}"
    yield Check("settings", "OK", message)
    for name, meant in unknown_variables().items():
        hint = f"did you mean {meant}?" if meant else f"unset {name}"
        yield Check("settings", "WARN", f"{name} in the environment is no setting", hint)


def _gpu(workspace: Workspace) -> Iterator[Check]:
    found = gpus()
    if not found:
        small = catalogue.small().name
        if workspace.settings.device == "cuda":
            message = "no NVIDIA GPU answers, and device is set to cuda"
            yield Check("gpu", "FAIL", message, "set device to auto, or install the driver")
        elif workspace.model_id == small:
            yield Check("gpu", "OK", f"no NVIDIA GPU; {small} needs none")
        else:
            message = f"no NVIDIA GPU; {workspace.model_id} will be slow"
            yield Check("gpu", "WARN", message, f"sealmate model use {small}")
        return
    entry = catalogue.find(workspace.settings.model)
    most = max(gpu.total_gib for gpu in found)
    for gpu in found:
        message = f"{gpu.name}: {gpu.free_gib:.1f} of {gpu.total_gib:.1f} GiB free"
        yield Check("gpu", "OK", message)
    if entry is not None and entry.train_gib > most:
        yield Check(
            "gpu",
            "WARN",
            f"{entry.name} trains in {entry.train_gib:g} GiB, the largest GPU has {most:.1f}",
            "sealmate init proposes one that fits",
        )


def _packages(workspace: Workspace) -> Iterator[Check]:
    versions = {}
    for name in ("torch", "transformers", "peft", "bitsandbytes"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Check(
                "bitsandbytes",
                "FAIL",
                f"the package {name} is missing",
                "pip install --force-reinstall sealmate",
            )
    if len(versions) == 4:
        shown = ", ".join(f"{name} {number}" for name, number in versions.items())
        yield Check("bitsandbytes", "OK", f"{shown} (not tried out)")


def _arithmetic(workspace: Workspace) -> Iterator[Check]:
    found = tried(gpu=bool(gpus()))
    yield Check("bitsandbytes", found.status, found.message, found.hint)


def _model_quick(workspace: Workspace) -> Iterator[Check]:
    return _model(workspace, hashes=False)


def _model(workspace: Workspace, hashes: bool = True) -> Iterator[Check]:
    folder = workspace.model_folder()
    if folder is None:
        entry = catalogue.find(workspace.settings.model)
        size = f" ({entry.download_bytes / 1e6:.0f} MB)" if entry else ""
        message = f"{workspace.model_id} is not on this computer{size}"
        yield Check("model", "WARN", message, "sealmate model fetch")
        return
    if problem := damage(folder, hashes=hashes):
        yield Check(
            "model",
            "FAIL",
            f"{folder}: {problem}",
            f"sealmate model remove {workspace.settings.model}, then sealmate model fetch",
        )
        return
    yield Check("model", "OK", f"{workspace.model_id} in {folder}")


def _adapters(workspace: Workspace) -> Iterator[Check]:
    """The adapters that come with sealmate: what writes, and what reads."""
    from sealmate.versions.tensors import read_config, read_header

    hint = "install sealmate again, or put back its assets folder"
    roles = {"writer": workspace.shipped("writer"), "reader": workspace.shipped("reader")}
    there = {role: folder for role, folder in roles.items() if folder is not None}
    for role, folder in there.items():
        try:
            read_config(folder)
            read_header(folder / "adapter_model.safetensors")
            json.loads((folder / "card.json").read_text("utf-8"))["made"].get("writer_sha256")
        except VersionError as error:
            yield Check("adapters", "FAIL", error.message, hint)
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            yield Check("adapters", "FAIL", f"the {role} in {folder} is damaged: {error}", hint)
            return
    if "reader" in there and "writer" not in there:
        message = "the writer is missing, on which the reader stands"
        yield Check("adapters", "FAIL", message, hint)
    elif "reader" in there and workspace.reader_folder() is None:
        message = "the reader was taught on another writer than is here, and is not used"
        yield Check("adapters", "WARN", message, hint)
    else:
        shown = " and ".join(there) or f"none comes with sealmate for {workspace.model_id}"
        yield Check("adapters", "OK", shown)


def _database(workspace: Workspace) -> Iterator[Check]:
    if not workspace.paths.database.exists():
        yield Check("database", "OK", "none yet; the first note makes it")
        return
    store = workspace.store
    store.pending(), store.versions.list()  # damage is told of here, once
    yield from _forgetting(workspace)
    waiting = store.pending()
    message = f"{store.sources.count()} sources in {workspace.paths.database}"
    if waiting.forgotten:
        yield Check(
            "database",
            "WARN",
            f"{message}; {waiting.forgotten} forgotten self-edits are still in the active version",
            "sealmate consolidate",
        )
    else:
        yield Check("database", "OK", f"{message}, {waiting.sources} not consolidated")


def _forgetting(workspace: Workspace) -> Iterator[Check]:
    """What keeps something that was forgotten in the files."""
    from sealmate.night.forgetting import unfinished

    try:
        if left := unfinished(workspace.store, workspace.paths, workspace.clock):
            yield Check("database", "WARN", *left)
    except SealmateError as error:
        message = f"what was forgotten cannot be erased: {error.message}"
        yield Check("database", "FAIL", message, error.hint)


def _versions(workspace: Workspace) -> Iterator[Check]:
    from sealmate.versions.check import survey
    from sealmate.versions.disk import freed, taken
    from sealmate.versions.retain import expendable

    try:
        made = workspace.paths.database.exists() and workspace.store.versions.list()
    except SealmateError:
        return  # told of by the database
    if not made:
        yield Check("versions", "OK", "none yet; a night makes the first")
        return
    store = workspace.store
    active = store.versions.active()
    findings = survey(store, workspace.paths)
    sound = not findings
    for finding in findings:
        bad = finding.fatal and finding.version == active
        yield Check("versions", "FAIL" if bad else "WARN", finding.message, finding.hint)
    if active and (version := store.versions.get(active)).base_id != workspace.model_id:
        sound = False
        yield Check(
            "versions",
            "WARN",
            f"version {active} stands on {version.base_id}, the model in use is "
            f"{workspace.model_id}",
            f"sealmate model use {version.base_id}",
        )
    living = sum(version.purged_at is None for version in store.versions.list())
    said = f"version {active} is active" if active else "none is active"
    message = f"{living} versions in {describe_bytes(taken(workspace.paths))}, {said}"
    going = expendable(store)
    room = freed(workspace.paths, going)
    if room > _MUCH:
        message += f"; {len(going)} of them can go, which frees {describe_bytes(room)}"
        yield Check("versions", "WARN", message, "sealmate versions prune")
    elif sound:
        yield Check("versions", "OK", message)


def _timer(workspace: Workspace) -> Iterator[Check]:
    from sealmate.schedule import status  # asks the operating system: 10 to 100 ms

    hint = f"sealmate schedule install --at {workspace.settings.night_at}"
    found = status(workspace.settings, workspace.clock())
    if not found.installed:
        why = f" ({found.why}: it would be a crontab line)" if found.why else ""
        yield Check("timer", "WARN", f"no nightly run is set up{why}", hint)
    elif found.problem:
        message = f"{found.name} ({found.scheduler}) will not run: {found.problem}"
        yield Check("timer", "FAIL", message, hint)
    else:
        coming = f"{found.next.astimezone():%Y-%m-%d %H:%M}" if found.next else f"at {found.at}"
        note = f"; {found.note}" if found.note else ""
        yield Check("timer", "OK", f"{found.name} ({found.scheduler}), next {coming}{note}")
