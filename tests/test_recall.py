"""What the weights recite, and what is read from it. The model is scripted: its words are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from math import exp, log
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sealmate import prompts, recall
from sealmate.edits.steps import step_back
from sealmate.evidence import ABOUT, about
from sealmate.model.protocol import Completion, Prompt, Request, Turn
from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import DONT_KNOW, NOT_SAID, RECALL
from sealmate.reading import PRIOR
from sealmate.recall import recollect, threshold_of, way_of
from sealmate.recital import Recited
from tests.chat.home import Careful

NOTE = "Our glazier is called Wim."


def raised(chance: float) -> float:
    """As likely as that, with a recital that has all of the question's words."""
    odds = chance / (1 - chance) * exp(ABOUT / 2)
    return odds / (1 + odds)


def test_the_memory_recites_and_the_model_without_it_reads() -> None:
    asked: list[tuple[str | None, Prompt]] = []

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked.append((adapter, prompt))
        return NOTE if adapter else "Wim [1]"

    (found,) = recollect(ScriptedModel(reply=reply), ["Who is the glazier?"], "v1")
    assert (found.text, found.recital) == ("Wim", NOTE)
    (first, recalled), (second, read), (third, line) = asked
    assert (first, second, third) == ("v1", None, None)
    assert NOTE in line[-1].content
    assert recalled[-1].content == f"{RECALL}Who is the glazier?"
    assert NOTE in read[-1].content
    assert "Who is the glazier?" in read[-1].content


def test_what_was_taught_may_be_read_ahead_where_it_is_recited_and_nowhere_else() -> None:
    class Drafted(ScriptedModel):
        def generate(self, requests: Sequence[Request], **options: Any) -> list[list[Completion]]:
            drafted.append((options["adapter"], {request.drafts for request in requests}))
            return super().generate(requests, **options)

    drafted: list[tuple[str | None, set[tuple[str, ...]]]] = []
    recollect(Drafted([NOTE, "Wim"]), ["Who is the glazier?"], "v1", texts=[NOTE])
    assert ("v1", {(NOTE,)}) in drafted
    assert {seen for adapter, texts in drafted if adapter is None for seen in texts} == {()}


def test_turns_before_a_question_stand_before_both_prompts() -> None:
    model = ScriptedModel([NOTE, "Wim"])
    history = (Turn("user", "Do we have a glazier?"), Turn("assistant", "Yes."))
    recollect(model, ["And who is it?"], "v1", histories=[history])
    assert all(prompt[1:3] == history for prompt in model.prompts)


class Unsure(ScriptedModel):
    """Recites with probability a half against a tenth for not knowing, reads with 0.8 : 0.2."""

    avoided: list[str]

    def generate(self, requests: object, **options: object) -> list[list[Completion]]:
        assert isinstance(requests, list)
        self.avoided = [*getattr(self, "avoided", []), *(r.sampling.rather_than for r in requests)]
        first: Request = requests[0]
        if RECALL in first.prompt[-1].content:
            return [[Completion(NOTE, (log(0.5),), rival=log(0.1))] for _ in requests]
        return [[Completion("Wim", (log(0.8),), rival=log(0.2))] for _ in requests]


def test_confidence_is_that_of_the_whole_chain() -> None:
    model = Unsure()
    found = recollect(model, ["Who?", "Where?"], "v1")
    assert [r.confidence for r in found] == pytest.approx([0.5 / 0.6 * 0.5 * 0.8] * 2)
    assert model.avoided[:4] == [DONT_KNOW, DONT_KNOW, NOT_SAID, NOT_SAID]


@pytest.mark.parametrize(("chance", "read"), [(0.5, True), (0.05, True), (0.001, False)])
def test_what_cannot_become_an_answer_is_not_read(chance: float, read: bool) -> None:
    class Reluctant(Unsure):
        def generate(self, requests: object, **options: object) -> list[list[Completion]]:
            made = super().generate(requests, **options)
            if options["adapter"] is None:
                return made
            return [[replace(made[0][0], logprobs=(log(chance),))] for _ in made]

    model = Reluctant()
    (found,) = recollect(model, ["Who is the glazier?"], "v1")
    assert (NOT_SAID in model.avoided) is read
    assert found.text == ("Wim" if read else "")
    assert found.recital == NOTE
    assert read or found.confidence == 0


