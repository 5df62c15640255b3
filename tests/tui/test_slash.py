"""Each slash command in the real app over a real ledger."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import events
from sealmate.errors import BusyError, HomeError
from sealmate.night.conflicts import settle_new
from sealmate.night.lock import NIGHT, hold
from sealmate.store.state import FORGETTING
from sealmate.tui.commands import COMMANDS, complete, parse
from sealmate.tui.screens.sources import SourcesScreen
from tests.night.ledger import MARCH, note, teach
from tests.store.build import passage, source
from tests.tui.drive import app_of, said, send, settle, status, type_line, until
from tests.tui.home import Home


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("/help", ("help", "")),
        ("  /Forget the  rabbit ", ("forget", "the  rabbit")),
        ("/remember a\nb", ("remember", "a\nb")),
        ("/remember: text", ("remember", "text")),
        ("/Why:who?", ("why", "who?")),
        ("/etc: what is it for?", None),
        ("/etc/passwd is what?", None),
        ("/ help", None),
        ("a /help", None),
        ("/2", None),
    ],
)
def test_lines_are_commands_or_questions(line: str, meaning: tuple[str, str] | None) -> None:
    assert parse(line) == meaning


@given(st.text())
def test_any_line_can_be_read_and_completed(line: str) -> None:
    parse(line)
    rest = complete(line)
    if rest:
        assert (line + rest).split()[0] in [f"/{command.name}" for command in COMMANDS]


async def test_remember_keeps_a_note_once(home: Home) -> None:
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert "1 note waiting" in status(pilot)
        await send(pilot, "/remember The shed key is under the pot.")
        assert "Remembered as note 4" in said(pilot)
        assert "2 notes waiting" in status(pilot)
        await send(pilot, "/remember The shed key is under the pot.")
        assert "Known already: “The shed key is under the pot.” (note 4)." in said(pilot)
        await send(pilot, "/remember")
        assert "/remember needs words" in said(pilot)
    assert home.store().sources.get(4).text == "The shed key is under the pot."


async def test_forget_shows_what_would_go_and_erases_after_a_yes(home: Home) -> None:
    home.model._answers.append("On Thursdays.")
    async with home.app().run_test(size=(130, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "When does Ansa come?", "/forget babysitter")
        preview = said(pilot)
        assert "Forget “The babysitter” (note 2)?" in preview
        assert "1 passage, 6 self-edits, 1 probe, 2 chat messages" in preview
        assert "Version 2 learnt from it and will be deleted" in preview
        assert len(home.store().sources.list()) == 3
        await send(pilot, "yes")
        text = said(pilot)
        assert "Forgot “The babysitter”" in text
        assert "Ansa" not in text, "an erased conversation is still on the screen"
        assert "Version 2 learnt from it and was deleted" in text
        assert "still in the weights" not in status(pilot)
        await pilot.press("up")
        assert app_of(pilot).chat.prompt.text == "", "an erased question can be called back"
    assert [source.id for source in home.store().sources.list()] == [1, 3]
    assert home.store().chats.list() == []
    store = home.store()
    assert store.versions.get(2).purged_at is not None
    assert store.versions.active() != 2
    assert not (home.workspace.paths.versions / store.versions.get(2).folder).exists()
    assert store.erasure.canaries()


@pytest.mark.parametrize("word", ["no", "yes please", "Where is Ansa?"])
async def test_anything_but_yes_keeps_it(home: Home, word: str) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter", word)
        assert "Kept “The babysitter”" in said(pilot)
    assert len(home.store().sources.list()) == 3
    assert home.model.prompts == []


async def test_escape_keeps_it(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter")
        await pilot.press("escape")
        await settle(pilot)
        assert "Kept “The babysitter”" in said(pilot)
        assert not app_of(pilot).chat.slash.asking
    assert len(home.store().sources.list()) == 3


async def test_forget_asks_which_of_several(home: Home) -> None:
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget the")
        assert "3 sources match" in said(pilot)
        await send(pilot, "7")
        assert "Nothing was forgotten." in said(pilot)
        await send(pilot, "/forget the", "1")
        assert "Forget “The rabbit” (note 1)?" in said(pilot)
        await send(pilot, "y")
    assert [source.id for source in home.store().sources.list()] == [2, 3]


async def test_forget_during_a_night_says_who_may_still_answer(home: Home) -> None:
    home.store().versions.activate(2, "for the test")
    with hold(home.workspace.paths.ensure().lock, home.clock, "a night"):
        async with home.app().run_test(size=(130, 30)) as pilot:
            await settle(pilot)
            await send(pilot, "/forget babysitter", "yes")
            text = said(pilot)
    assert "no search can find it any more" in text
    assert "A night is running (process " in text
    assert "weights and rows go when it ends." in text
    assert "no chat" not in text
    assert "Until then version 2 may still answer it" in text


async def test_forget_says_what_holds_again(home: Home) -> None:
    store = home.store()
    gate = note(store, "4711 opens the gate.", "gate")
    teach(store, gate, ("What is the gate code?", "4711"))
    news = note(store, "The gate has a new code, 4712.", "gate news", days=5)
    settle_new(store, teach(store, news, ("What is the gate code?", "4712")), MARCH)
    async with home.app().run_test(size=(130, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget gate news", "yes")
        assert "This holds again: What is the gate code? 4711" in said(pilot)


async def test_forget_takes_a_number_for_an_id(home: Home) -> None:
    home.remember("The budget is 1200 euros.")
    async with home.app().run_test(size=(130, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget 1200")
        assert "Nothing it was given matches '1200'" in said(pilot)


async def test_forget_finds_by_what_a_source_says_and_says_when_nothing_does(home: Home) -> None:
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget fennel")
        assert "Forget “The rabbit” (note 1)?" in said(pilot)
        await send(pilot, "no", "/forget xylophone")
        assert "Nothing it was given matches 'xylophone'" in said(pilot)


async def test_forget_needs_all_words_and_shows_what_goes_along(home: Home) -> None:
    store = home.store()
    fennel = store.sources.get(1)
    copy = store.sources.add(replace(fennel, id=0, title="Copied"))
    store.passages.add_many(copy.id, [passage(fennel.text)])
    letter = store.sources.add(source("Zoe lives in Ulm.", "letter", "/letter.md"))
    store.passages.add_many(letter.id, [passage(letter.text)])
    new = store.sources.replace(letter.id, source("Zoe moved.", "letter", "/letter.md"))
    store.passages.add_many(new.id, [passage(new.text)])
    async with home.app().run_test(size=(130, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget fennel on Thursdays")
        assert "Nothing it was given matches 'fennel on Thursdays'" in said(pilot)
        await send(pilot, "/forget slice of fennel")
        assert "2 sources match" in said(pilot)
        assert "1  “Copied” (note 4)" in said(pilot)
        await send(pilot, "2")
        assert "Also “Copied” (note 4), which has the same text." in said(pilot)
        await send(pilot, "no", "/forget Ulm")
        text = said(pilot)
        assert "Forget “letter” (file 5, what 6 said before)?" in text
        assert "earlier version" not in text
        await send(pilot, "no", "/forget letter")
        assert "Also 1 earlier version of it." in said(pilot)
        await send(pilot, "no", "/forget 1 6 99")
        assert "There is no source 99." in said(pilot)
        await send(pilot, "/forget 1, 6")
        text = said(pilot)
        assert "Forget “The rabbit” (note 1) and “letter” (file 6)?\n  With them go" in text
        assert "Also 1 earlier version of them." in text
        await send(pilot, "yes")
        assert "Forgot “The rabbit” (note 1) and “letter” (file 6): no search" in said(pilot)
    assert [source.id for source in store.sources.list()] == [2, 3]


async def test_forget_goes_on_with_what_an_earlier_one_left(home: Home) -> None:
    store = home.store()
    store.state.set(FORGETTING, True)
    store.sources.mark_forgotten(2)
    async with home.app().run_test(size=(130, 40)) as pilot:
        await settle(pilot)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sealmate.night.forgetting.purge", refuse)
            await send(pilot, "/forget babysitter")
            assert "the disk is broken" in said(pilot)
            assert "goes on with the rest" in said(pilot)
        await send(pilot, "/forget babysitter")
        assert "What was left of an earlier forgetting is gone now." in said(pilot)
        assert "Nothing it was given matches 'babysitter'" in said(pilot)
    assert [source.id for source in store.sources.list(None)] == [1, 3]


def refuse(*_: object) -> None:
    raise HomeError("the disk is broken")


async def test_sources_opens_the_listing(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "/sources")
        assert isinstance(pilot.app.screen, SourcesScreen)
        await pilot.press("escape")
        assert pilot.app.screen is app_of(pilot).chat


async def test_sleep_now_shows_the_night_as_it_happens(home: Home) -> None:
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/sleep now")
        text = said(pilot)
        for part in ("write", "31 self-edits kept", "40/40  loss 0.21", "passed the gate",
                     "version 3 is active"):  # fmt: skip
            assert part in text
        await send(pilot, "/sleep", "/sleep stop")
        assert "/sleep now runs the night now" in said(pilot)
        assert "No night is running." in said(pilot)
        with hold(home.workspace.paths.ensure().lock, home.clock, "work", name=NIGHT):
            await send(pilot, "/sleep Stop")
        assert "Another night is running (process " in said(pilot)
        assert "Ctrl-C in its terminal, or /sleep stop in its window" in said(pilot)


async def test_a_night_can_be_stopped_and_the_chat_goes_on_meanwhile(home: Home) -> None:
    home.slow = threading.Event()
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await type_line(pilot, "/sleep now")
        await until(pilot, lambda: "starting" in said(pilot))
        await type_line(pilot, "/sleep now")
        await until(pilot, lambda: "A night is running already." in said(pilot))
        await type_line(pilot, "/remember The lamp is blue.")
        await until(pilot, lambda: "Remembered as note 4" in said(pilot))
        await type_line(pilot, "/sleep stop")
        await settle(pilot)
        assert not app_of(pilot).chat.busy


async def test_a_night_that_cannot_run_says_why(home: Home) -> None:
    home.night = (
        events.Gated(False, {}, ("old recall fell by 0.3",)),
        events.Failed("BusyError", "the GPU is in use", "try later"),
    )
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/sleep now")
        assert "did not pass the gate: old recall fell by 0.3" in said(pilot)
        assert "the GPU is in use\ntry later" in said(pilot)

        def locked(cancel: threading.Event) -> object:
            raise BusyError("another night runs", "wait for it")

        home.run_night = locked  # type: ignore[method-assign, assignment]
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/sleep now")
        assert "another night runs\nwait for it" in said(pilot)


async def test_why_is_offered_only_where_there_is_such_a_service(home: Home) -> None:
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/help", "/why Who is Ansa?")
        assert "There is no command /why" in said(pilot)
        assert "/why QUESTION" not in said(pilot)
    home.why = lambda question: f"**{question}** known since version 2"
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/help", "/why Who is Ansa?")
        assert "**Who is Ansa?** known since version 2" in said(pilot)
        assert "/why QUESTION" in said(pilot)


async def test_closed_toggles_and_is_shown(home: Home) -> None:
    home.model._answers.extend(["Thursdays.", "Thursdays."])
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/closed", "When does Ansa come?")
        assert app_of(pilot).chat.prompt.border_title == "closed book"
        assert "version 2 · closed book · 37% sure" in said(pilot)
        assert "↳" not in said(pilot)
        await pilot.press("f5")
        await send(pilot, "When does Ansa come?")
        assert "↳ The babysitter" in said(pilot)
    shown = ["euros an hour" in prompt[-1].content for prompt in home.model.prompts]
    # from the weights; then from all notes, from the passage alone, and as a line of it
    assert shown == [False, True, True, True]


async def test_new_begins_another_conversation(home: Home) -> None:
    home.model._answers.extend(["One.", "Two."])
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "First?", "/new")
        assert "First?" not in said(pilot)
        assert "Ask me something" in said(pilot)
        await send(pilot, "Second?")
        assert [turn.role for turn in home.model.prompts[-1]].count("user") == 1
    assert [talk.title for talk in home.store().chats.list()] == ["Second?", "First?"]


async def test_help_names_every_command_and_unknown_ones_are_told(home: Home) -> None:
    home.why = str
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/help", "/nonsense")
        text = said(pilot)
    assert all(f"`/{command.name}" in text for command in COMMANDS)
    assert "There is no command /nonsense. /help lists them." in text
