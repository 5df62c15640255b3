"""What the writer has at hand while it writes about one passage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sealmate.edits.screen import near_duplicate
from sealmate.edits.secrets import redact
from sealmate.records import EditFormat


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as the writer sees it: its id, where it stands, and its words."""

    id: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A self-edit before it has a row. `kept` is the checks' verdict, `reason` why not."""

    passage_id: int
    format: EditFormat
    question: str
    answer: str
    text: str
    prompt_hash: str
    temperature: float
    via: str
    kept: bool = True
    reason: str = ""


@dataclass(slots=True)
class Work:
    """A passage being written about: its text without secrets and the drafts so far."""

    text: Text
    safe: str
    drafts: list[Draft] = field(default_factory=list)

    def questions(self) -> list[str]:
        """Kept questions of any format."""
        return [d.question for d in self.drafts if d.question and d.kept]

    def asks(self, question: str, answer: str) -> bool:
        """Whether this is asked already, or the same in nearly the same words with this answer."""
        same = question.casefold()
        return any(q.casefold() == same for q in self.questions()) or any(
            near_duplicate((question, answer), known) for known in self.pairs()
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Kept questions with their answers."""
        return [(d.question, d.answer) for d in self.drafts if d.kept and d.format == "self-qa"]

    def statements(self) -> list[str]:
        """Kept statements."""
        return [d.text for d in self.drafts if d.kept and d.format not in ("self-qa", "unknown")]


def work_on(text: Text) -> Work:
    """The work on a passage, without its secrets. A note's first words are its title, so a secret
    may stand in the heading too."""
    return Work(replace(text, heading=redact(text.heading)), redact(text.text, text.heading))
