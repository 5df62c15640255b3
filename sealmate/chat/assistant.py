"""The assistant: a question in; an answer, the version that gave it and its sources out.

By default it reads: passages found for the question stand in the prompt under numbers. Where
nothing is found, or the notes do not say, or the person asks for it, the weights answer alone,
and what they are less sure of than the version's threshold is not said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Flag
from typing import TYPE_CHECKING

from sealmate import prompts
from sealmate.chat.answer import (
    Answer,
    Speaker,
    as_sources,
    better_of,
    cited,
    first_line,
    read_references,
)
from sealmate.chat.confirmation import Plan, confirm, prompt_of, repeats_time
from sealmate.chat.history import fitted
from sealmate.chat.ranking import passages_for
from sealmate.edits.screen import is_abstention
from sealmate.edits.units import all_units
from sealmate.errors import Cancelled, UsageError
from sealmate.model.protocol import LanguageModel, Prompt, Request, Sampling, Turn
from sealmate.reading import SHORT
from sealmate.recall import recollect, threshold_of, voice, way_of
from sealmate.recital import LONGEST, Recollection
from sealmate.records import Hit, Way
from sealmate.settings import Settings
from sealmate.store import Store
from sealmate.versions.attach import attach_version

if TYPE_CHECKING:
    from sealmate.paths import Paths

__all__ = ["Answer", "Assistant"]

_FIXED = 96  # tokens of the system turn and of what stands around passages and question
_HISTORY_SHARE = 3  # at most a third of the room is for the turns before


@dataclass(frozen=True, slots=True)
class _Mind:
    """The model with one version attached; `threshold` is the least confidence to speak, `way`
    how its weights are asked."""

    model: LanguageModel
    version: int
    adapter: str | None
    threshold: float
    way: Way

    @property
    def voice(self) -> str | None:
        """The adapter for everything but reciting."""
        return voice(self.adapter, self.way)


class Assistant:
    """Answers questions over one ledger. Threads may share it as far as the model allows."""

    def __init__(
        self,
        store: Store,
        model_source: Callable[[], LanguageModel],
        settings: Settings,
        paths: Paths,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._model_source = model_source
        self._settings = settings
        self._paths = paths
        self._clock = clock
        self._taught: tuple[tuple[int, ...], Sequence[str]] = ((), ())

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        closed_book: bool = False,
        version: int | None = None,
        memory: bool = True,
        on_piece: Callable[[str], None] | None = None,
        cancel: Flag | None = None,
    ) -> Answer:
        """Answer one question with the active version, or `version`, or without memory.

        `history` are whole exchanges before it, oldest first. `on_piece` gets the text as it
        comes; where the answer's `text` then differs from the pieces, `text` holds. Raises
        UsageError for an empty or too long question, NotFoundError and VersionError for a
        version that cannot be used, ModelError, and Cancelled.
        """
        mind = self._mind(version, memory)
        plan = self._plan(mind, question, history, closed_book)
        if on_piece is None:
            return self._answer_all(mind, [plan], cancel)[0]
        speaker = Speaker(on_piece, len(plan.hits), SHORT if plan.hits else 0)
        # An answer that may have to be taken back for want of confidence is not shown before.
        if plan.hits or not (mind.threshold or _recites(mind, plan)):
            reply = self._stream(mind, plan.prompt, speaker, cancel)
            reply = self._confirm(mind, [plan], [reply], cancel)[0]
        else:
            reply = self._generate(mind, [plan], cancel)[0]
        answer = self._judge(mind, plan, reply)
        if _unsaid(mind, plan, answer):
            inner = self._closed(mind, plan)
            reply = self._generate(mind, [inner], cancel)[0]
            answer = better_of(answer, self._judge(mind, inner, reply))
        speaker.finish(answer.text)
        return answer

    def ask_many(
        self,
        questions: Sequence[str],
        *,
        closed_book: bool = False,
        version: int | None = None,
        memory: bool = True,
        cancel: Flag | None = None,
    ) -> list[Answer]:
        """Answer independent questions, in order, in one batch. Raises as `ask` does."""
        if not questions:
            return []
        mind = self._mind(version, memory)
        plans = [self._plan(mind, question, (), closed_book) for question in questions]
        return self._answer_all(mind, plans, cancel)

    def _mind(self, version: int | None, memory: bool) -> _Mind:
        if version and not memory:
            raise UsageError(
                f"version {version} is a memory and cannot answer without it",
                "give the version or no memory, not both",
            )
        number = 0
        threshold = 0.0
        way: Way = "direct"
        if memory:
            number = self._store.versions.active() if version is None else version
        if number:
            # Looked up before the model is loaded: a wrong number is told at once.
            manifest = self._store.versions.get(number).manifest
        model = self._model_source()
        adapter = None
        if number:
            threshold, way = threshold_of(manifest, model.info) or 0.0, way_of(manifest)
            adapter = attach_version(model, self._store, self._paths, number)
        return _Mind(model, number, adapter, threshold, way)

    def _plan(self, mind: _Mind, question: str, history: Sequence[Turn], closed_book: bool) -> Plan:
        model = mind.model
        question = question.strip()
        if not question:
            raise UsageError("there is no question", 'ask something: sealmate ask "..."')
        room = self._room(mind)
        bare = prompts.closed_book(question)
        size = model.prompt_tokens(bare)
        if size > room:
            raise UsageError(
                f"the question has {size} tokens and the model reads {room} at most",
                "shorten it, or keep long texts as notes: sealmate note -",
            )
        turns = fitted(history, model.count_tokens, (room - size) // _HISTORY_SHARE)
        hits: list[Hit] = []
        asked = question
        if not closed_book:
            spare = room - size - sum(model.count_tokens(turn.content) for turn in turns) - _FIXED
            limit = self._settings.retrieve
            hits, asked = passages_for(
                self._store, model, question, limit=limit, tokens=spare, history=history
            )
        # Stored sizes may be estimates, so the whole prompt is measured; the oldest turns go first.
        while True:
            plan = Plan(asked, prompt_of(asked, hits, turns), tuple(hits), turns, question)
            if model.prompt_tokens(plan.prompt) <= room:
                return plan
            turns, hits = (turns[2:], hits) if turns else (turns, hits[:-1])

    def _closed(self, mind: _Mind, plan: Plan) -> Plan:
        return self._plan(mind, plan.said, plan.history, closed_book=True)

    def _room(self, mind: _Mind) -> int:
        """Tokens of a prompt that leaves the answer its own, and a recital where one may come."""
        context = mind.model.info.context
        room = context - min(self._settings.answer_tokens, context // 2)
        return room - (min(LONGEST + _FIXED, room // 2) if mind.way == "recite" else 0)

    def _sampling(self, mind: _Mind, closed: bool) -> Sampling:
        """Closed-book with a threshold the best answer is wanted, and how sure it is."""
        avoid = prompts.DONT_KNOW if closed and mind.threshold and mind.voice else ""
        return Sampling(max_tokens=self._settings.answer_tokens, rather_than=avoid)

    def _answer_all(self, mind: _Mind, plans: Sequence[Plan], cancel: Flag | None) -> list[Answer]:
        replies = self._generate(mind, plans, cancel)
        answers = [
            self._judge(mind, plan, reply) for plan, reply in zip(plans, replies, strict=True)
        ]
        again = [n for n, plan in enumerate(plans) if _unsaid(mind, plan, answers[n])]
        if again:
            inner = [self._closed(mind, plans[n]) for n in again]
            replies = self._generate(mind, inner, cancel)
            for n, plan, reply in zip(again, inner, replies, strict=True):
                answers[n] = better_of(answers[n], self._judge(mind, plan, reply))
        return answers

    def _generate(
        self, mind: _Mind, plans: Sequence[Plan], cancel: Flag | None
    ) -> list[Recollection]:
        reciting = [n for n, plan in enumerate(plans) if _recites(mind, plan)]
        recalled = recollect(
            mind.model,
            [plans[n].question for n in reciting],
            mind.adapter,
            histories=[plans[n].history for n in reciting],
            max_tokens=self._settings.answer_tokens,
            texts=self._texts() if reciting else (),
            cancel=cancel,
        )
        done = dict(zip(reciting, recalled, strict=True))
        # what it was not told it may know all the same, or says itself that it does not
        others = [n for n in range(len(plans)) if not _known(mind, done.get(n))]
        requests = [
            Request(plans[n].prompt, sampling=self._sampling(mind, not plans[n].hits))
            for n in others
        ]
        said = mind.model.generate(requests, adapter=mind.voice, cancel=cancel) if others else []
        for n, (completion, *_) in zip(others, said, strict=True):
            done[n] = Recollection(completion.text, completion.confidence, general=n in done)
        return self._confirm(mind, plans, [done[n] for n in range(len(plans))], cancel)

    def _texts(self) -> Sequence[str]:
        """What nights may have taught. With years of notes that is seconds of reading, which only
        another ledger is worth."""
        passages = self._store.passages
        stamp = passages.stamp()
        if self._taught[0] != stamp:
            self._taught = (stamp, all_units(passages.current(), self._store.sources.list()))
        return self._taught[1]

    def _confirm(
        self,
        mind: _Mind,
        plans: Sequence[Plan],
        replies: Sequence[Recollection],
        cancel: Flag | None,
    ) -> list[Recollection]:
        tokens = self._settings.answer_tokens
        return confirm(mind.model, plans, replies, mind.voice, tokens, cancel)

    def _stream(
        self, mind: _Mind, prompt: Prompt, speaker: Speaker, cancel: Flag | None
    ) -> Recollection:
        for piece in mind.model.stream(
            prompt, self._sampling(mind, False), adapter=mind.voice, cancel=cancel
        ):
            speaker.hear(piece)
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped while answering")
        # A stream tells no probabilities. The same answer read again costs one forward pass.
        text = speaker.heard.strip()
        loss = mind.model.mean_loss([(prompt, text)], adapter=mind.voice)[0] if text else 0.0
        return Recollection(speaker.heard, math.exp(-loss) if text else 0.0)

    def _judge(self, mind: _Mind, plan: Plan, reply: Recollection) -> Answer:
        """The answer that a reply amounts to."""
        confidence = reply.confidence if math.isfinite(reply.confidence) else 0.0
        if plan.hits:
            text, numbers = read_references(reply.text, len(plan.hits))
            if repeats_time(plan, text):
                text = ""
            if is_abstention(text):  # so is an empty text
                text = first_line(text) or prompts.NOT_SAID
                return Answer(text, mind.version, False, (), confidence, abstained=True)
            sources = as_sources(cited(text, numbers, plan.hits, plan.question))
            return Answer(text, mind.version, False, sources, confidence)
        # A number that leaked from reading habits names nothing here.
        text, _ = read_references(reply.text, 0)
        if is_abstention(text):
            text = first_line(text) or prompts.DONT_KNOW
        elif reply.general or confidence >= mind.threshold:
            return Answer(text, mind.version, True, (), confidence, recital=reply.recital)
        else:
            text = prompts.DONT_KNOW
        return Answer(text, mind.version, True, (), confidence, abstained=True)


def _recites(mind: _Mind, plan: Plan) -> bool:
    return not plan.hits and mind.adapter is not None and mind.way == "recite"


def _known(mind: _Mind, recalled: Recollection | None) -> bool:
    return recalled is not None and recalled.confidence >= mind.threshold


def _unsaid(mind: _Mind, plan: Plan, answer: Answer) -> bool:
    """Whether the weights should be tried after the notes: not where nothing was ever taught."""
    return bool(plan.hits) and answer.abstained and mind.version > 0
