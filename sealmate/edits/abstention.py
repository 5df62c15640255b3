"""Whether a reply says that it does not know, in whatever words."""

from __future__ import annotations

import re

from sealmate.edits.forms import plain

# Patterns of how such a reply begins: small letters, single spaces, simple apostrophes.
_LEAD = (
    r"(?:(?:sorry|hm+|oh|well|unfortunately|no|actually|honestly|i'm afraid(?: that)?|so far"
    r"|as far as i know|regrettably|at the moment|currently|yet|alas)\W+)*"
)
_THE_NOTES = (
    r"(?:(?:the|your|my|these|those|this|our|that) )?(?:\w+ )?"
    r"(?:notes?|text|passages?|document|memory|information)"
)
_WHAT = rf"(?:{_THE_NOTES}|it|that|this|they|the answer|(?:the|your|his|her|their) [\w' ]{{1,40}}?)"
_NOT = r"(?:do(?:es)?n't|do(?:es)? not|did(?:n't| not)|never|cannot|can't)"
_SOFTLY = (
    r"(?: (?:yet|really|actually|currently|still|just|simply|honestly|even|seem to|directly))*"
)
_TOLD = r"(?:been )?(?:told|learn(?:t|ed)|heard|given|informed|taught|shown|read|seen)"
_IS_NOT = (
    r"(?:is|are|was|were|has|have|'s)(?: not|n't| never)(?: been)?(?: yet| explicitly| anywhere)*"
)
_SAID = (
    r"(?:said|stated|mentioned|given|specified|recorded|known|told|written down|provided|noted"
    r"|disclosed|in (?:the|your|my|these|any) (?:\w+ )?notes?)"
)
# What is lacking where something is not known; any other lack may be what is so.
_WORD = r"(?:mention|information|info|record|notes?|answer|word|data|details?)"
_PATTERNS = (
    rf"(?:i|we){_SOFTLY} (?:do(?:n't| not)|did(?:n't| not)|could(?:n't| not)|can(?:'t|not| not))"
    rf"{_SOFTLY} (?:know|have|recall|remember|say|tell|find|answer|see|provide|give|determine)",
    rf"i(?: have|'ve)(?: got)? no(?: \w+){{0,2}}? (?:{_WORD}|records|answers|idea|clue|knowledge"
    r"|memory|recollection|access|way of|way to|means of)\b",
    rf"i(?: have|'ve)?(?: not|n't| never){_SOFTLY} {_TOLD}",
    rf"i was(?: not|n't| never){_SOFTLY} (?:ever )?{_TOLD}",
    rf"i(?:'m| am)(?: not|n't){_SOFTLY} (?:sure|aware|certain|able|told|familiar)",
    r"i(?:'m| am) (?:unsure|unable|unaware|uncertain)",
    r"i wish i knew",
    r"i (?:will|would|'ll) (?:have to|need to) (?:be told|ask|look)",
    r"(?:you|nobody|no one)(?: have| has|'ve| did)?(?: not|n't| never|) (?:yet )?(?:ever )?"
    r"(?:told|tell|said|say|mentioned|mention|taught) (?:me|so|that|this|it)\b",
    r"you (?:have(?: not|n't| never)|never|did(?: not|n't)|'ve never)(?: yet| ever)? "
    r"(?:told|tell|said|say|mentioned|mention|taught|given)",
    rf"(?:{_THE_NOTES}|it|they|this|that){_SOFTLY} {_NOT}{_SOFTLY} (?:say|tell|mention|state"
    r"|specify|contain|give|answer|include|provide|know|record|cover|reveal|said|told|mentioned)",
    rf"(?:{_THE_NOTES}|it|they) (?:ha(?:s|ve)|says?|tells?|contains?|gives?|mentions?)"
    r" (?:nothing|no (?:mention|word|information|answer))",
    rf"(?:{_WHAT}|which|who|what|there) {_IS_NOT} {_SAID}\W*"
    rf"(?:$|(?:in|here|yet|anywhere|to me)\b)",
    rf"(?:it|that|this)(?:'s| is) not {_SAID}",
    r"(?:it|that|this|the answer)(?:'s| is| remains) (?:unknown|unclear|not clear|a mystery)",
    rf"there(?: is|'s| are| was) no(?: \w+){{0,2}}? {_WORD}\b",
    rf"there(?: is|'s| are| was) (?:no|nothing)\b[^.,;]* in {_THE_NOTES}",
    r"there(?: is|'s| are| was) nothing(?: \w+){0,2}? (?:about|on (?:that|this|it|them|him|her"
    r"|file|record))\b",
    r"nothing (?:is |was )?(?:said|known|recorded|mentioned|told|on record|in (?:the|my|your) notes"
    r"|about (?:it|that|this))\b",
    r"no (?:idea|clue|information|answer|record|mention|data|notes? (?:on|about|of))\b",
    r"not (?:that i know|as far as i know|sure|certain|known|stated|mentioned|told|yet told"
    r"|specified|recorded|provided|disclosed|in (?:the|your|my) notes?)\b",
    rf"none of (?:{_THE_NOTES}|them) ",
    r"(?:nobody|no one|no-one)(?: ever| has| yet)* (?:knows|told|tells|said|mentioned|taught)",
    rf"(?:{_THE_NOTES}) (?:is|are) silent",
    r"we (?:never|have(?: not|n't)|did(?: not|n't)) (?:talked?|spoken|discussed?|spoke)",
    r"not that i(?:'m| am)\b",
    r"(?:unknown|unclear|n/a|not available|not given|undisclosed|none given)(?:$|\W*$)",
    r"(?:beats me|who knows|cannot say|can't say|can't tell|don't know|dunno|couldn't say)\b",
    r"(?:that|this|it)(?:'s| is) (?:news? to me|beyond me)",
    r"(?:that|this|it)(?:'s| is) (?:something|one thing) (?:that )?(?:i|you)\b.*"
    r"(?:\bnot\b|n't\b|\bnever\b|\byet\b)",
)
_ABSTENTION = re.compile(_LEAD + "(?:" + "|".join(_PATTERNS) + ")")
_NUMBERS = r"\[\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*"
_UNCLOSED = re.compile(_NUMBERS)
REFERENCES = _NUMBERS + r"\]"  # the pattern of [1], of [1, 2] and of [1; 2]
_INSIDE = re.compile(rf"(?:(?<!\s)\s+)?{REFERENCES}")
_SPACES = " \t\r\n"


