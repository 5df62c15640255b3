"""How sealmate starts one of its own modules as a child process."""

from __future__ import annotations

import sys
from pathlib import Path

_RUN = (
    "import runpy, sys; sys.path.append(sys.argv[1]); name = sys.argv[2]; del sys.argv[1:3]; "
    "runpy.run_module(name, run_name='__main__', alter_sys=True)"
)


def own_module(module: str, *arguments: str) -> list[str]:
    """The command line that runs `module` of sealmate with this Python.

    Not `python -m`: that looks for modules in the current folder first, which is the person's
    and may hold a `json.py`. The package's parent comes last on the path, so that it is found
    where it is run from a checkout.
    """
    parent = str(Path(__file__).resolve().parent.parent)
    return [sys.executable, "-P", "-c", _RUN, parent, module, *arguments]
