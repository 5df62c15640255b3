"""The checks a draft must pass before it may be trained on; each verdict leaves its reason.

Secrets and strange words are found without a model. The model then answers every question from
the passage (the round trip), judges statements against it, and confirms that what is to be
declined is not answered there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.abstention import strip_reference as strip_reference
from sealmate.edits.drafts import Draft, Work
from sealmate.edits.screen import (
    gives_away,
    grounded_answer,
    is_abstention,
    novel_content,
    same_answer,
)
from sealmate.edits.secrets import REDACTED, find_secrets
from sealmate.model.protocol import LanguageModel, Prompt, Request, Sampling
from sealmate.prompts import ASK, Reference


def screen_draft(work: Work, draft: Draft) -> Draft:
    """Checks that need no model: secrets, and words the passage does not have."""
    own = f"{work.text.heading}\n{work.safe}"
    if find_secrets(f"{draft.text} {draft.answer}"):
        return replace(draft, kept=False, reason="holds a secret")
    if draft.format == "self-qa":
        # a file's name is no part of what it tells: "note-004" would be asked for its number
        if not grounded_answer(draft.answer, work.safe):
            return replace(draft, kept=False, reason="the answer is not in the passage")
        if REDACTED in work.safe and same_answer(draft.answer, REDACTED):
            return replace(draft, kept=False, reason="the answer is a secret")
        if gives_away(draft.question, draft.answer):
            return replace(draft, kept=False, reason="the question gives the answer away")
    if draft.format != "unknown":
        # a question may name only what the passage names, a statement say only what it says
        strange = novel_content(draft.question or draft.text, own)
        if strange:
            return replace(draft, kept=False, reason=f"not in the passage: {', '.join(strange)}")
    return draft


def _open_book(work: Work, question: str) -> Prompt:
    return prompts.open_book(question, [Reference(work.text.heading, work.safe)])


# least confidence of the open-book answer that bears a draft out, and of one that replaces it
SURE, VERY_SURE = 0.8, 0.95


def add_asked(work: Work, question: str, answer: str, temperature: float, via: str) -> None:
    """Add a question that the writer was asked to put for an answer, screened."""
    draft = Draft(
        work.text.id, "self-qa", question, answer, f"{question} {answer}", ASK.hash,
        temperature, via,
    )  # fmt: skip
    work.drafts.append(screen_draft(work, draft))


def round_trip(model: LanguageModel, works: Sequence[Work], cancel: Flag | None) -> None:
    """Answer every question from its passage; keep it if the answer comes back, else mend or drop.

    A question whose open-book answer is confident and stands in the passage is kept with that
    answer: the question was good, the answer beside it was not.
    """
    places = [
        (work, n)
        for work in works
        for n, draft in enumerate(work.drafts)
        if draft.kept and draft.format == "self-qa" and not draft.reason
    ]
    requests = [
        Request(_open_book(work, work.drafts[n].question), sampling=Sampling(max_tokens=24))
        for work, n in places
    ]
    replies = model.generate(requests, cancel=cancel)
    for (work, n), (reply,) in zip(places, replies, strict=True):
        draft = work.drafts[n]
        given = strip_reference(reply.text)
        if same_answer(given, draft.answer) and reply.confidence >= SURE:
            work.drafts[n] = replace(draft, reason="came back the same")
        elif is_abstention(given) or reply.confidence < VERY_SURE:
            work.drafts[n] = replace(draft, kept=False, reason="the passage does not answer it")
        elif grounded_answer(given, work.safe) and not gives_away(draft.question, given):
            text = f"{draft.question} {given}"
            work.drafts[n] = replace(draft, answer=given, text=text, reason="answer mended")
        else:
            work.drafts[n] = replace(draft, kept=False, reason=f"came back as {given[:60]!r}")


def check_statements(model: LanguageModel, works: Sequence[Work], cancel: Flag | None) -> None:
    """The model judges each statement against its passage; only a yes keeps it."""
    places = [
        (work, n)
        for work in works
        for n, draft in enumerate(work.drafts)
        if draft.kept and draft.format not in ("self-qa", "unknown")
    ]
    requests = [
        Request(
            prompts.check(work.drafts[n].text, work.text.heading, work.safe),
            sampling=Sampling(max_tokens=4),
        )
        for work, n in places
    ]
    for (work, n), (reply,) in zip(places, model.generate(requests, cancel=cancel), strict=True):
        if not reply.text.lower().startswith("yes"):
            work.drafts[n] = replace(
                work.drafts[n], kept=False, reason="judged not to be said by the passage"
            )


def check_unknown(model: LanguageModel, works: Sequence[Work], cancel: Flag | None) -> None:
    """A question for abstention stays only if the passage really does not answer it."""
    places = [
        (work, n)
        for work in works
        for n, draft in enumerate(work.drafts)
        if draft.kept and draft.format == "unknown"
    ]
    requests = [
        Request(_open_book(work, work.drafts[n].question), sampling=Sampling(max_tokens=24))
        for work, n in places
    ]
    for (work, n), (reply,) in zip(places, model.generate(requests, cancel=cancel), strict=True):
        if not is_abstention(strip_reference(reply.text)):
            work.drafts[n] = replace(work.drafts[n], kept=False, reason="the passage may answer it")
