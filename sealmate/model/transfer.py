"""Running a downloader as a child process and telling how far it got.

The child's own output is not parsed: its files are watched as they grow, which works with any
version of it, any cache and any proxy.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from sealmate.errors import ModelError
from sealmate.events import Event, Progress


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below `folder`; files that vanish meanwhile count as nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(root) / name).lstat().st_size
            except OSError:
                continue
    return total


def run_watched(
    command: Sequence[str],
    folder: Path,
    total: int,
    *,
    stage: str,
    environment: Mapping[str, str] | None = None,
    interval: float = 0.5,
) -> Generator[Event, None, None]:
    """Run `command`, yielding Progress as `folder` grows to `total` bytes.

    The child is ended when the generator is closed or interrupted. Raises ModelError with the
    last line the child wrote on stderr if it fails.
    """
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        before = -1
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=interval)
                # Unpacking next to the download may overshoot; a bar never goes past its end.
                done = min(folder_bytes(folder), total) if total else folder_bytes(folder)
                if done != before:
                    yield Progress(stage, done, total)
                    before = done
                if child.returncode is not None:
                    break
        finally:
            _end(child)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    if child.returncode != 0:
        raise ModelError(_reason(lines) or f"{command[0]} ended with {child.returncode}")


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.terminate()
    deadline = time.monotonic() + 5
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if child.poll() is None:
        child.kill()
    child.wait()


def _reason(lines: list[str]) -> str:
    """The most telling line: the last one marked as an error, else the last of all."""
    marked = [line for line in lines if line.startswith("ERROR:")]
    return (marked or lines or [""])[-1].removeprefix("ERROR:").strip()
