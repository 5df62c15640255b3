"""Manifests: JSON there and back, keys of other releases, keys that cannot be used."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.errors import VersionError
from sealmate.model.protocol import ModelInfo
from sealmate.model.scripted import ScriptedModel
from sealmate.versions.manifest import (
    Manifest,
    foreign,
    from_dict,
    identity_fields,
    manifest_of,
    read_manifest,
)
from tests.versions.build import Lab

AT = datetime(2031, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_json = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | _numbers | st.text())


@given(
    number=st.integers(1, 10**6),
    edits=st.lists(st.integers(1), max_size=20),
    logits=st.lists(_numbers, max_size=8),
    scores=_json,
    kind=st.sampled_from(["warm", "rebuild"]),
    threshold=st.none() | st.floats(0, 1),
)
def test_json_there_and_back(
    number: int, edits: list[int], logits: list[float], scores: dict[str, Any],
    kind: Any, threshold: float | None,
) -> None:  # fmt: skip
    made = Manifest(number, AT, "ab", edit_ids=tuple(edits), logits=tuple(logits), scores=scores,
                    kind=kind, threshold=threshold, recipe={"rank": 4})  # fmt: skip
    assert from_dict(json.loads(made.to_json())) == made


def test_keys_of_a_later_release_are_kept() -> None:
    data = {**Manifest(3, AT, "ab").as_dict(), "colour": "blue", "format": 2}
    found = from_dict(data)
    assert found.extra == {"colour": "blue"}
    assert from_dict(json.loads(found.to_json())) == found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": None}, "no whole number"),
        ({"number": True}, "no whole number"),
        ({"created_at": "yesterday"}, "yesterday"),
        ({"created_at": "2031-05-06T07:08:09"}, "no time zone"),
        ({"edit_ids": ["1"]}, "no whole number"),
        ({"edit_ids": 5}, "iterable"),
        ({"logits": ["x"]}, "x"),
        ({"kind": "cold"}, "cold"),
        ({"scores": [1, 2]}, "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_named(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(VersionError, match=reason):
        from_dict({**Manifest(3, AT, "ab").as_dict(), **change})
    with pytest.raises(VersionError, match="number is missing"):
        from_dict({})


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", '{"number": 1}'])
def test_files_that_are_no_manifest(tmp_path: Path, text: str) -> None:
    file = tmp_path / "manifest.json"
    with pytest.raises(VersionError, match="cannot read"):
        read_manifest(file)
    file.write_text(text)
    with pytest.raises(VersionError):
        read_manifest(file)


def test_the_ledger_and_the_file_say_the_same(lab: Lab) -> None:
    lab.publish((1, 2), recipe={"rank": 4}, logits=(1.5, 2.0), threshold=0.4, seed_of_mine=3)
    version = lab.store.versions.get(1)
    assert "edit_ids" not in version.manifest
    from_row = manifest_of(version, (1, 2))
    assert read_manifest(lab.folder(1) / "manifest.json") == from_row
    assert from_row.extra == {"seed_of_mine": 3}


def test_what_makes_a_base_foreign() -> None:
    info = ScriptedModel().info
    made = from_dict({**Manifest(1, AT, "ab").as_dict(), **identity_fields(info)})
    assert foreign(made, info) == ""

    def other(**change: str) -> ModelInfo:
        from dataclasses import replace

        return replace(info, **change)  # type: ignore[arg-type]

    assert foreign(made, other(fingerprint="9" * 64)) == "other base weights"
    writer = other(fingerprint="9" * 64, writer_sha256="8" * 64)
    assert foreign(made, writer) == "another writer adapter"
    assert foreign(made, other(tokenizer_sha256="9")) == "another tokenizer"
    assert foreign(made, other(template_sha256="9")) == "another chat template"
    assert foreign(made, other(template_sha256="", device="cuda", compute_dtype="x")) == ""
