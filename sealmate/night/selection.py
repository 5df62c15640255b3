"""What a night trains on: which edits are new, which are replayed, and from which parent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sealmate import prompts
from sealmate.edits.safe import safely
from sealmate.edits.secrets import redact
from sealmate.edits.units import opening, unit_for, units_of
from sealmate.model.local import LocalModel
from sealmate.model.protocol import ModelInfo, Prompt
from sealmate.night import rehearsal
from sealmate.night.backlog import Backlog
from sealmate.night.sharding import Ledger, Session, going_on, plan, tired
from sealmate.night.strangers import Known
from sealmate.night.supersession import successors
from sealmate.night.truth import still_true
from sealmate.recall import way_of
from sealmate.records import Edit, Passage, Probe
from sealmate.settings import Settings
from sealmate.store import Store
from sealmate.store.reasons import tells_the_past
from sealmate.training.batches import Example
from sealmate.training.gate import Limits
from sealmate.training.loop import Recipe
from sealmate.training.mixture import Material, Shares
from sealmate.versions.manifest import Kind, manifest_of
from sealmate.versions.manifest import foreign as not_of
from sealmate.versions.shards import shards_of


@dataclass(frozen=True, slots=True)
class Choice:
    """`active` is the version in use (0 = none), `parent` the one whose weights training goes
    on from (0 = from the base). `gone` are edits in the active version that may not be trained
    any more; they force a rebuild. `weights` raise the chance of replay, by edit id. `foreign`
    tells that the active version was made for another base and cannot be attached. `due` are
    ids of probes to ask first. `told` are the passages of old and new edits that are still true.
    `bounded` tells that a budget has chosen the replay already;
    `left` new edits found no room in it and wait for the next night, `tokens` are those of the
    others, once. `anew` are passages, by id,
    whose place another of `told` has taken, in much the same words, `elsewhere` those whose place
    one of another shard has taken, with that. `session` tells which shard
    is trained and which are carried along."""

    new: Sequence[Edit]
    replay: Sequence[Edit]
    active: int
    parent: int
    gone: frozenset[int]
    told: Mapping[int, Passage]
    weights: Mapping[int, float] = field(default_factory=dict)
    foreign: bool = False
    due: Sequence[int] = ()
    bounded: bool = False
    left: int = 0
    tokens: int = 0
    anew: Mapping[int, int] = field(default_factory=dict)
    elsewhere: Mapping[int, Passage] = field(default_factory=dict)
    session: Session = field(default_factory=Session)

    @property
    def passages(self) -> Mapping[int, Passage]:
        """Those of `told` that new edits are about."""
        fresh = {edit.passage_id for edit in self.new}
        return {key: passage for key, passage in self.told.items() if key in fresh}

    def cut(self, new: Sequence[Edit], replay: Sequence[Edit], *, left: int, tokens: int) -> Choice:
        """The same with these edits alone. What is not trained may not be recited either."""
        mine = {edit.passage_id for edit in (*new, *replay)}
        return replace(
            self,
            new=new,
            replay=replay,
            bounded=True,
            left=left,
            tokens=tokens,
            told={key: passage for key, passage in self.told.items() if key in mine},
            anew={old: newer for old, newer in self.anew.items() if {old, newer} <= mine},
        )

    @property
    def nothing(self) -> bool:
        """True if there is neither anything to train nor a shard to drop."""
        return not self.new and not self.session.dropped

    @property
    def kind(self) -> Kind:
        """How the version to be made comes from its parent."""
        if self.session.warm:
            return "warm"
        return "rebuild" if self.session.shard or not self.session.carried else "added"

    @property
    def told_as(self) -> str:
        """In words, for whoever watches."""
        words = f"{len(self.new)} new edits, {len(self.replay)} known"
        if self.kind == "rebuild" and self.active:
            words = f"{len(self.new)} edits again from the base"
        carried = len(self.session.carried)
        return f"{words}, beside {carried} shard{'s' * (carried != 1)}" if carried else words

    @property
    def trained(self) -> Sequence[Edit]:
        """Edits this night puts into the weights, beside the parent's."""
        return self.new

    def material(
        self,
        strangers: Sequence[str],
        chat: Sequence[tuple[Prompt, str]],
        reading: Sequence[tuple[int, Prompt, str]] = (),
    ) -> Material:
        """For the mixture. Edits kept aside to test abstention are left out."""
        # secrets may be searched for but not learnt
        texts = {
            key: redact(passage.text, passage.heading)
            for key, passage in sorted(self.passages.items())
        }
        # what one passage leaves open another may tell: such a question is no lesson in not knowing
        known = Known((e.question for e in (*self.new, *self.replay) if e.answer), ())
        pieces, others = (
            {key: units_of(place) for key, place in places.items()}
            for places in (self.told, self.elsewhere)
        )

        def lesson(edit: Edit) -> bool:
            if kept_aside(edit) or (edit.format == "unknown" and known.asks(edit.question)):
                return False
            # what the shard of a note written anew knows is no fact without a text here
            there = others.get(edit.passage_id, ())
            return not unit_for(there, edit.question, edit.answer) or tells_the_past(edit)

        # what still holds of a note that was written anew is told by the newer one
        pieces.update((old, pieces[new]) for old, new in self.anew.items())
        return Material(
            new=[edit for edit in self.new if lesson(edit)],
            replay=[edit for edit in self.replay if lesson(edit)],
            weights=self.weights,
            strangers=strangers,
            chat=chat,
            passages=list(texts.values()),
            texts=texts,
            units=pieces,
            reading=reading,
        )


