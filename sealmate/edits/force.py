"""How many answers a question can have that hold at the same time.

Rules of English wording, without a model. They err towards several: then a person is asked which
of two answers holds.
"""

from __future__ import annotations

from typing import Literal

from sealmate.edits.asked import ASKING, Asked, past_tense
from sealmate.edits.lexicon import DETERMINERS, LINKS, PLACING
from sealmate.edits.words import Token

Force = Literal["one", "several", "vague"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What something costs or weighs is one number.
_MEASURING = _words("cost costs weigh weighs measure measures charge charges")
_IS = _words("is 's who's what's")
# What holds of oneself for long, however short the question.
_LIVING = _words(
    "live work weigh earn study teach married engaged born allergic insured registered employed"
)
_SELF = _words("i we me us")
# These stand for somebody only if the question tells whom. "They" and "it" may stand for nobody.
_POINTING = _words("he she him her his hers its their theirs")
_THAT = _words("this that these those her his its their")
_HELPING = _words(
    "is are was were am do does did has have had can could will would shall should may might must "
    "who's what's where's when's much many"
)
_COMING = _words(
    "coming joining staying visiting attending helping playing singing eating sitting speaking"
)
_BEING_SO = _words(
    "allergic afraid scared interested good bad fond keen proud responsible made tired busy"
)
# Of such people there may be more than one.
_RELATED = _words(
    "neighbour neighbor friend sister brother sibling cousin aunt uncle niece nephew child kid son "
    "daughter grandchild grandson granddaughter colleague classmate teammate flatmate roommate "
    "client customer supplier student pupil tenant guest visitor member volunteer godchild twin"
)
# Of these there is a next one soon, and each has its own.
_PASSING_ON = _words(
    "party meeting appointment concert exam trip flight train hotel booking reservation "
    "reference seat ticket order parcel delivery invoice receipt interview viewing"
)
_OF_THEM = _words("number time date place name")
_ANYBODY = _words("teacher driver speaker guest coach patient winner host caller visitor")


def force(asked: Asked) -> Force:
    """How many answers a question can have that hold at the same time.

    "one": it names something and asks for its only value (how much, when, where, who is the ...).
    "several": it names something, but more than one answer may well be true (who plays in ...,
    what is in ..., who is her sister), or it asks after an event, of which there may be more than
    one (who came to ..., where is the party). "vague": it names too little to tell what it is
    about (who came?), or only by a pronoun (when is her birthday?).
    """
    named = any(token.kind in ("name", "number") for token in asked.content)
    owned = any(word in DETERMINERS for word in asked.words)
    if not asked.content or asked.kind in ("why", "yes-no") or _points(asked):
        return "vague"
    if len(asked.content) == 1 and not named and not owned:
        return "several" if _of_oneself(asked) else "vague"
    if past_tense(asked) or _lists(asked) or _one_of_many(asked, named):
        return "several"
    if asked.kind in ("when", "where") or (asked.kind == "how" and asked.measure):
        return "one"
    if asked.kind == "what" and not _MEASURING.isdisjoint(asked.words):
        return "one"
    single = not _IS.isdisjoint(asked.words)
    return "one" if single and asked.kind in ("who", "what") else "several"


def _points(asked: Asked) -> bool:
    """Whether somebody or something is meant that the question does not name: right behind "is"
    or "does", for "Who walks her dog?" tells whose."""
    bare = [word.partition("'")[0] for word in asked.words]
    place = next((n for n, word in enumerate(bare) if word in _POINTING), None)
    if place is None or any(token.kind == "name" for token in asked.content):
        return False
    told = [n for n, word in enumerate(bare[:place]) if word in DETERMINERS - _THAT]
    if any(token in asked.content for n in told for token in asked.said[n:place]):
        return False
    before = [word for word in asked.words[:place] if word not in LINKS]
    if len(before) > 1 and before[-1] in ("has", "have", "had"):
        return before[-2] in ASKING  # "Where do people have their fires?"
    return not before or before[-1] in ASKING or before[-1] in _HELPING


def _of_oneself(asked: Asked) -> bool:
    living = any(not token.forms.isdisjoint(_LIVING) for token in asked.content)
    return living and not _SELF.isdisjoint(asked.words)


def _lists(asked: Asked) -> bool:
    """Whether it asks for all that are somewhere, do something, or are so to somebody."""
    words = asked.words
    place = next((n for n, word in enumerate(words) if word in ASKING), len(words))
    after = words[place + 1 :]
    if after[:1] in (("is",), ("are",)):
        after = after[1:]
    elif not words[place : place + 1] or "'s" not in words[place]:
        return False
    if asked.kind not in ("who", "what") or not after:
        return False
    # "What is Mia allergic to?", but not "What is the key for?"
    so = asked.kind == "what" and words[-1] in LINKS and words[-2] in _BEING_SO
    coming = asked.kind == "who" and after[0] in _COMING
    placed = after[0] in PLACING and after[:2] != ("in", "charge")
    return so or coming or placed


def _one_of_many(asked: Asked, named: bool) -> bool:
    """Whether what it asks for is one of several of its kind, which nothing tells apart."""
    bare = [token for token in asked.content if token.kind != "name"]
    if asked.kind == "who" and len(bare) == 1:
        only = {word for word in asked.words if word in DETERMINERS} == {"the"}
        placed = set(asked.words) & LINKS - {"of", "for", "to"}
        if not placed and (
            _is(bare[0], _RELATED) or (only and not named and _is(bare[0], _ANYBODY))
        ):
            return True
    if named:
        return False
    passing = any(_is(token, _PASSING_ON) for token in bare)
    return passing and all(_is(token, _PASSING_ON | _OF_THEM) for token in bare)


def _is(token: Token, group: frozenset[str]) -> bool:
    return not token.forms.isdisjoint(group)
