"""The adapter a session trains: how it begins, what it is asked with, how it is published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event as Flag
from typing import Any

from sealmate.model.local import LocalModel
from sealmate.night.backlog import NEW
from sealmate.night.selection import Choice
from sealmate.night.strength import WEAKER
from sealmate.paths import shred
from sealmate.records import Version
from sealmate.training.batches import Example
from sealmate.training.gate import Scores
from sealmate.training.loop import Recipe, Trainer
from sealmate.versions.attach import parts_of
from sealmate.versions.manifest import identity_fields
from sealmate.versions.publish import publish
from sealmate.workspace import Workspace

CANDIDATE = "candidate"
_SUFFIX = ".safetensors"


def trainer_for(
    workspace: Workspace,
    model: LocalModel,
    choice: Choice,
    recipe: Recipe,
    examples: Sequence[Example],
    held: Sequence[Example],
    cancel: Flag,
) -> Trainer:
    """A trainer that goes on from the checkpoint of a stopped night with the same plan.

    Checkpoints that no plan leads to any more are deleted.
    """
    shard = choice.session.shard
    digest = hashlib.sha256(
        json.dumps([recipe.as_dict(), choice.parent, choice.active, model.info.fingerprint,
                    shard.name if shard else "",
                    [(e.prompt[-1].content, e.answer) for e in examples]],
                   sort_keys=True, default=str).encode()
    ).hexdigest()[:16]  # fmt: skip
    checkpoint = checkpoint_of(workspace.paths.work, choice, model.info.fingerprint, digest)
    _drop_stale(checkpoint)
    return Trainer(
        model,
        recipe,
        examples,
        name=CANDIDATE,
        start_from=workspace.paths.versions / shard.folder if choice.parent and shard else None,
        held=held,
        checkpoint=checkpoint,
        cancel=cancel,
    )


def checkpoint_of(work: Path, choice: Choice, fingerprint: str, digest: str) -> Path:
    """Where the plan with this digest keeps its checkpoint: `night-ACTIVE-BASE-SHARD-DIGEST`."""
    shard = choice.session.shard
    name = shard.name if shard else NEW
    return work / f"night-{choice.active}-{fingerprint[:8]}-{name}-{digest}{_SUFFIX}"


def _drop_stale(checkpoint: Path) -> None:
    """Delete the checkpoints that the plan of `checkpoint` has taken the place of.

    A plan stands on the active version and trains one of its shards, for which there is one plan
    at a time. Of another shard beside the same active version a checkpoint may still be gone on
    from: of a session that was cut off after the gate had refused this one.
    """
    same, shard, _ = checkpoint.name.rsplit("-", 2)
    for file in checkpoint.parent.glob(f"night-*{_SUFFIX}*"):
        # what a crash left of a checkpoint is worth nothing to anybody
        unfinished = not file.name.endswith(_SUFFIX)
        ground, _, rest = file.name.rpartition("-")[0].rpartition("-")
        stale = ground != same or rest == shard
        if unfinished or (stale and file != checkpoint):
            with suppress(OSError):  # no reason to do without a night
                # overwritten, for the notes it saw may be forgotten once its place is unknown
                shred(file)


def group_with_carried(workspace: Workspace, model: LocalModel, choice: Choice) -> None:
    """Let the candidate be asked together with the shards that stay, which are attached."""
    if not choice.session.carried:
        return
    names = parts_of(workspace.store.versions.get(choice.active))
    beside = [names[shard.name] for shard in choice.session.carried]
    model.group(CANDIDATE, (CANDIDATE, *beside))


def publish_candidate(
    workspace: Workspace,
    model: LocalModel,
    choice: Choice,
    recipe: Recipe,
    folder: Path,
    scores: Scores,
    scale: float,
    run_id: int,
    entered: Callable[[int], None] | None = None,
) -> Version:
    """Make what lies in `folder`, at `scale` of its strength, the active version; `entered` as
    in `publish`."""
    settings, shard = workspace.settings, choice.session.shard
    adapter = CANDIDATE if scale == 1.0 else WEAKER
    fields: Mapping[str, Any] = {
        **identity_fields(model.info),
        "parent": choice.parent or choice.active or None,
        "kind": choice.kind,
        "warm_nights": 1 + shard.warm if shard and choice.parent else 0,
        "recipe": {**recipe.as_dict(), "scale": scale},
        "seed": recipe.seed,
        "scores": {k: v for k, v in scores.as_dict().items() if k != "lost"},
        "logits": model.fingerprint_logits(adapter=adapter),
        "threshold": scores.threshold,
        "recall": settings.recall,
        "run": run_id,
    }
    return publish(
        workspace.store,
        workspace.paths,
        folder,
        fields,
        [edit.id for edit in choice.trained],
        workspace.clock,
        reason=f"night {run_id}",
        carried=choice.session.carried,
        grown=shard,
        entered=entered,
        onto=choice.active,
    )
