"""Running the operating system's own commands, with their refusals as clear errors."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from sealmate.errors import ScheduleError


def run(words: Sequence[str], *, seconds: float = 30.0) -> tuple[int, str]:
    """Exit code and output (stdout, then stderr) of a program found on PATH.

    Raises ScheduleError if it is not there or does not end.
    """
    program = shutil.which(words[0])
    if program is None:
        raise ScheduleError(f"{words[0]} is not on this computer", "see sealmate schedule status")
    try:
        done = subprocess.run(
            [program, *words[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            # Our messages quote it; and what it says is looked at.
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "cat"},
        )
    except subprocess.TimeoutExpired:
        raise ScheduleError(
            f"{' '.join(words)} did not end within {seconds:.0f} s", "try again later"
        ) from None
    except OSError as error:
        raise ScheduleError(f"cannot run {program}: {error.strerror}") from error
    return done.returncode, _text(done.stdout) + _text(done.stderr)


def must(words: Sequence[str], hint: str) -> str:
    """Its output, if it succeeds. Raises ScheduleError with its own reason."""
    code, said = run(words)
    if code:
        raise ScheduleError(
            f"{' '.join(words)} failed: {_first(said) or f'exit code {code}'}", hint
        )
    return said


def _first(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "")


def _text(raw: bytes) -> str:
    """Windows tools answer in UTF-16 into a file and in the console's encoding into a pipe."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8", "replace")
