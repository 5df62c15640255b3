"""The time a question asks about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.moments import moment_of
from sealmate.edits.questions import in_the_past
from sealmate.times import day

NOW = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)


def spanned(question: str) -> tuple[str, str, str, str]:
    found = moment_of(question, lambda: NOW)
    begin = f"{found.begin:%Y-%m-%d}" if found.begin else ""
    end = f"{found.end:%Y-%m-%d}" if found.end else ""
    kind = "then" if found.kind == "before" and begin == end else found.kind
    return kind, found.plain, begin, end


@pytest.mark.parametrize(
    ("question", "plain", "begin", "end"),
    [
        ("Who was our vet before 8 March 2026?", "Who was our vet?", "2026-03-07", "2026-03-07"),
        ("Who was our vet before the 8th of March?", "Who was our vet?", "2026-03-07",
         "2026-03-07"),
        ("Until March 8, who was our vet?", "who was our vet?", "2026-03-07", "2026-03-07"),
        ("Who was our vet on 2026-03-08?", "Who was our vet?", "2026-03-08", "2026-03-08"),
        ("Who was our vet in early March 2026?", "Who was our vet?", "2026-03-01", "2026-03-11"),
        ("Who was our vet at the end of Feb 2024?", "Who was our vet?", "2024-02-20",
         "2024-02-29"),
        ("How much was the rent in November?", "How much was the rent?", "2025-11-01",
         "2025-11-30"),
        ("Who was our vet in November?", "Who was our vet?", "2025-11-01", "2025-11-30"),
        ("In May, who was our vet?", "who was our vet?", "2026-05-01", "2026-05-31"),
        ("Who was our vet back in 2019?", "Who was our vet?", "2019-01-01", "2019-12-31"),
        ("Who was our vet last year?", "Who was our vet?", "2025-01-01", "2025-12-31"),
        ("Who was our vet last month?", "Who was our vet?", "2026-04-01", "2026-04-30"),
        ("Who was our vet last week?", "Who was our vet?", "2026-05-11", "2026-05-17"),
        ("Who was our vet yesterday?", "Who was our vet?", "2026-05-19", "2026-05-19"),
        ("Who was our vet two weeks ago?", "Who was our vet?", "2026-05-06", "2026-05-06"),
        ("Who was our vet last March?", "Who was our vet?", "2026-03-01", "2026-03-31"),
        ("Last November, who was our vet?", "who was our vet?", "2025-11-01", "2025-11-30"),
        ("Who was our vet last May?", "Who was our vet?", "2025-05-01", "2025-05-31"),
        ("Who was our vet before last year?", "Who was our vet?", "2024-12-31", "2024-12-31"),
        ("Who was our vet until last month?", "Who was our vet?", "2026-03-31", "2026-03-31"),
        ("Before yesterday, who was our vet?", "who was our vet?", "2026-05-18", "2026-05-18"),
        ("Who was our vet up to two weeks ago?", "Who was our vet?", "2026-05-05", "2026-05-05"),
        ("Until last March, who was our vet?", "who was our vet?", "2026-02-28", "2026-02-28"),
    ],
)  # fmt: skip
def test_a_time_of_its_own(question: str, plain: str, begin: str, end: str) -> None:
    assert spanned(question) == ("then", plain, begin, end)


def test_what_is_left_begins_with_a_word() -> None:
    for question in ("Previously, who was our vet?", "Who was our vet previously?"):
        assert moment_of(question, lambda: NOW).plain.casefold() == "who was our vet?"


def test_a_time_that_is_not_within_another() -> None:
    for question in ("Who was our vet before last year?", "Who was it until two weeks ago?"):
        assert moment_of(question, lambda: NOW).kind == "before"


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("Where did Tom use to work?", "Where did Tom work?"),
        ("Where did Tom used to work?", "Where did Tom work?"),
        ("What did our rent use to be?", "What was our rent?"),
        ("Who did Anna use to be married to?", "Who was Anna married to?"),
        ("How much did we use to pay?", "How much did we pay?"),
        ("What did we use to pay?", "What did we pay?"),
        ("What did we use to pay for the flat?", "What did we pay for the flat?"),
        ("What job did our neighbour use to have?", "What job did our neighbour have?"),
        ("What did we use to call the cat?", "What did we call the cat?"),
        ("Who was our old vet?", "Who was our vet?"),
        ("What was Ann Lin's old address?", "What was Ann Lin's address?"),
        ("What was the name of our old vet?", "What was the name of our vet?"),
        ("Who was our last vet?", "Who was our vet?"),
        ("What was our old address?", "What was our address?"),
        ("What was my last address?", "What was my address?"),
        ("What did our old car cost?", "What did our car cost?"),
        ("Who was Tom's old boss?", "Who was Tom's boss?"),
        ("Who was my ex-boss?", "Who was my boss?"),
        ("What was our ex-landlord called?", "What was our landlord called?"),
        ("What was our rent back then?", "What was our rent?"),
        ("Back then, what was our rent?", "what was our rent?"),
        ("Before the move who was our vet?", "who was our vet?"),
    ],
)
def test_what_used_to_be(question: str, plain: str) -> None:
    found = moment_of(question, lambda: NOW)
    assert (found.kind, found.plain) == ("formerly", plain)


def test_what_was_to_begin_with() -> None:
    for question in ("Who was our vet initially?", "Initially, who was our vet?"):
        found = moment_of(question, lambda: NOW)
        assert (found.kind, found.plain.casefold()) == ("first", "who was our vet?")


@pytest.mark.parametrize(
    "question",
    [
        "What do we use to clean the oven?",
        "What do I use to open the shed?",
        "What did I use to open the shed?",
        "Which tool did Tom use to fix the tap?",
        "How many screws did Tom use to build the shelf?",
        "Until when is the pool open?",
        "Until when was the pool open?",
        "Before which date must we pay?",
        "Until what time may the hall be used?",
        "Which bit of Zainab's old passport was cut away?",
        "Who sat at the till in the shop?",
        "Who is our old vet?",
        "How old is our vet?",
        "How old was our vet?",
        "Where is Tom's old car?",
        "Where does my ex-wife live?",
        "Where did my ex-wife live?",
        "Who is Tom's ex-husband?",
        "What is her last name?",
        "What was her last name?",
        "When was our last holiday?",
        "How much was my last bill?",
        "What was the last train?",
        "Who came to our last party?",
        "Who is the last to leave?",
        "Who's old enough to vote?",
        "How many weeks before the wedding do we send the invitations?",
        "How many weeks before the wedding did we send the invitations?",
        "How long before the flight do we have to be there?",
        "How soon before the exam should I sleep?",
        "What time before the concert do we meet?",
        "How many working days before the trip must we cancel?",
        "How long until the wedding?",
        "How much before the start do we pay?",
        "What must I do before I leave?",
        "Before the flight what must we do?",
        "Who has been our vet since last year?",
        "Who has been our vet since last March?",
        "How much earlier must we be there?",
        "Which is the earlier train?",
    ],
)
def test_what_asks_for_now(question: str) -> None:
    assert moment_of(question, lambda: NOW).kind == "now"


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who was our vet formerly?", "formerly"),
        ("Who was our vet before the move?", "formerly"),
        ("Who used to be our vet?", "formerly"),
        ("Where did the tent use to stand formerly?", "formerly"),
        ("Who was our vet originally?", "first"),
        ("Who is our vet?", "now"),
        ("Who has been our vet since 2019?", "now"),
        ("Who may be our vet after 3 March 2026?", "now"),
        ("May I ask in which house he lives?", "now"),
        ("Do we eat at 7 on Mondays?", "now"),
        ("Where are the quail until the aviary is done?", "now"),
        ("What is forbidden at the lake till further notice?", "now"),
        ("What must I do before I leave?", "now"),
        ("Where did the quail live until the aviary was done?", "formerly"),
        ("Who fixed the boiler before Okafor?", "formerly"),
        ("Who will look after the dog in August?", "now"),
        ("Who will take care of the cat until June?", "now"),
        ("Where does the choir meet on 3 July?", "now"),
        ("Which key is used to open the shed?", "now"),
        ("Who is on duty on 2024-00-15?", "then"),
        ("What's the name he had before?", "formerly"),
    ],
)
def test_a_time_without_a_date(question: str, kind: str) -> None:
    assert moment_of(question, lambda: NOW).kind == kind


@given(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 30)))
def test_what_nights_train_of_the_past_is_understood(at: datetime) -> None:
    at = at.replace(tzinfo=UTC)
    dated = in_the_past("Who is our vet?", day(at))[:2]
    for found in (moment_of(question, lambda: NOW) for question in dated):
        assert found.plain == "Who was our vet?"
        assert found.end is not None
        assert found.end < at < found.end + timedelta(days=1, seconds=1)


@given(st.text(max_size=60))
def test_any_text_has_a_time(text: str) -> None:
    moment_of(f"What was it on {text} ago in {text}?", lambda: NOW)


@pytest.mark.parametrize(
    ("question", "begin", "end"),
    [
        ("What was the rent half a year ago?", "2025-11-19", "2025-11-19"),
        ("What was the rent more than a year ago?", "2025-05-20", "2025-05-20"),
        ("What was the rent over two years ago?", "2024-05-20", "2024-05-20"),
        ("What was the rent about a month ago?", "2026-04-20", "2026-04-20"),
        ("What was the rent eleven months ago?", "2025-06-24", "2025-06-24"),
        ("What was the rent a couple of years ago?", "2024-05-20", "2024-05-20"),
        ("What was the rent a few weeks ago?", "2026-04-29", "2026-04-29"),
        ("What was the rent one and a half years ago?", "2024-11-18", "2024-11-18"),
        ("What was the rent a year and a half ago?", "2024-11-18", "2024-11-18"),
        ("What was the rent two years back?", "2024-05-20", "2024-05-20"),
        ("What was the rent in summer 2024?", "2024-06-01", "2024-08-31"),
        ("What was the rent in the summer of 2024?", "2024-06-01", "2024-08-31"),
        ("What was the rent in the winter of 2024?", "2024-12-01", "2025-02-28"),
        ("What was the rent at Christmas 2024?", "2024-12-24", "2024-12-26"),
        ("What was the rent last summer?", "2025-06-01", "2025-08-31"),
        ("What was the rent last spring?", "2025-03-01", "2025-05-31"),
        ("What was the rent last winter?", "2025-12-01", "2026-02-28"),
        ("What was the rent last Christmas?", "2025-12-24", "2025-12-26"),
        ("What was the rent before last Christmas?", "2025-12-23", "2025-12-23"),
        ("What was the rent between 2023 and 2024?", "2023-01-01", "2024-12-31"),
        ("What was the rent from 2023 to 2024?", "2023-01-01", "2024-12-31"),
        ("What was the rent between November and March 2025?", "2024-11-01", "2025-03-31"),
        ("What was the rent on 1.2.2025?", "2025-02-01", "2025-02-01"),
        ("What was the rent on 31/1/2025?", "2025-01-31", "2025-01-31"),
        ("What was the rent on 1/31/2025?", "2025-01-31", "2025-01-31"),
        # which of the two is the month nobody can tell
        ("What was the rent on 1/2/2025?", "2025-01-02", "2025-02-01"),
        ("What was the rent in 01/2025?", "2025-01-01", "2025-01-31"),
        ("What was the rent in Q1 2025?", "2025-01-01", "2025-03-31"),
        ("What was the rent the year before last?", "2024-01-01", "2024-12-31"),
        ("What was the rent in the month before last?", "2026-03-01", "2026-03-31"),
        ("What was the rent the week before last?", "2026-05-04", "2026-05-10"),
        ("What was the rent around January 2025?", "2025-01-01", "2025-01-31"),
        ("What was the rent by January 2025?", "2025-01-01", "2025-01-31"),
        ("What was the rent, January 2025?", "2025-01-01", "2025-01-31"),
    ],
)
def test_a_time_in_other_words(question: str, begin: str, end: str) -> None:
    assert spanned(question) == ("then", "What was the rent?", begin, end)


@pytest.mark.parametrize(
    "question",
    [
        "Who has been our vet since half a year ago?",
        "Who has been our vet since more than a year ago?",
        "When did Tom last fall?",
        "Where do we swim in summer?",
        "Who minds the dog between 3 and 5 May?",
        "Which letter was signed by May?",
        "How much was our last phone bill?",
        "How much did our last phone bill cost?",
        "When was Mia's last dentist appointment?",
        "When was our last car service?",
        "What was our last school holiday date?",
        "When did our last phone call end?",
        "Where was Mia's last home game?",
        "When was our last house viewing at noon?",
    ],
)
def test_what_asks_for_no_time(question: str) -> None:
    found = moment_of(question, lambda: NOW)
    assert (found.kind, found.plain) == ("now", question)


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("What did our last cleaner cost?", "What did our cleaner cost?"),
        ("When did our last cleaner come on Fridays?", "When did our cleaner come on Fridays?"),
        ("What was our last landlord called?", "What was our landlord called?"),
        ("What was our last address in Leeds?", "What was our address in Leeds?"),
        ("What was our last vet's number?", "What was our vet's number?"),
        ("What was our last phone like?", "What was our phone like?"),
    ],
)
def test_the_last_one_of_what_lasts_is_the_one_before(question: str, plain: str) -> None:
    found = moment_of(question, lambda: NOW)
    assert (found.kind, found.plain) == ("formerly", plain)
