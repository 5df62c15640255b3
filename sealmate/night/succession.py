"""What older facts become when a note that had displaced them is forgotten.

What had only been displaced by it holds again. Where a still newer note had displaced that one in
turn, the oldest stays what it was, a former answer, now to the newest: forgetting the middle of a
chain must not bring its beginning back. Nor must an older fact come back where what had displaced
it goes for its words alone, which were those of the forgotten note: the newer note stays, and says
it still.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sealmate.edits.questions import near, take_apart
from sealmate.edits.screen import gives_away, novel_content, same_answer
from sealmate.edits.words import tokens, within
from sealmate.night import supersession
from sealmate.night.conflicts import settle_new
from sealmate.night.ledger import UNASKED, as_texts
from sealmate.night.reasking import ASKED
from sealmate.records import Conflict, Edit, Reach
from sealmate.store import Store
from sealmate.store.reasons import ASKED_OF, OWN, is_aside, tells_the_past


def end_conflicts(store: Store, reach: Reach, now: datetime) -> list[int]:
    """Settle anew what the forgotten edits had won; the ids of the conflicts that ended with them.

    Each is one transaction. A fact that comes back and contradicts another that stands is a
    conflict like any that a night finds.
    """
    gone = set(reach.edits)
    ended: list[int] = []
    restored: list[int] = []
    for key in reach.conflicts:
        conflict = store.conflicts.get(key)
        winner, loser = conflict.new_edit, conflict.old_edit
        if conflict.state == "kept-old":
            winner, loser = loser, winner
        if conflict.state not in ("accepted", "kept-old") or winner not in gone or loser in gone:
            continue
        with store.transaction():
            heir = _heir(store, conflict, gone) if conflict.state == "accepted" else None
            winning = store.edits.get(winner)
            stays = winning.passage_id not in reach.passages and winning.superseded_by is None
            if heir is None and stays:
                heir = _in_other_words(store, winning, store.edits.get(loser), gone, now)
                if heir is None:
                    continue
            others = supersession.of_one_fact(store, conflict)  # which are taken back with it
            rows = [conflict, *(row for row in others if row.old_edit not in gone)]
            back = _take_back(store, conflict)
            # Otherwise another conflict holds it down, and keeps doing that.
            if heir is not None and _is_free(store, loser):
                for row in rows:
                    _hand_on(store, row, heir, back, now)
                continue
        restored += back.edits
        ended.append(key)
    _ask_again(store, reach)
    # Undoing may have brought back edits of the forgotten side.
    for source in store.sources.list("forgotten"):
        store.sources.mark_forgotten(source.id)
    # Of the forgotten side nothing must be left that is accepted, on other notes either.
    store.edits.set_state(reach.edits, "rejected", "sealmate", "forgotten")
    there = [edit for key in restored if (edit := store.edits.get(key)).id not in gone]
    settle_new(store, there, now, ended=reach.conflicts)
    return ended


def _heir(store: Store, conflict: Conflict, gone: Collection[int]) -> Edit | None:
    """What took the place of the forgotten answer in its turn; None if nothing did, or if it is
    the answer of the older side and holds."""
    old = store.edits.get(conflict.old_edit)
    following: int | None = conflict.new_edit
    passed: set[int] = set()
    while following is not None and following not in passed:
        passed.add(following)
        edit = store.edits.get(following)
        following = edit.superseded_by
        if edit.id in gone or edit.state not in ("accepted", "superseded"):
            continue
        if not same_answer(edit.answer, old.answer):
            return edit
        if edit.state == "accepted":
            return None
    return None


def _in_other_words(
    store: Store, winning: Edit, loser: Edit, gone: Collection[int], now: datetime
) -> Edit | None:
    """An edit of the winning note that tells the same and stays, else a new one in the words of the
    losing note; None where the winning note may not be asked in those, or does not say it now."""
    if winning.state != "accepted":
        return None
    for edit in store.edits.list("accepted", winning.passage_id, "self-qa"):
        if edit.id in gone or tells_the_past(edit) or not same_answer(edit.answer, winning.answer):
            continue
        if near(edit.question, loser.question):
            return edit
    question = loser.question
    (text,) = as_texts(store, [store.passages.get(winning.passage_id)])
    said = f"{text.heading}\n{text.text}"
    tests = {probe.question.casefold() for probe in store.probes.list(passage_id=text.id)}
    if (
        question.casefold() in tests
        or novel_content(question, said)
        or gives_away(question, winning.answer)
    ):
        return None
    there = tokens(said)
    own = all(within(token, there) for token in take_apart(question).content)
    made = replace(
        winning,
        question=question,
        text=f"{question} {winning.answer}",
        created_at=now,
        reason=ASKED,
        sampling={ASKED_OF: loser.id, OWN: own},
    )
    return store.edits.add_many([made])[0]


def _ask_again(store: Store, reach: Reach) -> None:
    """Let the next night ask the notes that stay what the forgotten ones had been the first to
    ask them."""
    edits = [store.edits.get(key) for key in reach.edits]
    asked = [edit.passage_id for edit in edits if ASKED_OF in edit.sampling]
    lost = [key for key in dict.fromkeys(asked) if key not in reach.passages]
    if lost:
        with store.transaction():
            waiting = store.state.get(UNASKED) or []
            store.state.set(UNASKED, [*waiting, *(key for key in lost if key not in waiting)])


@dataclass(frozen=True, slots=True)
class _Back:
    """Ids of the edits and probes that an undone conflict gave back."""

    edits: tuple[int, ...]
    probes: tuple[int, ...]


def _take_back(store: Store, conflict: Conflict) -> _Back:
    edits, probes = _live(store)
    supersession.undo(store, conflict.id)
    now_edits, now_probes = _live(store)
    return _Back(tuple(sorted(now_edits - edits)), tuple(sorted(now_probes - probes)))


def _live(store: Store) -> tuple[set[int], set[int]]:
    return store.edits.ids("accepted"), {probe.id for probe in store.probes.list()}


def _is_free(store: Store, key: int) -> bool:
    edit = store.edits.get(key)
    return edit.state == "accepted" or is_aside(edit)


def _hand_on(store: Store, conflict: Conflict, heir: Edit, back: _Back, now: datetime) -> None:
    """Settle for `heir` what `conflict`, which was taken back, had settled for the edit that goes:
    as if the forgotten note had never come between."""
    taken = conflict.state == "accepted"
    key = conflict.old_edit if taken else conflict.new_edit
    if not _is_free(store, key):
        return
    lost = store.edits.get(key)
    old, new = (lost, heir) if taken else (heir, lost)
    answers = old.answer, new.answer
    row = store.conflicts.add(Conflict(0, old.id, new.id, heir.question, *answers, now, "open"))
    if taken:
        supersession.accept(store, row.id, now)
    else:
        supersession.keep_old(store, row.id)
    lost = store.edits.get(key)
    # Its wordings may lie further from the heir's than they lay from those of the one that goes.
    for other in back.edits:
        edit = store.edits.get(other)
        if edit.passage_id != lost.passage_id or edit.state != "accepted" or tells_the_past(edit):
            continue
        if taken:
            assert lost.valid_to is not None
            store.edits.supersede(other, heir.id, lost.reason, lost.valid_to)
        else:
            store.edits.set_state([other], "rejected", "person", lost.reason)
    probes = [one for one in back.probes if store.probes.get(one).passage_id == lost.passage_id]
    store.probes.retire(probes, lost.reason)
