"""PINs and the checks of cards: digits that nobody but their owner should know.

The code of a gate or of an alarm is for all of a household, also where it is called a PIN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sealmate.edits.lexicon import LIGHT
from sealmate.edits.passwords import CHANGING, Place
from sealmate.edits.whose import OWN, for_guests, for_the_household

_OF = r"(?:\s*\([^()\n]{1,30}\)|\s+(?:for|of|to|on)\s+[^\s:=,.;\[]+(?:\s+[^\s:=,.;\[]+){0,5}?)?"
_MARKS = r"[*_\"'`]{0,3}"
_LINK = rf"""
    (?P<link> {_MARKS}\s*(?:[:=：]|->|→)\s*(?:[*_"'`]{{1,3}}\s*)?
      | {_MARKS}[ \t]+[-–—][ \t]+{_MARKS}
      | \s+(?:(?:is|was|has[ ]been|now)\s+){{0,2}}(?:changed|set|reset)\s+to\s+
      | \s+(?:is|was|are|will[ ]be)(?:\s+now)?(?:\s*:)?\s+{_MARKS} | (?P<onto>\s+to\s+)
      | ,[ ]now[ ] | {_MARKS}[ \t]+{_MARKS} )
"""
# Behind the digits nothing that makes them a measure, a date or a count, nor another number that
# is told of them: "the card ending 3321: 4821".
_AFTER = (
    r"(?![\w-]|[.,:/]\d|\s*[%€£$°]|\s*(?:mah|mm|cm|pcs|pieces|x)\b"
    r"|[ \t)]*(?:[:=]|is\b)[ \t*]*(?:\d|\[secret))"
)
_VALUE = rf"(?P<value>\d{{3,8}}|\d\d[ ]\d\d|\d(?:-\d){{3,5}}){_AFTER}"
_PIN = re.compile(
    rf"""
    (?<![^\W_]) (?P<name> pin(?:[ -]?(?:code|number|no\.?))?s? | puk | pass[ -]?code )
    (?: {_OF} | (?P<loose> (?:[ \t]+[^\s\d:=,.;|\[]+){{1,3}}? ) ) {_LINK}{_VALUE}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CHECK = re.compile(
    rf"""
    (?<![^\W_]) (?: (?:cvv2?|cvc2?)(?:\s+(?:code|number))? | card[ ]verification\s+(?:code|number)
      | (?P<plain> security\s+code (?:\s+on\s+the\s+back)? ) )
    {_OF} {_LINK} (?P<value>\d{{3,4}}\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "4821 is my Visa PIN", "Visa 4821 (PIN)"
_TURNED = re.compile(
    r"""
    (?<![\w.,:/-]) (?P<value>\d{4,8})
    (?: (?: [ \t]+is[ \t]+ | [ \t]*=[ \t]* ) (?: (?!is\b|year\b)[^\s\d:=,.;()]+[ \t]+ ){0,4}?
      | [ \t]*\([ \t]* (?: (?:my|the|new|old|[A-Z]\w*)[ \t]+ ){0,3}? )
    PIN (?= [ \t]* (?: [).,;!] | $ | \n | of\b | for\b ) )
    """,
    re.VERBOSE,
)
# What is told of a PIN besides its digits.
_ASIDE = re.compile(
    r"(?i)\b(?:hints?|letters?|boards?|pads?|lengths?|tries|attempts?|digits?|since|until|badges?"
    r"|expires|from|called|arrives|sent)\b"
)
# Further PINs of a clause: "and Dad's is 9023", "(Visa), 9023 (Amex)", "and 9023 for Amex"
_GAP = re.compile(
    rf"(?P<gap>(?:\s*\([^()\d\n]{{1,30}}\))?(?:[ \t]*[,;/&]|[ \t]+[^\s\d,;:=()&/]+){{0,7}}?[:=]?"
    rf"[ \t]*){_MARKS}(?P<value>\d{{4,8}}){_AFTER}"
)
_JOINED = re.compile(r"[,;/&]|\band\b|\bor\b")
_SAYS = re.compile(r"[:=]|\bis\b")
_SMALL = LIGHT | {"or", "new", "old", "pin", "pins", "one"}
_MOST = 80  # characters between two PINs
# "bronze pin 1650 years old", "pins 1234 pieces", "pin 2026 to the wall"
_MANY = re.compile(r"[ \t]+(?!(?:is|was|has|its|this|as|always)\b)[a-z]{2,}s\b")
_SHARP = re.compile(r"(?i)\b(?:bowling|safety|knitting|hair|rolling|push|drawing|lapel)[ ]*$")
_COUNTED = re.compile(r"[ \t]+(?!and\b|or\b|for\b|in\b|on\b|since\b)[a-z]")


def find_pins(text: str) -> Iterator[Place]:
    """Where PINs, passcodes of digits and checks of cards stand."""
    for match in _CHECK.finditer(text):
        said = text[max(0, match.start() - _MOST) : match.start("value")].rpartition("\n")[2]
        if not match["plain"] or OWN.search(said):
            yield match.span("value")
    for match in _PIN.finditer(text):
        if _is_pin(match):
            yield match.span("value")
            yield from _further(match)
    for match in _TURNED.finditer(text):
        if not for_the_household(text, match.start(), match.end()):
            yield match.span("value")


def _is_pin(match: re.Match[str]) -> bool:
    name, end, text = match.start("name"), match.start("value"), match.string
    small = len(match["value"]) < 4 or bool(_SHARP.search(text, max(0, name - _MOST), name))
    if small or for_the_household(text, name, match.end()) or for_guests(text, name, end):
        return False
    signed = match["link"].strip(" \t*_\"'`")
    if match["onto"] and not CHANGING.search(text, max(0, name - _MOST), name):
        return False
    # "PIN Visa 4821", but neither "pin board 1200" nor "PIN letter: 2026"
    loose = match["loose"] or ""
    vague = loose and not OWN.search(loose)
    if vague and (_ASIDE.search(loose) or not match["name"].isupper() or not signed):
        return False
    own = OWN.search(text, max(0, name - _MOST), match.end())
    if signed:
        many = not match["name"].isupper() and not own and _MANY.match(text, match.end())
        return not many
    written_large = not match["name"][1:].islower()
    counted = _COUNTED.match(text, match.end())
    return "pass" in match["name"].casefold() or written_large or not counted


def _further(match: re.Match[str]) -> Iterator[Place]:
    """More PINs of the same clause: of other owners or cards, or the rest of several."""
    text, at = match.string, match.end()
    several = match["name"].casefold().endswith("s")
    while (
        (found := _GAP.match(text, at))
        and len(found["gap"]) < _MOST
        and _JOINED.search(found["gap"])
    ):
        words = re.findall(r"[^\W\d_]+(?:['’]s)?", re.sub(r"\([^()]*\)", "", found["gap"]))
        known = all(w.casefold() in _SMALL or w[0].isupper() or OWN.fullmatch(w) for w in words)
        owned = OWN.search(found["gap"]) or re.search(r"\w['’]s\b", found["gap"])
        if not known or not (several or owned) or "\n" in found["gap"]:
            return
        year = re.match("(?:19|20)..$", found["value"]) and not (
            several or _SAYS.search(found["gap"])
        )
        if not year and not for_the_household(text, at, found.end()):
            yield found.span("value")
        at = found.end()
