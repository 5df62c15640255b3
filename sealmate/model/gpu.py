"""The GPUs of this computer, asked without importing torch: through NVML or nvidia-smi."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU; memory in GiB. `busy` is the share of time it computed lately, 0..1."""

    name: str
    total_gib: float
    free_gib: float
    busy: float = 0.0


def gpus() -> list[Gpu]:
    """All NVIDIA GPUs, largest free memory first; empty without any or without a driver."""
    found = _by_nvml()
    if found is None:
        found = _by_smi()
    return sorted(found, key=lambda gpu: -gpu.free_gib)


def _by_nvml() -> list[Gpu] | None:
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        found = []
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            try:
                busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
            except pynvml.NVMLError:
                busy = 0.0  # slices of a GPU do not tell
            name = pynvml.nvmlDeviceGetName(handle)
            name = name.decode() if isinstance(name, bytes) else str(name)
            found.append(Gpu(name, memory.total / _GIB, memory.free / _GIB, busy))
    except pynvml.NVMLError:
        return None
    else:
        return found
    finally:
        pynvml.nvmlShutdown()


def _by_smi() -> list[Gpu]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    fields = "name,memory.total,memory.free,utilization.gpu"
    try:
        answer = subprocess.run(
            [program, f"--query-gpu={fields}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return parse_smi(answer)


def parse_smi(answer: str) -> list[Gpu]:
    """The GPUs of nvidia-smi's CSV lines "name, total MiB, free MiB, busy %"; others are left
    out."""
    found = []
    for line in answer.splitlines():
        name, *figures = (part.strip() for part in line.rsplit(",", 3))
        try:
            total, free = float(figures[0]) / 1024, float(figures[1]) / 1024
        except (IndexError, ValueError):
            continue
        busy = float(figures[2]) / 100 if figures[2:] and figures[2].isdigit() else 0.0
        found.append(Gpu(name, total, free, busy))
    return found
