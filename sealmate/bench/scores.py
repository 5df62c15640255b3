"""Scoring a night's edits and answers against a set's own questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sealmate.bench.report import share
from sealmate.bench.sets import BenchSet, Question
from sealmate.chat.assistant import Answer, Assistant
from sealmate.edits.screen import correct, grounded_answer, is_abstention, novel_content
from sealmate.model.protocol import LanguageModel
from sealmate.recall import recollect
from sealmate.recital import Recollection
from sealmate.records import Edit, Way
from sealmate.store import Store
from sealmate.training.threshold import best_threshold


@dataclass(frozen=True, slots=True)
class Sitting:
    """One asking of a whole set: answers to its questions closed-book and open-book, and
    closed-book to its near misses and strangers."""

    closed: Sequence[Answer]
    open: Sequence[Answer]
    near: Sequence[Answer]
    strangers: Sequence[Answer]

    def figures(self, questions: Sequence[Question]) -> dict[str, float]:
        """Shares right and shares declined."""
        return {
            "recall": share(right(self.closed, questions)),
            "open_book": share(right(self.open, questions)),
            "abstention": share(a.abstained for a in (*self.near, *self.strangers)),
            "near": share(a.abstained for a in self.near),
            "strangers": share(a.abstained for a in self.strangers),
        }


def sit(assistant: Assistant, bench: BenchSet) -> Sitting:
    """Ask a set of the assistant as a person would be answered: with the active version, its
    threshold and, open-book, what retrieval finds."""
    asked = [question.text for question in bench.questions]
    alone = assistant.ask_many([*asked, *bench.near, *bench.strangers], closed_book=True)
    first, second = len(asked), len(asked) + len(bench.near)
    return Sitting(
        closed=alone[:first],
        open=assistant.ask_many(asked),
        near=alone[first:second],
        strangers=alone[second:],
    )


def right(answers: Sequence[Answer], questions: Sequence[Question]) -> list[bool]:
    """Which answers are right. One that abstains never is."""
    return [
        not answer.abstained and correct(answer.text, question.answer, question.also)
        for answer, question in zip(answers, questions, strict=True)
    ]


def without_threshold(
    model: LanguageModel,
    bench: BenchSet,
    adapter: str | None,
    threshold: float,
    tokens: int,
    way: Way = "recite",
) -> dict[str, float]:
    """What the weights say before any threshold, and what the best one for this very set would
    give (an oracle: it looks at the answers; for judging the threshold, not the product)."""
    asked = [*(q.text for q in bench.questions), *bench.near, *bench.strangers]
    said = recollect(model, asked, adapter, way=way, max_tokens=tokens)
    known = [
        (completion.confidence, correct(completion.text, question.answer, question.also))
        for completion, question in zip(said, bench.questions, strict=False)
    ]
    strange = [_stranger(completion) for completion in said[len(known) :]]
    best = best_threshold(known, strange)
    return {
        "recall_raw": share(hit for _, hit in known),
        "abstention_raw": share(done for _, done in strange),
        "threshold": round(threshold, 4),
        "oracle_threshold": round(best, 4),
        "oracle_recall": share(hit and sure >= best for sure, hit in known),
        "oracle_abstention": share(done or sure < best for sure, done in strange),
    }


def _stranger(completion: Recollection) -> tuple[float, bool]:
    return completion.confidence, is_abstention(completion.text)


@dataclass(frozen=True, slots=True)
class EditScores:
    """The accepted edits judged. `strange` are (edit, why) of those not borne out by their
    passage, `missing` the questions whose answer no edit carries."""

    accepted: int
    questions: int
    statements: int
    grounded: float
    coverage: float
    coverage_by_questions: float
    strange: Sequence[tuple[Edit, str]]
    missing: Sequence[Question]


def score_edits(store: Store, bench: BenchSet, sources: Mapping[int, int]) -> EditScores:
    """Judge the ledger's accepted edits; `sources` maps a note's number to its source's id.

    A question's edit is grounded if its answer stands in the passage, a statement if it has no
    name, number, date or place that its passage lacks. A question of the set is covered if the
    answer of one of its note's question edits, or one of its statements, would count as right.
    Unanswerable questions teach no fact and count nowhere.
    """
    told = [e for e in store.edits.list(state="accepted") if e.format != "unknown"]
    passages = {p.id: p for p in store.passages.get_many(sorted({e.passage_id for e in told}))}
    titles = store.sources.titles()
    strange: list[tuple[Edit, str]] = []
    by_source: dict[int, list[Edit]] = {}
    for edit in told:
        passage = passages[edit.passage_id]
        by_source.setdefault(passage.source_id, []).append(edit)
        own = f"{passage.heading or titles.get(passage.source_id, '')}\n{passage.text}"
        if why := _strange(edit, own):
            strange.append((edit, why))
    carried = [
        _carried(question, by_source.get(sources[question.note], ()))
        for question in bench.questions
    ]
    asked = sum(1 for edit in told if edit.question)
    return EditScores(
        accepted=len(told),
        questions=asked,
        statements=len(told) - asked,
        grounded=round(1 - len(strange) / len(told), 3) if told else 0.0,
        coverage=share(carried_at_all for carried_at_all, _ in carried),
        coverage_by_questions=share(by_question for _, by_question in carried),
        strange=strange,
        missing=[
            question
            for question, (found, _) in zip(bench.questions, carried, strict=True)
            if not found
        ],
    )


def _strange(edit: Edit, own: str) -> str:
    if edit.question:
        return "" if grounded_answer(edit.answer, own) else f"answer: {edit.answer}"
    return ", ".join(novel_content(edit.text, own))


def _carried(question: Question, edits: Sequence[Edit]) -> tuple[bool, bool]:
    """Whether any edit carries a question's answer, and whether a question edit does."""

    def carries(given: str) -> bool:
        return correct(given, question.answer, question.also)

    asked = any(carries(edit.answer) for edit in edits if edit.question)
    return asked or any(carries(edit.text) for edit in edits if not edit.question), asked


def transcript(bench: BenchSet, before: Sitting, after: Sitting) -> list[dict[str, Any]]:
    """Every question with what was answered before and after, for reading."""
    rows: list[dict[str, Any]] = []
    for when, sitting in (("before", before), ("after", after)):
        for book, answers in (("closed", sitting.closed), ("open", sitting.open)):
            marks = right(answers, bench.questions)
            rows += [
                {"when": when, "kind": book, "question": question.text, "note": question.note,
                 "expected": question.answer, "right": mark, **_said(answer)}
                for question, answer, mark in zip(bench.questions, answers, marks, strict=True)
            ]  # fmt: skip
        for kind, asked, answers in (
            ("near", bench.near, sitting.near), ("stranger", bench.strangers, sitting.strangers),
        ):  # fmt: skip
            rows += [
                {"when": when, "kind": kind, "question": question, "right": answer.abstained,
                 **_said(answer)}
                for question, answer in zip(asked, answers, strict=True)
            ]  # fmt: skip
    return rows


def _said(answer: Answer) -> dict[str, Any]:
    return {
        "given": answer.text,
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "sources": [source.get("id") for source in answer.sources],
    }
