"""Which shard of the memory a night trains, and with what.

One session trains one shard: one that lost something is built again from the base over the rest
of its notes; what is new goes to the newest shard that has room, or to a new one. All other shards
stay as they are, so a night costs the same however much there is to know, and a note that goes
takes nothing along but the weeks it was learnt with, until their shard is built again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sealmate.night.backlog import NEW, Backlog
from sealmate.night.rehearsal import failing
from sealmate.records import Edit
from sealmate.settings import Settings
from sealmate.store import Store
from sealmate.versions.shards import Shard

# New passages beyond a shard's size, as a share of it, that are still learnt with the others.
_OVER = 0.5
# Least share of a shard's probes that fail before it is built again without need.
_TIRED = 0.2


@dataclass(frozen=True, slots=True)
class Session:
    """What is trained at once, and what is known already. `shard` is the one that goes on, or is
    built again (None: a new one begins); `warm` tells that it goes on from its own weights.
    `carried` stay as they are, `dropped` have nothing left to know."""

    new: Sequence[Edit] = ()
    replay: Sequence[Edit] = field(default_factory=list)
    shard: Shard | None = None
    warm: bool = False
    carried: Sequence[Shard] = ()
    dropped: Sequence[Shard] = ()


class Barred(frozenset[str]):
    """Names of shards that a session may not be about (NEW: a new one). Those of `later` among them
    may, as long as they go on from their own weights: they are only not built again. Those of
    `full`, which need not be among them, take no new notes in."""

    later: frozenset[str]
    full: frozenset[str]

    def __new__(
        cls, out: Collection[str] = (), later: Collection[str] = (), full: Collection[str] = ()
    ) -> Barred:
        made = super().__new__(cls, {*out, *later})
        made.later, made.full = frozenset(later) - set(out), frozenset(full)
        return made


@dataclass(frozen=True, slots=True)
class Ledger:
    """What there is to know: edits that may be trained, and the shards of the version in use.

    `left` are those of each shard, `homed` new ones on its passages, `fresh` all other new ones:
    a passage has one shard, so that whatever is taught of it ends with it.
    """

    trainable: Sequence[Edit]
    shards: Mapping[str, Shard]
    left: Mapping[str, Sequence[Edit]] = field(init=False)
    homed: Mapping[str, Sequence[Edit]] = field(init=False)
    fresh: Sequence[Edit] = field(init=False)

    def __post_init__(self) -> None:
        by_id = {edit.id: edit for edit in self.trainable}
        left = {
            name: [by_id[key] for key in shard.edits if key in by_id]
            for name, shard in self.shards.items()
        }
        held = {key for shard in self.shards.values() for key in shard.edits}
        homes = {edit.passage_id: name for name in sorted(left, key=int) for edit in left[name]}
        homed: dict[str, list[Edit]] = {name: [] for name in self.shards}
        fresh: list[Edit] = []
        for edit in self.trainable:
            if edit.id not in held:
                home = homes.get(edit.passage_id)
                (homed[home] if home else fresh).append(edit)
        object.__setattr__(self, "left", left)
        object.__setattr__(self, "homed", homed)
        object.__setattr__(self, "fresh", fresh if teaches(fresh) else [])

    @property
    def spoilt(self) -> set[str]:
        """Names of the shards that hold something which may not be there any more."""
        return {
            name for name, shard in self.shards.items() if len(self.left[name]) < len(shard.edits)
        }

    @property
    def by_age(self) -> list[str]:
        """Names of the shards, those with the newest notes last. A name alone does not tell: an
        old shard that was built again is named by that night."""

        def newest(name: str) -> tuple[int, int]:
            return max((edit.passage_id for edit in self.left[name]), default=0), int(name)

        return sorted(self.shards, key=newest)


def teaches(edits: Sequence[Edit]) -> bool:
    """Whether any of them says something, rather than that something is not said."""
    return any(edit.format != "unknown" for edit in edits)


def plan(
    ledger: Ledger,
    settings: Settings,
    rebuild: Collection[str],
    refused: Collection[str] = (),
    tries: Mapping[str, int] | None = None,
) -> Session:
    """The next session; `rebuild` names shards to build again whether or not they are spoilt.

    Those that the gate `refused` tonight (NEW: a new one) are left for another night (see `Barred`
    for those that are left in part). One that it refused in nights before, as often as `tries`
    says, or that went on from its own weights for `warm_nights`, learns what is new by being built
    again. Of several to be built again those that were refused come last; else the one that stands
    the longest comes first, so that none waits for ever behind one that changes each day. What is
    new goes on in one shard or begins a new one: notes that one refused are not tried on all the
    others. A session without `new` trains nothing: then there is nothing to do, or only shards to
    drop.
    """
    before = tries or {}
    limit = _limit(settings)
    bars = refused if isinstance(refused, Barred) else Barred(refused)
    shards, left, homed = ledger.shards, ledger.left, ledger.homed
    due = ledger.spoilt | set(rebuild)
    dropped = [
        shard for name, shard in shards.items() if name in due - bars and not teaches(left[name])
    ]
    staying = {name: shard for name, shard in shards.items() if shard not in dropped}

    def session(
        shard: Shard | None, new: Sequence[Edit], replay: Sequence[Edit] = (), warm: bool = False
    ) -> Session:
        carried = [other for other in staying.values() if other is not shard]
        return Session(new, list(replay), shard, warm, carried, dropped)

    def anew(shard: Shard) -> bool:
        return shard.name in due | before.keys() or shard.warm >= settings.warm_nights

    def learning(shard: Shard, new: Sequence[Edit]) -> Session:
        old = left[shard.name]
        if anew(shard):
            return session(shard, [*old, *new])
        return session(shard, new, replay=old, warm=True)

    def able(shard: Shard) -> bool:
        return shard.name not in bars or (shard.name in bars.later and not anew(shard))

    fresh = _portion(ledger.fresh, limit)
    room = _with_room([staying[n] for n in ledger.by_age if n in staying], left, fresh, limit)
    if room is not None and (room.name in bars.full or not able(room)):
        room = None
    if room is None and NEW in bars:
        fresh = []
    in_turn = sorted(
        filter(able, staying.values()),
        key=lambda shard: (before.get(shard.name, 0), int(shard.name)),
    )
    for shard in in_turn:
        again = shard.name in due or (homed[shard.name] and anew(shard))
        if again and shard is not room:
            return session(shard, [*left[shard.name], *homed[shard.name]])
    if room is not None:
        return learning(room, [*homed[room.name], *fresh])
    if fresh:
        return session(None, fresh)
    for shard in in_turn:
        if homed[shard.name]:
            return learning(shard, homed[shard.name])
    return session(None, (), replay=[e for edits in left.values() for e in edits])


def going_on(ledger: Ledger, settings: Settings) -> list[str]:
    """The name of the shard in which what is new goes on, or of the newest where nothing is; none
    where a new one begins."""
    if not ledger.fresh:
        return ledger.by_age[-1:]
    limit = _limit(settings)
    there = [ledger.shards[name] for name in ledger.by_age]
    room = _with_room(there, ledger.left, _portion(ledger.fresh, limit), limit)
    return [room.name] if room else []


def _limit(settings: Settings) -> int:
    """Passages of a shard; 0 where all go into one."""
    return settings.shard_passages if settings.recall == "recite" else 0


def _portion(fresh: Sequence[Edit], limit: int) -> Sequence[Edit]:
    """What of the new is learnt together: all, or of much more than a shard's worth the oldest."""
    passages = sorted({edit.passage_id for edit in fresh})
    if not limit or len(passages) <= limit * (1 + _OVER):
        return fresh
    taken = set(passages[:limit])
    return [edit for edit in fresh if edit.passage_id in taken]


