"""All of sealmate.versions loads without torch and its kin."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import importlib, pkgutil, sys
import sealmate.versions
for module in pkgutil.iter_modules(sealmate.versions.__path__):
    importlib.import_module(f"sealmate.versions.{module.name}")
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_no_torch() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"torch", "transformers", "peft", "bitsandbytes", "numpy"}
