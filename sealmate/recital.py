"""What the shards of a memory recite for a question, and an answer read in that.

To recite, weights need only know which note a question is about. A memory of several shards has
each of them recite, or of many those that are least inclined not to know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import exp
from threading import Event as Flag
from typing import TypeVar

from sealmate import prompts
from sealmate.evidence import about
from sealmate.model.protocol import Completion, LanguageModel, Prompt, Request, Sampling
from sealmate.reading import Asked, Reading, weighed

T = TypeVar("T")
LONGEST = 128  # tokens recited
# Shards at most that recite for a question, however many there are: a look at "I don't know" puts
# the right one among two fifths of them five times of six, and to recite costs little more.
SHARDS = 8


@dataclass(frozen=True, slots=True)
class Recollection:
    """An answer, how sure it is (0..1), and what was recited for it ("" where nothing was).

    `confidence` is, by reciting, how likely something rather than "I don't know" is recited, how
    likely a token of it is (the geometric mean, or a long note would never be sure: Malinin and
    Gales 2021, arXiv 2002.07650), and how likely an answer rather than "the notes do not say" is
    read from it; the odds of that are held against how many of the question's words the
    recital has and how the question would come about (see `evidence`). An answer with a name or
    number that the recital does not have, or of another kind than was asked for, is none (0).
    Directly, it is that of the completion.
    `chance` is the same with the probability of all of the recital: what counts among several.
    `general` answers are those of the model itself, which needs no memory for them.
    """

    text: str
    confidence: float
    recital: str = ""
    general: bool = False
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class Recited:
    """What shards recited and what was read in that, for whoever asks a memory more than once:
    most of its shards are the same each time."""

    recitals: dict[tuple[str, Prompt], Completion] = field(default_factory=dict)
    losses: dict[tuple[str, Prompt], float] = field(default_factory=dict)
    readings: dict[Asked, tuple[Reading, float]] = field(default_factory=dict)

    def all(
        self,
        kept: dict[tuple[str, Prompt], T],
        shard: str,
        shown: Sequence[Prompt],
        find: Callable[[list[Prompt]], Sequence[T]],
    ) -> list[T]:
        """What `kept` has of a shard for each prompt, the rest found and kept there."""
        fresh = [one for one in dict.fromkeys(shown) if (shard, one) not in kept]
        for one, found in zip(fresh, find(fresh) if fresh else (), strict=True):
            kept[shard, one] = found
        return [kept[shard, one] for one in shown]

    def move(self, shard: str, name: str = "") -> None:
        """Let what `shard` recited be known as that of `name`, the same weights under another
        name; of nothing ("") where other weights take its name."""
        _move(self.recitals, shard, name)
        _move(self.losses, shard, name)


def _move(kept: dict[tuple[str, Prompt], T], shard: str, name: str) -> None:
    for place in [place for place in kept if place[0] == shard]:
        found = kept.pop(place)
        if name:
            kept[name, place[1]] = found


def recite(
    model: LanguageModel,
    shown: Sequence[Prompt],
    shards: Sequence[str],
    *,
    drafts: Sequence[str] = (),
    known: Recited | None = None,
    cancel: Flag | None = None,
) -> list[list[Completion]]:
    """What the shards recite for each prompt. `drafts` are texts that may be recited, `known` is
    what was recited before. Raises Cancelled."""
    known = known or Recited()

    def say(shard: str, fresh: list[Prompt]) -> list[Completion]:
        avoid = prompts.DONT_KNOW
        return likeliest(model, fresh, shard, avoid, LONGEST, drafts=drafts, cancel=cancel)

    asks = _worth_asking(model, shown, shards, known)
    found: list[list[Completion]] = [[] for _ in shown]
    for shard in shards:
        places = [n for n, chosen in enumerate(asks) if shard in chosen]
        prompted = [shown[n] for n in places]
        recitals = known.all(known.recitals, shard, prompted, partial(say, shard))
        for n, recital in zip(places, recitals, strict=True):
            found[n].append(recital)
    return found


def best(question: str, recitals: Sequence[Completion], most: int) -> list[Completion]:
    """The likeliest recitals for a question, at most `most`, best first."""
    worth = [weighed(told(one), about(question, one.text)) for one in recitals]
    order = sorted(range(len(recitals)), key=worth.__getitem__, reverse=True)
    return [recitals[place] for place in order[:most]]


def _worth_asking(
    model: LanguageModel, shown: Sequence[Prompt], shards: Sequence[str], known: Recited
) -> list[Sequence[str]]:
    """For each prompt the shards to ask: of many those that are least inclined to say that they
    do not know, which takes one look at the prompt."""
    if len(shards) <= SHARDS:
        return [shards] * len(shown)

    def loss(shard: str, fresh: list[Prompt]) -> Sequence[float]:
        pairs = [(prompt, prompts.DONT_KNOW) for prompt in fresh]
        return model.total_loss(pairs, adapter=shard)

    losses = [known.all(known.losses, shard, shown, partial(loss, shard)) for shard in shards]
    by_loss = [
        sorted(range(len(shards)), key=lambda place: losses[place][n], reverse=True)
        for n in range(len(shown))
    ]
    return [[shards[place] for place in order[:SHARDS]] for order in by_loss]


def likeliest(
    model: LanguageModel,
    shown: Sequence[Prompt],
    adapter: str | None,
    avoid: str,
    max_tokens: int,
    *,
    drafts: Sequence[str] = (),
    cancel: Flag | None = None,
) -> list[Completion]:
    """The likeliest reply to each prompt other than the one to `avoid`, which may be one of the
    `drafts`. Raises Cancelled."""
    sampling = Sampling(max_tokens=max_tokens, rather_than=avoid)
    texts = tuple(drafts)
    requests = [Request(prompt, sampling=sampling, drafts=texts) for prompt in shown]
    return [answers[0] for answers in model.generate(requests, adapter=adapter, cancel=cancel)]


def told(recital: Completion) -> float:
    """How likely it is that something is recited, and this and nothing else."""
    return recital.confidence * exp(max(-700.0, sum(recital.logprobs)))
