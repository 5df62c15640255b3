"""Lists, sections and tables of passwords: what says so stands above them, once for all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from sealmate.edits.passwords import CHOSEN, REDACTED, Place, no_prose
from sealmate.edits.whose import OWN, shared

_TITLE = re.compile(
    r"(?im)\b(?:(?P<pins>pins)|(?P<logins>log-?ins|credentials|zugangsdaten)"
    r"|passwords|passwörter|pass ?codes|kennwörter|password list)\b|^[^\w\n]*password[^\w\n]*$"
)
_MODEST = frozenset(
    ("and", "my", "our", "your", "the", "for", "of", "all", "list", "important", "private", "codes")
)
_INLINE = re.compile(r"(?i)[\W_]*(?:(?:my|our)\s+)?(?:passwords|pins)(?:\*\*|__)?:(?:\*\*|__)?\s*")
_BULLET = re.compile(r"[ \t]*(?:(?:[-*+•–]|\d{1,2}[.)])[ \t]+)?(?:\[[ xX]\][ \t]*)?")
_LABELLED = re.compile(r"[^\n]*?(?:\s*(?:->|→|=>|=|\||\t|:(?!//))\s*|\s+[-–—/]\s+)")
_PIECE = re.compile(r"(?:(?!\s+[/–—-]\s|\s*\||,\s|;|\t).)+")
_WORD = re.compile(
    r"(?<!\S)[\"'`(*_]*(?P<word>[^\s\"'`(*_](?:\S*[^\s\"'`)*_.,])?)[\"'`)*_.,]*(?!\S)"
)
# What a line or a column may tell besides.
_ASIDE = re.compile(
    r"(?i)\W*(?:(?:last )?changed|user(?: ?name)?|log-?in|e-?mail|mail|url|web ?site|site|since"
    r"|hint|date|name|phone|updated|renewed|expires|note)\b.*"
)
_BESIDES = re.compile(
    r"(?i).*(?:site|url|name|user|log-?in|mail|service|account|title|bank|app|portal)\b.*"
)
_COLUMN = re.compile(
    r"(?i)\W*(?:.*\s)?(?:passwords?|passwort|passwd|(?P<pass>pass)|pwd?|pass ?code|pass ?phrase"
    r"|kennwort|(?P<pins>pins?|cvv|cvc))\W*"
)
_CARDS = re.compile(r"(?i)\b(?:cards?|accounts?|banks?|sites?|apps?|services?)\b")
_NAMING = re.compile(r"(?i)pass|pwd?\b|kennwort|\bpin|\bcv[vc]\b")
_WIDE = 400  # characters of the titles of a table, at most
_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_LEAST = 4  # characters of a password
# Where a line ends, or might as well: what reads a line takes the square of such a run of time.
_LINE_END = re.compile(r"\n|[ \t]{500,}")


def find_listed(text: str, heading: str = "") -> Iterator[Place]:
    """Where the passwords of lists and tables stand; `heading` is what the text stands under."""
    lines = _lines(text)
    under = heading.rpartition(">")[2].strip()
    if _TITLE.search(text) or _is_title(under):
        yield from _sections(lines, under)
    for number, (_, line) in enumerate(lines):
        if _NAMING.search(line) and len(line) < _WIDE:
            yield from _table(lines, number)


_Line = tuple[int, str]  # where it starts, and what it says


def _lines(text: str) -> list[_Line]:
    ends = [found.span() for found in _LINE_END.finditer(text)]
    starts = [0, *(after for _, after in ends)]
    stops = [*(before for before, _ in ends), len(text)]
    return [(at, text[at:stop].rstrip("\r")) for at, stop in zip(starts, stops, strict=True)]


def _sections(lines: Sequence[_Line], heading: str) -> Iterator[Place]:
    """What stands below a title. Passages have lost the marks of their headings: a section ends
    also where lines look no more like items of it."""
    title = heading if _is_title(heading) else ""
    seen = gap = False
    for at, line in lines:
        inline = _INLINE.match(line)
        first = list(_items(line[inline.end() :], at + inline.end(), line)) if inline else []
        yield from first
        if _is_title(line) or first:
            title, seen, gap = line.lstrip(), bool(first), False
        elif line.startswith("#"):
            title = ""
        elif not line.strip():
            gap = True
        elif title:
            ends = title.rstrip(" *_").endswith(":") or not like_an_item(line)
            ends = ends if gap else not like_an_item(line) and len(line.split()) > 2
            if not title.startswith("#") and seen and ends:
                title = ""
                continue
            seen, gap = seen or like_an_item(line), False
            yield from _item(line, at, title)


def _is_title(line: str) -> bool:
    """Whether a line only says that passwords follow."""
    bare = line.strip(" \t#>*_:")
    found = _TITLE.search(bare)
    if not found or len(bare.split()) > 4:
        return False
    if line.lstrip().startswith("#") or line.rstrip(" *_").endswith(":"):
        return True
    words = re.findall(r"\w+", bare.casefold())
    return all(word in _MODEST or word.isdigit() or _TITLE.fullmatch(word) for word in words)


def _kind(title: str) -> str:
    """What is listed below a title: "pins", "logins", or "" for passwords of any kind."""
    kinds = {found.lastgroup or "" for found in _TITLE.finditer(title)}
    return kinds.pop() if len(kinds) == 1 else ""


def like_an_item(line: str) -> bool:
    """Whether a line looks like one of a list: "- Gmail ...", "Gmail: ...", "Gmail hunter22"."""
    bullet = _BULLET.match(line)
    labelled = _LABELLED.match(line)
    words = line.split()
    label = bool(labelled) and len((labelled or line)[0].split()) <= 5
    chosen = 0 < len(words) <= 4 and bool(CHOSEN.fullmatch(words[-1]) or REDACTED in words[-1])
    return bool(bullet and bullet.group().strip()) or label or chosen


def _items(said: str, at: int, title: str) -> Iterator[Place]:
    """The passwords of a list in one line."""
    for part in re.finditer(r"[^,;]+", said):
        yield from _item(part.group(), at + part.start(), title)


def _item(line: str, at: int, title: str) -> Iterator[Place]:
    """The password of one item: "Gmail: hunter22", "Gmail hunter22", "Gmail - anna / hunter22"."""
    if REDACTED in line:
        return
    pins, logins = (_kind(title) == kind for kind in ("pins", "logins"))
    bullet = _BULLET.match(line)
    begin = bullet.end() if bullet else 0
    labelled = _LABELLED.match(line, begin)
    end = labelled.end() if labelled else len(line)
    if shared(line[:end], line[end:]):
        return
    if labelled and labelled.group().strip(" :=|/-"):
        if _ASIDE.match(line, begin):
            return
        pieces = [
            (piece.start(), piece.group())
            for piece in _PIECE.finditer(line, labelled.end())
            if "://" not in piece.group() and not _ASIDE.match(piece.group())
        ]
        # a name on the left of a slash
        whole = line[begin : labelled.end()].rstrip().endswith("/") and pieces
        yield from _of_pieces(pieces, at, pins, logins and not whole)
        return
    words = list(_WORD.finditer(line, begin))
    if not words or len(words) > 4 or not no_prose([word["word"] for word in words]):
        return
    last, start = words[-1]["word"], at + words[-1].start("word")
    fit = re.fullmatch(r"\d{4,8}", last) if pins else CHOSEN.fullmatch(last)
    plain = len(words) == 2 and words[0]["word"][0].isupper() and _plain(last)
    if fit or (plain and not pins and not logins):
        yield start, start + len(last)


def _plain(word: str) -> bool:
    """Whether a word after a name is no verb to it, or how it is done."""
    unlike = word.endswith(("ly", "ed", "ing", "s"))
    return word.isalpha() and word.islower() and len(word) >= 6 and not unlike


def _of_pieces(
    pieces: Sequence[tuple[int, str]], at: int, pins: bool, logins: bool
) -> Iterator[Place]:
    """The passwords among what is told of one thing: the pieces that look like one, or the last."""
    pieces = [(start, said) for start, said in pieces if "@" not in said and said.strip()]
    if not pieces or not no_prose(pieces[0][1].split()):
        return
    strong = [
        (at + start + a, at + start + b) for start, said in pieces for a, b in _strong(said, pins)
    ]
    start, said = pieces[-1]
    if strong or pins or logins:
        yield from strong
    elif weak := _weak(said):
        yield at + start + weak[0], at + start + weak[1]


def _strong(said: str, pins: bool) -> Iterator[Place]:
    """What no word looks like; a name with a number is one only as a whole."""
    words = list(_WORD.finditer(said))
    if pins:
        yield from (w.span("word") for w in words if re.fullmatch(r"\d{3,8}", w["word"]))
        return
    chosen = [w for w in words if CHOSEN.fullmatch(w["word"]) and len(w["word"]) >= _LEAST]
    if chosen:
        yield from (word.span("word") for word in chosen)
        return
    bare = [word["word"] for word in words]
    if 1 < len(bare) <= 5 and bare[-1].isdigit() and not bare[0].islower() and no_prose(bare):
        yield words[0].start("word"), words[-1].end("word")


def _weak(said: str) -> Place | None:
    """A single word or number, or several words without order."""
    words = list(_WORD.finditer(said))
    bare = [word["word"] for word in words]
    if not bare or not no_prose(bare) or len(bare) > 8:
        return None
    one = len(bare) == 1 and len(bare[0]) >= _LEAST and any(map(str.isalnum, bare[0]))
    several = len(bare) > 2 and all(word.isalpha() and word.islower() for word in bare)
    return (words[0].start("word"), words[-1].end("word")) if one or several else None


def _table(lines: Sequence[_Line], number: int) -> Iterator[Place]:
    """The column of passwords of the table that begins in a line; of a row, what follows the
    word."""
    line, after = lines[number][1], lines[number + 1 : number + 2]
    below = after[0][1] if after else ""
    ruled = bool(_RULE.fullmatch(below)) and "|" in line
    for mark in "|" if "|" in line else "\t;,":
        cells = _cells(line, mark)
        if len(cells) < 2:
            continue
        titles = [said for _, said in cells]
        columns = [n for n, said in enumerate(titles) if _is_column(said, titles)]
        if not ruled and mark == "|":
            start, said = cells[1]
            if columns == [0] and len(cells) == 2 and not _BESIDES.fullmatch(said):
                yield from _cell(lines[number][0] + start, said, titles[0])
            return
        listed = any(_BESIDES.fullmatch(said) for said in titles)
        if columns and (ruled or (listed and all(len(said.split()) <= 3 for said in titles))):
            for at, row in islice(lines, number + 1 + ruled, None):
                told = _cells(row, mark)
                if mark not in row or len(told) != len(cells):
                    return
                rest = " ".join(said for n, (_, said) in enumerate(told) if n not in columns)
                if shared(rest) or (shared(" ".join(titles)) and not OWN.search(rest)):
                    continue
                for n in columns:
                    yield from _cell(at + told[n][0], told[n][1], titles[n])


def _cells(line: str, mark: str) -> list[tuple[int, str]]:
    found = [(cell.start(), cell.group()) for cell in re.finditer(rf"[^{mark}]*", line)]
    places, last = [], -1
    for start, said in found:
        if start > last:
            places.append((start, said))
            last = start + len(said)
    if mark == "|":
        places = places if places[0][1].strip() else places[1:]
        if places and not places[-1][1].strip():
            places.pop()
    return places


def _is_column(said: str, titles: Sequence[str]) -> bool:
    found = _COLUMN.fullmatch(said)
    others = any(_BESIDES.fullmatch(title) for title in titles)
    # as many pins as somebody bowled
    if found and (found["pins"] or "").casefold() == "pins" and not found["pins"].isupper():
        return any(_CARDS.search(title) or OWN.search(title) for title in titles)
    return bool(found) and (others or not (found and found["pass"]))


def _cell(at: int, said: str, title: str) -> Iterator[Place]:
    column = _COLUMN.fullmatch(title)
    pins = bool(column and column["pins"])
    if REDACTED in said or not said.strip():
        return
    yield from _of_pieces([(0, said)], at, pins, False)
