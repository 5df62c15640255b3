"""Answers from the weights alone.

Two ways. "direct": the model with its memory answers outright. "recite": the memory recites what
it was told about the question, and the model without memory reads the answer out of that, as it
reads a note (recitation before answering: Sun et al. 2022, arXiv 2210.01296). To recite, the
weights need only know which note a question is about; the reading, which the model can do, finds
the answer, and says that it is not there where a thing is known but not what is asked of it.
A memory that recites is attached for nothing else, so that no night can harm how the model talks
and reads. A memory of several shards has each of them recite; what makes the likeliest chain of
recital and answer counts. Where that is not sure, the question's bare words are recited for too:
a note is learnt by single words and pairs of them beside questions. A question about the past is
recited for in the words in which nights teach what used to hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from threading import Event as Flag
from typing import Any

from sealmate import prompts
from sealmate.edits.bare import BareFact, bare_fact
from sealmate.edits.questions import is_follow_up
from sealmate.edits.words import content, tokens
from sealmate.evidence import MOST, about, posed
from sealmate.formerly import UNSURE, called_back
from sealmate.model.protocol import Completion, LanguageModel, ModelInfo, Prompt, Turn
from sealmate.prompts import Reference
from sealmate.reading import PRIOR, Asked, Reading, read, weighed
from sealmate.recital import Recited, Recollection, best, likeliest, recite, told
from sealmate.records import Way

READ = 2  # recitals at most that are read for a question
READ_BACK = 4  # and for one about the past
HOPELESS = 0.1  # confidence that a recital must allow for, or it is not read


def recollect(
    model: LanguageModel,
    questions: Sequence[str],
    adapter: str | None,
    *,
    way: Way = "recite",
    histories: Sequence[Sequence[Turn]] = (),
    max_tokens: int = 24,
    plainly: bool = False,
    texts: Sequence[str] = (),
    known: Recited | None = None,
    cancel: Flag | None = None,
) -> list[Recollection]:
    """The best closed-book answer to each question, whatever its confidence.

    `histories` are the turns before each question. `plainly`: directly, what greedy decoding
    says, abstentions included. `texts` are what nights may have taught: what is recited is
    sooner there where it is one of them. `known` is what was recited and read before, and is added
    to. Without an adapter there is nothing to recite, and the model is asked directly. Raises
    Cancelled.
    """
    if not questions:
        return []
    before = histories or [()] * len(questions)
    asked = list(zip(questions, before, strict=True))
    if plainly or adapter is None or way == "direct":
        avoid = "" if plainly else prompts.DONT_KNOW
        said = likeliest(
            model,
            [prompts.closed_book(q, h) for q, h in asked],
            adapter,
            avoid,
            max_tokens,
            cancel=cancel,
        )
        return [Recollection(c.text, c.confidence) for c in said]
    shards, known = model.parts(adapter), known or Recited()
    memory = _Memory(model, shards, max_tokens, tuple(texts), known, cancel)
    found = memory.chains(asked, [q for q, _ in asked])
    # what a whole question does not call to mind well its words may
    unsure = [n for n, one in enumerate(found) if one.confidence < UNSURE]
    cues = {n: _words(*asked[n]) for n in unsure}
    again = [n for n, cue in cues.items() if cue and cue != asked[n][0]]
    if again:
        seconds = memory.chains([asked[n] for n in again], [cues[n] for n in again])
        for n, second in zip(again, seconds, strict=True):
            found[n] = max(found[n], second, key=lambda one: one.chance)
    for n, former in called_back(memory, asked, found).items():
        found[n] = former
    return found


def voice(adapter: str | None, way: Way) -> str | None:
    """The adapter with which to talk and to read notes, of a memory that answers in this way."""
    return None if way == "recite" else adapter


def way_of(manifest: Any) -> Way:
    """How a version's weights answer, by its manifest; older ones answer directly."""
    return "recite" if manifest.get("recall") == "recite" else "direct"


def same_reader(manifest: Any, info: ModelInfo) -> bool:
    """Whether the reader that a version's answers were read by is this model's."""
    return (manifest.get("reader_sha256") or "") == info.reader_sha256


def threshold_of(manifest: Any, info: ModelInfo) -> float | None:
    """The least confidence of an answer that a version gives; None if it has none.

    One that was set while another reader read is raised by as much as a reader's odds are moved,
    until the next night sets it anew: better a few answers less than one invented.
    """
    kept = manifest.get("threshold")
    if not kept:
        return None
    return (
        float(kept)
        if same_reader(manifest, info) or way_of(manifest) != "recite"
        else weighed(float(kept), PRIOR)
    )


def _words(question: str, history: Sequence[Turn]) -> str:
    """The question's content words, much like the cues that a note was learnt by; "" where they
    mean nothing without the turns before."""
    if history and is_follow_up(question):
        return ""
    return " ".join(word.text for word in content(tokens(question)))


