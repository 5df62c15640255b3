"""Which sources a person means who wants something forgotten.

Rather one too many than one too few: what was meant for all of them must not stay in one, and
where several are found the person is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sealmate.edits.forms import bare_words
from sealmate.records import Reach, Source
from sealmate.store import Store
from sealmate.store.search import terms

_MOST_HITS = 10_000  # all of them: one that is left out would stay when all are to be forgotten
_IES, _ES = "ies", ("ses", "xes", "zes", "ches", "shes", "oes")


@dataclass(frozen=True, slots=True)
class Company:
    """Ids of the sources that go with those that were named: `earlier` selves of files, and
    `copies`, which say the same word for word, with the earlier selves of those."""

    earlier: tuple[int, ...]
    copies: tuple[int, ...]


def find(store: Store, what: str) -> list[Source]:
    """The sources that `what` may mean: by id, or by title or path, then by what they say.

    A number is an id. In a passage with its headings and title all telling words must stand, as
    words, each in the singular or the plural. Never a source that is forgotten already; of a source
    and its earlier selves the newest that matches, which may be one that was replaced.
    """
    found = store.sources.find(what)
    if not what.strip().isdecimal():
        found += _saying(store, what)
    newest: dict[int, Source] = {}
    for source in found:
        key = store.sources.latest(source.id).id
        # a later self has a greater id
        newest[key] = max(source, newest.get(key, source), key=lambda one: one.id)
    return list(newest.values())


def preview(store: Store, source_ids: Sequence[int]) -> Reach:
    """All that forgetting these sources, and whatever says the same word for word, would touch.
    Raises NotFoundError."""
    copies = (copy.id for key in source_ids for copy in store.sources.copies(key))
    return _union([store.erasure.preview(key) for key in {*source_ids, *copies}])


def company(store: Store, source_ids: Iterable[int], reach: Reach) -> Company:
    """Who goes with the sources whose forgetting reaches that far, and why. Raises
    NotFoundError."""
    named = set(source_ids)
    earlier = {self.id for key in named for self in store.sources.earlier(key)} - named
    copies = set(reach.sources) - named - earlier
    return Company(tuple(sorted(earlier)), tuple(sorted(copies)))


def _saying(store: Store, what: str) -> list[Source]:
    """The sources with a passage that has all words, the best match first."""
    wanted = [_forms(word) for term in terms(what) for word in bare_words(term)]
    found: dict[int, Source] = {}
    for hit in store.passages.search(what, _MOST_HITS, only_current=False):
        key = hit.passage.source_id
        said = (hit.source_title, hit.passage.heading, hit.passage.text)
        if key in found:
            continue
        there = {form for word in bare_words("\n".join(said)) for form in _forms(word)}
        if not any(there.isdisjoint(forms) for forms in wanted):
            found[key] = store.sources.get(key)
    return list(found.values())


@lru_cache(maxsize=16384)
def _forms(word: str) -> frozenset[str]:
    """A folded word and what it may be the plural of.

    As for names in `sealmate.edits.words` without verb endings, Harding is not hard, and without
    the final e that its stem loses: James is no jam.
    """
    forms = {word}
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        forms.add(word[:-1])
        if word.endswith(_IES):
            forms.add(word[:-3] + "y")
        elif word.endswith(_ES):
            forms.add(word[:-2])
    return frozenset(forms)


def _union(reaches: Sequence[Reach]) -> Reach:
    def every(name: str) -> tuple[int, ...]:
        return tuple(sorted({key for reach in reaches for key in getattr(reach, name)}))

    return Reach(
        sources=every("sources"),
        passages=every("passages"),
        edits=every("edits"),
        probes=every("probes"),
        versions=every("versions"),
        messages=every("messages"),
        conflicts=every("conflicts"),
    )
