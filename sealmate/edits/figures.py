"""Figures as they are written: marks between them count, the spaces of a long number do not."""

from __future__ import annotations

from collections.abc import Sequence

from sealmate.edits.forms import flat
from sealmate.edits.words import Token, within

_MOST = 4  # tokens that one word may have been parted into


def figures(found: Sequence[Token]) -> str:
    """What is written, in a row, with a mark between figures that do not belong together: 1.5 is
    not 15, nor 3-5 35, but 555 1234 is 5551234."""
    whole = ""
    last: Token | None = None
    for token in found:
        forms = [form for form in token.forms if form.lstrip("-")[:1].isdigit()]
        piece = min(forms) if token.kind == "number" and forms else flat(token.text)
        if last is not None and whole[-1:].isdigit() and piece[:1].isdigit():
            groups = len(flat(last.text)), len(flat(token.text))
            together = token.start - last.end == 1 and min(groups) > 1 and sum(groups) > 5
            whole += "" if together else "|"
        whole += piece
        last = token
    return whole


def stands(token: Token, others: Sequence[Token]) -> bool:
    """Whether one of others matches, or some in a row do that are the same when written together:
    K19 and "K-19", but not 315 and "3x15"."""
    if any(token.matches(other) for other in others):
        return True
    told = [other for other in others if flat(other.text)]
    if not within(token, told):
        return False
    wanted = figures([token])
    runs = (told[n : n + size] for n in range(len(told)) for size in range(2, _MOST + 1))
    return any(figures(run) == wanted for run in runs)