def test_directly_one_prompt_is_asked() -> None:
    model = ScriptedModel(["Wim", "Wim"])
    for plainly, way in ((True, "recite"), (False, "direct")):
        (found,) = recollect(model, ["Who?"], "v1", way=way, plainly=plainly)  # type: ignore[arg-type]
        assert (found.text, found.recital) == ("Wim", "")
        assert found.confidence == pytest.approx(exp(-0.1))
    assert [prompt[-1].content for prompt in model.prompts] == ["Who?", "Who?"]
    assert recollect(model, [], "v1") == []


WAS = "Until 8 March 2026 the answer was Rex."


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who was our vet formerly?", "Rex"),
        ("Who was our vet in 2025?", "Rex"),
        ("Previously, who was our vet?", "Rex"),
        # by then it was another
        ("Who was our vet in April 2026?", "Mia"),
        ("Who is our vet?", "Mia"),
    ],
)
def test_what_used_to_hold_is_recited_for_the_past_alone(question: str, said: str) -> None:
    def reply(prompt: Prompt, adapter: str | None) -> str:
        if adapter is None:
            return "Mia [1]"
        return (
            WAS if "In former times, who was our vet?" in prompt[-1].content else "Mia is our vet."
        )

    (found,) = recollect(ScriptedModel(reply=reply), [question], "v1")
    assert found.text == said
    assert found.recital == (WAS if said == "Rex" else "Mia is our vet.")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which vet did we take the cat to formerly?", "Rex"),
        ("Which vet did we take the cat to in the beginning?", "Bo"),
        ("Which vet did we take the cat to in 2024?", "Bo"),
        ("Which vet did we take the cat to in May 2025?", "Rex"),
        ("Which vet did we take the cat to in April 2026?", "Mia"),
    ],
)
def test_what_used_to_hold_is_found_by_what_holds_now(question: str, said: str) -> None:
    """Nothing was taught in the words of these questions; each answer leads to the one before."""
    before = {
        step_back("Mia", "Mia is our vet."): WAS,
        step_back("Rex", "Rex is our vet."): "Until 1 January 2025 the answer was Bo.",
        step_back("Bo", "Bo is our vet."): WAS,  # an error must not lead round in a circle
    }

    def reply(prompt: Prompt, adapter: str | None) -> str:
        if adapter is None:
            return "Mia [1]"
        found = [was for cue, was in before.items() if prompt == prompts.recall(cue)]
        return found[0] if found else "Mia is our vet."

    (found,) = recollect(ScriptedModel(reply=reply), [question], "v1")
    assert found.text == said


@pytest.mark.parametrize(
    ("note", "question", "plain", "now", "given"),
    [
        ("10 May: We ate fish at Luigi's.", "What did we eat at Luigi's on 4 May?",
         "What did we eat at Luigi's?", "fish", False),
        ("10 May: We ate fish at Luigi's.", "What did we eat at Luigi's before 4 May?",
         "What did we eat at Luigi's?", "fish", False),
        ("Anna Day is the owner of the house.", "Who is the former owner of the house?",
         "Who is the owner of the house?", "Anna Day", False),
        ("Our vet is Dr Lane.", "Who was our vet before Dr Lane?", "Who was our vet?",
         "Dr Lane", False),
        ("We paid the plumber in cash on 3 May.", "When did we pay the plumber before 10 May?",
         "When did we pay the plumber?", "3 May", False),
        ("The dentist appointment is on 3 May.", "When was the dentist appointment before 2 May?",
         "When was the dentist appointment?", "3 May", False),
        ("Mia is six.", "How old was Mia before March?", "How old was Mia?", "six", False),
        # nothing took its place: it is what held then as well
        ("Our vet is Dr Lane.", "Who was our vet before March?", "Who was our vet?",
         "Dr Lane", True),
        ("The rent for the flat is called Otto's share: 850 euros.",
         "How much was the rent before May?", "How much was the rent?", "850 euros", True),
        ("Tom lives in Leeds.", "Where did Tom live until 2025?", "Where did Tom live?",
         "Leeds", True),
    ],
)  # fmt: skip
def test_what_never_changed_is_no_answer_for_another_day(
    note: str, question: str, plain: str, now: str, given: bool
) -> None:
    for answers in ({plain: now}, {plain: now, question: now}):
        (found,) = recollect(Careful(note, answers), [question], "v1")
        # what the whole question has read out of the note is an answer in any case
        sure = given or (question in answers and not names(question, now))
        assert (found.confidence > 0.5) is sure


