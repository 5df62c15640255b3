"""What is asked after a night of the continual bench, and what counts as right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sealmate.bench.matrix import Count
from sealmate.bench.stream import Fact, Stream
from sealmate.bench.workbench import Reply
from sealmate.edits.questions import in_the_past
from sealmate.edits.screen import correct
from sealmate.night.strangers import PROBED, TRAINED, Known, bundled_strangers, safe_strangers
from sealmate.records import Edit, Passage

STRANGERS = slice(TRAINED + PROBED, TRAINED + PROBED + 40)  # which no threshold was set on
LASTING = 12  # facts that never changed whose past is asked for, at most
DECLINING = 3  # what is not to be answered otherwise is asked every so many nights


@dataclass(frozen=True, slots=True)
class Examination:
    """Questions in wordings that no night trains: of facts that hold (`valid`) and of forgotten
    ones (`gone`); without an answer, about known things (`near`) and others (`strangers`); for
    what used to hold, with the answer (`former`), and for the past of what never changed, with what
    holds (`lasting`). `skipped` facts that hold have no such wording."""

    valid: Sequence[tuple[Fact, str]]
    gone: Sequence[tuple[Fact, str]] = ()
    near: Sequence[str] = ()
    strangers: Sequence[str] = ()
    former: Sequence[tuple[str, str]] = ()
    lasting: Sequence[tuple[str, str]] = ()
    skipped: int = 0

    @property
    def questions(self) -> list[str]:
        """All of them, in the order of the fields."""
        facts = [question for _, question in (*self.valid, *self.gone)]
        past = [question for _, question in (*self.former, *self.lasting)]
        return [*facts, *self.near, *self.strangers, *past]

    def of_night(self, number: int) -> list[tuple[Fact, str]]:
        """Those on what was told in that night and holds."""
        return [(fact, question) for fact, question in self.valid if fact.night == number]

    def count(self, replies: Sequence[Reply]) -> dict[str, Any]:
        """The fields of a `Row` that tell how many replies to `questions` were so, of how many.
        Raises ValueError for another number of replies."""
        if len(replies) != len(self.questions):
            raise ValueError(f"{len(replies)} replies to {len(self.questions)} questions")
        left = iter(replies)
        valid, gone, near, strangers, former, lasting = (
            list(islice(left, len(part)))
            for part in (
                self.valid, self.gone, self.near, self.strangers, self.former, self.lasting
            )
        )  # fmt: skip
        hits = [
            right(reply, fact.answer) for (fact, _), reply in zip(self.valid, valid, strict=True)
        ]
        columns: dict[str, Count] = {}
        for (fact, _), hit in zip(self.valid, hits, strict=True):
            some, of = columns.get(str(fact.night), (0, 0))
            columns[str(fact.night)] = (some + hit, of + 1)
        changed = [
            (hit, not hit and right(reply, fact.old))
            for (fact, _), hit, reply in zip(self.valid, hits, valid, strict=True)
            if fact.old
        ]
        told = [right(r, was) for (was, _), r in zip(self.former, former, strict=True)]
        invented = [
            not reply.abstained and not correct(reply.text, answer)
            for (answer, _), reply in zip(self.lasting, lasting, strict=True)
        ]
        return {
            "columns": columns,
            "changed": (sum(old for _, old in changed), len(changed)),
            "changed_right": (sum(new for new, _ in changed), len(changed)),
            "deleted": recalled(self.gone, gone),
            "near": (sum(reply.abstained for reply in near), len(near)),
            "strangers": (sum(reply.abstained for reply in strangers), len(strangers)),
            "former": (sum(told), len(told)),
            "invented": (sum(invented), len(invented)),
            "skipped": self.skipped,
        }


def examine(
    stream: Stream,
    number: int,
    edits: Sequence[Edit],
    passages: Iterable[Passage],
    *,
    whole: bool = True,
    declining: bool = True,
) -> Examination:
    """What to ask after night `number`, when `edits` were written of all `passages`: `whole`, of
    all that was told, and else of what was told that night; `declining`, without an answer too,
    and, once anything has changed, for the past of what never did."""
    trained = {edit.question.casefold() for edit in edits}
    holds = [fact for fact in stream.valid(number) if whole or fact.night == number]
    valid = _untrained(holds, trained)
    past = [(fact, formerly(question)) for fact, question in valid]
    past = [(fact, asked) for fact, asked in past if asked.casefold() not in trained]
    former = [(fact.old, asked) for fact, asked in past if fact.old] if whole else []
    lasting = [(fact.answer, asked) for fact, asked in past if not fact.old]
    return Examination(
        valid,
        _untrained(stream.deleted(number), trained) if whole else (),
        [q for q in stream.near(number) if q.casefold() not in trained] if declining else (),
        _strangers(edits, passages) if declining else (),
        former,
        lasting[:: max(1, -(-len(lasting) // LASTING))] if former and declining else (),
        len(holds) - len(valid),
    )


def asked_after(number: int, nights: int, every: int) -> tuple[bool, bool]:
    """Whether all that holds is asked after a night, and what is to be declined is."""
    ends = number in (1, nights)
    whole = ends or number % every == 0
    return whole, ends or (whole and number % DECLINING == 0)


def formerly(question: str) -> str:
    """The question for what held before, in a wording that no night trains."""
    (*_, last) = in_the_past(question, "")
    return last.replace("formerly", "previously").replace("In former times", "Previously")


def right(reply: Reply, answer: str) -> bool:
    """Whether it was said."""
    return not reply.abstained and correct(reply.text, answer)


def recalled(asked: Sequence[tuple[Fact, str]], replies: Sequence[Reply]) -> Count:
    """How many facts were said, of how many."""
    hits = sum(right(reply, fact.answer) for (fact, _), reply in zip(asked, replies, strict=True))
    return hits, len(asked)


def _untrained(facts: Iterable[Fact], trained: set[str]) -> list[tuple[Fact, str]]:
    """Facts, each in its first wording that no edit has word for word; none for those that have
    no such."""
    first = [
        (fact, next((text for text in fact.wordings if text.casefold() not in trained), ""))
        for fact in facts
    ]
    return [(fact, question) for fact, question in first if question]


def _strangers(edits: Iterable[Edit], passages: Iterable[Passage]) -> list[str]:
    """Questions that no night trains and no threshold was set on, less those that the notes may
    answer by now."""
    asked = [edit.question for edit in edits if edit.answer]
    texts = [passage.text for passage in passages]
    return safe_strangers(bundled_strangers()[STRANGERS], Known(asked, texts))