def _with_room(
    shards: Sequence[Shard],
    left: Mapping[str, Sequence[Edit]],
    fresh: Sequence[Edit],
    limit: int,
) -> Shard | None:
    """Of shards, the newest last, the last that has room for what is new; None if nothing is."""
    for shard in reversed(shards) if fresh else ():
        passages = {edit.passage_id for edit in (*left[shard.name], *fresh)}
        if not limit or len(passages) <= limit:
            return shard
    return None


def tired(store: Store, ledger: Ledger, settings: Settings, now: datetime) -> str:
    """The shard to build again because it is old and much of it fails; "" for none.

    Of the shards trained `rebuild_days` ago or longer, not refused since and not waiting for
    having been, the one of whose probes most failed when they were asked last.
    """
    if not settings.rebuild_days or len(ledger.shards) < 2:
        return ""
    since = now - timedelta(days=settings.rebuild_days)
    asked: dict[int, list[bool]] = {}
    for probe in store.probes.list(held_out=True):
        if probe.schedule.get("asked"):
            asked.setdefault(probe.passage_id, []).append(failing(probe))
    backlog = Backlog(store)
    shares: dict[str, float] = {}
    for name, edits in ledger.left.items():
        passages = {edit.passage_id for edit in edits}
        failed = [missed for key in passages for missed in asked.get(key, ())]
        tried = backlog.refused_at(name)
        if (tried and tried > since) or backlog.nights(name):
            continue
        if failed and store.versions.get(int(name)).created_at <= since:
            shares[name] = sum(failed) / len(failed)
    worst = max(shares, key=lambda name: shares[name], default="")
    return worst if worst and shares[worst] >= _TIRED else ""
