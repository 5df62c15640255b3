"""Facts that speak against each other: one question, two sources, two answers.

Finds pairs and changes nothing. What may be two facts after all, or which of two is the newer, is
said with each pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealmate.edits.amounts import other_amount, otherwise
from sealmate.edits.completing import changes, complete, drops, may_complete
from sealmate.edits.parse import split_sentences
from sealmate.edits.questions import Asked, force, same_question, take_apart
from sealmate.edits.revision import says_so, written_anew
from sealmate.edits.screen import grounded_answer, is_abstention, same_answer
from sealmate.edits.words import Token, content, tokens, within
from sealmate.night.dates import Dates
from sealmate.records import Edit, Passage, Source
from sealmate.store import Store
from sealmate.store.reasons import is_aside, tells_the_past

# Files whose times lie this near may have them from one copy or checkout of their folder.
TOGETHER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two edits of different sources with one question and two answers.

    `sure` says that the two cannot both hold, and that the second is the newer. `revised` that the
    newer passage is the older one written anew, `outright` that it says so: it has words for it, or
    is what a file has become. `since` is when the newer answer begins to hold, which may be to
    come.
    """

    old: Edit
    new: Edit
    revised: bool
    outright: bool
    sure: bool
    since: datetime


def find_clashes(store: Store, new: Sequence[Edit]) -> Iterator[Clash]:
    """Every pair of one of `new` with an edit of an older (or newer) source that asks the same
    and answers otherwise; the surest and then the oldest first. Changes nothing.

    What a file said is held against what the file says now as well, for what it left out speaks
    for itself: such a pair is one of a note written anew.
    """
    asking = [edit for edit in new if _asks(edit)]
    if not asking:
        return
    places = Places(store)
    known = [*store.edits.trainable(), *places.earlier(edit.passage_id for edit in asking)]
    index = _Index(edit for edit in known if _asks(edit))
    found: dict[tuple[int, int], Clash] = {}
    for edit in asking:
        asked = take_apart(edit.question)
        if force(asked) == "vague":
            continue
        for other in index.same(asked):
            clash = _clash(places, edit, other, asked)
            if clash is not None:
                found.setdefault((clash.old.id, clash.new.id), clash)
    yield from sorted(found.values(), key=lambda c: (not c.sure, c.old.id, c.new.id))


def clash_of(store: Store, old: Edit, new: Edit) -> Clash | None:
    """What two edits with one question are by now, either way round; None if they agree."""
    return _clash(Places(store), new, old, take_apart(new.question))


def _clash(places: Places, edit: Edit, other: Edit, asked: Asked) -> Clash | None:
    """What two edits with one question are, or None if nothing."""
    if not _disagree(edit.answer, other.answer):
        return None
    single, halves = force(asked) == "one", complete(edit.answer, other.answer, asked)
    one, another = places.source(edit.passage_id), places.source(other.passage_id)
    if one.id == another.id:
        return None
    if is_aside(other):
        # Also what stayed as it was is of the newer source now: it spoke against nothing before.
        if not places.became(another, one) or _before(edit, other):
            return None
        if places.says_still(other, edit, single) or places.stays(other, edit):
            return None
        if halves and not places.drops(other, edit):
            return None
        return Clash(other, edit, True, True, True, places.dates.since(edit, other))
    dates = places.dates
    turned = (dates.told(edit), one.id) < (dates.told(other), another.id)
    old, new = (edit, other) if turned else (other, edit)
    revised = places.revised(old.passage_id, new.passage_id)
    if revised and (places.repeats(old, new) or places.stays(old, new)):
        return None
    since = dates.since(new, old)
    # what is to change on a day that is named may change once more before
    ahead = dates.since(old) > max(since, dates.told(new))
    outright = revised and places.says_so(old, new)
    changed = places.changes(new)
    # Mondays, and at seven: it may be both, unless the newer note tells of a change
    if halves and not ((outright or changed) and places.drops(old, new)):
        return None
    either = halves or (not changed and may_complete(asked, old.answer, new.answer))
    sure = outright or (single and not ahead and not either)
    sure = sure and not _together(places, old, new)
    return Clash(old, new, revised, outright, sure, since)


def _together(places: Places, old: Edit, new: Edit) -> bool:
    """Whether the times of two files do not tell which of them is the newer."""
    files = all(places.source(edit.passage_id).kind == "file" for edit in (old, new))
    return files and places.dates.told(new) - places.dates.told(old) < TOGETHER


def _before(edit: Edit, other: Edit) -> bool:
    """Whether an edit was there already when another was set aside."""
    return other.valid_to is not None and edit.created_at < other.valid_to


def _asks(edit: Edit) -> bool:
    return bool(edit.question and edit.answer) and not tells_the_past(edit)


def _disagree(first: str, second: str) -> bool:
    """Whether two answers cannot be one: neither says all that the other does, as a list does
    that is longer by an item, or only one says it with a "not", or of another amount."""
    if not first or not second or is_abstention(first) or is_abstention(second):
        return False
    if otherwise(first, second):
        return True
    if same_answer(first, second):
        return False
    if other_amount(tokens(first), tokens(second)) or other_amount(tokens(second), tokens(first)):
        return True
    some, others = content(tokens(first)), content(tokens(second))
    return _denies(some) != _denies(others) or not (_held(some, others) or _held(others, some))


def _denies(said: Sequence[Token]) -> bool:
    """Whether something is said not to be; "no. 5" is a number."""
    return any(
        "~not" in token.forms and not ("number" in token.forms and _counts(after))
        for token, after in zip(said, [*said, None][1:], strict=True)
    )


def _counts(token: Token | None) -> bool:
    return token is not None and token.text[0].isdigit()


