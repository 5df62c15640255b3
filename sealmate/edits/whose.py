"""Whose a password or a PIN is: one person's own, or that of all who live or stay there.

What is told to every guest is worth knowing by heart. A word that says so ("wifi", "gate") counts
only where it names this very password, or heads what is told of it: not where something else
stands between, as in "Guests come on Friday and my bank password is ...".
"""

from __future__ import annotations

import re

from sealmate.edits.lexicon import LIGHT

_NET = r"wi-?fi|wlan|router|network|hotspot"
_GUESTS = re.compile(rf"(?i)\b(?:{_NET}|guests?|pub quiz|treasure hunt|tree ?house|secret club)\b")
_NETWORK = re.compile(rf"(?i)\b(?:{_NET})\b")
# "the laptop on the home network" is no network
_UPON = re.compile(rf"(?i)\w\s+(?:on|in|over|via|behind|from)\s+(?:[\w-]+\s+){{0,2}}(?:{_NET})\b")
OWN = re.compile(
    r"(?i)\b(?:bank\w*|building societ\w+|card|credit|debit|visa|sim|phone|tablet|screen|account"
    r"|app|e-?mail|mail(?![ -]?box)|laptop|computer|pc|mac\w*|ipad|nas|vpn|server|portal|cloud"
    r"|admin\w*|tax|netflix|amazon|ebay|paypal|google|gmail|apple|icloud|spotify|disney"
    r"|facebook|instagram|microsoft|outlook|dropbox|steam|whatsapp|linkedin|amex|mastercard|maestro|giro\w*)\b"
)
_LOGIN = re.compile(r"(?i)\b(?:log-?in|user(?:[ -]?name)?|admin\w*)\b")
_HOUSEHOLD = re.compile(
    r"(?i)\b(?:door|gate|garage|alarm|lock(?:er)?|padlock|entrance|entry|intercom|shed|cellar|barrier"
    r"|key[ -]?(?:box|safe|pad)|letter[ -]?box|mail[ -]?box|building(?! societ)|shutter|printer"
    r"|copier|parcel|pick-? ?up|collection)s?\b"
)
_PASSWORD = re.compile(
    r"(?i)(?<![^\W_])(?:pass[ -]?(?:word|wort|phrase|code)s?|passwd|pwd|pw|pass|kennwort|pins?|puk)"
    r"(?![^\W_])"
)
# What ends the words that name a password.
_BREAK = re.compile(r"[,;|()\[\]&+]|\s[/–—-](?=\s)|\b(?:and|or|but|while)\b", re.IGNORECASE)
_AND = re.compile(r"[,&/]|\band\b", re.IGNORECASE)
# "PIN 4711 for the gate", "PIN 4711 (gate)"
_BEHIND = re.compile(r"[ \t]*(?:\([^()\n]{1,30}\)|\b(?:for|of|to)\b[^\n,.;:()]{1,40})")
_ASIDE = re.compile(r"\([^()\n]*\)|\bfor\b[^\n]*")
_SENTENCE = re.compile(r"[.!?]\s|\n")
_FAR = 200  # characters before a name that may tell whose it is
_MODEST = LIGHT | {
    *("new", "old", "current", "default", "same", "actual", "key", "code", "codes", "number", "no"),
    *("changed", "set", "reset", "updated", "switched", "user", "name", "username", "guest"),
}


def for_guests(text: str, name: int, end: int) -> bool:
    """Whether the password that is named at `name`, and told from `end` on, is for whoever visits:
    that of the wifi."""
    *earlier, before = _clauses(text, name)
    after = _AND.split(text[name:end])[0]
    for found in (*list(_GUESTS.finditer(before))[-1:], *_GUESTS.finditer(after)):
        between = before[found.end() :] if found.string is before else after[: found.start()]
        login = _LOGIN.match(after) and not re.search(r"(?i)wi-?fi|guest|hotspot", before + after)
        return not OWN.search(between) and not login
    said = " ".join(earlier)
    if _is_named(before + after) or not _NETWORK.search(said) or _PASSWORD.search(said):
        return False
    return bool(re.search(r"(?i)\bguest", said)) or not (
        OWN.search(said) or _LOGIN.search(said) or _UPON.search(said)
    )


def for_the_household(text: str, name: int, end: int) -> bool:
    """Whether the PIN that is named from `name` on and told up to `end` opens a thing to all who
    live there."""
    *earlier, before = _clauses(text, name)
    behind = _BEHIND.match(text, end)
    own = before + text[name : behind.end() if behind else end]
    if _HOUSEHOLD.search(own) or OWN.search(own):
        return not OWN.search(own)
    said = " ".join(earlier)
    mine = _is_named(own) or re.search(r"(?i)\bmy\b", own) or re.search(r"\d{3}", said)
    return not mine and bool(_HOUSEHOLD.search(said)) and not OWN.search(said)


def shared(label: str, said: str = "") -> bool:
    """Whether an item of a list of passwords or PINs is one that all may know, by its label or, if
    that names nothing of one's own, by what is said behind: "(gate)", "for guests"."""
    if OWN.search(label):
        return False
    both = " ".join([label, *_ASIDE.findall(said)])
    return bool(_GUESTS.search(both) or (_HOUSEHOLD.search(both) and not OWN.search(both)))


def _clauses(text: str, name: int) -> list[str]:
    """What stands before a name in its sentence, cut where one thing ends and another begins."""
    start = max(0, name - _FAR)
    return _BREAK.split(_SENTENCE.split(text[start:name])[-1])


def _is_named(said: str) -> bool:
    """Whether words say of what a password is."""
    words = re.findall(r"[^\W\d_]+", _PASSWORD.sub(" ", said).casefold())
    return any(word not in _MODEST and len(word) > 1 for word in words)
