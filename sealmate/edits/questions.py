"""Questions compared: do two ask for the same thing, and can it have only one answer?

Rules of English wording, without a model. They err towards "another question": taking two facts
for one loses a fact, taking one for two only leaves both in place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import DETERMINERS
from sealmate.edits.words import Token, tokens

Kind = Literal["who", "when", "where", "how", "why", "what", "yes-no"]
Force = Literal["one", "several", "vague"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words about the present, or about asking, that tell no two facts apart.
_PASSING = _words("now currently nowadays today presently actually exactly again anymore")
_TIMES = _words("time date day weekday month year hour evening morning")
_PLACES = _words("place town city country street address room")
_PEOPLE = _words("person people man woman")
_PAST = _words(
    """
    did was were had came went ate won said told bought sold wrote took left gave brought found
    lost met saw made got fell broke paid sent spoke sang ran began became chose drove flew
    """
)
# Words that point at something said before, and beginnings that go on from it.
_POINTING = _words(
    """
    he she it they him her them his hers its their theirs this that these those there then
    one ones same other another else
    """
)
_GOING_ON = re.compile(r"(and|but|or|so|what about|how about|since when|until when)\b", re.I)
_WORD = re.compile(r"[^\W_]+")
_ASKING: dict[str, Kind] = {
    "who": "who", "whom": "who", "whose": "who", "who's": "who", "when": "when", "when's": "when",
    "where": "where", "where's": "where", "why": "why", "what": "what", "what's": "what",
    "which": "what", "how": "how",
}  # fmt: skip
# What something costs or weighs is one number.
_MEASURING = _words("cost costs weigh weighs measure measures charge charges")
_MANNER = _words("many much long often far old big high tall wide heavy fast deep late")

# Wordings of one fact have this share of their questions' words in common, at least.
NEAR = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken apart: what kind of thing it asks for, of what (`content`, in order).

    `measure` is the word after "how" ("many", "much", "often"; "" for none).
    """

    kind: Kind
    measure: str
    content: tuple[Token, ...]
    words: tuple[str, ...]

    @property
    def forms(self) -> frozenset[str]:
        """All forms of all content words."""
        return frozenset(form for token in self.content for form in token.forms)


def take_apart(question: str) -> Asked:
    """The parts of a question; an empty `content` for one that names nothing."""
    found = tokens(question)
    words = tuple(folded(token.text) for token in found)
    place = next((n for n, word in enumerate(words) if word in _ASKING), None)
    kind: Kind = "yes-no" if place is None else _ASKING[words[place]]
    measure = ""
    told = [
        (n, token)
        for n, token in enumerate(found)
        if token.kind != "light" and words[n] not in _PASSING and words[n] not in _ASKING
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
    return Asked(kind, measure, tuple(token for _, token in told), words)


def is_follow_up(question: str) -> bool:
    """Whether a question points back: by a pronoun, its first word, or having hardly any words."""
    words = [word.casefold() for word in _WORD.findall(question)]
    return len(words) < 3 or not _POINTING.isdisjoint(words) or bool(_GOING_ON.match(question))


def same_question(a: Asked, b: Asked) -> bool:
    """True if both ask for the same of the same: the kind agrees and so does every content word,
    number and name, up to inflection and spelling. Two that name nothing are never the same."""
    if a.kind != b.kind or a.measure != b.measure or not a.content or not b.content:
        return False
    return _covers(a.content, b.content) and _covers(b.content, a.content)


def _covers(some: Sequence[Token], others: Sequence[Token]) -> bool:
    return all(any(token.matches(other) for other in others) for token in some)


def shared(a: Asked, b: Asked) -> float:
    """The share of content words that two questions have in common, 0..1, kind aside."""
    both = [token for token in a.content if any(token.matches(other) for other in b.content)]
    extra = [token for token in b.content if not any(token.matches(other) for other in a.content)]
    every = len(a.content) + len(extra)
    return len(both) / every if every else 0.0


def near(question: str, other: str) -> bool:
    """Whether two questions may be wordings of one: NEAR or more of their words are the same."""
    return shared(take_apart(question), take_apart(other)) >= NEAR


def force(asked: Asked) -> Force:
    """How many answers a question can have that hold at the same time.

    "one": it names something and asks for its only value (how much, when, where, who is the ...).
    "several": it names something, but more than one answer may well be true (who plays in ...),
    or it asks after an event, of which there may be more than one (who came to ...). "vague": it
    names too little to tell what it is about (who came?).
    """
    named = any(token.kind in ("name", "number") for token in asked.content)
    owned = any(word in DETERMINERS for word in asked.words)
    if not asked.content or (len(asked.content) == 1 and not named and not owned):
        return "vague"
    if asked.kind in ("why", "yes-no"):
        return "vague"
    if _past(asked):
        return "several"
    if asked.kind in ("when", "where") or (asked.kind == "how" and asked.measure):
        return "one"
    if asked.kind == "what" and not _MEASURING.isdisjoint(asked.words):
        return "one"
    single = any(word in ("is", "'s", "who's", "what's") for word in asked.words)
    return "one" if single and asked.kind in ("who", "what") else "several"


def _past(asked: Asked) -> bool:
    return any(
        word in _PAST or (len(word) > 4 and word.endswith("ed") and word not in ("need", "indeed"))
        for word in asked.words
    )


_AUXILIARY = {
    "is": "was", "are": "were", "does": "did", "do": "did", "has": "had", "have": "had",
    "can": "could", "will": "would", "may": "might",
}  # fmt: skip
_OPENING = re.compile(
    r"^(?P<lead>.*?\b(?:who|whom|whose|what|which|when|where|why|how)\b[^?]*?)\b"
    r"(?P<aux>is|are|does|do|has|have|can|will|may)\b(?P<rest>[^?]*)\??\s*$",
    re.IGNORECASE,
)


def day(at: datetime) -> str:
    """A date as people write it: 3 March 2026."""
    return f"{at.day} {at:%B %Y}"


def in_the_past(question: str, date: str) -> list[str]:
    """Wordings that ask for what held before `date` ("3 March 2026"), the dated ones first.

    "Who is our vet?" becomes "Who was our vet before 3 March 2026?"; a question without an
    auxiliary gets the time in front. The last one is the same for a question in either tense.
    """
    bare = re.sub(r"(?i)\b(who|what|where|when)'s\b", r"\1 is", " ".join(question.split()))
    bare = " ".join(w for w in bare.rstrip("? ").split() if w.casefold() not in _PASSING)
    found = _OPENING.match(bare)
    if not bare:
        return []
    if found is None or _past(take_apart(question)):
        said = _lowered(bare)
        return [
            f"Before {date}, {said}?",
            f"Until {date}, {said}?",
            in_former_times(said),
        ]
    was = f"{found['lead']}{_AUXILIARY[found['aux'].lower()]}{found['rest']}"
    return [
        f"{was} before {date}?",
        f"{was} until {date}?",
        f"{was} formerly?",
        in_former_times(_lowered(was)),
    ]


def in_former_times(said: str) -> str:
    """A question for what used to hold of what is said, without a date."""
    return f"In former times, {said}?"


def _lowered(text: str) -> str:
    return text if text[:2] in ("I ", "I'") else text[0].lower() + text[1:]
