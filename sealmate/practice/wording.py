"""The wording of a filled text: slots replaced, articles and capitals put right."""

from __future__ import annotations

import re
from collections.abc import Mapping

SLOT = re.compile(r"\{([A-Z]+)(\d+)(?:\.(first|last))?\}")
_ARTICLE = re.compile(r"\b([Aa])n?(\s+[\"“‘(]?)$")
_STOP = re.compile(r"[.!?][\"”’)]*\s+[\"“‘(]?$")
_ABBREVIATED = re.compile(
    r"(?:\b(?:no|nr|nos|ca|approx|dr|mr|mrs|ms|st|pp?|ext|vol|ch|tel|max|min|vs|inv|ref|incl|e\.g"
    r"|i\.e|c|abt|est|dept|fig|art|para|prof|rev|sr|jr|\d+|[a-z])\.|\.\.\.?|…)\s+[\"“‘(]?$",
    re.I,
)
_VERBATIM = frozenset(("CODE", "PHONE", "MODEL"))


def render(template: str, values: Mapping[str, str], *, starts: bool = True) -> str:
    """Put the values in, with "a" or "an" to suit and capitals where a sentence begins."""
    out, at = "", 0
    for match in SLOT.finditer(template):
        kind, index, part = match.groups()
        value = values[kind + index]
        if part:
            first, _, last = value.partition(" ")
            value = first if part == "first" else last
        out += template[at : match.start()]
        at = match.end()
        out = _ARTICLE.sub(lambda a, v=value: f"{a[1]}{_n(v)}{a[2]}", out)  # type: ignore[misc]
        opens = starts and re.fullmatch(r"\s*[\"“‘(]?", out)
        after_stop = _STOP.search(out) and not _ABBREVIATED.search(out)
        if kind not in _VERBATIM and (opens or after_stop):
            value = value[:1].upper() + value[1:]
        out += value
    return out + template[at:]


def _n(value: str) -> str:
    """The "n" of the article before the value, or nothing."""
    if re.match(r"(?:8|11(?!\d)|18(?!\d)|[AEFHILMNORSX](?:[\d -]|[A-Z]))", value):
        return "n"
    if re.match(r"(?i)uni|uk|eu|one\b|ute", value):
        return ""
    return "n" if re.match(r"(?i)[aeiouéåäöø]|hour|honest|heir", value) else ""
