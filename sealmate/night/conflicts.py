"""Changed facts: a new note that answers an old question differently takes its place.

The older answer is superseded, not overwritten: its edits leave training with a date until which
they held, its probes are retired, a row tells the person, and edits that ask for what used to
hold are added. What may be two facts after all, or told at the same time, stays open until the
person says; what is still to come until it has come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.amounts import other_amount, otherwise
from sealmate.edits.lexicon import TITLES
from sealmate.edits.questions import near
from sealmate.edits.revision import written_anew
from sealmate.edits.screen import same_answer
from sealmate.edits.words import Token, tokens, within
from sealmate.model.protocol import LanguageModel, Prompt, Request, Sampling
from sealmate.night import supersession
from sealmate.night.clashes import Clash, Places, clash_of, find_clashes
from sealmate.night.dates import Dates
from sealmate.records import Conflict, Edit
from sealmate.store import Store
from sealmate.store.reasons import in_conflict, is_aside, undone
from sealmate.times import day


def settle_new(
    store: Store,
    new: Iterable[Edit],
    now: datetime,
    model: LanguageModel | None = None,
    cancel: Flag | None = None,
    ended: Collection[int] | None = None,
) -> list[Conflict]:
    """Find what the accepted edits of `new` contradict and put it right; the rows made or settled.

    A sure conflict is "accepted" at once: the older answer gives way. A doubtful one is "open"
    and changes nothing, and so is one whose newer answer is to hold from a day that is to come:
    it is looked at again on the first night after that. With a `model` each pair needs its word
    too: answers in words that it takes for the same are no conflict, and one that it says both hold
    stays open, unless the newer note is the older one written anew and says so. A pair that was
    settled before is not brought up again; where the two texts tell it once more after a change, it
    is settled as it was. `ended` conflicts are about to be erased and count for nothing, and no
    others are settled with them. Each conflict is one transaction. Raises Cancelled.
    """
    accepted = [edit for edit in new if edit.state == "accepted"]
    due = _due(store, now) if ended is None else {}
    if not accepted and not due:
        return []
    settled, dates = _Settled(store, ended or ()), Dates(store)
    clashes = [c for c in find_clashes(store, accepted) if not settled.has(c.old, c.new)]
    clashes += [clash for clash, _ in due.values()]
    if model is not None and clashes:
        clashes = _second_opinion(store, model, clashes, cancel)
    made: list[Conflict] = []
    for clash in clashes:
        # An earlier one may have taken either out of training.
        old, fresh = store.edits.get(clash.old.id), store.edits.get(clash.new.id)
        waiting = due.get((old.id, fresh.id))
        holds = old.state == "accepted" or is_aside(old)
        if not holds or fresh.state != "accepted" or (not waiting and settled.has(old, fresh)):
            continue
        before = settled.before(old, fresh)
        if before == "kept-both" or (before == "turned" and not dates.is_new(fresh)):
            continue
        doubtful = not clash.sure or (before == "turned" and dates.retold(fresh))
        # what a file does not say any more is out of training whenever the rest of it holds
        comes = clash.since > max(now, dates.told(fresh)) and not is_aside(old)
        with store.transaction():
            conflict = waiting[1] if waiting else store.conflicts.add(Conflict(
                0, old.id, fresh.id, fresh.question, old.answer, fresh.answer, now, "open"
            ))  # fmt: skip
            if before == "kept-old":
                conflict = supersession.keep_old(store, conflict.id)
            elif not comes and (before == "accepted" or not doubtful):
                conflict = supersession.accept(store, conflict.id, now)
        if not waiting:
            settled.add(conflict)
        if not waiting or conflict.state != "open":
            made.append(conflict)
    return made


def _due(store: Store, now: datetime) -> dict[tuple[int, int], tuple[Clash, Conflict]]:
    """What was left open because the newer answer was still to come, and that by now has come, by
    the two edits. Not what a person took back: that stays open until they say."""
    found: dict[tuple[int, int], tuple[Clash, Conflict]] = {}
    dates = Dates(store)
    for row in store.conflicts.list("open"):
        old, new = store.edits.get(row.old_edit), store.edits.get(row.new_edit)
        if {old.state, new.state} != {"accepted"} or old.reason == undone(row.id):
            continue
        if not max(row.found_at, dates.told(new)) < dates.since(new) <= now:
            continue
        clash = clash_of(store, old, new)
        if clash is not None and clash.sure and clash.old.id == old.id:
            found[old.id, new.id] = clash, row
    return found


def untrained(store: Store) -> list[Edit]:
    """Trainable edits that are not in the active version: what `settle_new` should look at, as
    some of them may have been written on a night that was cut, or accepted by a person since."""
    known = set(store.versions.edit_ids(store.versions.active()))
    return [edit for edit in store.edits.trainable() if edit.id not in known]


class _Settled:
    """The pairs of facts that have a row already, in whatever wording and state."""

    def __init__(self, store: Store, ended: Collection[int] = ()) -> None:
        self._store = store
        self._rows: dict[tuple[int, int], list[Conflict]] = {}
        self._all: list[Conflict] = []
        for conflict in store.conflicts.list():
            if conflict.id not in ended:
                self.add(conflict)

    def add(self, conflict: Conflict) -> None:
        edits = self._store.edits
        old, new = edits.get(conflict.old_edit), edits.get(conflict.new_edit)
        self._rows.setdefault((old.passage_id, new.passage_id), []).append(conflict)
        self._all.append(conflict)

    def has(self, old: Edit, new: Edit) -> bool:
        rows = self._rows.get((old.passage_id, new.passage_id), ())
        return any(_same(row, old, new) for row in rows)

    def before(self, old: Edit, new: Edit) -> str:
        """How the same was settled last between earlier texts of the two sources: by a person, or
        "accepted" in whatever way; "turned" if it was the newer answer that gave way; "" if not."""
        last: tuple[int, str] = (0, "")
        for row in self._all:
            if not near(row.question, new.question):
                continue
            if _same(row, old, new) and self._told_again(row, old, new):
                likewise = self._sources_of(row) == self._sources(old, new)
                counts = self._by_person(row) or (likewise and row.state == "accepted")
                last = max(last, (row.id, row.state if counts else ""))
            # the older text may be the one that was changed, and be the newer one now
            if _same(row, new, old) and self._sources_of(row) == self._sources(new, old):
                turned = {"kept-both": "kept-both", "accepted": "turned"}
                last = max(last, (row.id, turned.get(row.state, "")))
        return last[1]

    def _by_person(self, row: Conflict) -> bool:
        if row.state == "kept-old":
            # what a night settles so had its newer answer out of use already
            loser = self._store.edits.get(row.new_edit)
            return loser.state == "rejected" and loser.reason == in_conflict(row.id)
        return row.state == "kept-both"

    def _told_again(self, row: Conflict, old: Edit, new: Edit) -> bool:
        """Whether two edits are of the texts of a row, as they are now or written anew."""
        edits, passages = self._store.edits, self._store.passages
        if self._sources_of(row) == self._sources(old, new):
            return True
        return all(
            before == now.passage_id
            or written_anew(passages.get(before).text, passages.get(now.passage_id).text)
            for before, now in (
                (edits.get(row.old_edit).passage_id, old),
                (edits.get(row.new_edit).passage_id, new),
            )
        )

    def _sources_of(self, row: Conflict) -> tuple[int, int]:
        edits = self._store.edits
        return self._sources(edits.get(row.old_edit), edits.get(row.new_edit))

    def _sources(self, old: Edit, new: Edit) -> tuple[int, int]:
        of, latest = self._store.sources.of_passage, self._store.sources.latest
        return latest(of(old.passage_id).id).id, latest(of(new.passage_id).id).id


def _same(row: Conflict, old: Edit, new: Edit) -> bool:
    return same_answer(row.old_answer, old.answer) and same_answer(row.new_answer, new.answer)


def _second_opinion(
    store: Store, model: LanguageModel, clashes: Sequence[Clash], cancel: Flag | None
) -> list[Clash]:
    """What the model, without any memory, makes of each pair. A note written anew without the
    older answer speaks for itself: to a small model much the same words are the same."""
    places = Places(store)
    asked = [prompts.same_answer(c.new.question, c.old.answer, c.new.answer) for c in clashes]
    said = _replies(model, asked, cancel)
    left = [
        c
        for c, reply in zip(clashes, said, strict=True)
        if _tell_apart(c.old.answer, c.new.answer)
        or (c.revised and not places.has(c.old.answer, c.new))
        or not reply.startswith("yes")
    ]

    def dated(edit: Edit) -> tuple[str, str]:
        return f"{edit.question} {edit.answer}", day(places.dates.told(edit))

    asked = [prompts.supersedes(*dated(c.old), *dated(c.new)) for c in left]
    said = _replies(model, asked, cancel)
    # What says itself that it is new needs no opinion; a small model must not keep both wordings.
    return [
        replace(c, sure=c.sure and (c.outright or reply.startswith("second")))
        for c, reply in zip(left, said, strict=True)
    ]


def _tell_apart(first: str, second: str) -> bool:
    """Whether two answers are other numbers, names or amounts, beside what they share, which needs
    nobody's opinion."""
    some, others = tokens(first), tokens(second)
    if otherwise(first, second) or other_amount(some, others) or other_amount(others, some):
        return True
    return _has_own(some, others) and _has_own(others, some)


def _has_own(some: Sequence[Token], others: Sequence[Token]) -> bool:
    """Whether there is a number or a name that the others do not have, nor by its initial."""
    return any(
        (token.kind in ("number", "name") or token.text[:1].isupper())
        and not within(token, others)
        and token.text.casefold().strip(".") not in TITLES
        and not any(_initial(token, other) or _initial(other, token) for other in others)
        for token in some
    )


def _initial(token: Token, other: Token) -> bool:
    return len(token.text) == 1 and token.text.isalpha() and other.text.startswith(token.text)


def _replies(model: LanguageModel, asked: Sequence[Prompt], cancel: Flag | None) -> list[str]:
    requests = [Request(prompt, sampling=Sampling(max_tokens=4)) for prompt in asked]
    return [reply.text.strip().casefold() for (reply,) in model.generate(requests, cancel=cancel)]
