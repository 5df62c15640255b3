"""What the figures were measured on, and how fast that multiplies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sealmate.bench.report import median

if TYPE_CHECKING:
    from sealmate.model.base import Base


def machine(base: Base) -> dict[str, Any]:
    """Processor, threads and types a base runs with; GFLOP/s of a 2,048-cubed product in fp32
    and in the base's type, on its device."""
    import torch

    from sealmate.model.base import environment

    rates = {torch.float32: gflops(torch.float32, base.device)}
    if base.dtype not in rates:
        rates[base.dtype] = gflops(base.dtype, base.device)
    return {
        "environment": environment(base),
        "compute_dtype": str(base.dtype).removeprefix("torch."),
        "matmul_gflops": rates[torch.float32],
        "matmul_gflops_compute": rates[base.dtype],
    }


def gflops(dtype: Any, device: Any, size: int = 2048, repeats: int = 5) -> float:
    """Median GFLOP/s of a (size x size) product; `dtype` and `device` are torch's."""
    import torch

    left = torch.randn(size, size, device=device).to(dtype)
    right = torch.randn(size, size, device=device).to(dtype)
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        # reading one number waits for a GPU as well
        float((left @ right)[0, 0])
        times.append(time.perf_counter() - begin)
    return median((2 * size**3 / seconds / 1e9 for seconds in times[1:]), 1)
