"""Which of the passages found a question is about, by how likely a model asks it of each.

A search by words finds a passage by whatever words it shares. How likely the question is after
the passage, to a model that was taught to write questions from notes, tells what it is about
(query likelihood: Ponte and Croft 1998, SIGIR; with a language model that is asked to write the
question: Sachan et al. 2022, arXiv 2204.07496).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import exp

from sealmate import prompts
from sealmate.chat.retrieval import retrieve
from sealmate.chat.validity import holding
from sealmate.model.protocol import LanguageModel, Turn
from sealmate.records import Hit
from sealmate.store import Store

SHARP = 0.25  # of a nat by which a question is likelier after one passage than after another


def passages_for(
    store: Store,
    model: LanguageModel,
    question: str,
    *,
    limit: int,
    tokens: int,
    history: Sequence[Turn] = (),
) -> tuple[list[Hit], str]:
    """What the notes have on a question as of the time it asks about, best first, and the question
    to put to it (see `retrieve` and `holding`)."""
    rank = partial(by_likelihood, model)
    hits = retrieve(
        store, question, limit=limit, tokens=tokens, history=history, alike=model.alike, rank=rank
    )
    return holding(store, question, hits)


def by_likelihood(model: LanguageModel, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """`hits` with the passages first that the question is likeliest about.

    Their scores, which are BM25 before, come to count beside those nats: what a passage is short of
    the best in both together makes its new score so much smaller than the best one's. The model is
    asked without a memory, as it writes.
    """
    if len(hits) < 2:
        return list(hits)
    asked = prompts.line_opening(question)
    pairs = [
        (prompts.writing("self-qa", hit.passage.heading, hit.passage.text), asked) for hit in hits
    ]
    worth = [hit.score - loss for hit, loss in zip(hits, model.total_loss(pairs), strict=True)]
    best, highest = max(worth), max(hit.score for hit in hits)
    ranked = sorted(zip(worth, hits, strict=True), key=lambda one: -one[0])
    return [replace(hit, score=highest * exp(SHARP * (value - best))) for value, hit in ranked]
