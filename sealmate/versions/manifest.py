"""What a version was built from and must match to be loaded, as JSON beside its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from sealmate.errors import VersionError
from sealmate.model.protocol import ModelInfo
from sealmate.records import Version

Kind = Literal["warm", "rebuild", "added", "reduced"]
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything needed to check a version or to build it again. Hashes are SHA-256, hex.

    `base_fingerprint`, `tokenizer_sha256`, `template_sha256` and `writer_sha256` come from the
    `ModelInfo` it was trained on ("" = not known, or no writer). `kind` is "warm" where training
    went on from the parent's weights, "rebuild" where it began at the base, "added" where it began
    there beside the parent's shards, "reduced" where the parent lost some and nothing was trained.
    `edit_ids` are all edits in the weights, those of all shards. `shard` names the shard in the
    folder itself ("" = this version's number), which went on from its own weights for
    `warm_nights`; `shards` are the others by name (see `sealmate.versions.shards`). `logits` is
    the fingerprint of the model with the first of them, taken on `device` in `compute_dtype` and
    `environment`.
    `threshold` is the least confidence of a closed-book answer that is given, `recall` the way
    in which the weights are asked for it (see `sealmate.recall`); `reader_sha256` names the
    adapter that read what they recited when it was set. `extra` keeps keys that this
    release does not know.
    """

    number: int
    created_at: datetime
    adapter_sha256: str
    config_sha256: str = ""
    parent: int | None = None
    kind: Kind = "rebuild"
    base_id: str = ""
    base_fingerprint: str = ""
    tokenizer_sha256: str = ""
    template_sha256: str = ""
    writer_sha256: str = ""
    reader_sha256: str = ""
    quantization: str = ""
    device: str = ""
    compute_dtype: str = ""
    environment: str = ""
    edit_ids: tuple[int, ...] = ()
    shard: str = ""
    shards: Mapping[str, Any] = field(default_factory=dict)
    warm_nights: int = 0
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    scores: Mapping[str, Any] = field(default_factory=dict)
    logits: tuple[float, ...] = ()
    threshold: float | None = None
    recall: str = "direct"
    run: int | None = None
    format: int = FORMAT
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As JSON knows it: `extra` is spread out among the other keys."""
        known = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "extra"}
        known["created_at"] = self.created_at.isoformat()
        known["edit_ids"], known["logits"] = list(self.edit_ids), list(self.logits)
        for name in ("recipe", "scores", "shards"):
            known[name] = dict(known[name])
        return {**self.extra, **known}

    def to_json(self) -> str:
        """Indented JSON with sorted keys and a newline at the end."""
        return json.dumps(self.as_dict(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def for_ledger(self) -> dict[str, Any]:
        """What the version's row keeps: all but the edit ids, which have a table of their own."""
        kept = {key: value for key, value in self.as_dict().items() if key != "edit_ids"}
        shards = {
            name: {key: value for key, value in entry.items() if key != "edits"}
            for name, entry in self.shards.items()
        }
        return {**kept, "shards": shards}


def from_dict(data: Mapping[str, Any]) -> Manifest:
    """The manifest of a dict from `as_dict`; unknown keys are kept in `extra`.

    Raises VersionError naming the key that is missing or cannot be used.
    """
    known = {f.name for f in fields(Manifest)} - {"extra"}
    values = {key: value for key, value in data.items() if key in known}
    try:
        for key in ("number", "created_at", "adapter_sha256"):
            if key not in values:
                raise ValueError(f"{key} is missing")
        values["number"] = _integer(values["number"])
        values["created_at"] = datetime.fromisoformat(values["created_at"])
        if values["created_at"].tzinfo is None:
            raise ValueError("created_at has no time zone")
        values["edit_ids"] = tuple(_integer(key) for key in values.get("edit_ids", ()))
        values["logits"] = tuple(float(value) for value in values.get("logits", ()))
        values["warm_nights"] = _integer(values.get("warm_nights") or 0)
        for key in ("recipe", "scores", "shards"):
            values[key] = dict(values.get(key) or {})
        if values.get("kind", "rebuild") not in get_args(Kind):
            raise ValueError(f"kind is {values['kind']!r}")
        extra = {key: value for key, value in data.items() if key not in known}
        return Manifest(**values, extra=extra)
    except (TypeError, ValueError, AttributeError) as error:
        raise VersionError(
            f"the manifest of a version cannot be used: {error}",
            "roll back to another version: sealmate versions rollback",
        ) from None


def read_manifest(file: Path) -> Manifest:
    """The manifest in a file. Raises VersionError if it is missing or no manifest."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise VersionError(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise VersionError(f"{file} is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise VersionError(f"{file} is no manifest")
    return from_dict(data)


def manifest_of(version: Version, edit_ids: tuple[int, ...] = ()) -> Manifest:
    """The manifest that the ledger's row holds. What the row itself says outranks it."""
    return from_dict({
        "adapter_sha256": version.sha256,
        **version.manifest,
        "number": version.number,
        "created_at": version.created_at.isoformat(),
        "parent": version.parent,
        "base_id": version.base_id,
        "base_fingerprint": version.base_fingerprint,
        "edit_ids": list(edit_ids),
    })  # fmt: skip


def identity_fields(info: ModelInfo) -> dict[str, str]:
    """The fields of a manifest that name the model it is trained on."""
    return {
        "base_id": info.id,
        "base_fingerprint": info.fingerprint,
        "tokenizer_sha256": info.tokenizer_sha256,
        "template_sha256": info.template_sha256,
        "writer_sha256": info.writer_sha256,
        "reader_sha256": info.reader_sha256,
        "quantization": info.quantization,
        "device": info.device,
        "compute_dtype": info.compute_dtype,
        "environment": info.environment,
    }


def foreign(manifest: Manifest, info: ModelInfo) -> str:
    """What keeps a version from standing on a model, in words; "" if nothing does.

    Hashes that either side does not know are not compared.
    """
    if _differ(manifest.base_fingerprint, info.fingerprint):
        # The fingerprint covers the writer as well: say which of the two it is.
        same_writer = manifest.writer_sha256 == info.writer_sha256
        return "other base weights" if same_writer else "another writer adapter"
    if _differ(manifest.tokenizer_sha256, info.tokenizer_sha256):
        return "another tokenizer"
    if _differ(manifest.template_sha256, info.template_sha256):
        return "another chat template"
    return ""


def _differ(made: str, have: str) -> bool:
    return bool(made and have) and made != have


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value