def kept_aside(edit: Edit) -> bool:
    """Whether an unanswerable question is used to test abstention rather than to train it."""
    return edit.format == "unknown" and edit.id % 2 == 0


def choose(
    store: Store,
    settings: Settings,
    *,
    rebuild: bool,
    info: ModelInfo | None = None,
    now: datetime | None = None,
    refused: Collection[str] = (),
) -> Choice:
    """Compare the ledger with the active version's manifest.

    A shard is built from the base over all of its notes: when a rebuild is asked for, when
    something in it may not be there any more, the first time, and after so many warm nights. If
    the active version does not belong to the model that `info` describes, all of them are. With
    `now` failing and due facts are asked first and rehearsed more, and a shard that fails may be
    built again. `refused` are shards that the gate did not let pass tonight.
    """
    active = store.versions.active()
    known = set(store.versions.edit_ids(active)) if active else set()
    trainable = store.edits.trainable()
    gone = frozenset(known - {edit.id for edit in trainable})
    version = store.versions.get(active) if active else None
    other = bool(info and version and not_of(manifest_of(version), info))
    backlog = Backlog(store)
    # weights that answer in another way than they are asked for now are learnt anew
    other_way = version is not None and way_of(version.manifest) != settings.recall
    shards = shards_of(store, version) if version and not other and not other_way else {}
    ledger = Ledger(trainable, shards)
    again = set(backlog.waiting) & set(shards)
    # Of several shards those concerned are known; of a single one it may be something else.
    if rebuild or (backlog.flagged and len(shards) == 1):
        again = set(shards)
    elif now and not again and not ledger.spoilt:
        again |= {tired(store, ledger, settings, now)} - {""}
    session = plan(ledger, settings, again, refused, backlog.tries)
    new, replay = session.new, session.replay
    mine = {edit.passage_id for edit in (*new, *replay)}
    after = {old: new for old, new in successors(store).items() if old in mine}
    places = store.passages.get_many(sorted((mine - set(after)) | set(after.values())))
    # secrets go first: what is left out of a text may be what tells that one follows
    true = still_true(store, safely(store, places))
    # A shard learns from its own notes alone, or forgetting another note would not reach it.
    told = {key: passage for key, passage in true.items() if key in mine}
    due = rehearsal.due(store, now) if now else []
    return Choice(
        new=new,
        replay=replay,
        active=active,
        parent=active if session.warm else 0,
        gone=gone,
        told=told,
        foreign=other,
        weights=rehearsal.weights(store, [*new, *replay], now) if now else {},
        due=[probe.id for probe in due],
        anew={old: new for old, new in after.items() if new in told},
        elsewhere={old: true[new] for old, new in after.items() if new in true.keys() - mine},
        session=session,
    )


def trained_anyway(store: Store, settings: Settings, now: datetime) -> set[int]:
    """Passages of the shards that the coming night trains whatever else it does: that in which
    new notes go on, or the newest where nothing is new, and those to be built again. More of
    their wordings cost no session of their own."""
    ledger = ledger_of(store)
    names = {*going_on(ledger, settings), *ledger.spoilt, *Backlog(store).waiting}
    names.add(tired(store, ledger, settings, now))
    return {edit.passage_id for name in names & set(ledger.left) for edit in ledger.left[name]}


def ledger_of(store: Store) -> Ledger:
    """What there is to know, and the shards of the version in use that know it."""
    active = store.versions.active()
    shards = shards_of(store, store.versions.get(active)) if active else {}
    return Ledger(store.edits.trainable(), shards)


def shares(settings: Settings, choice: Choice | None = None) -> Shares:
    """The mixture's shares as settings give them; all the replay of a `choice` within budget."""
    return Shares(
        replay=1e9 if choice and choice.bounded else settings.replay_share,
        unknown=settings.unknown_share,
        chat=settings.chat_share,
        statements=settings.train_statements,
        per_answer=settings.renderings,
        teacher=settings.teacher,
        way=settings.recall,
        whole=settings.whole_recitals,
        cues=settings.cues,
    )


def held_out(choice: Choice, material: Material, probes: Iterable[Probe]) -> list[Example]:
    """The night's probes, as what they should call to mind: to see when enough is learnt."""
    held = []
    for probe in probes:
        unit = unit_for(material.units.get(probe.passage_id, ()), probe.question, probe.answer)
        if unit and probe.passage_id in choice.passages:
            first = opening(unit)
            prompt = prompts.recall(probe.question)
            held.append(Example(prompt, first, "recall", "probe", goes_on=first != unit))
    return held


def limits(settings: Settings) -> Limits:
    """The gate's limits as settings give them."""
    return Limits(
        new_recall=settings.gate_new_recall,
        old_drop=settings.gate_old_drop,
        general=settings.gate_general,
        abstention=settings.gate_abstention,
        general_kl=settings.gate_kl,
    )


def recipe(settings: Settings, model: LocalModel, choice: Choice) -> Recipe:
    """The training recipe as settings give it."""
    return Recipe(
        rank=settings.rank,
        alpha=settings.rank,
        upper=settings.upper_layers,
        learning_rate=settings.learning_rate,
        passes=settings.passes,
        least_steps=settings.least_steps,
        tokens=settings.pack_tokens,
        seed=settings.seed,
        kl_weight=settings.chat_weight,
        enough=settings.enough if settings.recall == "recite" else 0.0,
        loss_on=settings.loss_on,
    )
