"""The logs of nights on the disk, and taking forgotten words out of them.

A night that cron or launchd starts prints into a file, and what its process says in a crash goes
there too. The journal of systemd belongs to the system and is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sealmate.paths import Paths
from sealmate.store.redaction import Needles


def log_files(paths: Paths) -> list[Path]:
    """The log in use, and the one that made way for it."""
    files = (paths.log, paths.log.with_suffix(".old.log"))
    return [file for file in files if file.is_file()]


def clean_logs(files: Iterable[Path], needles: Needles) -> list[Path]:
    """Take the words out of these files; those that cannot be cleaned.

    They are overwritten where they lie: whoever has one open for appending goes on in it, and no
    copy of the old bytes is left.
    """
    failed = []
    for file in files:
        try:
            _clean(file, needles)
        except OSError:
            failed.append(file)
    return failed


def _clean(file: Path, needles: Needles) -> None:
    before = file.read_bytes()
    text = before.decode("utf-8", "surrogateescape")
    after = needles.redact_lines(text).encode("utf-8", "surrogateescape")
    if after == before:
        return
    with file.open("r+b") as log:
        log.write(after)
        log.truncate()
