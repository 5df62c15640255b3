"""Why an answer is what it is: what the weights say, what the notes say, and what taught it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Event as Flag

from sealmate.chat.answer import Answer, how_sure, telling
from sealmate.chat.assistant import Assistant
from sealmate.chat.disputes import Dispute, alike, disputes, told_otherwise
from sealmate.edits.screen import same_answer
from sealmate.errors import Cancelled
from sealmate.events import Event, Note
from sealmate.records import Edit, Hit, Passage, brief
from sealmate.store import Store
from sealmate.versions.bisect import ancestry


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where an answer comes from.

    `known` is the answer of the weights alone, `read` the one with the notes at hand, and
    `agree` says whether the two are the same (False where either abstains). `hits` are the
    passages it rests on, `edits` the accepted self-edits of those that taught it. `taught_in` is
    the first of the versions that the one asked came from, itself included, since when it was
    built from one of `edits`, or of those that told the same of an earlier self of a file;
    `recalled_in` is the first of them that answered a probe of this right. Where none of them was,
    both are of whatever version was; None where there is none. `in_weights` says whether the
    version asked was built from any of them. `disputes` are what other notes say to either answer.
    """

    question: str
    version: int
    known: Answer
    read: Answer
    agree: bool
    hits: tuple[Hit, ...]
    edits: tuple[Edit, ...]
    taught_in: int | None
    recalled_in: int | None
    in_weights: bool
    disputes: tuple[Dispute, ...] = ()


def explain(
    assistant: Assistant,
    store: Store,
    question: str,
    version: int | None = None,
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    cancel: Flag | None = None,
) -> Explanation:
    """Ask `question` with and without the notes and look up what stands behind the answers.

    `on_event` gets a Note of each way it is asked. Raises as `Assistant.ask` does.
    """
    on_event(Note("asking the weights alone…"))
    known = assistant.ask(question, closed_book=True, version=version, cancel=cancel)
    if cancel is not None and cancel.is_set():
        raise Cancelled("stopped while answering")
    on_event(Note("asking with the notes…"))
    read = assistant.ask(question, version=version, cancel=cancel)
    agree = not (known.abstained or read.abstained) and same_answer(known.text, read.text)
    hits = _behind(store, question, read)
    said = [answer.text for answer in (read, known) if not answer.abstained]
    passages = [hit.passage.id for hit in hits]
    edits = tuple(
        edit
        for key in passages
        for edit in store.edits.list(state="accepted", passage_id=key)
        if _taught(edit, question, said)
    )
    if not edits and not read.sources:
        hits = ()  # the best found, on which nothing rests
    before = _told_before(store, hits, edits, question)
    builds = store.versions.versions_with_edits(
        [edit.id for edit in (*edits, *before)], purged=True
    )
    line = ancestry(store, known.version) if known.version else []
    taught_in = _taught_since(line, builds)
    if taught_in is None:
        line, taught_in = [one.number for one in store.versions.list()], min(builds, default=None)
    return Explanation(
        question=question,
        version=known.version,
        known=known,
        read=read,
        agree=agree,
        hits=hits,
        edits=edits,
        taught_in=taught_in,
        recalled_in=_first_recall(store, passages, before, question, line),
        in_weights=known.version in builds,
        disputes=tuple(
            dict.fromkeys(d for answer in (read, known) for d in disputes(store, question, answer))
        ),
    )


def _behind(store: Store, question: str, read: Answer) -> tuple[Hit, ...]:
    """The passages the open-book answer names; where it names none, the best found."""
    ids = [source["passage"] for source in read.sources]
    found = store.passages.search(question, 12)
    if not ids:
        return tuple(found[:1])
    by_id = {hit.passage.id: hit for hit in found}
    return tuple(
        by_id.get(passage.id) or Hit(passage, _title(store, passage), 0.0)
        for passage in store.passages.get_many(ids)
    )