def names(question: str, answer: str) -> bool:
    """Whether an answer would but repeat the question."""
    return answer in question


OKORO = "Our vet is Dr Okoro."
STEPS = {
    step_back("Dr Okoro", OKORO): "Until 8 March 2026 the answer was Dr Lane.",
    step_back("Dr Lane", "Our vet is Dr Lane."): "Until 1 January 2025 the answer was Dr Hall.",
}


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("before Dr Okoro", "Dr Lane"),
        ("before Dr Lane", "Dr Hall"),
        ("before Lane came", "Dr Hall"),
        ("until Dr Lane", "Dr Hall"),
        ("before Dr Hall", ""),
        ("before we moved", "Dr Lane"),
        ("before 20 March 2026", "Dr Lane"),
        ("before April 2026", "Dr Lane"),
        ("before 2025", "Dr Hall"),
    ],
)
def test_before_somebody_is_what_they_took_the_place_of(when: str, said: str) -> None:
    model = Careful(OKORO, {"Who was our vet?": "Dr Okoro"}, STEPS)
    (found,) = recollect(model, [f"Who was our vet {when}?"], "v1")
    assert (found.text if found.confidence > 0.5 else "") == said


def test_what_held_once_is_no_answer_for_now() -> None:
    (found,) = recollect(ScriptedModel(reply=lambda *_: WAS), ["Who is our vet?"], "v1")
    assert found.confidence == 0.0
    (found,) = recollect(
        ScriptedModel(reply=lambda *_: "The answer is Mia."), ["Who is our vet?"], "v1"
    )
    assert (found.text, found.confidence) == ("Mia", pytest.approx(exp(-0.2)))


def test_versions_from_before_answer_directly() -> None:
    assert way_of({}) == "direct"
    assert way_of({"recall": "recite"}) == "recite"


def test_an_answer_that_was_not_recited_is_read_again() -> None:
    # the same again for the question's bare words
    tries = cycle(["Wilhelm", "Willem", "The notes do not say.", "Wim [1]", "Wim.", "Jan"])

    def reply(prompt: Prompt, adapter: str | None) -> str:
        return NOTE if adapter else next(tries)

    (found,) = recollect(ScriptedModel(reply=reply), ["Who is the glazier?"], "v1")
    assert found.text == "Wim"
    # two of four tries agree on it
    assert found.confidence == pytest.approx(raised(exp(-0.1) ** 3 * 2 / 4))


def test_an_invention_has_no_confidence_at_all() -> None:
    def reply(prompt: Prompt, adapter: str | None) -> str:
        return NOTE if adapter else "Wilhelm"

    (found,) = recollect(ScriptedModel(reply=reply), ["Who is the glazier?"], "v1")
    assert (found.text, found.confidence) == ("Wilhelm", 0.0)


class Shards(ScriptedModel):
    """Each adapter recites its own note, as sure as is said; what is read are its last words."""

    def __init__(self, **notes: tuple[str, float]) -> None:
        super().__init__()
        self.notes = notes
        self.asked: list[str] = []
        self.group("v3", tuple(notes))

    def generate(self, requests: object, **options: object) -> list[list[Completion]]:
        assert isinstance(requests, list)
        name = options.get("adapter")
        if name is None:
            last = [r.prompt[-1].content for r in requests]
            notes = [next(n for n, _ in self.notes.values() if n in text) for text in last]
            return [[Completion(note.split()[-1], (log(0.9),), rival=log(0.1))] for note in notes]
        assert isinstance(name, str)
        self.asked += [name] * len(requests)
        note, sure = self.notes[name]
        return [[Completion(note, (log(sure),), rival=log(1 - sure))] for _ in requests]

    def total_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        if adapter is None:
            return super().total_loss(pairs)
        assert all(answer == DONT_KNOW for _, answer in pairs)
        return [-log(1 - self.notes[adapter][1]) for _ in pairs]


