"""What the writer wrote, as pairs, statements or a question.

Strict about what counts, forgiving about numbering, bullets, bold and labels. A model that got
stuck repeats lines or words: what repeats is cut. Knows nothing of the passage.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sealmate.edits.lexicon import ASKING

LONGEST_QUESTION, LONGEST_ANSWER, LONGEST_STATEMENT = 300, 400, 600
_SPECIAL = re.compile(r"<\|[^|>\n]{1,40}\|>|</?s>")
_BULLET = re.compile(
    r"^\s*(?:[-*+•·–—>#]+\s+|\(?\d{1,3}[.):]\s+|\(?[a-z][.)]\s+|[*+•·]+(?=[A-Z\"]))+"
)
# The "a." of "7 a.m." or "p.a." is no label. No two "\s*" meet: they would share a run of spaces
# in all ways there are.
_LABEL = (
    r"(?![Aa]\.\s?[Mm]\b)[*_]{0,2}(?:%s)\s*(?:\d{1,3}\s*)?(?:[*_]{1,2}\s*)?[:.)]"
    r"\s*(?:[*_]{1,2}\s*)?"
)
_QUESTION = re.compile(rf"(?<!\w){_LABEL % '[Qq](?:uestion)?|QUESTION'}", re.MULTILINE)
_ANSWER = re.compile(rf"(?<!\w)(?<!\w\.){_LABEL % '[Aa]nswer|ANSWER|A|a'}")
_LABELLED = re.compile(rf"^{_LABEL % '[Qq](?:uestion)?|[Aa](?:nswer)?'}")
_ABBREVIATION = re.compile(
    r"""(?:
        (?:mr|mrs|ms|dr|prof|st|sr|jr|rev|sgt|capt|col|gen|lt|no|nos|nr|vol|fig|approx|ca|cf|vs|etc
          |incl|excl|tel|ext|dept|inc|ltd|co|corp|bros|ave|rd|min|max|p|pp|op|art|ed|est
          |jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thurs?|fri|sat|sun)
        | (?:[a-z]\.)+[a-z]
        | [A-Z]
    )\.""",
    re.VERBOSE | re.IGNORECASE,
)
# A single letter is an initial only if it is a capital: "vitamin c." ends a sentence.
_SMALL_LETTER = re.compile(r"[a-z]\.")
# These end a sentence when a capital follows; a title never does.
_MAY_END = re.compile(r"(?:etc|a\.m|p\.m|ltd|inc|co|corp|jr|sr|\d)\.$", re.IGNORECASE)
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]]*\s+")  # dotted leaders are tried once
_WORDS = re.compile(r"\S+")
_NO_ANSWER = re.compile(r"\s*(?:note|q(?:uestion)?)\s*(?:\d+\s*)?:", re.IGNORECASE)


class Pair(NamedTuple):
    """A question and its short answer; neither is empty."""

    question: str
    answer: str


def parse_pairs(text: str) -> list[Pair]:
    """The pairs of "Q: question? A: answer" lines, in order, each once.

    Labels may be spelt out, numbered, bold, or on lines of their own; the answer of a line
    without labels is what follows its question mark. A question without an answer is dropped.
    """
    pairs: dict[tuple[str, str], Pair] = {}
    for chunk in _chunks(_clean(text)):
        pair = _pair(chunk)
        if pair is not None:
            pairs.setdefault((_key(pair.question), _key(pair.answer)), pair)
    return list(pairs.values())


def parse_statements(text: str) -> list[str]:
    """The statements of a list or of prose, one sentence each, in order, each once.

    Questions, headings, preambles, fragments of under three words and a last sentence that was
    cut off are dropped.
    """
    lines = [(line, _bare(line)) for line in _clean(text).splitlines()]
    sentences: list[str] = []
    for raw, line in lines:
        if not line or raw.lstrip().startswith("#") or _LABELLED.match(line):
            continue
        if line.endswith(":") or re.match(r"(?:note|title|heading)s?\s*:", line, re.IGNORECASE):
            continue
        sentences += split_sentences(cut_loops(line))
    ended = [_ends(sentence) for sentence in sentences]
    if sentences and not ended[-1] and sum(ended) * 2 >= len(ended):
        sentences.pop()
    found: dict[str, str] = {}
    for sentence in sentences:
        if _is_statement(sentence):
            found.setdefault(_key(sentence), sentence)
    return list(found.values())


def parse_question(text: str) -> str | None:
    """The first question of a text, without labels, or None."""
    for raw in _clean(text).splitlines():
        line = _LABELLED.sub("", _bare(raw))
        marked = "?" in line
        for sentence in split_sentences(line) if marked else [line]:
            question = _question(sentence if not marked or "?" in sentence else "")
            if question:
                return question
    return None


def split_sentences(text: str) -> list[str]:
    """The sentences of one paragraph; abbreviations, initials and numbers do not end one."""
    sentences = []
    start = 0
    for match in _END.finditer(text):
        end, after = match.start() + len(match[0].rstrip()), text[match.end() : match.end() + 1]
        if after.islower() or (text[end - 1] == "." and _abbreviated(text, start, end, after)):
            continue
        sentences.append(text[start:end])
        start = match.end()
    rest = text[start:].strip()
    return [*sentences, rest] if rest else sentences


def cut_loops(text: str) -> str:
    """The text up to where it begins to repeat itself.

    A loop is a word four times in a row, or two to twelve words three times; digits alone, as in
    phone numbers, are none. The first round stays, the rest of the text goes.
    """
    words = [(match.group(), match.end()) for match in _WORDS.finditer(text)]
    low = [word.casefold().strip(".,;:!?\"'()") for word, _ in words]
    for start in range(len(low)):
        for size in range(1, 13):
            rounds = 4 if size == 1 else 3
            if start + rounds * size > len(low):
                break
            block = low[start : start + size]
            if not any(letter.isalpha() for word in block for letter in word):
                continue
            if all(
                low[start + size * turn : start + size * (turn + 1)] == block
                for turn in range(1, rounds)
            ):
                return text[: words[start + size - 1][1]].rstrip(" ,;")
    return text


def _clean(text: str) -> str:
    return (
        _SPECIAL.sub("\n", text).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    )


def _bare(line: str) -> str:
    line = _BULLET.sub("", line).strip()
    line = re.sub(r"\*\*(.+?)\*\*", r"\1", line)
    return " ".join(line.split())


def _chunks(text: str) -> list[str]:
    """One chunk for each question: from its label, or its line, to the next."""
    starts = [match.start() for match in _QUESTION.finditer(text)]
    if not starts:
        return [line for line in text.splitlines() if "?" in line]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def _pair(chunk: str) -> Pair | None:
    body = _QUESTION.sub("", _BULLET.sub("", chunk.strip()), count=1)
    label = _ANSWER.search(body)
    if label:
        asked, told = body[: label.start()], body[label.end() :]
    elif "?" in body:
        asked, _, told = body.partition("?")
        asked += "?"
        told = told.strip().removeprefix("-").removeprefix("–").removeprefix(":")
    else:
        return None
    question = _question(asked)
    answer = _answer(told)
    return Pair(question, answer) if question and answer else None


def _question(text: str) -> str | None:
    text = _unquoted(cut_loops(_bare(text)))
    if "?" in text:
        text = text[: text.index("?") + 1]
    elif text and _key(text).split(" ")[0] in ASKING:
        text = text.rstrip(" .!:;,") + "?"
    else:
        return None
    words = text.split()
    if len(words) < 2 or len(text) > LONGEST_QUESTION:
        return None
    return text if any(letter.isalpha() for letter in text) else None


def _answer(text: str) -> str | None:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if not lines or _NO_ANSWER.match(lines[0]):
        return None
    answer = _unquoted(cut_loops(" ".join(lines[0].split()).strip(" *_")))
    answer = re.sub(r"^[-–•]\s+", "", answer)
    if answer.endswith(".") and not answer.endswith("..") and len(split_sentences(answer)) == 1:
        kept = _abbreviated(answer, 0, len(answer), "x")
        answer = answer if kept else answer[:-1].rstrip()
    usable = any(map(str.isalnum, answer)) and len(answer) <= LONGEST_ANSWER
    return answer if usable and "?" not in answer[:-1] + answer[-1:] else None


def _unquoted(text: str) -> str:
    text = text.strip()
    for left, right in ('""', "''", "“”", "‘’"):
        inner = text[1:-1]
        if len(text) > 2 and text[0] == left and text[-1] == right and left not in inner:
            return inner.strip()
    return text


def _abbreviated(text: str, start: int, end: int, after: str) -> bool:
    """Whether the full stop before `end` is that of an abbreviation, in a sentence from `start`."""
    at = end
    while at > start and not text[at - 1].isspace() and text[at - 1] not in "(\"'":
        at -= 1
    word = text[at:end]  # a sentence may have any number of abbreviations: look at the last alone
    if not _ABBREVIATION.fullmatch(word) or _SMALL_LETTER.fullmatch(word):
        return False
    return not (after.isupper() and _MAY_END.search(word))


def _ends(sentence: str) -> bool:
    return sentence.rstrip("\"'”’)]").endswith((".", "!", "?", "…"))


def _is_statement(sentence: str) -> bool:
    if sentence.rstrip("\"'”’)]").endswith("?") or len(sentence) > LONGEST_STATEMENT:
        return False
    if re.match(r"(?:sure|certainly|of course|here (?:is|are)|here's)\b", sentence, re.IGNORECASE):
        return not sentence.endswith((":", "!")) and ":" not in sentence
    return len(sentence.split()) >= 3 and any(letter.isalpha() for letter in sentence)


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
