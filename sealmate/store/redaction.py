"""Taking forgotten words out of what stays in the ledger, such as a night's report."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select, union, update

from sealmate.records import Reach
from sealmate.store import tables
from sealmate.store.database import chunks

GONE = "[forgotten]"
# A text of this length tells of its source wherever it stands.
SHORTEST_PART = 12
# A shorter one is blotted out where it stands as words of its own, but tells nothing of the rest.
SHORTEST_WORD, LONGEST_WORD = 4, 200
# What a field of a report is called; the words of a note have spaces, or are the key of a count.
_FIELD = re.compile(r"\w+")
NO_REASON = "refused"  # what a report counts an edit under that was given none
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
_EDGE = " \t-–*#>•|.!?…:;,\"'“”‘’()"


class Needles:
    """The words of an erased source: its title, passages, questions and answers."""

    def __init__(self, texts: set[str], ids: Mapping[str, set[int]]) -> None:
        cleaned = {text.strip().casefold() for text in texts}
        self._whole = cleaned - {""}
        self._parts = sorted(text for text in cleaned if len(text) >= SHORTEST_PART)
        self._ids = ids
        words = [text for text in cleaned if SHORTEST_WORD <= len(text) <= LONGEST_WORD]
        longest_first = sorted(words, key=len, reverse=True)
        inside = "|".join(re.escape(word) for word in longest_first)
        self._words = re.compile(rf"(?<!\w)(?:{inside})(?!\w)", re.IGNORECASE) if inside else None

    def long_only(self) -> Needles:
        """The same without the texts that are short enough to mean something else."""
        return Needles(set(self._parts), self._ids)

    def within(self, text: str) -> bool:
        """True if `text` is one of the texts, or contains or is part of a long one."""
        return text.strip().casefold() in self._whole or self._long(text)

    def _long(self, text: str) -> bool:
        folded = text.strip().casefold()
        return any(
            part in folded or (len(folded) >= SHORTEST_PART and folded in part)
            for part in self._parts
        )

    def redact(self, value: Any) -> Any:
        """`value` with every tell-tale string, or the words in it, replaced by "[forgotten]".

        An object that names an erased id ("edit", "edit_id", ...) or holds a long tell-tale string
        loses all its strings: the answer beside a question must go with it. A short one goes
        alone: what stands beside "Gym" or "Friday" may be about something else. A field keeps its
        name, be it what was forgotten: whoever reads the object looks for it.
        """
        if isinstance(value, str):
            return GONE if self.within(value) else self._blot(value)
        if isinstance(value, list):
            return [self.redact(item) for item in value]
        if not isinstance(value, dict):
            return value
        if any(isinstance(item, str) and self._long(item) for item in value.values()) or (
            self._names(value)
        ):
            return self._strip(value)
        return {self._key(key): self.redact(item) for key, item in value.items()}

    def redact_lines(self, text: str) -> str:
        """`text`, which may be long, with each line that tells replaced and the words in the others
        blotted out. A line tells too that has a sentence, or a line, of a long text."""
        folded = text.casefold()
        short = {word for word in self._whole if len(word) < SHORTEST_PART and word in folded}
        lines = text.splitlines(keepends=True)
        said = {line.strip().casefold() for line in lines}
        pieces = {piece for part in self._parts for piece in _pieces(part)}
        telling = {line for _, line in _standing({*self._parts, *pieces}, said)}
        telling |= {line for line, _ in _standing(said, self._parts)}
        if not short and not telling:
            return text
        few = Needles(short, {})
        return "".join(
            (GONE if line.strip().casefold() in telling else few.redact(line.rstrip("\r\n")))
            + _ending(line)
            for line in lines
        )

    def _blot(self, text: str) -> str:
        return text if self._words is None else self._words.sub(GONE, text)

    def _key(self, key: str) -> str:
        return key if _FIELD.fullmatch(key) else str(self.redact(key))

    def _strip(self, value: Any) -> Any:
        """`value` with all its strings gone."""
        if isinstance(value, str):
            return GONE
        if isinstance(value, list):
            return [self._strip(item) for item in value]
        if isinstance(value, dict):
            return {self._key(key): self._strip(item) for key, item in value.items()}
        return value

    def _names(self, value: dict[str, Any]) -> bool:
        return any(
            value.get(key) in ids
            for kind, ids in self._ids.items()
            for key in (kind, f"{kind}_id")
            if isinstance(value.get(key), int)
        )


def redact_all(connection: Connection, needles: Needles, reach: Reach) -> None:
    """Take the words of a source, whose rows are gone, out of JSON and reasons, inside the caller's
    transaction; only where they can have got into by way of it, for a short answer may also be the
    name of a model or an hour."""
    learnt: set[int] = set()
    for part in chunks(list(reach.edits)):
        query = select(tables.version_shards.c.version).select_from(tables.trained)
        learnt.update(connection.scalars(query.where(tables.shard_edits.c.edit_id.in_(part))))
    reasons = _reasons(connection)
    for table, key, names, censor in (
        (tables.runs, "id", ("report", "reason"), needles),
        (tables.versions, "number", ("scores", "manifest"), needles),
        (tables.activations, "id", ("reason",), needles),
        (tables.state, "key", ("value",), needles.long_only()),
    ):
        for row in connection.execute(select(table)).all():
            if table is tables.versions and row.number not in learnt:
                continue
            old: dict[str, Any] = {name: getattr(row, name) for name in names}
            new = {name: censor.redact(value) for name, value in old.items()}
            if table is tables.runs:
                new["report"] = _report(row.report, needles, reasons, reach.probes)
            if new != old:
                connection.execute(
                    update(table).where(table.c[key] == getattr(row, key)).values(new)
                )
    results = tables.probe_results
    # a live probe's wrong answer may be what was forgotten; a right one is its own
    for row in connection.execute(select(results).where(results.c.correct.is_(False))).all():
        said = needles.redact(row.answer)
        if said != row.answer:
            here = [
                results.c[name] == getattr(row, name) for name in ("run_id", "version", "probe_id")
            ]
            connection.execute(update(results).where(*here).values(answer=said))


def _reasons(connection: Connection) -> set[str]:
    """The reasons that edits have or had which stay, and the word for none."""
    edits, events = tables.edits, tables.edit_events
    found = connection.scalars(union(select(edits.c.reason), select(events.c.reason)))
    return {*found, NO_REASON}


def _report(
    report: Any, needles: Needles, reasons: Collection[str], probes: Collection[int]
) -> Any:
    """A night's report without what only the source told.

    A reason to refuse an edit may be a reading of its passage that no text of the source is like:
    only those stay that an edit which stays was given. So may be what a probe was answered with.
    """
    gone = {str(key) for key in probes}

    def pruned(part: Any) -> Any:
        if isinstance(part, list):
            return [pruned(item) for item in part]
        if not isinstance(part, dict):
            return part
        made = {key: pruned(item) for key, item in part.items()}
        # wherever they are: what a night kept itself stands under "work" in a complete report
        if isinstance(counts := made.get("reasons"), dict):
            made["reasons"] = _counts(counts, needles, reasons)
        if isinstance(lost := made.get("lost"), dict):
            made["lost"] = {key: said for key, said in lost.items() if key not in gone}
        return made

    return needles.redact(pruned(report))


def _counts(
    counts: Mapping[str, Any], needles: Needles, reasons: Collection[str]
) -> dict[str, Any]:
    """How many edits were refused by reason, the only keys in a report that are words of notes."""
    made: dict[str, Any] = {}
    for reason, count in counts.items():
        left = needles.redact(reason) if reason in reasons else GONE
        name = NO_REASON if reason == NO_REASON else left
        known = made.get(name, 0)
        made[name] = known + count if isinstance(known, int) and isinstance(count, int) else count
    return made


def _pieces(text: str) -> Iterator[str]:
    """The lines and sentences of a text that are long enough to tell, without what is around
    them."""
    for line in text.splitlines():
        for piece in (line, *_SENTENCES.split(line)):
            bare = piece.strip(_EDGE)
            if len(bare) >= SHORTEST_PART:
                yield bare


def _standing(needles: Iterable[str], texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each of the needles that is long enough to tell, with each text that it stands in.

    Looks once at every place of a text, however many needles there are.
    """
    starts: defaultdict[str, list[str]] = defaultdict(list)
    for needle in needles:
        if len(needle) >= SHORTEST_PART:
            starts[needle[:SHORTEST_PART]].append(needle)
    for text in texts:
        for at in range(len(text) - SHORTEST_PART + 1):
            for needle in starts.get(text[at : at + SHORTEST_PART], ()):
                if text.startswith(needle, at):
                    yield needle, text


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