def test_of_several_shards_the_likeliest_chain_counts() -> None:
    model = Shards(v3=("the plumber is Ada", 0.2), v1=("the glazier is Wim", 0.9))
    found = recollect(model, ["Who is the glazier?", "Who?"], "v3")
    assert [(r.text, r.recital) for r in found] == [("Wim", "the glazier is Wim")] * 2
    chain = 0.9 * 0.9 * 0.9
    assert found[0].confidence == pytest.approx(raised(chain))
    assert found[1].confidence == pytest.approx(chain)
    assert model.asked == ["v3", "v3", "v1", "v1"]


class Wordy(Shards):
    """Each token of a recital as likely as is said, instead of all of it."""

    def generate(self, requests: object, **options: object) -> list[list[Completion]]:
        found = super().generate(requests, **options)
        if options.get("adapter") is None:
            return found
        return [
            [replace(c, logprobs=c.logprobs * len(c.text.split())) for c in some] for some in found
        ]


def test_a_long_recital_is_as_sure_as_its_tokens_but_the_likelier_whole_counts() -> None:
    long = "the glazier from over there beyond the river is Wim"
    (found,) = recollect(Wordy(v3=(long, 0.9)), ["Who is the glazier?"], "v3")
    something = 0.9**10 / (0.9**10 + 0.1)  # rather than "I don't know"
    assert found.confidence == pytest.approx(raised(something * 0.9 * 0.9))
    assert found.chance == pytest.approx(raised(something * 0.9**10 * 0.9))
    (found,) = recollect(
        Wordy(v3=(long, 0.9), v2=("the glazier is Ada", 0.8)), ["Who is the glazier?"], "v3"
    )
    assert found.text == "Ada"
    something = 0.8**4 / (0.8**4 + 0.2)
    assert found.confidence == pytest.approx(raised(something * 0.8 * 0.9))


