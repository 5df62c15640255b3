"""Does 4-bit arithmetic work here? Run as `python -m sealmate.model.selfcheck`.

A child process of `sealmate doctor`: importing torch costs seconds, and a broken CUDA set-up
may end the process. Prints one JSON line.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def check() -> dict[str, Any]:
    """Versions, whether CUDA is usable, and the mean relative error of NF4 per device.

    About 0.08 is right for normally distributed weights.
    """
    import bitsandbytes as bnb
    import torch

    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    errors = {}
    for device in devices:
        torch.manual_seed(0)
        weight = torch.randn(256, 256, device=device)
        packed, state = bnb.functional.quantize_4bit(
            weight, quant_type="nf4", compress_statistics=True
        )
        back = bnb.functional.dequantize_4bit(packed, state)
        errors[device] = float((back - weight).abs().mean() / weight.abs().mean())
    return {
        "torch": torch.__version__,
        "bitsandbytes": bnb.__version__,
        "cuda": torch.cuda.is_available(),
        "cuda_build": torch.version.cuda or "",
        "nf4_error": errors,
    }


if __name__ == "__main__":
    json.dump(check(), sys.stdout)