def _title(store: Store, passage: Passage) -> str:
    return store.sources.get(passage.source_id).title


def _taught(edit: Edit, question: str, said: Sequence[str]) -> bool:
    """Whether an edit is about this: it asks the same, or it says what was answered."""
    if edit.format == "unknown":
        return False
    if edit.question:
        about = not telling(edit.question).isdisjoint(telling(question))
        return alike(edit.question, question) or (
            about and any(same_answer(edit.answer, text) for text in said)
        )
    inside = telling(edit.text)
    return any(words and words <= inside for words in map(telling, said))


def _told_before(
    store: Store, hits: Iterable[Hit], edits: Iterable[Edit], question: str
) -> list[Edit]:
    """The edits that taught the same answer as `edits` of what files said before they were edited:
    another line does not make a fact a new one."""
    answers = [edit.answer for edit in edits if edit.answer]
    sources = dict.fromkeys(hit.passage.source_id for hit in hits) if answers else ()
    return [
        edit
        for key in sources
        for source in store.sources.earlier(key)
        for passage in store.passages.of_source(source.id)
        for edit in store.edits.aside(passage.id)
        if _taught(edit, question, answers)
        and (not edit.answer or any(same_answer(edit.answer, answer) for answer in answers))
    ]


def _taught_since(line: Sequence[int], builds: Collection[int]) -> int | None:
    """The first version of the last unbroken stretch of `line`, oldest first, that is in `builds`:
    what a rebuild left out and a later night taught again is known since that night."""
    first = None
    for before, number in pairwise((None, *line)):
        if number in builds and (first is None or before not in builds):
            first = number
    return first


def _first_recall(
    store: Store,
    passages: Iterable[int],
    before: Sequence[Edit],
    question: str,
    line: Collection[int],
) -> int | None:
    """The first version of `line` that answered a probe like `question`, of these passages, right,
    or one of the passages of the edits `before` that has their answer."""
    answers = {edit.passage_id: [e.answer for e in before if e.answer] for edit in before}
    versions = [
        result.version
        for key in (*passages, *answers)
        for probe in store.probes.list(retired=None, passage_id=key)
        if alike(probe.question, question)
        if key not in answers or any(same_answer(probe.answer, text) for text in answers[key])
        for result in store.probes.results_of_probe(probe.id)
        if result.correct and result.version in line
    ]
    return min(versions, default=None)


def as_markdown(explained: Explanation) -> str:
    """The explanation for a person, in Markdown."""
    known, read = explained.known, explained.read
    lines = [
        f"**From the weights** (version {explained.version}, {how_sure(known.confidence)}): "
        + known.text,
        *([f"**Recited for it:** {known.recital}"] if known.recital else []),
        f"**With the notes:** {read.text}",
        "The two agree." if explained.agree else "The two do not agree.",
        *(f"**But** {told_otherwise(dispute)}" for dispute in explained.disputes),
    ]
    lines += [
        f"**From** {hit.source_title} (source {hit.passage.source_id}):\n\n> "
        + hit.passage.text.replace("\n", "\n> ")
        for hit in explained.hits
    ]
    if explained.edits:
        lines.append("**Taught by**")
        lines.append("\n".join(f"- {edit.id}: {brief(edit)}" for edit in explained.edits))
    lines.append(since(explained))
    return "\n\n".join(lines)


def since(explained: Explanation) -> str:
    """Since when the weights hold it, in a sentence."""
    if not explained.hits:
        return "No note tells this."
    if explained.taught_in is None:
        return "No version was trained on this: it is in the notes alone."
    number = explained.taught_in
    text = f"In the weights since version {number}"
    if not explained.in_weights:
        text = f"Version {number} was the first to be trained on this"
    if explained.recalled_in is not None:
        text += f", recalled in a test since version {explained.recalled_in}"
    if not explained.in_weights:
        asked = f"version {explained.version}" if explained.version else "the base alone"
        text += f"; {asked} was not trained on it"
    return text + "."
