"""How much memory there is, and habits of the C library that matter to training on a CPU."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> None:
    """Tell glibc to reuse freed blocks up to 32 MB instead of giving them back to the kernel.

    Activations of a step are allocated and freed again and again; returned to the kernel, each
    costs page faults on every step. Elsewhere than on glibc this does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, 32 * 1024 * 1024)
    mallopt(_TRIM_THRESHOLD, 2**31 - 1)


def available_bytes() -> int | None:
    """Memory that can be had without swapping, as the kernel reckons; None if it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None


def give_back() -> None:
    """Give the memory of what nobody holds any more back, that of a GPU to other processes too."""
    gc.collect()  # a model and its adapters hold each other
    torch = sys.modules.get("torch")  # not imported for this: without it nothing is on a GPU
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
