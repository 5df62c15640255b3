"""Secrets in a text: keys, tokens, card and account numbers, passwords and PINs.

They stay findable by search but are kept out of weights. Only what is meant for machines, or for
one person alone, counts: the code of a gate or a bicycle lock, a phone number or a wifi do not.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sealmate.edits.password_lists import find_listed
from sealmate.edits.passwords import REDACTED as REDACTED
from sealmate.edits.passwords import find_passwords
from sealmate.edits.pins import find_pins
from sealmate.edits.recovery import find_recovery


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
    ("recovery code", r"(?<![\w-])\d{6}(?:-\d{6}){7}(?![\w-])"),  # of an encrypted disk
    # of what was bought: VK7JG-NPHTM-..., or a code of groups that is called so
    (
        "key",
        r"(?<![\w-])(?<!(?i:serial|.model) )(?=[A-Z0-9-]*[A-Z])(?=[A-Z0-9-]*\d)"
        r"[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3,5}(?![\w-])",
    ),
    (
        "key",
        r"(?i:\b(?:licen[cs]e|product|activation)[ -]?(?:key|code)s?)"
        r"(?:\**[ \t]*(?:[:=]|is\b)[ \t*]*|[ \t*]*)"
        r"(?P<value>[A-Z0-9]{3,8}(?:-[A-Z0-9]{3,8}){2,})(?![\w-])",
    ),
    ("key", r"(?i:\b(?:2fa|totp|otp)[ -](?:secret|seed|key))[ \t:=]+(?P<value>[A-Z2-7]{16,})\b"),
    ("password", r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]*:(?P<value>[^\s/@]+)@"),
)
_LONG = re.compile(r"(?<![\w/+.=-])[A-Za-z0-9_+/-]{32,}={0,2}(?![\w/+=-])")
_CARD = re.compile(r"(?<![\w+.-])(?:(?:\d[ -]?){12,18}\d|\d{4}(?:\.\d{4}){3})(?![\w-]|\.\d)")
_IBAN = re.compile(
    r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b", re.IGNORECASE
)
_DIGITS = 8  # of an IBAN in small letters, at least: words look like one too
# Beginnings and lengths of payment cards, so that other long numbers stay.
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|6(?:011|5\d\d)\d{12}|62\d{14,17}|35\d{14}|(?:50|5[6-8]|6[037])\d{10,17}"
)


def find_secrets(text: str, heading: str = "") -> list[Secret]:
    """The secrets of a text in order; they do not overlap. `heading` is what it stands under: it
    may say that passwords follow."""
    return merged(_all(text, heading))


def merged(secrets: Iterable[Secret]) -> list[Secret]:
    """Secrets in order, those that overlap in one."""
    kept: list[Secret] = []
    for secret in sorted(secrets, key=lambda one: (one.start, -one.end)):
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
        elif secret.end > kept[-1].end:
            kept[-1] = Secret(kept[-1].kind, kept[-1].start, secret.end)
    return kept


def redact(text: str, heading: str = "") -> str:
    """The text with `[secret]` in the place of each secret (see `find_secrets`). Redacting twice
    changes no more."""
    return blotted(text, find_secrets(text, heading))


def blotted(text: str, secrets: Iterable[Secret]) -> str:
    """The text without these secrets, which are in order."""
    pieces = []
    position = 0
    for secret in secrets:
        pieces += [text[position : secret.start], REDACTED]
        position = secret.end
    return "".join([*pieces, text[position:]])


def _all(text: str, heading: str) -> Iterator[Secret]:
    for kind, pattern in _MARKED:
        for match in re.finditer(pattern, text, re.DOTALL):
            group = "value" if "value" in match.re.groupindex else 0
            yield Secret(kind, match.start(group), match.end(group))
    for kind, found in (
        ("password", find_passwords(text)),
        ("password", find_listed(text, heading)),
        ("PIN", find_pins(text)),
        ("recovery code", find_recovery(text)),
    ):
        for start, end in found:
            yield Secret(kind, start, end)
    for match in _CARD.finditer(text):
        if _is_card(match.group()):
            yield Secret("card number", match.start(), match.end())
    for match in _IBAN.finditer(text):
        yield from _iban(match)
    for match in _LONG.finditer(text):
        if _is_random(match.group()):
            yield Secret("token", match.start(), match.end())


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
        flat = re.sub(r"[ -]", "", written)
        large = written.isupper() or sum(map(str.isdigit, flat)) >= _DIGITS
        if 15 <= len(flat) <= 34 and large and _checks(flat):
            yield Secret("account number", match.start(), match.start() + len(written))
            return
        cut = max(written.rfind(" "), written.rfind("-"))
        if cut < 0:
            return
        written = written[:cut]


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
