"""Why an edit has its state, in the words that the ledger keeps, and what follows from them.

A reason names a conflict or a source by its number, never by the words of either note, so that
forgetting one note leaves nothing of it in the other's history.
"""

from __future__ import annotations

import re

from sqlalchemy import and_, or_

from sealmate.records import Edit
from sealmate.store import tables

# Of accepted edits that outlive the text they came from: they tell what used to hold. Also a key
# of `sampling` of edits that ask for a superseded answer by its time.
FORMERLY = "formerly"
# Keys of `sampling` of an edit whose question is that of an older one: the older edit's id, and
# whether its own passage has all the words of that.
ASKED_OF, OWN = "asked_of", "own"
# A key of `sampling` of an edit that quotes another note than its own: that passage's id.
QUOTES = "quotes"
# Of an edit whose words a person changed after they had been trained.
AMENDED = "amended"
CONFLICT = "in conflict "  # how every reason that names a conflict begins
# Of an edit that a conflict took out of training.
IN_CONFLICT = re.compile(rf"{CONFLICT}\d+")
_KEPT = ", kept"
_REPLACED = "replaced by source "


def in_own_words(reason: str) -> str:
    """A person's reason for the ledger: in quotes where it would be read as one of those here.

    SQLite's LIKE makes no difference between large and small letters, so none is made here.
    """
    small = reason.lower()
    taken = small in (FORMERLY, AMENDED) or small.startswith((CONFLICT, _REPLACED))
    return f'"{reason}"' if taken else reason


def in_conflict(conflict_id: int) -> str:
    """The reason of what a conflict takes out of training."""
    return f"{CONFLICT}{conflict_id}"


def kept_in(conflict_id: int) -> str:
    """The reason of what a person kept in a conflict although its text was replaced."""
    return f"{in_conflict(conflict_id)}{_KEPT}"


def undone(conflict_id: int) -> str:
    """The reason of what holds again because a settlement was taken back."""
    return f"{in_conflict(conflict_id)}, undone"


def replaced_by(source_id: int) -> str:
    """The reason of what is set aside because `source_id` took its source's place."""
    return f"{_REPLACED}{source_id}"


def tells_the_past(edit: Edit) -> bool:
    """Whether an edit asks for a superseded answer by its time."""
    return FORMERLY in edit.sampling


def is_aside(edit: Edit) -> bool:
    """Whether `Edits.aside` lists an edit."""
    return edit.state == "superseded" and edit.reason.startswith(_REPLACED)


def displaced(edit: Edit) -> bool:
    """Whether a conflict took an edit out of training that told what holds."""
    return bool(IN_CONFLICT.fullmatch(edit.reason)) and not tells_the_past(edit)


_EDITS = tables.edits.c
# The same for queries, a little wider where a pattern says less than an expression.
OUTLIVES = or_(_EDITS.reason == FORMERLY, _EDITS.reason.like(f"{CONFLICT}%{_KEPT}"))
ASIDE = and_(_EDITS.state == "superseded", _EDITS.reason.startswith(_REPLACED))
OUT_OF_USE = or_(
    ASIDE,
    and_(
        _EDITS.state.in_(("superseded", "rejected")),
        _EDITS.reason.startswith(CONFLICT),
    ),
)
