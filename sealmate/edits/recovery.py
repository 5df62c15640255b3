"""What opens an account or a wallet when its password is lost: backup codes and seed phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sealmate.edits.passwords import Place, no_prose

_OF = r"(?:\s*\([^()\n]{1,30}\)|\s+(?:for|of|to|from)\s+[^\s:=,.;]+(?:\s+[^\s:=,.;]+){0,3}?)?"
_LINK = r"(?:\s*(?:[:=]|->|→)\s*|[ \t]+[-–—][ \t]+|\s+(?:is|are)(?:\s+now)?:?\s+|[ \t]*\n\s*)"
_SEED = re.compile(
    rf"""
    (?<![^\W_]) (?: (?:seed|recovery|backup|secret|mnemonic|wallet)[ -]?(?:phrase|(?P<words>words))
      | mnemonic | wallet[ ]seed | (?P<bare> seed | (?:12|24)[ ]words ) )
    {_OF} {_LINK} (?P<value> [\w.), ]+ (?:\n[\w.), ]+)* )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"[ \t]*(?P<place>\d{1,2}[.)][ \t]*)?(?P<word>[^\W\d_]+)(?P<gap>[.,]?)")
# Such words are taken from a list that has none of these, and none of fewer than three letters.
_NO_SEED = {"the", "and", "for", "with", "from", "our", "his", "her", "are", "was", "not", "has"}
_LEAST = 3
_WHOLE = 12  # of so many words several may be ones that prose is made of
# "Recovery words: rest, water, sleep" are for something else, unless a wallet is spoken of.
_WALLET = re.compile(r"(?i)wallet|crypto|bitcoin|ethereum|ledger|trezor|metamask")
_FAR = 80  # characters before, in which it may be
# What has a code without being an account.
_THING = re.compile(
    r"(?i)[ \t]+(?:for|of)[ \t]+(?:[a-z-]+[ \t]+){0,4}(?:orders?|photos?|booking|tickets?|parcel"
    r"|reservation|delivery|voucher|trip|class)\b"
)
_CODES = re.compile(
    rf"(?<![^\W_])(?:backup|back-up|recovery|2fa|two-factor)[ -](?:code|key)s?{_OF}"
    rf"(?:{_LINK}|[ \t]+(?=\d{{6}}|[A-Z0-9]{{4,}}-))",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?P<gap>(?:[\s,;/|]|and\b|[-*•][ ]|\d{1,2}[.)][ ])*)"
    r"(?P<code>\d{4}(?:[ -]\d{4})+|\d{6,10}|(?=[\w-]*\d)[A-Za-z0-9]{4,}(?:-[A-Za-z0-9]{4,})+"
    r"|(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{8,})(?![\w-])"
)


def find_recovery(text: str) -> Iterator[Place]:
    """Where backup codes and the words of a wallet stand."""
    for match in _SEED.finditer(text):
        said = text[max(0, match.start() - _FAR) : match.start("value")]
        whole = match["bare"] or (match["words"] and not _WALLET.search(said))
        if match["bare"] and "," in match["value"]:
            continue  # what is sown, or learnt
        if length := _seed(match["value"], _WHOLE if whole else _LEAST):
            yield match.start("value"), match.start("value") + length
    for match in _CODES.finditer(text):
        at = match.end()
        while (found := _CODE.match(text, at)) and "\n\n" not in found["gap"]:
            if _THING.match(text, found.end()):
                break
            yield found.span("code")
            at = found.end()


def _seed(value: str, least: int) -> int:
    """How long the phrase of at least so many words is that a text begins with, 0 if that is
    prose. It may go on in the next lines until it is whole."""
    said: list[str] = []
    end = first = offset = 0  # of the phrase, of its first line; where a line starts
    numbered = commas = False
    for line in value.split("\n"):
        at, stop, words, gap = 0, 0, list[str](), ""
        while (found := _WORD.match(line, at)) and gap != ".":
            if gap == "," and not commas and len(said) + len(words) > 1:
                break
            gap = found["gap"]
            numbered = numbered or bool(found["place"])
            commas = commas or (gap == "," and not said and not words)
            words.append(found["word"].casefold())
            stop, at = found.end("word"), found.end()
        if not words or not all(_may_be_seed(word) for word in words):
            break
        said += words
        end = offset + stop
        first = first or end
        if (len(said) >= _WHOLE and not numbered) or line[at:].strip():
            break
        offset += len(line) + 1
    if len(said) >= _WHOLE or (numbered and len(said) >= least):
        return end
    short = value[:first].replace(",", " ").split()
    return first if len(short) >= least and no_prose(short) else 0


def _may_be_seed(word: str) -> bool:
    return 3 <= len(word) <= 8 and word not in _NO_SEED
