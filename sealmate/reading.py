"""Answers read from passages, each passage by itself, and read a second time in another way.

A small model reads one passage far better than four: what is beside the point distracts it (Shi
et al. 2023, arXiv 2302.00093). The second reading takes the question up as a line of questions
and answers about the passage. Where one answer has the other in it the fuller one counts, where
they differ else the one that is likelier in both ways together; how sure it is, is the mean of
both, where the model has a reader that was taught both. An answer with a name or number that
nothing in front of it has is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log, log1p
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.abstention import without_references
from sealmate.edits.fitting import fits
from sealmate.edits.questions import is_follow_up
from sealmate.edits.screen import is_abstention, novel_content, same_answer
from sealmate.edits.words import tokens
from sealmate.model.protocol import Completion, LanguageModel, Prompt, Request, Sampling, Turn
from sealmate.prompts import Reference, line_opening

AGAIN = 4  # times an answer is read again that cannot be right
SAID = 0.5  # confidence from which on a passage sooner says it than not
SHORT = 12  # words at most of an answer that a line of questions and answers has room for
_BARE = 5  # words of an answer that is no sentence
_HOPELESS = 0.02  # confidence below which another reading would change nothing
_LEAST = 1e-9
# Nats by which an answer of the model's reader is likelier than it says: its lessons have one
# unanswered question for two answered ones, a person's have few (Saerens et al. 2002, Neural
# Computation 14, adjusting a classifier to other prior probabilities).
PRIOR = 1.25


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what to read for it, best first, and the turns before it.

    `weights` are how well each reference was found (greater than 0; none: all alike).
    """

    question: str
    references: tuple[Reference, ...]
    history: tuple[Turn, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The best answer, from which of the references (from 0), and how sure it is.

    `confidence`, 0..1, is how likely the passage says something rather than "The notes do not
    say.": the best answer's share of the probability of the two, the odds moved by how seldom a
    note says nothing of what it was found for. Where the model's reader read in both ways it is the
    mean of both log-odds, whichever way's answer counts. 0 where the answer cannot be right: it has
    a name or number that was not in front of the model, or is of another kind than was asked for.
    """

    text: str
    confidence: float
    reference: int = 0


def read(
    model: LanguageModel,
    asked: Sequence[Asked],
    *,
    adapter: str | None = None,
    max_tokens: int = 24,
    prior: float = PRIOR,
    cancel: Flag | None = None,
) -> list[Reading]:
    """The best answer to each question; each must have a reference. Raises Cancelled.

    `adapter` is the memory to read with; without one the model's own reader does, if it has one,
    its odds moved by `prior` nats.
    """
    own = model.reader if adapter is None else None
    taught = own is not None
    reader = _Reader(model, own or adapter, taught, max_tokens, prior if taught else 0.0, cancel)
    found = reader.first(asked)
    reader.second(asked, found)
    reader.again(asked, found)
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """A model, and how it is asked; `taught`: to decline in both ways."""

    model: LanguageModel
    adapter: str | None
    taught: bool
    max_tokens: int
    prior: float
    cancel: Flag | None

    def first(self, asked: Sequence[Asked]) -> list[Reading]:
        """The best of what each passage by itself is read to say."""
        places = [(n, k) for n, one in enumerate(asked) for k in range(len(one.references))]
        # side by side, prompts with the same passage share its prefill
        places.sort(key=lambda place: asked[place[0]].references[place[1]].text)
        sampling = Sampling(max_tokens=self.max_tokens, rather_than=prompts.NOT_SAID)
        requests = [Request(_open(asked[n], k), sampling=sampling) for n, k in places]
        said = self._say(requests, self.adapter)
        best: dict[int, tuple[float, Reading]] = {}
        for (n, k), (completion, *_) in sorted(
            zip(places, said, strict=True), key=lambda one: one[0]
        ):
            sure = weighed(completion.confidence, self.prior)
            reading = Reading(bare(completion), sure, k)
            worth = log(max(_LEAST, reading.confidence)) + _found(asked[n], k)
            if n not in best or worth > best[n][0]:
                best[n] = (worth, reading)
        return [best[n][1] for n in range(len(asked))]

    def second(self, asked: Sequence[Asked], found: list[Reading]) -> None:
        """Read in the other way too; take its answers where they are the likelier ones."""
        places = [
            n
            for n, reading in enumerate(found)
            if reading.confidence > _HOPELESS
            and len(reading.text.split()) <= SHORT
            and not is_abstention(reading.text)
            and not is_follow_up(asked[n].question)
        ]
        places.sort(key=lambda n: _reference(asked[n], found[n]).text)
        # in a line the answer comes after a space
        avoided = f" {prompts.NOT_SAID}" if self.taught else ""
        sampling = Sampling(max_tokens=self.max_tokens, one_line=True, rather_than=avoided)
        said = self._say(
            [
                Request(_line(asked[n], found[n]), 1, sampling, line_opening(asked[n].question))
                for n in places
            ],
            self.adapter,
        )
        for n, (completion, *_) in zip(places, said, strict=True):
            if self.taught:
                sure = weighed(completion.confidence, self.prior)
                found[n] = replace(found[n], confidence=_mean(found[n].confidence, sure))
            other = without_references(completion.text.partition("\n")[0]).strip()
            first, text = found[n].text, _reference(asked[n], found[n]).text
            if not other or is_abstention(other) or wrong(other, asked[n].question, text):
                continue
            if wrong(first, asked[n].question, text):
                found[n] = replace(found[n], text=other)
            elif full := fuller(first, other):
                found[n] = replace(found[n], text=full)
            elif not same_answer(first, other) and self._likelier(asked[n], found[n], other):
                found[n] = replace(found[n], text=other)

    def again(self, asked: Sequence[Asked], found: list[Reading]) -> None:
        """Read what cannot be right some more times, less strictly; the commonest that can be
        counts."""

        def off(n: int, text: str) -> bool:
            return wrong(text, asked[n].question, _reference(asked[n], found[n]).text)

        places = [n for n, r in enumerate(found) if r.confidence > _HOPELESS and off(n, r.text)]
        sampling = Sampling(temperature=0.7, max_tokens=self.max_tokens)
        said = self._say(
            [Request(_open(asked[n], found[n].reference), AGAIN, sampling) for n in places],
            self.adapter,
        )
        for n, tries in zip(places, said, strict=True):
            texts = [bare(one) for one in tries]
            sound = [text for text in texts if not is_abstention(text) and not off(n, text)]
            found[n] = _commonest(sound, found[n])

    def _likelier(self, asked: Asked, first: Reading, other: str) -> bool:
        """Whether `other` is likelier than the first answer, read in both ways."""
        shown, line = _open(asked, first.reference), _line(asked, first)
        opening = line_opening(asked.question)
        pairs = [
            pair
            for answer in (first.text, other)
            for pair in ((shown, f"{answer} [1]"), (line, f"{opening} {answer}"))
        ]
        loss = self.model.total_loss(pairs, adapter=self.adapter)
        return sum(loss[2:]) < sum(loss[:2])

    def _say(self, requests: Sequence[Request], adapter: str | None) -> list[list[Completion]]:
        if not requests:
            return []
        return self.model.generate(requests, adapter=adapter, cancel=self.cancel)


def weighed(chance: float, evidence: float) -> float:
    """A probability whose log-odds are moved by `evidence` nats."""
    if not 0.0 < chance < 1.0:
        return chance
    # no greater power than exp can give: a long recital may be next to impossible
    return 1.0 / (1.0 + exp(min(700.0, log1p(-chance) - log(chance) - evidence)))


def _mean(one: float, other: float) -> float:
    """The probability at the mean of two probabilities' log-odds."""
    some = [min(1.0 - _LEAST, max(_LEAST, chance)) for chance in (one, other)]
    return 1.0 / (1.0 + exp(-sum(log(chance) - log1p(-chance) for chance in some) / 2))


def fuller(one: str, other: str) -> str:
    """The longer of two answers one of which has all words of the other in a row, like "9" and
    "9 years"; "" where neither has, or they are alike. By likelihood the shorter would count."""
    some, more = (tuple(word.text.casefold() for word in tokens(text)) for text in (one, other))
    if len(some) > len(more):
        return fuller(other, one)
    starts = range(len(more) - len(some) + 1) if some != more else ()
    return other if some and any(more[at:][: len(some)] == some for at in starts) else ""


def bare(said: Completion) -> str:
    """An answer without the number of its reference."""
    return without_references(said.text).strip()


def wrong(answer: str, question: str, text: str) -> bool:
    """Whether an answer has names, numbers, dates or places that nothing in front of it has, or is
    of another kind than was asked for."""
    # a short answer's first word is as good a name as any other
    said = f"it is {answer}" if len(answer.split()) <= _BARE else answer
    return bool(novel_content(said, text, (question,))) or not fits(question, answer)


def _commonest(texts: Sequence[str], first: Reading) -> Reading:
    """The answer that most of `texts` give, as sure as `first` times its share of the tries."""
    counts = [sum(same_answer(text, other) for other in texts) for text in texts]
    if not counts:
        return replace(first, confidence=0.0)
    best = max(range(len(texts)), key=lambda place: counts[place])
    return replace(first, text=texts[best], confidence=first.confidence * counts[best] / AGAIN)


def _found(asked: Asked, place: int) -> float:
    if not asked.weights:
        return 0.0
    return log(max(_LEAST, asked.weights[place]) / max(_LEAST, *asked.weights))


def _reference(asked: Asked, reading: Reading) -> Reference:
    return asked.references[reading.reference]


def _open(asked: Asked, place: int) -> Prompt:
    return prompts.open_book(asked.question, [asked.references[place]], asked.history)


def _line(asked: Asked, reading: Reading) -> Prompt:
    reference = _reference(asked, reading)
    return prompts.writing("self-qa", reference.title, reference.text)
