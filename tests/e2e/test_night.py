"""A night on the real small model: what it says, what it learnt, what it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sealmate.night.job import RESULT_KEYS
from tests.e2e.conftest import Trained
from tests.e2e.home import QUESTIONS, right

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

pytestmark = pytest.mark.model
WRITER_RANK = 64  # at most


def test_what_the_night_says(trained: Trained) -> None:
    assert (trained.ingested["added"], trained.ingested["failed"]) == (3, [])
    night = trained.night
    assert tuple(night) == RESULT_KEYS
    assert (night["run"], night["outcome"], night["version"]) == (1, "published", 1)
    assert night["edits"]["written"] >= night["edits"]["kept"] >= 10
    gate = night["gate"]
    assert gate["new_recall"] > (gate["new_recall_before"] or 0.0)
    assert gate["general_ratio"] <= 1.05
    assert night["seconds"] > 0
    assert "version 1 is active" in trained.log


def test_it_knows_without_the_notes(trained: Trained) -> None:
    def known(answers: list[dict[str, object]]) -> list[str]:
        return [
            question
            for (question, wanted, _), found in zip(QUESTIONS, answers, strict=True)
            if not found["abstained"] and right(str(found["answer"]), wanted)
        ]

    told = [(found["question"], found["answer"]) for found in trained.after]
    assert known(trained.before) == []
    assert len(known(trained.after)) >= len(QUESTIONS) / 2, told
    assert {found["version"] for found in trained.before} == {0}
    assert {found["version"] for found in trained.after} == {1}
    assert all(found["closed_book"] for found in trained.after)


def test_the_next_night_has_nothing_to_learn(trained: Trained) -> None:
    assert trained.again.code == 0
    again = trained.again.json
    assert tuple(again) == RESULT_KEYS
    assert (again["run"], again["outcome"], again["version"]) == (2, "nothing", None)
    assert again["edits"] == {"written": 0, "kept": 0}
    (version,) = trained.home.run("versions", "list", "--json").json
    assert (version["number"], version["active"], version["parent"]) == (1, True, None)
    assert version["edits"] > 0
    first = trained.home.run("report", "--run", "1", "--json").json
    assert (first["run"], first["outcome"], first["version"]) == (1, "published", 1)
    assert 0.5 < first["work"]["coverage"] <= 1.0
    assert trained.home.run("report").out


def test_the_base_is_in_nf4(trained: Trained, mind: LocalModel) -> None:
    import torch
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit
    from safetensors import safe_open

    assert mind.info.quantization == "nf4+double"
    shown = trained.home.run("versions", "show", "1", "--json").json
    assert shown["base_fingerprint"] == mind.info.fingerprint
    assert shown["manifest"]["quantization"] == "nf4+double"

    # What computes is the file's weight in NF4, plus the writer's low-rank change: without that
    # nothing is left. Against the file itself the error of NF4 is.
    name = "model.layers.3.mlp.down_proj.weight"
    with safe_open(mind.info.folder / "model.safetensors", framework="pt") as file:
        stored = file.get_tensor(name).float()
    # It is read in the type that computes, which decides a near tie between two NF4 numbers.
    read = stored.to(mind.base.dtype).float()
    packed, state = quantize_4bit(read, quant_type="nf4", compress_statistics=True)
    (layer,) = (
        module
        for key, module in mind.base.model.named_modules()
        if "layers.3.mlp.down_proj" in key
        and "lora_" not in key
        and hasattr(module, "weight")
        and not hasattr(module, "base_layer")
    )

    def left(reference: torch.Tensor) -> float:
        change = layer.weight.detach().float() - reference
        beyond = torch.linalg.svdvals(change)[WRITER_RANK:]
        return float(beyond.norm() / stored.norm())

    assert left(dequantize_4bit(packed, state).float()) < 0.01
    assert left(stored) > 0.03


def test_what_it_leaves_is_private(trained: Trained) -> None:
    profile = trained.home.paths.profile_dir
    open_to_others = [
        path
        for path in [profile, *profile.rglob("*")]
        if path.lstat().st_mode & 0o077 and not path.is_symlink()
    ]
    assert open_to_others == []
    assert list(trained.home.paths.work.glob("night-*")) == []
