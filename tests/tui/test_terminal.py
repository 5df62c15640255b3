"""The real program in a real terminal: first paint, typing, quitting with ctrl+q."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "sealmate.cli.app"]
SECONDS = 60.0


def wait(look: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if look():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited {SECONDS:.0f} s for {what}")


def environment(home: Path) -> dict[str, str]:
    given = {name: text for name, text in os.environ.items() if not name.startswith("SEALMATE_")}
    return {**given, "SEALMATE_HOME": str(home), "TERM": "xterm-256color"}


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_tmux(tmp_path: Path) -> None:
    socket, code = tmp_path / "tmux", tmp_path / "code"
    tmux = ["tmux", "-S", str(socket), "-f", os.devnull]

    def screen() -> str:
        shown = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True)
        return shown.stdout

    home = tmp_path / "home"
    line = f"{' '.join(COMMAND)}; echo $? > {code}"
    subprocess.run(
        [*tmux, "new-session", "-d", "-x", "80", "-y", "24", line],
        check=True,
        env=environment(home),
    )
    try:
        wait(lambda: "Ask something, or /help" in screen(), "the first paint")
        wait(lambda: "no memory" in screen(), "the status line")
        subprocess.run(
            [*tmux, "send-keys", "-l", "/remember The key is under the pot."], check=True
        )
        subprocess.run([*tmux, "send-keys", "Enter"], check=True)
        wait(lambda: "Remembered as note 1" in screen(), "the note")
        wait(lambda: "1 note waiting" in screen(), "the new count")
        subprocess.run([*tmux, "send-keys", "C-q"], check=True)
        wait(lambda: code.exists() and code.read_text().strip() != "", "the end")
        assert code.read_text().strip() == "0"
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True)
    assert (home / "profiles" / "default" / "sealmate.db").is_file()
    assert home.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_in_a_pseudo_terminal(tmp_path: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        COMMAND, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
        env=environment(tmp_path / "home"), start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""

    def shown(what: bytes) -> bool:
        nonlocal seen
        if select.select([ours], [], [], 0)[0]:
            try:
                seen += os.read(ours, 1 << 16)
            except OSError:  # Linux says EIO once the other side is closed
                return True
        return what in seen

    try:
        wait(lambda: shown(b"sk something, or /help"), "the first paint")
        wait(lambda: shown(b"no memory"), "the status line")
        os.write(ours, b"\x11")
        wait(lambda: shown(b"\0") or process.poll() is not None, "the end")
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    # The terminal is given back: the alternate screen is left, the cursor is shown.
    assert b"\x1b[?1049l" in seen
    assert seen.rfind(b"\x1b[?25h") > seen.find(b"sk something")


def test_the_first_paint_imports_nothing_heavy() -> None:
    code = (
        "import sys, sealmate.tui.app as a; "
        "print([m for m in ('sqlalchemy', 'alembic', 'torch', 'transformers', 'peft', 'numpy', "
        "'tokenizers', 'mammoth') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
