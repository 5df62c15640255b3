"""Whether 4-bit arithmetic works on this computer, tried in a child process."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Literal

from sealmate.child import own_module

_NF4_ERROR = 0.2  # mean relative error; right arithmetic gives about 0.09
_HINT = "pip install --force-reinstall torch bitsandbytes, in the versions sealmate asks for"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it; `hint` tells how to mend what is not OK."""

    status: Literal["OK", "WARN", "FAIL"]
    message: str
    hint: str = ""


def tried(*, gpu: bool) -> Trial:
    """What a child process says that imports torch and multiplies; `gpu` tells whether it should
    find one. Takes seconds."""
    try:
        child = subprocess.run(
            own_module("sealmate.model.selfcheck"),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trial("FAIL", "trying 4-bit arithmetic took over 3 minutes", _HINT)
    try:
        facts = json.loads(child.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        last = (child.stderr.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        return Trial("FAIL", f"torch or bitsandbytes does not work: {last}", _HINT)
    shown = f"bitsandbytes {facts['bitsandbytes']} on torch {facts['torch']}"
    wrong = {where: e for where, e in facts["nf4_error"].items() if not e < _NF4_ERROR}
    if wrong:
        return Trial("FAIL", f"{shown}: NF4 numbers come back wrong ({wrong})", _HINT)
    if gpu and not facts["cuda"]:
        build = f"built for CUDA {facts['cuda_build']}" if facts["cuda_build"] else "without CUDA"
        message = f"{shown}: torch ({build}) cannot use the GPU"
        return Trial("WARN", message, "install a torch build that matches the driver")
    return Trial("OK", f"{shown}: NF4 works on " + ", ".join(facts["nf4_error"]))
