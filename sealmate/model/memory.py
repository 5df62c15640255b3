"""Memory habits of the C library that matter to training on a CPU."""

from __future__ import annotations

import ctypes
import sys

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
