"""Secrets in a text: keys, tokens, card and account numbers, passwords.

They stay findable by search but are kept out of weights. Only what is meant for machines, or is
named a password, counts: the code of a bicycle lock, a phone number or a wifi do not.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealmate.edits.lexicon import LIGHT

REDACTED = "[secret]"


@dataclass(frozen=True, slots=True)
class Secret:
    """What kind of secret stands at `start` up to `end` (offsets in characters)."""

    kind: str
    start: int
    end: int


# Issuers' own marks: they hardly ever stand for anything else.
_MARKED: tuple[tuple[str, str], ...] = (
    (
        "private key",
        r"-----BEGIN (?:[A-Z0-9 ]+ )?PRIVATE KEY(?: BLOCK)?-----"
        r"(?:.*?-----END (?:[A-Z0-9 ]+ )?PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s:,-]*)",
    ),
    ("token", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # JWT
    ("API key", r"\bsk-[\w-]{16,}"),
    ("API key", r"\b[sr]k_(?:live|test)_\w{16,}"),
    ("API key", r"\bAKIA[0-9A-Z]{16}\b|\bASIA[0-9A-Z]{16}\b"),
    ("API key", r"\bAIza[\w-]{35}"),
    ("API key", r"\bxkeysib-[\w-]{32,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    ("token", r"\bgh[pousr]_\w{30,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{18,}"),
    ("token", r"\bxox[abeoprs]-[\w-]{10,}|\bxapp-[\w-]{10,}"),
    ("token", r"\bhf_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[\w-]{40,}"),
    ("token", r"\b\d{8,10}:AA[\w-]{32,}"),
    ("token", r"(?i)\b(?:bearer|basic)\s+(?=[\w.~+/-]*\d)[\w.~+/-]{20,}=*"),
    ("token", r"\bage-secret-key-1[a-z0-9]{20,}|\bAGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    ("password", r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]*:(?P<value>[^\s/@]+)@"),
)
_PASSWORD = r"(?:pass(?:word|wort|phrase|code)s?|passwd|pwd|pw|kennwort)"
_NAMED = re.compile(
    rf"""
    (?<![^\W_])
    (?P<name> {_PASSWORD} | (?<=_)pass
      | (?:api|access|secret|private|auth|license|licence|encryption|recovery|backup|client|account)
        [ _-]?(?:key|token|secret|code)s?
      | secret | token | mot[ ]de[ ]passe | contraseña | wachtwoord )
    ["']?
    (?:\s+(?:for|of|to|on|at|in)\s+[^\s:=,.;]+(?:\s+[^\s:=,.;]+){{0,3}}?)?
    (?P<link> \s*(?:[:=]|:=)\s* | \s+(?:is|are|was)(?:\s+now)?\s*:?\s* )
    (?P<value> "[^"\n]{{4,}}" | '[^'\n]{{4,}}' | `[^`\n]{{4,}}` | [^\s,;]{{4,}} )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "Netflix password hunter22", "| password | hunter22 |", "pass: hunter22"; but not a bus pass
_BESIDE = re.compile(
    rf"""
    (?: (?<![^\W_]) {_PASSWORD} (?:[ \t]*\|)? [ \t]+
      | (?: ^ | [,;(|] | \b(?:user(?:name)?|login|e-?mail|name|id)\b [^\n]{{0,60}} \s ) [ \t>*-]*
        pass [ \t]* [:=] [ \t]* )
    ["'`]? (?P<value> [^\s|,;"'`]{{6,}} )
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
# Letters and digits in one, as no word has them; but not 15min.
_CHOSEN = re.compile(r"(?!\d+(?:[.,:]\d+)?[a-z]{1,7}\W*$)(?=\S*[^\W\d_]{2})(?=\S*\d)\S+")
_SENTENCE = re.compile(r"[^,;\n]*?(?=[,;\n]|[.!?]\s|[.?)]*$)!?", re.MULTILINE)
# How a hint begins, instead of a password.
_HINT = re.compile(
    r"ask|see|call|ring|tell|get|find|use|check|look|kept|written|same|changed|forgotten|lost|none"
    r"|unknown|never|ends|starts|begins"
)
# What a household tells its guests is worth knowing by heart.
_GUESTS = re.compile(r"\b(?:wi-?fi|wlan|router|network|hotspot|guests?)\b[^.\n]*$", re.IGNORECASE)
_LONG = re.compile(r"(?<![\w/+.=-])[A-Za-z0-9_+/-]{32,}={0,2}(?![\w/+=-])")
_CARD = re.compile(r"(?<![\w+.-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
# Beginnings and lengths of payment cards, so that other long numbers stay.
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|6(?:011|5\d\d)\d{12}|62\d{14,17}|35\d{14}|(?:50|5[6-8]|6[037])\d{10,17}"
)


def find_secrets(text: str) -> list[Secret]:
    """The secrets of a text in order; they do not overlap."""
    found = sorted(_all(text), key=lambda secret: (secret.start, -secret.end))
    kept: list[Secret] = []
    for secret in found:
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
        elif secret.end > kept[-1].end:
            kept[-1] = Secret(kept[-1].kind, kept[-1].start, secret.end)
    return kept


def redact(text: str) -> str:
    """The text with `[secret]` in the place of each secret. Redacting twice changes no more."""
    pieces = []
    position = 0
    for secret in find_secrets(text):
        pieces += [text[position : secret.start], REDACTED]
        position = secret.end
    return "".join([*pieces, text[position:]])


def _all(text: str) -> Iterator[Secret]:
    for kind, pattern in _MARKED:
        for match in re.finditer(pattern, text, re.DOTALL):
            group = "value" if "value" in match.re.groupindex else 0
            yield Secret(kind, match.start(group), match.end(group))
    for match in _NAMED.finditer(text):
        yield from _named(match)
    for match in _BESIDE.finditer(text):
        yield from _beside(match)
    for match in _CARD.finditer(text):
        if _is_card(match.group()):
            yield Secret("card number", match.start(), match.end())
    for match in _IBAN.finditer(text):
        yield from _iban(match)
    for match in _LONG.finditer(text):
        if _is_random(match.group()):
            yield Secret("token", match.start(), match.end())


def _named(match: re.Match[str]) -> Iterator[Secret]:
    """The value after "password:"; after "password is" only if it does not look like prose."""
    value, start = match["value"], match.start("value")
    if value[0] in "\"'`" and value[-1] == value[0] and len(value) > 2:
        value, start = value[1:-1], start + 1
    else:
        value = value.rstrip(".!?)")
    rest = match.string[match.end() :]
    if len(value) < 4 or value.startswith("[secret") or rest.startswith(" [secret"):
        return
    if _GUESTS.search(match.string[: match.start("link")]):
        return
    name = match["name"].casefold()
    if _is_assignment(match) and name.startswith("pass") and start == match.start("value"):
        several = list(_several(match)) if name.endswith("s") else []
        if several or (name.endswith("s") and REDACTED in rest.split("\n", 1)[0]):
            yield from several
            return
        if phrase := _phrase(match):
            yield Secret("password", start, start + phrase)
            return
    written = any(letter.isdigit() or not letter.isalpha() for letter in value)
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    # The access code of a door is for people.
    if "code" in name and not name.startswith("pass") and not (mixed and len(value) >= 8):
        return
    quoted = bool(match["value"][0] in "\"'`")
    if not _is_assignment(match) and not (quoted or (written and not value.isdigit())):
        return
    if name in ("secret", "token") and not (written and len(value) >= 8):
        return
    if _is_prose(match, value):
        return
    value += "!" * (mixed and match["value"][len(value) :].startswith("!"))
    yield Secret("password", start, start + len(value))


def _beside(match: re.Match[str]) -> Iterator[Secret]:
    """The value beside a name that no sign links to it, if no word looks like it."""
    value = match["value"].rstrip(".?)")
    if _CHOSEN.fullmatch(value) and not _GUESTS.search(match.string[: match.start("value")]):
        yield Secret("password", match.start("value"), match.start("value") + len(value))


def _several(match: re.Match[str]) -> Iterator[Secret]:
    """The last words of a list: "passwords: gmail hunter22, netflix s3cret!"."""
    line = match.string[match.start("value") :].split("\n", 1)[0]
    for item in re.finditer(r"[^,;]+", line):
        words = item.group().rstrip(" .?)").split()
        if words and _CHOSEN.fullmatch(words[-1]) and _no_prose(words):
            end = match.start("value") + item.start() + len(item.group().rstrip(" .?)"))
            yield Secret("password", end - len(words[-1]), end)


def _phrase(match: re.Match[str]) -> int:
    """How long a value of several words is, 0 for one word or prose: "Maple Tree 42!"."""
    found = _SENTENCE.match(match.string, match.start("value"))
    phrase = found.group() if found else ""
    words = phrase.split()
    if not 1 < len(words) <= 8 or not _no_prose(words):
        return 0
    if all(word.isalpha() and word.islower() for word in words):
        secret = "phrase" in match["name"].casefold() and len(words) > 2
    elif words[0].islower() and words[-1].isdigit():
        secret = False  # "notebook page 12"
    else:
        secret = any(map(str.isdigit, words[-1]))
    return len(phrase) if secret else 0


def _no_prose(words: Sequence[str]) -> bool:
    low = [word.casefold() for word in words]
    return LIGHT.isdisjoint(low) and not _HINT.fullmatch(low[0]) and REDACTED not in low


def _is_assignment(match: re.Match[str]) -> bool:
    return match["link"].strip() in (":", "=", ":=")


def _is_prose(match: re.Match[str], value: str) -> bool:
    """ "Password: ask Anna" tells no password; "password: hunter" does."""
    if not (value.isalpha() and value.islower() and match["value"][0] not in "\"'`"):
        return False
    rest = match.string[match.end() :].split("\n", 1)[0]
    return bool(re.match(r" +[a-zA-Z]{2,}", rest))


def _is_card(run: str) -> bool:
    number = re.sub(r"\D", "", run)
    if not _ISSUED.fullmatch(number) or len(set(number)) < 2:
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _iban(match: re.Match[str]) -> Iterator[Secret]:
    """The IBAN at the match; the last words of a run may not belong to it."""
    written = match.group()
    while True:
        flat = written.replace(" ", "")
        if 15 <= len(flat) <= 34 and _checks(flat):
            yield Secret("account number", match.start(), match.start() + len(written))
            return
        written, space, _ = written.rpartition(" ")
        if not space:
            return


def _checks(iban: str) -> bool:
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def _is_random(run: str) -> bool:
    """A long run of letters and digits that nobody would choose: mixed and without order."""
    bare = run.rstrip("=")
    digits = sum(letter.isdigit() for letter in bare)
    if digits < 4 or digits == len(bare) or not any(letter.isalpha() for letter in bare):
        return False
    # File paths and names in words are not random: their pieces are short.
    if max(map(len, re.split(r"[_/+-]", bare))) < 20:
        return False
    counts = Counter(bare)
    entropy = -sum(n / len(bare) * math.log2(n / len(bare)) for n in counts.values())
    return entropy > 3.0
