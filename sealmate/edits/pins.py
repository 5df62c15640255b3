"""PINs and the checks of cards: digits that nobody but their owner should know.

The code of a gate or of an alarm is for all of a household, also where it is called a PIN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sealmate.edits.passwords import Place, for_guests

_OF = r"(?:\s*\([^()\n]{1,30}\)|\s+(?:for|of|to|on)\s+[^\s:=,.;]+(?:\s+[^\s:=,.;]+){0,3}?)?"
_LINK = r"""
    (?P<link> \s*(?:[:=]|->|→)\s* | [ \t]+[-–—][ \t]+
      | \s+(?:(?:is|was|has[ ]been|now)\s+){0,2}(?:changed|set|reset)\s+to\s+
      | \s+(?:is|was|will[ ]be)(?:\s+now)?\s*:?\s+ | [ \t]+ )
"""
# Behind the digits nothing that makes them a measure, a date or a count.
_VALUE = r"(?P<value>\d{3,8}|\d\d[ ]\d\d)(?![\w-]|[.,:/]\d|\s*[%€£$°])"
_PIN = re.compile(
    rf"(?<![^\W_]) (?P<name> pin(?:[ -]?(?:code|number|no\.))?s? | puk | pass[ -]?code ) {_OF}"
    rf"{_LINK}{_VALUE}",
    re.VERBOSE | re.IGNORECASE,
)
_CHECK = re.compile(
    rf"(?<![^\W_]) (?: (?:cvv2?|cvc2?)(?:\s+(?:code|number))? | (?P<plain> security\s+code ) )"
    rf"{_OF} {_LINK} (?P<value>\d{{3,4}}\b)",
    re.VERBOSE | re.IGNORECASE,
)
_HOUSEHOLD = re.compile(
    r"(?i)\b(?:door|gate|garage|alarm|lock(?:er)?|padlock|entrance|entry|intercom|shed|cellar|barrier"
    r"|key[ -]?(?:box|safe)|letter[ -]?box|mail[ -]?box|building|shutter|printer|copier)s?\b"
)
_OWN = re.compile(r"(?i)\b(?:bank\w*|card|credit|debit|visa|sim|phone|tablet|screen|account)\b")
_CLAUSE = re.compile(r"[^\n.;!?]*$")
# "bronze pin 1650 years old", "pins 1234 pieces", "pin 2026 to the wall"
_COUNTED = re.compile(r"[ \t]+(?!and\b|or\b|for\b|in\b|on\b|since\b)[a-z]")


def find_pins(text: str) -> Iterator[Place]:
    """Where PINs, passcodes of digits and checks of cards stand."""
    for match in _CHECK.finditer(text):
        if not match["plain"] or _OWN.search(_said(match)):
            yield match.span("value")
    for match in _PIN.finditer(text):
        if _is_pin(match):
            yield match.span("value")


def for_the_household(said: str) -> bool:
    """Whether these words name a thing that opens to all who live there."""
    return bool(_HOUSEHOLD.search(said)) and not _OWN.search(said)


def _said(match: re.Match[str]) -> str:
    """What of the clause stands before the digits."""
    clause = _CLAUSE.search(match.string, 0, match.start())
    return (clause.group() if clause else "") + match.string[match.start() : match.start("value")]


def _is_pin(match: re.Match[str]) -> bool:
    said = _said(match)
    if len(match["value"]) < 4 or for_the_household(said) or for_guests(said):
        return False
    if match["link"].strip():
        return True
    written_large = not match["name"].islower()
    counted = _COUNTED.match(match.string, match.end())
    return "pass" in match["name"].casefold() or written_large or not counted