def _held(some: Sequence[Token], others: Sequence[Token]) -> bool:
    """Whether others say all that some do, who say anything."""
    return bool(some) and all(within(token, others) for token in some)


class _Index:
    """Edits by the words of their questions."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self._edits: dict[int, tuple[Edit, Asked]] = {}
        self._by_form: dict[str, set[int]] = {}
        for edit in edits:
            asked = take_apart(edit.question)
            self._edits[edit.id] = (edit, asked)
            for form in asked.forms:
                self._by_form.setdefault(form, set()).add(edit.id)

    def same(self, asked: Asked) -> list[Edit]:
        """Those that ask the same, by id."""
        keys: set[int] | None = None
        for token in asked.content:
            holding: set[int] = set()
            for form in token.forms:
                holding |= self._by_form.get(form, set())
            keys = holding if keys is None else keys & holding
            if not keys:
                return []
        found = (self._edits[key] for key in sorted(keys or ()))
        return [edit for edit, other in found if same_question(asked, other)]


class Places:
    """Passages and sources of edits, each looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passages: dict[int, Passage] = {}
        self._sources: dict[int, Source] = {}
        self._revised: dict[tuple[int, int], bool] = {}
        self._became: dict[int, int] = {}
        self._said: dict[int, frozenset[str]] = {}
        self.dates = Dates(store)

    def passage(self, key: int) -> Passage:
        """The passage with that id."""
        if key not in self._passages:
            self._passages[key] = self._store.passages.get(key)
        return self._passages[key]

    def source(self, passage_id: int) -> Source:
        """The source of a passage."""
        key = self.passage(passage_id).source_id
        if key not in self._sources:
            self._sources[key] = self._store.sources.get(key)
        return self._sources[key]

    def earlier(self, passages: Iterable[int]) -> Iterator[Edit]:
        """What was set aside of the earlier selves of the sources of `passages`."""
        for key in dict.fromkeys(self.source(passage).id for passage in passages):
            for source in self._store.sources.earlier(key):
                for passage in self._store.passages.of_source(source.id):
                    yield from self._store.edits.aside(passage.id)

    def became(self, old: Source, new: Source) -> bool:
        """Whether `new` is what `old` has become by now."""
        if old.id not in self._became:
            self._became[old.id] = self._store.sources.latest(old.id).id
        return self._became[old.id] == new.id

    def revised(self, old: int, new: int) -> bool:
        """Whether a passage is an older one written anew."""
        if (old, new) not in self._revised:
            texts = self.passage(old).text, self.passage(new).text
            self._revised[old, new] = written_anew(*texts)
        return self._revised[old, new]

    def says_so(self, old: Edit, new: Edit) -> bool:
        """Whether a passage that is an older one written anew says so: its file is what that of the
        older one became, or it has words for it."""
        here, there = self.passage(old.passage_id).text, self.passage(new.passage_id).text
        if self.became(self.source(old.passage_id), self.source(new.passage_id)):
            return True
        return says_so(here, there, new.question, new.answer, self.dates.told(new))

    def has(self, answer: str, edit: Edit) -> bool:
        """Whether the passage of an edit says an answer, in whatever words."""
        return grounded_answer(answer, self.passage(edit.passage_id).text)

    def changes(self, edit: Edit) -> bool:
        """Whether the passage of an edit says, where it tells it, that something has changed."""
        return changes(edit.answer, self.passage(edit.passage_id).text)

    def drops(self, old: Edit, new: Edit) -> bool:
        """Whether the newer passage has the older answer no more, or only denies it."""
        return drops(old.answer, self.passage(new.passage_id).text)

    def repeats(self, old: Edit, new: Edit) -> bool:
        """Whether the newer passage says the older answer in a sentence of the older one."""
        return self._repeats(old, _sentences(self.passage(new.passage_id).text))

    def stays(self, old: Edit, new: Edit) -> bool:
        """Whether the newer passage has the older answer between the same words, as often as the
        older one has it: then it is another question that was answered. Not where the newer
        answer stands there as well: then the two may have changed places."""
        here, there = self.passage(old.passage_id), self.passage(new.passage_id)
        before, now = (between(old.answer, passage.text) for passage in (here, there))
        other = between(new.answer, there.text)
        return bool(before) and not before - now and not before.keys() & other.keys()

    def says_still(self, old: Edit, new: Edit, single: bool) -> bool:
        """Whether the newer source says the older answer in a sentence of the older passage, or,
        where several answers may hold, the newer passage in whatever words."""
        if not single and grounded_answer(old.answer, self.passage(new.passage_id).text):
            return True
        source = self.source(new.passage_id)
        if source.id not in self._said:
            texts = [passage.text for passage in self._store.passages.of_source(source.id)]
            self._said[source.id] = frozenset().union(*map(_sentences, texts))
        return self._repeats(old, self._said[source.id])

    def _repeats(self, old: Edit, said: frozenset[str]) -> bool:
        before = split_sentences(self.passage(old.passage_id).text)
        return any(_plain(text) in said and grounded_answer(old.answer, text) for text in before)


def between(answer: str, text: str) -> Counter[tuple[str, str]]:
    """The words on either side of an answer, in small letters, wherever a text has it."""
    wanted = [token.text.casefold() for token in tokens(answer)]
    there = ["", *(token.text.casefold() for token in tokens(text)), ""]
    size = len(wanted)
    return Counter(
        (there[n], there[n + size + 1])
        for n in range(len(there) - size - 1)
        if wanted and there[n + 1 : n + 1 + size] == wanted
    )


def _sentences(text: str) -> frozenset[str]:
    return frozenset(_plain(said) for said in split_sentences(text))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
