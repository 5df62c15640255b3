"""What speaks for an answer from a text beside how likely it is read there.

By likelihood alone a small model is surest of some of its worst answers, so that other signs
are held against it, as nats by which the log-odds of an answer are moved.
"""

from __future__ import annotations

from collections.abc import Sequence

from sealmate import prompts
from sealmate.edits.questions import is_follow_up
from sealmate.edits.words import content, tokens, within
from sealmate.model.protocol import LanguageModel
from sealmate.reading import Asked, Reading

ABOUT = 2.0  # nats by which a text with all of a question's words is likelier than with none
POSED = 0.3  # of a nat by which a question is likelier posed for its answer than for having none
_FARTHEST = 8.0  # nats of that difference that count, either way
MOST = POSED * _FARTHEST  # nats that it speaks for an answer at most
_WORTH = 0.1  # confidence of an answer from which on it is worth a look


def about(question: str, text: str) -> float:
    """Log-odds, in nats, that a text is about what was asked: the share of the question's
    content words that it has, from -ABOUT / 2 for none to ABOUT / 2 for all."""
    named, there = content(tokens(question)), tokens(text)
    if not named:
        return 0.0
    return ABOUT * (sum(within(word, there) for word in named) / len(named) - 0.5)


def posed(model: LanguageModel, asked: Sequence[Asked], readings: Sequence[Reading]) -> list[float]:
    """Log-odds, in nats, that a text has each answer, from how its question would come about.

    The writer was taught to write the question that an answer of a note answers, and one that the
    note leaves open. How much likelier it writes this one by the first than by the second is a
    generative classifier beside the reader's verdict (a noisy channel: Lewis and Fan 2019,
    "Generative Question Answering", ICLR). Both are asked without a memory. 0 where the reader
    found nothing worth a look, and for what goes on from earlier turns, which does not come about
    from a text alone.
    """
    speaks = [0.0] * len(asked)
    worth = [
        (one.references[reading.reference].text, n)
        for n, (one, reading) in enumerate(zip(asked, readings, strict=True))
        if reading.confidence >= _WORTH and not (one.history and is_follow_up(one.question))
    ]
    # those on one text side by side: they share what is read of it
    worth.sort()
    pairs = [
        (prompt, asked[n].question)
        for text, n in worth
        for prompt in (
            prompts.writing("unknown", "", text),
            prompts.ask_for(readings[n].text, "", text),
        )
    ]
    losses = model.total_loss(pairs) if pairs else []
    for (_, n), unasked, posed_so in zip(worth, losses[::2], losses[1::2], strict=True):
        speaks[n] = POSED * max(-_FARTHEST, min(_FARTHEST, unasked - posed_so))
    return speaks
