"""The whole idea in one run: ask, take notes in, sleep on them, ask again, take it all back."""

from sealmate.demo.play import Night, run
from sealmate.demo.questions import Question, load_questions
from sealmate.demo.steps import Asked, Learnt, Loaded, RolledBack, Step, TookIn

__all__ = [
    "Asked",
    "Learnt",
    "Loaded",
    "Night",
    "Question",
    "RolledBack",
    "Step",
    "TookIn",
    "load_questions",
    "run",
]
