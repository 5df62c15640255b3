"""The writer with a scripted model: what comes back is kept, what does not is mended or dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

import pytest

from sealmate.edits.write import Draft, Plan, Text, Written, write
from sealmate.errors import Cancelled
from sealmate.events import Progress, Started
from sealmate.model.protocol import Prompt
from sealmate.prompts import ASK, NOT_SAID, WRITING
from tests.edits.reader import Reader

NOTE = Text(7, "Boiler", "Nora Lindqvist services the boiler every March. The spare key hangs "
            "behind the blue door.")  # fmt: skip
PLAN = Plan(samples=0, statements=("implications",), unknown=1, ask=0, held_out=0)
PAIRS = (
    "Q: Who services the boiler? A: Nora Lindqvist\n"
    "Q: When is the boiler serviced? A: every March\n"
    "Q: Where does the spare key hang? A: behind the blue door"
)
READ = {
    "Who services the boiler?": "Nora Lindqvist [1]",
    "When is the boiler serviced?": "every March [1]",
    "Where does the spare key hang?": "behind the blue door [1]",
}


class Pupil:
    """Writes what it is given and reads as `read` says."""

    def __init__(
        self,
        pairs: str = PAIRS,
        statements: str = "- Nora Lindqvist services the boiler every March.",
        unknown: str = "What does the service cost?",
        read: dict[str, str] | None = None,
        says: Callable[[str], bool] = lambda statement: True,
        asked: str = "",
    ) -> None:
        self.pairs, self.statements, self.unknown = pairs, statements, unknown
        self.read, self.says, self.asked = {**READ, **(read or {})}, says, asked
        self.model = Reader(reply=self.reply)

    def reply(self, prompt: Prompt, adapter: str | None) -> str:
        assert adapter is None  # the memory of earlier nights must not write
        said = prompt[-1].content
        if said.endswith(WRITING["self-qa"].text):
            return self.pairs
        if said.endswith((WRITING["implications"].text, WRITING["rewrite"].text)):
            return self.statements
        if said.endswith(WRITING["unknown"].text):
            return self.unknown
        if ASK.text.split("{")[0] in said:
            return self.asked
        if "Does the note say this?" in said:
            return "yes" if self.says(said.rpartition("\n")[2]) else "no"
        assert said.startswith("Answer the question shortly from these notes")
        return self.read.get(said.rpartition("Question: ")[2], NOT_SAID)

    def write(self, texts: Sequence[Text] = (NOTE,), plan: Plan = PLAN) -> list[Written]:
        found = list(write(self.model, texts, plan))
        assert isinstance(found[0], Started)
        assert found[0].total == len(texts)
        assert isinstance(found[-1], Progress)
        return [item for item in found if isinstance(item, Written)]


def drafts(written: Written, *formats: str) -> list[Draft]:
    return [draft for draft in written.drafts if draft.format in formats]


def test_a_faithful_writer_keeps_all() -> None:
    (written,) = Pupil().write()
    assert written.passage_id == 7
    pairs = drafts(written, "self-qa")
    assert [(d.question, d.answer, d.kept) for d in pairs] == [
        ("Who services the boiler?", "Nora Lindqvist", True),
        ("When is the boiler serviced?", "every March", True),
        ("Where does the spare key hang?", "behind the blue door", True),
    ]
    assert {d.reason for d in pairs} == {"came back the same"}
    assert all(d.prompt_hash == WRITING["self-qa"].hash and d.via == "self-qa" for d in pairs)
    (statement,) = drafts(written, "implications")
    assert (statement.kept, statement.question) == (True, "")
    (unknown,) = drafts(written, "unknown")
    assert (unknown.kept, unknown.question, unknown.answer) == (
        True, "What does the service cost?", "",
    )  # fmt: skip
    assert written.coverage > 0.5


def test_an_answer_that_comes_back_otherwise_is_mended() -> None:
    pairs = PAIRS.replace("A: every March", "A: the blue door")
    (written,) = Pupil(pairs, read={"When is the boiler serviced?": "every March [1]"}).write()
    (mended,) = [d for d in written.drafts if d.reason == "answer mended"]
    assert mended.kept
    assert (mended.answer, mended.text) == (
        "every March", "When is the boiler serviced? every March",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("back", "reason"),
    [
        (NOT_SAID, "the passage does not answer it"),
        ("Bob Miller [1]", "came back as 'Bob Miller'"),
        ("the boiler [1]", "came back as 'the boiler'"),
    ],
    ids=["abstains", "invents", "repeats the question"],
)
def test_a_question_that_does_not_come_back_is_dropped(back: str, reason: str) -> None:
    (written,) = Pupil(read={"Who services the boiler?": back}).write()
    (dropped,) = [d for d in written.drafts if d.question == "Who services the boiler?"]
    assert not dropped.kept
    assert dropped.reason.startswith(reason)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("Q: Who services the boiler? A: Bob Miller", "the answer is not in the passage"),
        ("Q: Does Nora Lindqvist come? A: Nora Lindqvist", "the question gives the answer away"),
        ("Q: Who services the boiler in Bergen? A: Nora Lindqvist", "not in the passage: Bergen"),
    ],
)
def test_what_needs_no_model_to_be_refused(pair: str, reason: str) -> None:
    pupil = Pupil(pair)
    (written,) = pupil.write()
    draft = written.drafts[0]
    assert (draft.kept, draft.reason) == (False, reason)
    assert not any(draft.question in prompt[-1].content for prompt in pupil.model.prompts)


def test_statements_are_judged() -> None:
    said = "- Nora Lindqvist services the boiler.\n- The blue door is behind the spare key."
    (written,) = Pupil(statements=said, says=lambda text: "behind" not in text).write()
    kept = {d.text: (d.kept, d.reason) for d in drafts(written, "implications")}
    assert kept["Nora Lindqvist services the boiler."][0]
    assert kept["The blue door is behind the spare key."] == (
        False, "judged not to be said by the passage",
    )  # fmt: skip


def test_a_question_the_passage_answers_is_no_lesson_in_not_knowing() -> None:
    pupil = Pupil(unknown="What colour is the door?", read={"What colour is the door?": "blue [1]"})
    (written,) = pupil.write()
    (unknown,) = drafts(written, "unknown")
    assert (unknown.kept, unknown.reason) == (False, "the passage may answer it")


def test_gaps_are_asked_for() -> None:
    pairs = PAIRS.splitlines()[0]
    pupil = Pupil(pairs, asked="Where does the spare key hang?")
    plan = Plan(samples=0, statements=(), unknown=0, ask=1, held_out=0)
    (written,) = pupil.write(plan=plan)
    late = [d for d in drafts(written, "self-qa") if d.via == "ask"]
    assert late
    assert all(d.prompt_hash == ASK.hash for d in late)
    kept = [d for d in late if d.kept]
    assert kept
    assert all("blue door" in d.answer for d in kept)
    questions = [d.question for d in drafts(written, "self-qa") if d.kept]
    assert len(questions) == len(set(questions))


def test_no_question_is_asked_open_book_twice() -> None:
    pupil = Pupil()
    pupil.write()
    asked = [p[-1].content for p in pupil.model.prompts if "from these notes" in p[-1].content]
    assert len(asked) == len(set(asked))


SECRETS = [
    "hunter2xyz", "sk-abcdefghijklmnop1234", "4111 1111 1111 1111", "ghp_" + "a1B2" * 9,
]  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_reach_neither_prompts_nor_edits(secret: str) -> None:
    line = f"The admin password: {secret}"
    text = Text(1, line, f"{line}\nNora Lindqvist services the boiler every March.")
    pupil = Pupil(
        f"Q: What is the admin password? A: {secret}\n{PAIRS}", f"- The password is {secret}."
    )
    (written,) = pupil.write([text], Plan(samples=2, ask=1, held_out=1))
    assert not any(secret in turn.content for prompt in pupil.model.prompts for turn in prompt)
    kept = [d for d in written.drafts if d.kept]
    assert kept
    assert not any(secret in f"{d.question} {d.answer} {d.text}" for d in kept)
    assert not any(secret in f"{question} {answer}" for question, answer in written.probes)


WORDINGS = (
    "Q: Who services the boiler? A: Nora Lindqvist\n"
    "Q: Which person services our boiler? A: Nora Lindqvist\n"
    "Q: By whom is the boiler serviced? A: Nora Lindqvist\n"
    "Q: When is the boiler serviced? A: every March"
)


def test_probes_are_held_out_of_the_edits() -> None:
    read = {line[3:].partition(" A: ")[0]: line.partition(" A: ")[2] + " [1]"
            for line in WORDINGS.splitlines()}  # fmt: skip
    for seed in range(6):
        plan = Plan(samples=0, statements=(), unknown=0, ask=0, held_out=3, seed=seed)
        (written,) = Pupil(WORDINGS, read=read).write(plan=plan)
        ((question, answer),) = written.probes  # one fact alone has wordings enough
        assert answer == "Nora Lindqvist"
        questions = [d.question for d in written.drafts]
        assert question not in questions
        assert len(questions) == 3
        again = Pupil(WORDINGS, read=read).write(plan=plan)
        assert again == [written]


def test_passages_come_in_order_and_chunks() -> None:
    texts = [Text(n, "Boiler", NOTE.text) for n in range(1, 6)]
    written = Pupil().write(texts, Plan(samples=0, unknown=0, ask=0, held_out=0, chunk=2))
    assert [item.passage_id for item in written] == [1, 2, 3, 4, 5]
    assert list(write(Reader(), [], PLAN)) == [Started("write", total=0)]


def test_a_stop_keeps_the_chunks_before_it() -> None:
    stop, found = Event(), []

    def consume() -> None:
        for item in write(Pupil().model, [NOTE, NOTE], Plan(chunk=1, samples=0), cancel=stop):
            found.append(item)
            if isinstance(item, Written):
                stop.set()

    with pytest.raises(Cancelled):
        consume()
    assert sum(isinstance(item, Written) for item in found) == 1


def test_nonsense_gives_no_edits() -> None:
    (written,) = Pupil("lorem ipsum", "...", "no question").write()
    assert written.drafts == ()
    assert written.probes == ()


def test_a_question_in_nearly_the_same_words_is_asked_once() -> None:
    more = (
        "Q: Who services the boilers? A: Nora Lindqvist\nQ: Who looks after it? A: Nora Lindqvist"
    )
    (written,) = Pupil(
        f"{PAIRS}\n{more}", read={"Who looks after it?": "Nora Lindqvist [1]"}
    ).write()
    asked = [d.question for d in drafts(written, "self-qa") if d.answer == "Nora Lindqvist"]
    assert asked == ["Who services the boiler?", "Who looks after it?"]


def test_what_stays_uncovered_is_asked_for_once_more() -> None:
    pairs = PAIRS.rpartition("\n")[0]
    pupil = Pupil(pairs, statements="")
    said = iter(["Who hangs the spare key?", "Where does the spare key hang?"])
    before = pupil.model._reply
    assert before is not None

    def reply(prompt: Prompt, adapter: str | None) -> str:
        gap = ASK.text.split("{")[0] in prompt[-1].content and "blue door" in prompt[-1].content
        return next(said, "") if gap else before(prompt, adapter)

    pupil.model._reply = reply
    (written,) = pupil.write(plan=Plan(samples=0, statements=(), unknown=0, ask=0, held_out=0))
    asked = [(d.question, d.kept) for d in drafts(written, "self-qa") if "key" in d.question]
    assert asked == [("Who hangs the spare key?", False), ("Where does the spare key hang?", True)]