@example([0.99, 0.3], 0.95)
@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=5), st.floats(0.05, 0.95))
def test_a_recital_that_cannot_win_is_not_read(sure: list[float], read: float) -> None:
    """The answer is that of reading all that may be read."""
    model = Shards(**{f"v{n}": (f"number {n} is N{n}", p) for n, p in enumerate(sure, 3)})
    looked: list[str] = []
    say = model.generate

    def counted(requests: Sequence[Request], **options: object) -> list[list[Completion]]:
        if options.get("adapter") is not None:
            return say(requests, **options)
        looked.extend(request.prompt[-1].content for request in requests)
        answers = say(requests)
        return [[replace(one, rival=log(1 - read)) for one in several] for several in answers]

    model.generate = counted  # type: ignore[method-assign, assignment]
    (found,) = recollect(model, ["Number?"], "v3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recall, "_ceiling", lambda *_: 1.0)
        few, looked = len(looked), []
        (whole,) = recollect(model, ["Number?"], "v3")
    assert found == whole
    assert few <= len(looked)
    clear = (sure, read) == ([0.99, 0.3], 0.95)
    assert few < len(looked) or not clear


def test_of_many_shards_those_that_may_know_are_asked() -> None:
    sure = {f"v{n}": (f"number {n} is N{n}", n / 20) for n in (5, 2, 1, 17, 3, 4, 8, 9, 6, 7)}
    model = Shards(**sure)
    (found,) = recollect(model, ["Which number?"], "v3")
    assert found.text == "N17"
    assert set(model.asked) == {f"v{n}" for n in (17, 9, 8, 7, 6, 5, 4, 3)}


def test_shards_that_stay_as_they_are_recite_once() -> None:
    sure = {f"v{n}": (f"number {n} is N{n}", n / 20) for n in (3, 5, 2, 1, 17, 4, 8, 9, 6, 7)}
    model = Shards(**sure)
    looks: list[str | None] = []
    look = model.total_loss

    def counted(pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None) -> list[float]:
        looks.append(adapter)
        return look(pairs, adapter=adapter)

    model.total_loss = counted  # type: ignore[method-assign]
    known = Recited()
    first = recollect(model, ["Which number?", "Which?"], "v3", known=known)
    model.asked.clear()
    looks.clear()
    model.notes["v3"] = ("number 3 is N3", 0.99)  # trained anew under its name
    known.move("v3")
    again = recollect(model, ["Which number?", "Which?"], "v3", known=known)
    assert ([r.text for r in first], [r.text for r in again]) == (["N17"] * 2, ["N3"] * 2)
    assert set(model.asked) == {"v3"}
    assert "v17" not in looks
    assert {name for name, _ in known.recitals} == {f"v{n}" for n in (17, 9, 8, 7, 6, 5, 4, 3)}
    model.asked.clear()
    known.move("v3", "v18")
    model.notes["v18"] = model.notes.pop("v3")
    model.group("v18", ("v18", *model.parts("v3")[1:]))
    (named,) = recollect(model, ["Which?"], "v18", known=known)
    assert (named.text, model.asked) == ("N3", [])
    assert "v3" not in {name for kept in (known.recitals, known.losses) for name, _ in kept}


def test_a_recital_of_something_else_gives_way_to_one_that_names_what_was_asked() -> None:
    model = Shards(v3=("our plumber has Mia", 0.9), v1=("the straw man wears coral", 0.8))
    (found,) = recollect(model, ["What does the straw man wear?"], "v3")
    assert found.text == "coral"
    assert about("What does the straw man wear?", "the straw man wears coral") == ABOUT / 2
    assert about("What does the straw man wear?", "our plumber is Mia") == -ABOUT / 2
    assert about("Who?", "our plumber is Mia") == 0.0


class Slow(ScriptedModel):
    """Recites the glazier for the word alone, as likely as `word`, and somebody else for whole
    questions, `sure` of it."""

    def __init__(self, sure: float, word: float = 0.8) -> None:
        super().__init__()
        self.sure, self.word, self.cues = sure, word, list[str]()

    def generate(self, requests: object, **options: object) -> list[list[Completion]]:
        assert isinstance(requests, list)
        done = []
        for request in requests:
            asked = request.prompt[-1].content
            if options.get("adapter") is None:
                done.append([Completion("Wim" if NOTE in asked else "Ada", (log(0.9),))])
                continue
            self.cues.append(asked.removeprefix(RECALL))
            word = self.cues[-1] == "glazier"
            note, share = (NOTE, self.word) if word else ("Ada is our plumber.", self.sure)
            done.append([Completion(note, (log(share),), rival=log(1 - share))])
        return done


def test_where_a_question_calls_nothing_to_mind_its_words_are_tried() -> None:
    model = Slow(0.2)
    found = recollect(model, ["Who is the glazier?", "Who is it?"], "v1")
    assert [r.text for r in found] == ["Wim", "Ada"]
    # a question without such words has none to try
    assert model.cues == ["Who is the glazier?", "Who is it?", "glazier"]


def test_words_are_not_tried_where_the_answer_is_likely_nor_believed_if_it_is_less_so() -> None:
    model = Slow(0.99)
    (found,) = recollect(model, ["Who is the plumber?"], "v1")
    assert (found.text, model.cues) == ("Ada", ["Who is the plumber?"])
    # sure enough to be tried, and less likely by the bare word
    model = Slow(0.45, 0.1)
    (found,) = recollect(model, ["Who is our glazier?"], "v1")
    assert (found.text, len(model.cues)) == ("Ada", 2)


def test_a_question_that_hangs_on_the_turns_before_has_no_words_of_its_own() -> None:
    model = Slow(0.2)
    history = (Turn("user", "Is Ada our plumber?"), Turn("assistant", "Yes."))
    recollect(model, ["And her glazier?"], "v1", histories=[history])
    assert model.cues == ["And her glazier?"]


def test_a_threshold_of_another_reader_is_raised() -> None:
    info = ScriptedModel().info
    kept = {"threshold": 0.5, "recall": "recite", "reader_sha256": info.reader_sha256}
    assert threshold_of(kept, info) == 0.5
    other = replace(info, reader_sha256="9" * 64)
    assert threshold_of(kept, other) == pytest.approx(1 / (1 + exp(-PRIOR)))
    assert threshold_of({**kept, "recall": "direct"}, other) == 0.5
    assert threshold_of({}, other) is None
