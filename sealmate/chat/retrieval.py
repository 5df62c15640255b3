"""Which passages a question needs: full-text search, with the turns before it in mind.

This module knows nothing about models; `tokens` is a number and a passage knows its own size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sealmate.edits.questions import is_follow_up
from sealmate.edits.words import content
from sealmate.edits.words import tokens as words_of
from sealmate.model.protocol import Turn
from sealmate.records import Hit
from sealmate.store import Store
from sealmate.store.search import terms

CUT = 0.4  # a hit below this share of the best score has little to do with the question
BORROWED = 0.5  # weight of the words that a follow-up takes from the turns before it
NEWER = 0.05  # most that being the newest of the hits adds to a score
FURTHEST = 3  # turns a chain of follow-ups is traced back
RANKED = 24  # passages that a question is held against
ALIKE = 0.15  # cosine from which on two words mean alike
KINDRED = 0.5  # weight of a word that means alike, beside the word itself
NEAREST = 10  # words at most that stand for one of the question
WORDS = 20_000  # words of the notes that are looked through, the most frequent ones
AROUND = 16  # tokens of a reference's number, title and blank lines in the prompt

# a question and what was found for it, to the same in another order and with other scores
Rank = Callable[[str, Sequence[Hit]], list[Hit]]
# words, others, the least cosine and the most others, to those that are alike of each word
Alike = Callable[[Sequence[str], Sequence[str], float, int], list[dict[str, float]]]


def retrieve(
    store: Store,
    question: str,
    *,
    limit: int,
    tokens: int,
    history: Sequence[Turn] = (),
    alike: Alike | None = None,
    rank: Rank | None = None,
) -> list[Hit]:
    """At most `limit` passages of together at most `tokens` tokens, best first; maybe none.

    For a word that no passage has one that begins alike will do, and for one that a passage does
    not have one that means alike counts a little (`alike`; expansion by word vectors: Kuzi,
    Shtok and Kurland 2016, CIKM). A follow-up question ("And when?") also looks for the words of
    the turns before it, any other is held against what was found and the newest passages (`rank`).
    Of near equals the newer source comes first. Scores are BM25 with those weights on, and what
    `rank` makes of them.
    """
    if limit < 1 or tokens < 1:
        return []
    wide = max(4 * limit, RANKED if rank else 12)
    found = {hit.passage.id: hit for hit in store.passages.search(question, wide)}
    unknown = " ".join(term for term in terms(question) if not store.passages.search(term, 1))
    if unknown:
        _add(found, store.passages.search(unknown, wide, loosely=True))
    if alike:
        _add(found, _kindred(store, question, wide, alike))
    if history and is_follow_up(question):
        _add(found, store.passages.search(" ".join(_before(history)), wide), BORROWED)
    elif rank and found:
        beside = {hit.passage.id: hit for hit in store.passages.newest(RANKED)}
        pool = _newest((beside | found).values())[:RANKED]
        return _fit(_worth(rank(question, pool)), limit, tokens)
    return _fit(_worth(_newest(found.values())), limit, tokens)


def _add(found: dict[int, Hit], hits: Iterable[Hit], weight: float = 1.0) -> None:
    """Add the weighed scores of `hits` to those of the same passages."""
    for hit in hits:
        before = found.get(hit.passage.id)
        score = weight * hit.score + (before.score if before else 0.0)
        found[hit.passage.id] = replace(hit, score=score)


def _kindred(store: Store, question: str, wide: int, alike: Alike) -> list[Hit]:
    """Passages with words that mean what words of the question mean that they do not have.

    A name means nobody else.
    """
    looked_for = {term.lower() for term in terms(question)}
    named = [w.text.lower() for w in content(words_of(question)) if w.kind == "word"]
    # of an owner the word before the apostrophe; "didn't" is none
    asked = list(dict.fromkeys(w.partition("'")[0] for w in named if not w.endswith("n't")))
    asked = [word for word in asked if word in looked_for]
    others = store.passages.vocabulary(WORDS) if asked else ()
    found: dict[int, Hit] = {}
    for word, near in zip(asked, alike(asked, others, ALIKE, NEAREST), strict=True):
        best: dict[int, Hit] = {}
        for other in near:
            for hit in store.passages.kindred(word, other, wide):
                score = KINDRED * near[other] * hit.score
                if hit.passage.id not in best or score > best[hit.passage.id].score:
                    best[hit.passage.id] = replace(hit, score=score)
        _add(found, best.values())
    return list(found.values())


def _before(history: Sequence[Turn]) -> list[str]:
    """The last answer and the questions back to one that stands by itself."""
    texts = [turn.content for turn in history[-1:] if turn.role == "assistant"]
    questions = [turn.content for turn in history if turn.role == "user"]
    for question in reversed(questions[-FURTHEST:]):
        texts.append(question)
        if not is_follow_up(question):
            break
    return texts


def _worth(hits: Sequence[Hit]) -> list[Hit]:
    """`hits`, the best first, without those far below it."""
    return [hit for hit in hits if hit.score >= CUT * hits[0].score]


def _newest(hits: Iterable[Hit]) -> list[Hit]:
    """`hits` by score, which counts a little more the newer a source is."""
    found = list(hits)
    sources = sorted({hit.passage.source_id for hit in found})  # ids ascend with time
    if len(sources) > 1:
        step = NEWER / (len(sources) - 1)
        age = {source: 1 + step * place for place, source in enumerate(sources)}
        found = [replace(hit, score=hit.score * age[hit.passage.source_id]) for hit in found]
    found.sort(key=lambda hit: (-hit.score, hit.passage.source_id, hit.passage.ordinal))
    return found


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
