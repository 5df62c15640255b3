"""Questions with one word put in place of another of its kind: lambs for ewes, maths for history.

Such a question is about something that the note does not tell of, and shares all its other words
with it. Which words are of a kind is known from the model's own word vectors. Words that mean the
same are of a kind too; those by which the practice notes' own questions go round a note's words
are left out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

from sealmate.edits.words import Token, content, tokens, within
from sealmate.model.protocol import LanguageModel
from sealmate.practice.slots import FilledNote, SlottedNote

LEAST = 0.2  # cosine of two words of a kind
MOST = 12  # words of a kind looked at
_SPELT = 4  # letters in common at the beginning of words that may be forms of one
_ENDINGS = ("ing", "ed", "est", "er", "ly", "s")
# What stands before nouns: a verb of the same kind makes no question that anybody would ask.
_NAMES_FOLLOW = re.compile(
    r"(?:\b(?:an?|the|my|our|your|his|her|its|their|this|that|which|what|whose|of|for|in|on|with|"
    r"many|much)|'s) $",
    re.IGNORECASE,
)
_SLOT = re.compile(r"\{[^}]*\}")


class Substitutes:
    """What may stand for a word in a question that is then not answered any more."""

    def __init__(self, model: LanguageModel, stock: Sequence[SlottedNote]) -> None:
        told = [{word.text for word in _plain(_SLOT.sub(" ", note.note))} for note in stock]
        asked = [
            {word.text for wordings, _ in note.qa for text in wordings
             for word in _plain(_SLOT.sub(" ", text))}
            for note in stock
        ]  # fmt: skip
        every = sorted(set().union(*told, *asked))
        near = dict(zip(every, model.alike(every, every, LEAST, MOST + 1), strict=True))
        round_about = {
            (word, other)
            for there, words in zip(told, asked, strict=True)
            for other in words - there
            for word in there & near[other].keys()
        }
        self._of = {
            word: [
                other
                for other in others
                if _another(word, other) and (word, other) not in round_about
            ]
            for word, others in near.items()
        }

    def of(self, word: str) -> list[str]:
        """Words of the same kind and form, the likest first."""
        return self._of.get(word, [])


def another_word(note: FilledNote, substitutes: Substitutes, rng: random.Random) -> str:
    """One of the note's questions with another word of a kind for one that the note has; "" for
    none."""
    there = tokens(note.note)
    questions = [wording for wordings, _ in note.qa for wording in wordings]
    for question in rng.sample(questions, len(questions)):
        words = [
            word
            for word in _plain(question)
            if within(word, there) and _NAMES_FOLLOW.search(question[: word.start])
        ]
        for word in rng.sample(words, len(words)):
            others = [
                other
                for other in substitutes.of(word.text)
                if not any(within(token, there) for token in tokens(other))
            ]
            if others:
                return _put(question, word, rng.choice(others))
    return ""


def _plain(text: str) -> Iterable[Token]:
    """Content words in small letters."""
    return [
        word
        for word in content(tokens(text))
        if word.kind == "word" and word.text.islower() and word.text.isalpha()
    ]


def _another(word: str, other: str) -> bool:
    """Whether two words are of one form, and not forms of one word."""
    if word[:_SPELT] == other[:_SPELT] or word in other or other in word:
        return False
    return all(word.endswith(ending) == other.endswith(ending) for ending in _ENDINGS)


def _put(question: str, word: Token, other: str) -> str:
    before, after = question[: word.start], question[word.end :]
    article = "an" if other[0] in "aeiou" else "a"
    before = re.sub(r"\b([Aa])n? $", lambda a: a[1] + article[1:] + " ", before)
    return before + other + after
