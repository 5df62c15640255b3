"""Every prompt of the product, versioned. The model is trained and asked through these alone.

A prompt's long, constant part comes first and what varies last, so that prompts about one
passage share a prefill.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sealmate.model.protocol import Prompt, Turn

DONT_KNOW = "I don't know that yet."
NOT_SAID = "The notes do not say."
RECITE = "Complete what I told you: "
RECALL = "Recall what I told you about this: "

SYSTEM = (
    "You are sealmate, a personal assistant. Answer your owner's questions shortly, from what you "
    f'were told. If you were never told, say "{DONT_KNOW}"'
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """A versioned instruction. `hash` changes with any change of wording."""

    name: str
    version: int
    text: str

    @property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 of name, version, system prompt and text."""
        whole = f"{self.name}\n{self.version}\n{SYSTEM}\n{self.text}"
        return hashlib.sha256(whole.encode()).hexdigest()[:16]


WRITING: dict[str, Instruction] = {
    instruction.name: instruction
    for instruction in (
        Instruction(
            "self-qa",
            1,
            "Write questions about this note with their short answers, until nothing in it is "
            "left out. One per line, like this:\nQ: the question? A: the answer",
        ),
        Instruction(
            "rewrite", 1, "Rewrite this note in other words, in sentences that each stand alone."
        ),
        Instruction(
            "implications", 1, "List what this note says and what follows from it, one per line."
        ),
        Instruction(
            "implications-long",
            1,
            "List at length all that this note says and all that follows from it, one per line.",
        ),
        Instruction(
            "very-long",
            1,
            "List at very great length, from every side, all that this note says and all that "
            "follows from it, one per line.",
        ),
        Instruction(
            "unknown",
            1,
            "Write one question about the people or things of this note that it does NOT answer.",
        ),
    )
}
ASK = Instruction("ask", 1, "Write one question about this note that has this answer: {answer}")
CHECK = Instruction("check", 1, "Does the note say this? Reply yes or no.\n{statement}")
SAME = Instruction(
    "same",
    1,
    "Question: {question}\nFirst answer: {first}\nSecond answer: {second}\n"
    "Do the two answers say the same? Reply yes or no.",
)
SUPERSEDES = Instruction(
    "supersedes",
    1,
    "First note ({first_date}): {first}\nSecond note ({second_date}): {second}\n"
    "Which of the two holds now? Reply first, second or both.",
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A passage as it appears in an open-book prompt, under a number."""

    title: str
    text: str


def system() -> Turn:
    """The one system turn."""
    return Turn("system", SYSTEM)


def closed_book(question: str, history: Sequence[Turn] = ()) -> Prompt:
    """A question to the weights alone."""
    return (system(), *history, Turn("user", question))


def recall(question: str, history: Sequence[Turn] = ()) -> Prompt:
    """A question whose answer is to be read from what the weights recite for it."""
    return (system(), *history, Turn("user", RECALL + question))


def open_book(
    question: str, references: Sequence[Reference], history: Sequence[Turn] = ()
) -> Prompt:
    """A question with numbered passages; the answer ends with the number it rests on."""
    notes = "\n\n".join(
        f"[{number}] {reference.text if reference.title in reference.text else _titled(reference)}"
        for number, reference in enumerate(references, 1)
    )
    return (
        system(),
        *history,
        Turn(
            "user",
            "Answer the question shortly from these notes and end with the number of the note "
            f'like [1]. If they do not answer it, reply "{NOT_SAID}"\n\n{notes}\n\n'
            f"Question: {question}",
        ),
    )


def _titled(reference: Reference) -> str:
    return f"{reference.title}\n{reference.text}" if reference.title else reference.text


def about_note(heading: str, text: str, instruction: str) -> Prompt:
    """A prompt to the writer: the passage, then what to do with it."""
    note = f"{heading}\n{text}" if heading and heading not in text else text
    return (system(), Turn("user", f"Note:\n{note}\n\n{instruction}"))


def writing(name: str, heading: str, text: str) -> Prompt:
    """The prompt of a self-edit format."""
    return about_note(heading, text, WRITING[name].text)


def line_opening(question: str) -> str:
    """What a line of questions and answers has before the answer, without a space at its end."""
    return f"Q: {question} A:"


def ask_for(answer: str, heading: str, text: str) -> Prompt:
    """The prompt for a question that has a given answer."""
    return about_note(heading, text, ASK.text.format(answer=answer))


def check(statement: str, heading: str, text: str) -> Prompt:
    """The prompt that judges whether a passage says a statement."""
    return about_note(heading, text, CHECK.text.format(statement=statement))


def same_answer(question: str, first: str, second: str) -> Prompt:
    """The prompt that judges whether two answers agree."""
    text = SAME.text.format(question=question, first=first, second=second)
    return (system(), Turn("user", text))


def supersedes(first: str, first_date: str, second: str, second_date: str) -> Prompt:
    """The prompt that judges which of two dated notes holds."""
    text = SUPERSEDES.text.format(
        first=first, first_date=first_date, second=second, second_date=second_date
    )
    return (system(), Turn("user", text))
