"""Old questions asked of new notes, so that a changed fact is seen whatever words it came in.

Two notes on one thing are seldom asked the same by the writer. What an older note was asked is
read from the newer one as well; where that answers it otherwise, the question becomes an edit of
the newer note, and the two stand in plain conflict (`sealmate.night.conflicts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event as Flag

from sealmate.edits.questions import force, take_apart
from sealmate.edits.revision import alike, written_anew
from sealmate.edits.screen import (
    gives_away,
    grounded_answer,
    is_abstention,
    novel_content,
    same_answer,
)
from sealmate.edits.secrets import REDACTED, redact
from sealmate.edits.words import tokens, within
from sealmate.edits.write import Text
from sealmate.model.protocol import LanguageModel
from sealmate.night.dates import Dates
from sealmate.night.ledger import UNASKED, as_texts
from sealmate.prompts import Reference
from sealmate.reading import Asked, read
from sealmate.records import Edit, Passage
from sealmate.store import Store
from sealmate.store.reasons import ASKED_OF, OWN, tells_the_past

ASKED = "what an older note was asked"
_OLDER = 4  # older passages looked at for each new one
_BEFORE = 2  # and what its own file said before
_MOST = 32  # questions asked of one new passage
_CHUNK = 8  # new passages asked at a time: as much is lost where a night is stopped
# Confidence from which on a new note answers an old question; a note written anew is sooner
# believed than one that happens to speak of the same things.
_SURE, _REVISED = 0.9, 0.6


@dataclass(frozen=True, slots=True)
class _Case:
    """An old edit, and the new passage that may answer its question otherwise."""

    old: Edit
    text: Text
    revised: bool
    own: bool  # the new passage has all that the question says


def reask_waiting(
    store: Store,
    model: LanguageModel,
    now: datetime,
    *,
    review: bool = False,
    cancel: Flag | None = None,
) -> list[Edit]:
    """Ask each passage that was written about and not asked since, on whatever night that was, what
    older ones on the same things were asked; the edits made.

    Each is an answer that differs from the older note's. Raises Cancelled; the passages that were
    not asked then wait for the next night, and the others' edits are kept.
    """
    waiting = list(dict.fromkeys(store.state.get(UNASKED) or ()))
    if not waiting:
        return []
    current = {passage.id: passage for passage in store.passages.current()}
    there = as_texts(store, [current[key] for key in waiting if key in current])
    texts = {text.id: text for text in there}
    kept: list[Edit] = []
    for start in range(0, len(waiting), _CHUNK):
        keys = waiting[start : start + _CHUNK]
        asked = [texts[key] for key in keys if key in texts]
        made = _changed(store, model, asked, now, review, cancel)
        with store.transaction():
            later = [key for key in store.state.get(UNASKED) or () if key not in keys]
            store.state.set(UNASKED, later or None)
            kept += store.edits.add_many(made)
    return kept


def _changed(
    store: Store,
    model: LanguageModel,
    texts: Sequence[Text],
    now: datetime,
    review: bool,
    cancel: Flag | None,
) -> list[Edit]:
    """The edits that asking `texts` makes, without rows."""
    # what is secret may not become an answer
    safe = [
        replace(text, heading=redact(text.heading), text=redact(text.text, text.heading))
        for text in texts
    ]
    cases = [case for text in safe for case in _cases(store, text)]
    # most new notes answer no old question: the reader's lessons had it right for once
    asked = [Asked(c.old.question, (Reference(c.text.heading, c.text.text),)) for c in cases]
    made: dict[tuple[int, str], Edit] = {}
    for case, reading in zip(cases, read(model, asked, prior=0.0, cancel=cancel), strict=True):
        old, text = case.old, case.text
        least = _REVISED if case.revised else _SURE
        if (
            reading.confidence < least
            or is_abstention(reading.text)
            or not grounded_answer(reading.text, text.text)
            or same_answer(reading.text, old.answer)
            or same_answer(reading.text, REDACTED)
            or gives_away(old.question, reading.text)
        ):
            continue
        made.setdefault(
            (text.id, old.question.casefold()),
            Edit(
                id=0,
                passage_id=text.id,
                format="self-qa",
                text=f"{old.question} {reading.text}",
                created_at=now,
                question=old.question,
                answer=reading.text,
                state="proposed" if review else "accepted",
                reason=ASKED,
                sampling={ASKED_OF: old.id, OWN: case.own},
                writer=old.writer,
                valid_from=now,
            ),
        )
    return list(made.values())


def _cases(store: Store, text: Text) -> Iterator[_Case]:
    """Edits of older passages that the new one can be asked, and whose answer it does not give."""
    there = tokens(f"{text.heading}\n{text.text}")
    # what is asked to see whether it is known is not taught
    kept = {probe.question.casefold() for probe in store.probes.list(passage_id=text.id)}
    # a passage is asked again where what it was asked by has gone
    own = store.edits.list(passage_id=text.id)
    kept |= {edit.question.casefold() for edit in own if edit.reason == ASKED}
    count = 0
    for passage, revised in _older(store, text):
        for edit in _asked_of(store, passage):
            if count >= _MOST:
                return
            if not edit.answer or tells_the_past(edit) or edit.question.casefold() in kept:
                continue
            if grounded_answer(edit.answer, text.text):
                continue
            asked = take_apart(edit.question)
            known = all(within(token, there) for token in asked.content)
            if force(asked) == "vague" or not (known or revised):
                continue
            # a question that names what the new note does not is none for it
            if novel_content(edit.question, f"{text.heading}\n{text.text}"):
                continue
            count += 1
            yield _Case(edit, text, revised, known)


def _asked_of(store: Store, passage: Passage) -> list[Edit]:
    """The edits of an older passage, by id: those that hold, those that wait for a person, and
    those that went out of use with the text of a file that was changed."""
    edits = [
        *store.edits.list(state="accepted", passage_id=passage.id),
        *store.edits.list(state="proposed", passage_id=passage.id),
        *store.edits.aside(passage.id),
    ]
    return sorted(edits, key=lambda edit: edit.id)


def _older(store: Store, text: Text) -> list[tuple[Passage, bool]]:
    """What the source of this one said before, and older passages with words of it, the most alike
    first, and whether it is one of them written anew."""
    own = store.passages.get(text.id)
    source = store.sources.get(own.source_id)
    dates = Dates(store)
    # what a file said before it was edited is no newer than it was
    fresh = dates.fresh(own)
    edited = fresh != own.text
    said = fresh if edited else text.text
    found = []
    for hit in store.passages.search(said, 3 * _OLDER):
        other = store.sources.get(hit.passage.source_id)
        earlier = (dates.first(hit.passage), other.id) < (source.created_at, source.id)
        share = alike(hit.passage.text, said)
        if other.id != source.id and earlier and (share or not edited):
            found.append((share, hit.passage))
    found.sort(key=lambda one: (-one[0], one[1].id))
    before = [
        (alike(passage.text, text.text), passage)
        for self in store.sources.earlier(source.id)
        for passage in store.passages.of_source(self.id)
        if store.edits.aside(passage.id)
    ]
    before.sort(key=lambda one: (-one[0], -one[1].id))
    chosen = [*before[:_BEFORE], *found[:_OLDER]]
    return [(passage, written_anew(passage.text, text.text)) for _, passage in chosen]
