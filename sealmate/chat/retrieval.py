"""Which passages a question needs: full-text search, with the turns before it in mind.

This module knows nothing about models; `tokens` is a number and a passage knows its own size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sealmate.edits.questions import is_follow_up
from sealmate.model.protocol import Turn
from sealmate.records import Hit
from sealmate.store import Store
from sealmate.store.search import terms

CUT = 0.4  # a hit below this share of the best score shares only a common word with the question
BORROWED = 0.5  # weight of the words that a follow-up takes from the turns before it
NEWER = 0.05  # most that being the newest of the hits adds to a score
FURTHEST = 3  # turns a chain of follow-ups is traced back
AROUND = 16  # tokens of a reference's number, title and blank lines in the prompt


def retrieve(
    store: Store,
    question: str,
    *,
    limit: int,
    tokens: int,
    history: Sequence[Turn] = (),
) -> list[Hit]:
    """At most `limit` passages of together at most `tokens` tokens, best first; maybe none.

    For a word that no passage has one that begins alike will do. A follow-up question ("And
    when?") also looks for the words of the turns before it. Of near equals the newer source comes
    first. Scores are BM25 with those weights on.
    """
    if limit < 1 or tokens < 1:
        return []
    wide = max(4 * limit, 12)
    found = {hit.passage.id: hit for hit in store.passages.search(question, wide)}
    unknown = " ".join(term for term in terms(question) if not store.passages.search(term, 1))
    for hit in store.passages.search(unknown, wide, loosely=True) if unknown else ():
        exact = found.get(hit.passage.id)
        found[hit.passage.id] = replace(hit, score=hit.score + (exact.score if exact else 0.0))
    if history and is_follow_up(question):
        for hit in store.passages.search(" ".join(_before(history)), wide):
            earlier = found.get(hit.passage.id)
            score = BORROWED * hit.score + (earlier.score if earlier else 0.0)
            found[hit.passage.id] = replace(hit, score=score)
    return _fit(_ranked(list(found.values())), limit, tokens)


def _before(history: Sequence[Turn]) -> list[str]:
    """The last answer and the questions back to one that stands by itself."""
    texts = [turn.content for turn in history[-1:] if turn.role == "assistant"]
    questions = [turn.content for turn in history if turn.role == "user"]
    for question in reversed(questions[-FURTHEST:]):
        texts.append(question)
        if not is_follow_up(question):
            break
    return texts


def _ranked(hits: list[Hit]) -> list[Hit]:
    """`hits` by score, those far below the best left out."""
    if not hits:
        return []
    sources = sorted({hit.passage.source_id for hit in hits})  # ids ascend with time
    if len(sources) > 1:
        step = NEWER / (len(sources) - 1)
        age = {source: 1 + step * place for place, source in enumerate(sources)}
        hits = [replace(hit, score=hit.score * age[hit.passage.source_id]) for hit in hits]
    hits.sort(key=lambda hit: (-hit.score, hit.passage.source_id, hit.passage.ordinal))
    return [hit for hit in hits if hit.score >= CUT * hits[0].score]


def _fit(hits: list[Hit], limit: int, tokens: int) -> list[Hit]:
    """The first `limit` hits that fit; one too long does not keep out shorter ones after it."""
    kept: list[Hit] = []
    for hit in hits:
        size = hit.passage.tokens + AROUND
        if size <= tokens and len(kept) < limit:
            kept.append(hit)
            tokens -= size
    return kept


def title_of(hit: Hit) -> str:
    """What to call a passage: its heading, else its source, unless that is but its first words."""
    title = hit.passage.heading or hit.source_title
    return "" if title.rstrip("…") in " ".join(hit.passage.text.split()) else title