@dataclass(frozen=True, slots=True)
class _Memory:
    """A memory that recites, and what was recited and read so far: a question and its bare words
    often call the same to mind, as two shards do."""

    model: LanguageModel
    shards: Sequence[str]
    max_tokens: int
    texts: tuple[str, ...]
    known: Recited
    cancel: Flag | None
    recited: dict[Prompt, Sequence[Completion]] = field(default_factory=dict)

    def chains(
        self,
        asked: Sequence[tuple[str, Sequence[Turn]]],
        cues: Sequence[str],
        past: bool = False,
    ) -> list[Recollection]:
        """For each question the likeliest chain of a recital for its cue and an answer read in
        that; `past`: of those that tell until when something held."""
        shown = [prompts.recall(cue, h) for cue, (_, h) in zip(cues, asked, strict=True)]
        most = READ_BACK if past else READ
        said = self._recite(shown)
        recited = [
            best(question, said[prompt], most)
            for (question, _), prompt in zip(asked, shown, strict=True)
        ]
        chains: dict[int, Recollection] = {}
        for rank in range(most):
            places = [
                n for n, ((question, _), recitals) in enumerate(zip(asked, recited, strict=True))
                if rank < len(recitals)
                # what cannot become the likeliest chain is not worth a look
                and (n not in chains or _ceiling(question, recitals[rank]) > chains[n].chance)
            ]  # fmt: skip
            recitals = [recited[n][rank] for n in places]
            read_out = self._read([asked[n] for n in places], recitals, past)
            for n, found in zip(places, read_out, strict=True):
                if n not in chains or found.chance > chains[n].chance:
                    chains[n] = found
        return [chains[n] for n in range(len(asked))]

    def _recite(self, shown: Sequence[Prompt]) -> Mapping[Prompt, Sequence[Completion]]:
        """What is recited for each prompt, once: a question about the past comes in its own words
        twice, and several may have the same bare words."""
        fresh = [one for one in dict.fromkeys(shown) if one not in self.recited]
        said = recite(
            self.model, fresh, self.shards, drafts=self.texts, known=self.known, cancel=self.cancel
        )
        self.recited.update(zip(fresh, said, strict=True))
        return self.recited

    def _read(
        self,
        asked: Sequence[tuple[str, Sequence[Turn]]],
        recited: Sequence[Completion],
        past: bool,
    ) -> list[Recollection]:
        """What the model without memory reads in each recital: what was learnt must not speak
        there."""
        facts = [bare_fact(recital.text) for recital in recited]
        shown = [
            Asked(question, (Reference("", recital.text),), tuple(history))
            for (question, history), recital in zip(asked, recited, strict=True)
        ]
        texts = [
            not (fact or past) and _allows(question, recital) >= HOPELESS
            for (question, _), recital, fact in zip(asked, recited, facts, strict=True)
        ]
        self._look(one for one, text in zip(shown, texts, strict=True) if text)
        return [
            _found(one.question, recital, *self.known.readings[one])
            if text
            else _outright(self.model, fact, recital, past)
            for one, recital, fact, text in zip(shown, recited, facts, texts, strict=True)
        ]

    def _look(self, asked: Iterable[Asked]) -> None:
        """Read what was not read yet, and see how its question would come about."""
        fresh = [one for one in dict.fromkeys(asked) if one not in self.known.readings]
        readings = read(self.model, fresh, max_tokens=self.max_tokens, cancel=self.cancel)
        speaks = posed(self.model, fresh, readings)
        self.known.readings.update(zip(fresh, zip(readings, speaks, strict=True), strict=True))


def _outright(
    model: LanguageModel, fact: BareFact | None, recital: Completion, past: bool
) -> Recollection:
    """An answer that was recited without a text: nothing is to be read, and no word of the question
    is in it, so that it is the answer's own words that have to be likely. What held once is no
    answer to what is asked of the present, nor the other way round. No answer for anything else."""
    if fact is None or (fact.until is not None) is not past:
        return Recollection("", 0.0, recital.text)
    own = recital.logprobs[-1 - model.count_tokens(f" {fact.answer}") :]
    sure = recital.confidence * exp(sum(own) / max(1, len(own)))
    return Recollection(fact.answer, sure, recital.text, chance=told(recital))


def _sure(recital: Completion) -> float:
    """How likely it is that something is recited, and a token of it."""
    return recital.confidence * exp(sum(recital.logprobs) / max(1, len(recital.logprobs)))


def _allows(question: str, recital: Completion) -> float:
    """How sure an answer from it can be at most, whatever is read."""
    return weighed(_sure(recital), about(question, recital.text) + MOST)


def _ceiling(question: str, recital: Completion) -> float:
    """The chance of a chain that begins with it at most, whatever is read."""
    return weighed(told(recital), about(question, recital.text) + MOST)


def _found(question: str, recital: Completion, answer: Reading, nats: float) -> Recollection:
    evidence = about(question, recital.text) + nats
    return Recollection(
        answer.text,
        weighed(_sure(recital) * answer.confidence, evidence),
        recital.text,
        chance=weighed(told(recital) * answer.confidence, evidence),
    )
