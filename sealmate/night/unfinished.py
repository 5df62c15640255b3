"""What a session was about that was cut off, so that the next night can go on with just that.

What is due, what fails and what is new differ from night to night. A checkpoint is worth something
only for the choice that it was made of, which is kept beside it: ids and weights, no words of
notes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sealmate.night.backlog import NEW
from sealmate.night.selection import Choice


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The edits of a session by their ids, with the weights of replay, and the questions about
    things nobody told that were trained with them. `parent` is the version from whose weights it
    began (0 = from the base), `budget` the night's token budget."""

    new: tuple[int, ...]
    replay: tuple[int, ...]
    strangers: tuple[str, ...]
    weights: Mapping[int, float] = field(default_factory=dict)
    tokens: int = 0
    parent: int = 0
    budget: int = 0

    def choice(self, choice: Choice) -> Choice | None:
        """The part of tonight's choice for the same shard that the session was about; None where
        something of it may not be trained any more, or where tonight's begins from other weights:
        what was replayed then is new. What is left of the choice comes after."""
        new, replay = ({edit.id: edit for edit in edits} for edits in (choice.new, choice.replay))
        if not self.new or self.parent != choice.parent:
            return None
        if not (new.keys() >= set(self.new) and replay.keys() >= set(self.replay)):
            return None
        mine, known = [new[key] for key in self.new], [replay[key] for key in self.replay]
        whole = choice.cut(mine, known, left=0, tokens=self.tokens)
        return replace(whole, weights=self.weights)

    def fits(self, budget: int, spent: int) -> bool:
        """Whether a night with this token budget, of which that much is spent, has room for it."""
        return not budget or self.tokens <= budget - spent or (not spent and self.budget == budget)


def keep(
    work: Path, choice: Choice, fingerprint: str, strangers: Collection[str], budget: int = 0
) -> None:
    """Write down what the session about to be trained is about, in place of what stood on another
    version. A disk that cannot take it costs a later night its checkpoint, and this one nothing."""
    file = _file(work, choice, fingerprint)
    ground = file.name.rpartition("-")[0]
    plan = {
        "new": [edit.id for edit in choice.new],
        "replay": [edit.id for edit in choice.replay],
        "strangers": list(strangers),
        "weights": {str(key): weight for key, weight in choice.weights.items()},
        "tokens": choice.tokens,
        "parent": choice.parent,
        "budget": budget,
    }
    with suppress(OSError):
        for other in work.glob("plan-*.json"):
            if other.name.rpartition("-")[0] != ground:
                other.unlink()
        part = file.with_suffix(".part")
        part.touch(0o600)
        part.write_text(json.dumps(plan), "utf-8")
        part.replace(file)


def kept(work: Path, choice: Choice, fingerprint: str) -> Unfinished | None:
    """What the session of this choice's shard on this version was about, if it was cut off and has
    a checkpoint."""
    file = _file(work, choice, fingerprint)
    if not any(work.glob(f"night-{file.stem.removeprefix('plan-')}-*.safetensors")):
        return None
    try:
        plan: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return Unfinished(
            tuple(map(int, plan["new"])),
            tuple(map(int, plan["replay"])),
            tuple(map(str, plan["strangers"])),
            {int(key): float(weight) for key, weight in plan["weights"].items()},
            int(plan["tokens"]),
            int(plan["parent"]),
            int(plan["budget"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def drop(work: Path, choice: Choice, fingerprint: str) -> None:
    """The session came to its end."""
    with suppress(OSError):
        _file(work, choice, fingerprint).unlink(missing_ok=True)


def _file(work: Path, choice: Choice, fingerprint: str) -> Path:
    """`plan-ACTIVE-BASE-SHARD.json`, as checkpoints are named."""
    shard = choice.session.shard
    name = shard.name if shard else NEW
    return work / f"plan-{choice.active}-{fingerprint[:8]}-{name}.json"
