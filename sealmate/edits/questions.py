"""Questions compared: do two ask for the same thing, and how is it asked about the past?

Rules of English wording, without a model. They err towards "another question": taking two facts
for one loses a fact, taking one for two only leaves both in place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from sealmate.edits.asked import ASKING, PASSING, past_tense
from sealmate.edits.asked import Asked as Asked
from sealmate.edits.asked import take_apart as take_apart
from sealmate.edits.force import force as force
from sealmate.edits.lexicon import DETERMINERS, LINKS, OPPOSED, PERSONS, POINTING_BACK
from sealmate.edits.names import CALENDAR
from sealmate.edits.words import Token


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Beginnings that go on from something said before.
_GOING_ON = re.compile(r"(and|but|or|so|what about|how about|since when|until when)\b", re.I)
_WORD = re.compile(r"[^\W_]+")
_BEING = _words("is are was were am be been being")
_HELPING = _words("do does did can could will would shall should may might must")
_DONE = re.compile(r"[a-z]+(?:ed|en|wn|ght)")  # picked, taken, known, brought
_SUFFERED = re.compile(r"\b(?:am|is|are|was|were) (?:(?:i|we|you|he|she|they)\b|(?:.* )?by\b)")

# Wordings of one fact have this share of their questions' words in common, at least.
NEAR = 0.5


def is_follow_up(question: str) -> bool:
    """Whether a question points back: by a pronoun, its first word, or having hardly any words."""
    words = [word.casefold() for word in _WORD.findall(question)]
    return len(words) < 3 or not POINTING_BACK.isdisjoint(words) or bool(_GOING_ON.match(question))


def same_question(a: Asked, b: Asked) -> bool:
    """True if both ask for the same of the same: the kind agrees and so does every content word,
    number and name, up to inflection and spelling, which way it goes, and who does it to whom.
    Two that name nothing are never the same."""
    if a.kind != b.kind or a.measure != b.measure or not a.content or not b.content:
        return False
    if not (_covers(a.content, b.content) and _covers(b.content, a.content)):
        return False
    return not (_other_way(a, b) or _other_persons(a, b) or _turned_round(a, b))


def _covers(some: Sequence[Token], others: Sequence[Token]) -> bool:
    return all(any(token.matches(other) for other in others) for token in some)


def _other_way(a: Asked, b: Asked) -> bool:
    """Whether one says "to" of what the other says "from" of."""
    some, others = _directions(a), _directions(b)
    return any(
        here & one and there & other and not (here & other or there & one)
        for here, there in ((some[goal], others[goal]) for goal in some.keys() & others.keys())
        for pair in OPPOSED
        for one, other in (pair, pair[::-1])
    )


def _directions(asked: Asked) -> dict[str, set[str]]:
    """The prepositions by the form of what they lead to; "" for what is asked for."""
    found: dict[str, set[str]] = {}
    goal = ""
    for word, token in zip(reversed(asked.words), reversed(asked.said), strict=True):
        if word in LINKS:
            found.setdefault(goal, set()).add(word)
        elif word in ASKING or token in asked.content:
            goal = "" if word in ASKING else min(token.forms)
    return found


def _other_persons(a: Asked, b: Asked) -> bool:
    """Whether pronouns stand for others: who does it, to whom it is done, or whose it is."""
    both = zip(_persons(a), _persons(b), strict=True)
    return any(some and others and some.isdisjoint(others) for some, others in both)


def _persons(asked: Asked) -> list[set[str]]:
    words = [word.partition("'")[0] for word in asked.words]
    does, done, whose = ({role[word] for word in words if word in role} for role in PERSONS)
    return [done, does, whose] if _passive(asked) else [does, done, whose]


def _passive(asked: Asked) -> bool:
    """Whether it starts from whom it is done to: "When am I picked up?"."""
    begun = _SUFFERED.search(" ".join(asked.words)) is not None
    return begun and any(_DONE.fullmatch(token.text) for token in asked.content)


def _turned_round(a: Asked, b: Asked) -> bool:
    """Whether two that are named have changed places around what is done."""
    some, others = _parties(a), _parties(b)
    for one, other in combinations(sorted(some.keys() & others.keys()), 2):
        (x, link), (y, second) = some[one], some[other]
        (x2, link2), (y2, second2) = others[one], others[other]
        if link == link2 != second == second2:
            continue
        if (link, second) == (second2, link2) and {link, second} & {"to", "for", "than"}:
            return True
        if (x < y) != (x2 < y2) and _apart(a, x, y) and _apart(b, x2, y2):
            return True
    return False


def _parties(asked: Asked) -> dict[str, tuple[int, str]]:
    """Where persons and names stand that are told once, and the preposition before each. Places
    count backwards where what is done starts from whom it is done to."""
    found: dict[str, list[tuple[int, str]]] = {}
    passive, last = _passive(asked), len(asked.words)
    for n, token in enumerate(asked.said):
        if not (key := _named(asked, n)):
            continue
        before = [word for word in asked.words[:n] if word not in DETERMINERS][-1:]
        link = "of" if token.text.endswith("'s") else "".join(LINKS.intersection(before))
        link = "" if key == "?" or (passive and link == "by") else link
        place = last if key == "?" and _is_whom(asked, n) else n
        found.setdefault(key, []).append((-place if passive else place, link))
    return {key: places[0] for key, places in found.items() if len(places) == 1}


def _named(asked: Asked, n: int) -> str:
    """Who a pronoun or name stands for, "?" for who is asked for; "" for any other word."""
    token, word = asked.said[n], asked.words[n].partition("'")[0]
    if word in ("who", "whom"):
        return "?"
    if token.kind == "light":
        return PERSONS[0].get(word, PERSONS[1].get(word, ""))
    named = token.text[0].isupper() and token.kind != "number" and not token.forms & CALENDAR
    return min(token.forms) if named and token in asked.content else ""


def _is_whom(asked: Asked, n: int) -> bool:
    """Whether "who" comes after what is done: "Who does Ann teach?", "Who is Ann taught by?"."""
    word, after = (*asked.words[n + 1 : n + 3], "", "")[:2]
    going = word in _BEING and any(token.text.endswith("ing") for token in asked.content)
    named = after in DETERMINERS or (after != "" and bool(_named(asked, n + 2)))
    return asked.words[-1] == "by" or (named and (going or word in _HELPING))


def _apart(asked: Asked, one: int, other: int) -> bool:
    """Whether something is done between two places."""
    start, stop = sorted((abs(one), abs(other)))
    return any(t in asked.content and t.text.islower() for t in asked.said[start + 1 : stop])


def shared(a: Asked, b: Asked) -> float:
    """The share of content words that two questions have in common, 0..1, kind aside."""
    both = [token for token in a.content if any(token.matches(other) for other in b.content)]
    extra = [token for token in b.content if not any(token.matches(other) for other in a.content)]
    every = len(a.content) + len(extra)
    return len(both) / every if every else 0.0


def near(question: str, other: str) -> bool:
    """Whether two questions may be wordings of one: NEAR or more of their words are the same."""
    return shared(take_apart(question), take_apart(other)) >= NEAR


_AUXILIARY = {
    "is": "was", "are": "were", "does": "did", "do": "did", "has": "had", "have": "had",
    "can": "could", "will": "would", "may": "might",
}  # fmt: skip
_OPENING = re.compile(
    r"^(?P<lead>.*?\b(?:who|whom|whose|what|which|when|where|why|how)\b[^?]*?)\b"
    r"(?P<aux>is|are|does|do|has|have|can|will|may)\b(?P<rest>[^?]*)\??\s*$",
    re.IGNORECASE,
)


def in_the_past(question: str, date: str) -> list[str]:
    """Wordings that ask for what held before `date` ("3 March 2026"), the dated ones first.

    "Who is our vet?" becomes "Who was our vet before 3 March 2026?"; a question without an
    auxiliary gets the time in front. The last one is the same for a question in either tense.
    """
    bare = re.sub(r"(?i)\b(who|what|where|when)'s\b", r"\1 is", " ".join(question.split()))
    bare = " ".join(w for w in bare.rstrip("? ").split() if w.casefold() not in PASSING)
    found = _OPENING.match(bare)
    if not bare:
        return []
    if found is None or past_tense(take_apart(question)):
        said = _lowered(bare)
        return [f"Before {date}, {said}?", f"Until {date}, {said}?", in_former_times(said)]
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
