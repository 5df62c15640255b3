"""In which numbers a CPU computes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch

from sealmate.model.cpu import cpu_dtype

if TYPE_CHECKING:
    from pathlib import Path


def test_the_choice_of_a_dtype_is_kept(tmp_path: Path) -> None:
    note = tmp_path / "compute.json"
    first = cpu_dtype(note)
    assert first in (torch.bfloat16, torch.float32)
    ((key, kept),) = json.loads(note.read_text()).items()
    other = "float32" if kept == "bfloat16" else "bfloat16"
    note.write_text(json.dumps({key: other}))
    assert cpu_dtype(note) is getattr(torch, other)
    note.write_text("{broken")
    assert cpu_dtype(note) in (torch.bfloat16, torch.float32)
