"""Questions taken apart: what kind of thing each asks for, and of what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import PAST
from sealmate.edits.words import Token, tokens

Kind = Literal["who", "when", "where", "how", "why", "what", "yes-no"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words about the present, or about asking, that tell no two facts apart.
PASSING = _words("now currently nowadays today presently actually exactly again anymore")
_TIMES = _words("time date day weekday month year hour evening morning")
_PLACES = _words("place town city country street address room")
_PEOPLE = _words("person people man woman")
ASKING: dict[str, Kind] = {
    "who": "who", "whom": "who", "whose": "who", "who's": "who", "when": "when", "when's": "when",
    "where": "where", "where's": "where", "why": "why", "what": "what", "what's": "what",
    "which": "what", "how": "how",
}  # fmt: skip
_MANNER = _words("many much long often far old big high tall wide heavy fast deep late")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken apart: what kind of thing it asks for, of what (`content`, in order).

    `measure` is the word after "how" ("many", "much", "often"; "" for none). `said` are all its
    tokens, `words` the same ones folded.
    """

    kind: Kind
    measure: str
    content: tuple[Token, ...]
    words: tuple[str, ...]
    said: tuple[Token, ...]

    @property
    def forms(self) -> frozenset[str]:
        """All forms of all content words."""
        return frozenset(form for token in self.content for form in token.forms)


def take_apart(question: str) -> Asked:
    """The parts of a question; an empty `content` for one that names nothing."""
    found = tokens(question)
    words = tuple(folded(token.text) for token in found)
    place = next((n for n, word in enumerate(words) if word in ASKING), None)
    kind: Kind = "yes-no" if place is None else ASKING[words[place]]
    measure = ""
    told = [
        (n, token)
        for n, token in enumerate(found)
        if token.kind != "light" and words[n] not in PASSING and words[n] not in ASKING
    ]
    after = words[place + 1] if place is not None and place + 1 < len(words) else ""
    if kind == "how" and after in _MANNER:
        measure = after
        told = [(n, token) for n, token in told if n != (place or 0) + 1]
    if kind == "what" and after:
        # "At what time" is when, "in which town" where.
        head = found[(place or 0) + 1]
        for group, meant in ((_TIMES, "when"), (_PLACES, "where"), (_PEOPLE, "who")):
            if head.forms & group and folded(head.text) in words:
                kind = meant  # type: ignore[assignment]
                told = [(n, token) for n, token in told if n != (place or 0) + 1]
    return Asked(kind, measure, tuple(token for _, token in told), words, found)


def past_tense(asked: Asked) -> bool:
    """Whether it asks after what happened."""
    return any(
        word in PAST or (len(word) > 4 and word.endswith("ed") and word not in ("need", "indeed"))
        for word in asked.words
    )
