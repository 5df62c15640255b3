"""Back and forth between versions, taking one away, and versions that went bad."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sealmate.chat.assistant import Assistant
from sealmate.errors import VersionError
from sealmate.records import Version
from sealmate.versions.attach import attach_version
from sealmate.versions.manifest import manifest_of
from sealmate.versions.publish import publish
from tests.e2e.conftest import Trained
from tests.e2e.home import NOTES, QUESTIONS, Home

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel
    from sealmate.workspace import Workspace

pytestmark = pytest.mark.model
ASKED = [question for question, _, _ in QUESTIONS]


def once_more(workspace: Workspace, edits: Sequence[int] | None = None, **other: Any) -> Version:
    """Version 1's adapter as the next version, with `other` fields of its manifest."""
    store = workspace.store
    first = store.versions.get(1)
    fields = {**manifest_of(first).as_dict(), "parent": None, "kind": "rebuild", **other}
    folder = workspace.paths.versions / first.folder
    ids = store.versions.edit_ids(1) if edits is None else edits
    return publish(store, workspace.paths, folder, fields, ids, workspace.clock)


def answers(workspace: Workspace, mind: LocalModel, **how: Any) -> list[tuple[str, float]]:
    assistant = Assistant(
        workspace.store, lambda: mind, workspace.settings, workspace.paths, workspace.clock
    )
    found = assistant.ask_many(ASKED, closed_book=True, **how)
    return [(answer.text, round(answer.confidence, 4)) for answer in found]


def said(facts: list[Any]) -> list[tuple[str, float]]:
    return [(found["answer"], found["confidence"]) for found in facts]


def test_rollback_and_undo_are_exact(trained: Trained, spoilt: Home, mind: LocalModel) -> None:
    bare = mind.fingerprint_logits()
    with spoilt.workspace() as workspace:
        name = attach_version(mind, workspace.store, workspace.paths, 1)
        taught = mind.fingerprint_logits(adapter=name)
        assert max(abs(a - b) for a, b in zip(taught, bare, strict=True)) > 0.01
        assert manifest_of(workspace.store.versions.get(1)).logits == taught
        # Another process answered the same before: bit for bit what is rounded here.
        assert answers(workspace, mind) == said(trained.after)
    back = spoilt.run("versions", "rollback", "--json").json
    assert (back["active"], back["previous"]) == (0, 1)
    with spoilt.workspace() as workspace:
        assert mind.fingerprint_logits() == bare
        assert answers(workspace, mind) == said(trained.before)
    undone = spoilt.run("versions", "rollback", "--json").json
    assert (undone["active"], undone["previous"]) == (1, 0)
    with spoilt.workspace() as workspace:
        mind.detach("v1")
        name = attach_version(mind, workspace.store, workspace.paths, 1)
        assert mind.fingerprint_logits(adapter=name) == taught
        assert answers(workspace, mind) == said(trained.after)
        turns = [(turn.previous, turn.version) for turn in workspace.store.versions.activations()]
        assert turns == [(0, 1), (1, 0), (0, 1)]
    mind.detach("v1")


def test_an_export_loads_on_the_plain_base(trained: Trained, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    target = tmp_path / "out"
    trained.home.run("versions", "export", "1", str(target))
    with trained.home.workspace() as workspace:
        base = workspace.model_folder()
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(base)

    def loss(told: Any, note: str) -> float:
        ids = torch.tensor([tokenizer(note)["input_ids"]])
        with torch.inference_mode():
            return float(told(input_ids=ids, labels=ids).loss)

    notes = [" ".join(text.removeprefix("# ").split()) for text in NOTES.values()]
    before = [loss(model, note) for note in notes]
    taught = PeftModel.from_pretrained(model, str(target)).eval()
    after = [loss(taught, note) for note in notes]
    assert all(b < 0.8 * a for a, b in zip(before, after, strict=True)), (before, after)
    with taught.disable_adapter():
        assert [loss(taught, note) for note in notes] == before


def test_a_corrupted_one_is_refused_and_the_other_works(spoilt: Home, mind: LocalModel) -> None:
    with spoilt.workspace() as workspace:
        second = once_more(workspace)
        folder = workspace.paths.versions / workspace.store.versions.get(1).folder
        weights = folder / "adapter_model.safetensors"
        data = bytearray(weights.read_bytes())
        data[-1] ^= 0xFF
        weights.write_bytes(data)
        good = attach_version(mind, workspace.store, workspace.paths, second.number)
        assert good is not None
        mind.detach("v1")
        with pytest.raises(VersionError, match="version 1"):
            answers(workspace, mind, version=1)
        assert good in mind.attached
        assert any(text for text, _ in answers(workspace, mind, version=2))
    mind.detach(good)
    checked = spoilt.run("versions", "verify", "--json", code=8).json
    assert (checked["ok"], checked["checked"]) == (False, [1, 2])
    assert [finding["version"] for finding in checked["findings"]] == [1]
    assert "version 1" in spoilt.run("versions", "rollback", "1", code=None).refused(8)
    active = [v["number"] for v in spoilt.run("versions", "--json").json if v["active"]]
    assert active == [2]
    assert spoilt.run("versions", "verify", "2", "--json").json["ok"]
    weights.unlink()
    assert "version 1" in spoilt.run("ask", "--version", "1", "Who?", code=None).refused(8)


def test_a_foreign_one_is_refused_and_the_other_works(spoilt: Home, mind: LocalModel) -> None:
    with spoilt.workspace() as workspace:
        once_more(workspace, base_id="another", base_fingerprint="f" * 64)
        with pytest.raises(VersionError, match="another"):
            answers(workspace, mind)
        assert "v2" not in mind.attached
        assert any(text for text, _ in answers(workspace, mind, version=1))
    mind.detach("v1")
    checked = spoilt.run("versions", "verify", "--json", code=8).json
    assert [(f["version"], f["kind"]) for f in checked["findings"]] == [(2, "foreign")]
    # Away from it is open, back to it is not.
    assert spoilt.run("versions", "rollback", "1", "--json").json["active"] == 1
    assert "another" in spoilt.run("versions", "rollback", "2", code=None).refused(8)
    assert spoilt.run("versions", "verify", "1", "--json").json["ok"]


def test_one_that_answers_otherwise_is_refused(spoilt: Home, mind: LocalModel) -> None:
    with spoilt.workspace() as workspace:
        logits = manifest_of(workspace.store.versions.get(1)).logits
        once_more(workspace, logits=[value + 9.0 for value in logits])
        with pytest.raises(VersionError, match="does not answer as it did"):
            answers(workspace, mind)
        assert "v2" not in mind.attached


def test_verify_finds_nothing_wrong(trained: Trained) -> None:
    checked = trained.home.run("versions", "verify", "--json").json
    assert checked == {"ok": True, "checked": [1], "findings": []}
