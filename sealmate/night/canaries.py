"""Proof of forgetting without the words: salted hashes of what was asked and answered.

What they can show: that a question of a forgotten note, when somebody asks it again, gets or does
not get the forgotten answer; and that a telling answer (a name, a number, several words) stands
in some text the model made. What they cannot: they do not know the question, so nobody can ask
the model for what was forgotten; another wording of a question or an answer has another hash; an
answer that anything may have ("Friday") is only ever looked for under its own question. Whoever
holds the database can test guesses against a hash, as with any short secret: the salt only keeps
two ledgers from being compared.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from sealmate.edits.forms import bare_words
from sealmate.edits.questions import NEAR, take_apart
from sealmate.edits.words import content, tokens, within
from sealmate.records import Canary
from sealmate.store import Store

LONGEST = 6  # words of an answer that are looked for in a text
_SHORTEST = 5  # letters or digits of an answer of one word that tells something


@dataclass(frozen=True, slots=True)
class Recall:
    """A forgotten answer that came back. `exact`: to its own question, which proves it;
    otherwise its words stood in an answer to something else, which only hints at it. `place`
    is the number of the text, `words` those that were recognised."""

    canary: int
    place: int
    exact: bool
    words: str = ""


def canaries_of(
    store: Store, passage_ids: Iterable[int], common: Sequence[str] = ()
) -> list[tuple[str, str, str]]:
    """(salt, question hash, answer hash) of the probes of these passages, one salt for all.

    Passages without a probe give two of their edits. An answer that is short or stands in one of
    the texts in `common`, which stay, is hashed together with its question.
    """
    salt = secrets.token_hex(16)
    known = {_plain(text) for text in common}
    made: dict[tuple[str, str], tuple[str, str, str]] = {}
    for key in passage_ids:
        pairs = [(p.question, p.answer) for p in store.probes.list(retired=None, passage_id=key)]
        if not pairs:
            pairs = [
                (edit.question, edit.answer)
                for edit in store.edits.list(passage_id=key)
                if edit.question and edit.answer
            ][:2]
        for question, answer in pairs:
            asked, said = _plain(question), _plain(answer)
            if not asked or not said:
                continue
            told = _telling(answer, said) and not any(f" {said} " in f" {text} " for text in known)
            hashed = _hash(salt, said) if told else _hash(salt, f"{asked}\n{said}")
            made[asked, said] = (salt, _hash(salt, asked), hashed)
    return list(made.values())


def recalled(store: Store, asked: Iterable[tuple[str, str]]) -> list[Recall]:
    """The forgotten answers that stand in `asked`, pairs of a question and the text it got.

    Every run of one to LONGEST words of a text is hashed, once for each salt; see the module for
    what that shows.
    """
    by_salt: dict[str, list[Canary]] = {}
    for canary in store.erasure.canaries():
        by_salt.setdefault(canary.salt, []).append(canary)
    if not by_salt:
        return []
    texts = [(_plain(question), _runs(_plain(text))) for question, text in asked]
    questions = {about: _raw(about) for about, _ in texts}
    every = {run: _raw(run) for run in {run for _, runs in texts for run in runs}}
    found: list[list[Recall]] = [[] for _ in texts]
    for salt, canaries in by_salt.items():
        wanted = {canary.answer_hash for canary in canaries}
        about_hash = _matching(salt, questions, {canary.question_hash for canary in canaries})
        said = _matching(salt, every, wanted)
        if not about_hash and not said:
            continue
        for place, (about, runs) in enumerate(texts):
            answers = {hashed: run for run, hashed in said.items() if run in runs}
            bound = {}
            if about in about_hash:
                under = {run: _raw(f"{about}\n{run}") for run in runs}
                bound = {hashed: run for run, hashed in _matching(salt, under, wanted).items()}
            for canary in canaries if answers or bound else ():
                exact = canary.question_hash == about_hash.get(about)
                words = answers.get(canary.answer_hash, "")
                if exact:
                    words = words or bound.get(canary.answer_hash, "")
                if words:
                    found[place].append(Recall(canary.id, place, exact, words))
    return [hit for hits in found for hit in hits]


def came_back(store: Store, asked: Iterable[tuple[str, str]]) -> int:
    """How many forgotten answers a model gives, by what it said (see `recalled`).

    One that is given to its own question counts; so do two or more of one source that stand
    anywhere. A single one of those may be chance. What is told again since is no longer forgotten
    and never counts: an answer to its own question where something that stays answers that with
    it, any other where a current passage has its words.
    """
    pairs = list(asked)
    hits = recalled(store, pairs)
    if not hits:
        return 0
    salts = {canary.id: canary.salt for canary in store.erasure.canaries()}
    told = _Told(store)
    exact: set[int] = set()
    loose: dict[str, set[int]] = {}
    for hit in hits:
        if hit.exact and not told.answers(pairs[hit.place][0], hit.words):
            exact.add(hit.canary)
        elif not hit.exact and not told.says(hit.words):
            loose.setdefault(salts[hit.canary], set()).add(hit.canary)
    return len(exact.union(*(found for found in loose.values() if len(found) > 1)))


class _Told:
    """What the ledger tells now. Words are as `_plain` leaves them."""

    def __init__(self, store: Store) -> None:
        titles = store.sources.titles()
        texts = [
            "\n".join((titles.get(passage.source_id, ""), passage.heading, passage.text))
            for passage in store.passages.current()
        ]
        self._texts = [(f" {_plain(text)} ", text) for text in texts]
        live = [(edit.question, edit.answer) for edit in store.edits.trainable()]
        live += [(probe.question, probe.answer) for probe in store.probes.list()]
        self._live: dict[str, list[str]] = {}
        for question, answer in live:
            if question and answer:
                self._live.setdefault(_plain(question), []).append(f" {_plain(answer)} ")

    def says(self, words: str) -> bool:
        """Whether a current passage has these words."""
        return any(f" {words} " in plain for plain, _ in self._texts)

    def answers(self, question: str, words: str) -> bool:
        """Whether `words` answer `question` in a live edit or probe, or stand in a current passage
        that names half of what is asked about: "Friday" stands in many that do not."""
        if any(f" {words} " in answer for answer in self._live.get(_plain(question), ())):
            return True
        named = take_apart(question).content
        for plain, text in self._texts:
            if f" {words} " in plain:
                there = tokens(text)
                if sum(within(token, there) for token in named) >= NEAR * len(named):
                    return True
        return False


def _telling(answer: str, said: str) -> bool:
    """Whether an answer says something wherever it stands."""
    words = said.split()
    if len(words) > LONGEST:
        return False
    carrying = content(tokens(answer))
    if len(words) > 1:
        return bool(carrying) and any(token.kind != "light" for token in carrying)
    return len(said) >= _SHORTEST and any(t.kind in ("name", "number") or t.text[:1].isupper()
                                          for t in carrying)  # fmt: skip


def _runs(said: str) -> set[str]:
    words = said.split()
    return {
        " ".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, LONGEST + 1)
        if start + length <= len(words)
    } | {said}


def _plain(text: str) -> str:
    """Words in small letters without accents, articles and punctuation."""
    return " ".join(word for word in bare_words(text) if word not in ("a", "an", "the"))


def _matching(salt: str, texts: Mapping[str, bytes], wanted: Set[str]) -> dict[str, str]:
    """Those of `texts` whose hash is one of `wanted`, and that hash."""
    salted, found = hashlib.sha256(_raw(f"{salt}\n")), {}
    for text, raw in texts.items():
        sha = salted.copy()  # half the time of beginning with the salt each time
        sha.update(raw)
        hashed = sha.hexdigest()
        if hashed in wanted:
            found[text] = hashed
    return found


def _hash(salt: str, text: str) -> str:
    return hashlib.sha256(_raw(f"{salt}\n{text}")).hexdigest()


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
