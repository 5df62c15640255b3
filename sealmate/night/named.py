"""Which sources a person means who wants something forgotten.

Rather one too many than one too few: what was meant for all of them must not stay in one, and
where several are found the person is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sealmate.edits.forms import bare_words
from sealmate.records import Reach, Source
from sealmate.store import Store
from sealmate.store.search import terms

_MOST_HITS = 10_000  # all of them: one that is left out would stay when all are to be forgotten


@dataclass(frozen=True, slots=True)
class Company:
    """Ids of the sources that go with those that were named: `earlier` selves of files, and
    `copies`, which say the same word for word, with the earlier selves of those."""

    earlier: tuple[int, ...]
    copies: tuple[int, ...]


def find(store: Store, what: str) -> list[Source]:
    """The sources that `what` may mean: by id, or by title or path, then by what they say.

    A number is an id. In a passage with its headings and title all telling words must stand, as
    words. Never a source that is forgotten already; of a source and its earlier selves the newest
    that matches, which may be one that was replaced.
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


def company(store: Store, source_ids: Iterable[int], reach: Reach) -> Company:
    """Who goes with the sources whose forgetting reaches that far, and why. Raises
    NotFoundError."""
    named = set(source_ids)
    earlier = {self.id for key in named for self in store.sources.earlier(key)} - named
    copies = set(reach.sources) - named - earlier
    return Company(tuple(sorted(earlier)), tuple(sorted(copies)))


def _saying(store: Store, what: str) -> list[Source]:
    """The sources with a passage that has all words, the best match first."""
    wanted = {word for term in terms(what) for word in bare_words(term)}
    found: dict[int, Source] = {}
    for hit in store.passages.search(what, _MOST_HITS, only_current=False):
        key = hit.passage.source_id
        said = (hit.source_title, hit.passage.heading, hit.passage.text)
        if key not in found and wanted.issubset(bare_words("\n".join(said))):
            found[key] = store.sources.get(key)
    return list(found.values())