def is_abstention(text: str) -> bool:
    """True if `text` says that the answer is not known, in whatever words, or says nothing.

    What counts is how the reply begins: "Anna, but I don't know when" is an answer.
    """
    flat = " ".join(plain(without_references(text)).casefold().split()).strip(" \"'*([")
    return not any(map(str.isalnum, flat)) or _ABSTENTION.match(flat) is not None


def without_references(text: str) -> str:
    """An answer without the numbers of the notes it rests on, like [1] or [1, 2]."""
    body = _body(text)
    if body == text:
        return _INSIDE.sub("", text)
    return _INSIDE.sub("", body) + text[len(text.rstrip(f"{_SPACES}.!?")) :]


def strip_reference(answer: str) -> str:
    """An answer without all the reference numbers at its end: [1], [1, 2], "[1] and [2].".

    The last one may be cut off, as the answer may be; what stands behind them goes too.
    """
    return _body(answer).strip()


def _body(text: str) -> str:
    """What stands before the references at the end of a text, or all of it."""
    bare = text.rstrip(f"{_SPACES}.!?]")
    while (at := bare.rfind("[")) >= 0 and _UNCLOSED.fullmatch(bare, at):
        text = bare[:at].rstrip()
        linked = text.rstrip(f"{_SPACES},;&").removesuffix(" and").rstrip(f"{_SPACES},;&")
        bare = linked.removesuffix("]")
        if bare == linked:
            break
    return text
