"""How fast this CPU multiplies, and in which type to count on it."""

from __future__ import annotations

import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

import torch

_TYPES = (torch.bfloat16, torch.float32)


def matmul_rate(dtype: torch.dtype, size: int = 768, repeats: int = 7) -> float:
    """Median GFLOP/s of a (size x 576) @ (576 x 1536) product in `dtype` on the CPU."""
    left, right = torch.randn(size, 576).to(dtype), torch.randn(1536, 576).to(dtype)
    times = []
    for _ in range(repeats + 2):
        begin = time.perf_counter()
        torch.nn.functional.linear(left, right)
        times.append(time.perf_counter() - begin)
    return 2 * size * 576 * 1536 / sorted(times[2:])[repeats // 2] / 1e9


def cpu_dtype(cache: Path | None) -> torch.dtype:
    """float32 or bfloat16, whichever this CPU multiplies faster (bfloat16 only if by 1.3 times).

    CPUs differ by ten times and by type, so it is measured; the verdict is kept in `cache`
    (a JSON file), because adapters trained in one type should be answered in it.
    """
    key = f"{torch.__version__} {cpu_kind()}"
    if cache is not None and cache.is_file():
        try:
            kept = json.loads(cache.read_text()).get(key)
        except (OSError, ValueError):
            kept = None
        if kept in ("bfloat16", "float32"):
            return torch.bfloat16 if kept == "bfloat16" else torch.float32
    # in turns and by the best of each: whatever else ran for a moment must not decide for good
    narrow, wide = (
        max(rates)
        for rates in zip(*((matmul_rate(d) for d in _TYPES) for _ in range(3)), strict=True)
    )
    fast = narrow > 1.3 * wide
    dtype = torch.bfloat16 if fast else torch.float32
    if cache is not None:
        try:
            cache.write_text(json.dumps({key: str(dtype).removeprefix("torch.")}))
            cache.chmod(0o600)
        except OSError:
            pass  # a read-only cache only means measuring again
    return dtype


def cpu_kind() -> str:
    """Which of two kinds of processor this is, as far as the choice of a dtype goes."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("model name", "flags")) and "avx512_bf16" in line:
                return "avx512_bf16"
        return "cpu"
    except OSError:
        return "cpu"


def cpu_name() -> str:
    """What the processor calls itself."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def cores() -> set[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
