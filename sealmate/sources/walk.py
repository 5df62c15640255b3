"""Paths a person named, to the files in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sealmate.sources.document import show, why
from sealmate.sources.read import SUFFIXES


@dataclass(frozen=True, slots=True)
class Failure:
    """A path that could not be taken in. `message` is one line that begins with the path."""

    path: Path
    message: str
    hint: str = ""


def walk(paths: Iterable[Path], passed: set[Path] | None = None) -> Iterator[Path | Failure]:
    """The resolved files under `paths`, each once, folders in alphabetical order.

    A file named directly is given whatever its suffix. In folders, hidden files and folders,
    unknown suffixes and Word's lock files are passed over; links to files are followed, links
    to folders are not (they may lead anywhere, and back). What cannot be entered is a Failure,
    and so is a named folder with nothing to read in it. At the end `passed` has the files that
    were passed over for their suffix, but for those that were named as well.
    """
    seen: set[Path] = set()
    unknown: set[Path] = set()
    for named in paths:
        try:
            path = named.expanduser()
        except RuntimeError:  # no home for "~someone": it may be a file's name
            path = named
        if not _is_folder(path):
            yield from _once(path, seen)
            continue
        found = False
        for item in _in_folder(path, unknown):
            found = True
            if isinstance(item, Failure):
                yield item
            else:
                yield from _once(item, seen)
        if not found:
            yield Failure(
                path,
                f"{show(path)} holds no file to read",
                "known are " + ", ".join(sorted(SUFFIXES)),
            )
    if passed is not None:
        passed |= unknown - seen


def _once(path: Path, seen: set[Path]) -> Iterator[Path | Failure]:
    try:
        resolved = path.resolve(strict=True)
    except OSError as error:
        yield _failure(path, error)
        return
    except (RuntimeError, ValueError):  # Python 3.11 and 3.12 raise RuntimeError for a loop
        yield Failure(path, f"{show(path)} is no usable path or a symbolic link to itself")
        return
    if resolved in seen:
        return
    seen.add(resolved)
    try:
        str(resolved).encode()
    except UnicodeEncodeError:
        yield Failure(path, f"{show(path)} has a name that is not UTF-8", "rename the file")
        return
    yield resolved


def _in_folder(root: Path, passed: set[Path]) -> Iterator[Path | Failure]:
    """The files with a known suffix in a folder and below; the others come into `passed`."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield _failure(folder, error)
            continue
        folders: list[Path] = []
        for entry in inside:
            if entry.name.startswith((".", "~$")):
                continue
            path = Path(entry.path)
            if _is_folder(path):
                if not entry.is_symlink():
                    folders.append(path)
            elif path.suffix.lower() in SUFFIXES:
                yield path
            else:
                passed.add(Path(os.path.realpath(path)))  # what Path.resolve raises on is one, too
        waiting.extend(reversed(folders))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a link in circles, a NUL: opening it will say why
        return False


def _failure(path: Path, error: OSError) -> Failure:
    reason = why(error)
    return Failure(path, f"{show(path)} {reason.message}", reason.hint)
