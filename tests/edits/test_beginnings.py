"""The day from which something holds, as a sentence names it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sealmate.edits.beginnings import beginnings, begun

TOLD = datetime(2026, 6, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Since April our vet is Dr Lane.", "2026-04-01"),
        ("Dr Lane has been our vet since 12 April.", "2026-04-12"),
        ("Since October our vet is Dr Lane.", "2025-10-01"),
        ("Since 20 June our vet is Dr Lane.", "2025-06-20"),
        ("Since last month our vet is Dr Lane.", "2026-05-01"),
        ("From 1 July the vet is Dr Lane.", "2026-07-01"),
        ("The vet is Dr Lane from 1 July.", "2026-07-01"),
        ("From 1 May on the vet is Dr Lane.", "2026-05-01"),
        ("Our vet from May onwards is Dr Lane.", "2026-05-01"),
        ("From January the vet is Dr Lane.", "2026-01-01"),
        ("With effect from 1 January 2027 the vet is Dr Lane.", "2027-01-01"),
        ("As of 15 June the vet is Dr Lane.", "2026-06-15"),
        ("Starting 2026-08-01, the vet is Dr Lane.", "2026-08-01"),
        ("Effective on 1 May the vet is Dr Lane.", "2026-05-01"),
    ],
)
def test_the_day_that_is_named(said: str, day: str) -> None:
    assert [one.day.date().isoformat() for one in beginnings(said, TOLD)] == [day]
    found = begun(said, "Dr Lane", TOLD)
    assert found is not None
    assert found.date().isoformat() == day


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Our vet is Dr Lane.", "Dr Lane"),
        ("From today our vet is Dr Lane.", "Dr Lane"),
        ("The letter from 2012 says that it is Dr Lane.", "Dr Lane"),
        ("The bill from 3 May is 80 euros.", "80 euros"),
        ("From 3 to 6 June Ben has the key.", "Ben"),
        ("The lease runs from 1 July.", "1 July"),
        ("The villages have hated each other since 1941.", "1941"),
        ("On 1 July Dr Lane comes.", "Dr Lane"),
    ],
)
def test_what_names_none(said: str, answer: str) -> None:
    assert begun(said, answer, TOLD) is None


@pytest.mark.parametrize(
    ("said", "answer", "older"),
    [
        ("Our vet is Dr Lane, who has been in practice since 1998.", "Dr Lane", ""),
        ("Our vet is Dr Lane (in practice since 1998).", "Dr Lane", ""),
        ("Our new vet is Dr Lane, a specialist since 2012.", "Dr Lane", ""),
        ("Dr Hall was our vet since 2015, but now our vet is Dr Lane.", "Dr Lane", ""),
        ("Dr Hall was our vet since 2015 and Dr Lane is our vet now.", "Dr Lane", ""),
        ("Since 2015 Dr Hall had been our vet, now it is Dr Lane.", "Dr Lane", ""),
        ("From 2019 to 2025 our vet was Dr Hall, now it is Dr Lane.", "Dr Lane", ""),
        ("From 2019 until 2021 our vet was Dr Lane.", "Dr Lane", ""),
        ("Our rent is 950 euros now, after 900 euros since 2019.", "950 euros", ""),
        ("Our rent since 2019 was 900 euros and is 950 euros now.", "950 euros", "900 euros"),
        ("Dr Hall had been our vet since 2015, Dr Lane is now.", "Dr Lane", "Dr Hall"),
        ("Mia, a trained nurse since 2012, works at the hospital now.", "at the hospital", ""),
        ("Our cleaner is now Olga, she has lived here since May 2019.", "Olga", ""),
        ("Our dentist is now Dr Lane, who is on leave from 1 July.", "Dr Lane", ""),
        ("The gate code is 4712 now, and we are away from 1 April.", "4712", ""),
        ("The gate code is 4712 now, from 1 July we are away.", "4712", ""),
        ("Our new babysitter is Maria, but she cannot come from 20 April.", "Maria", ""),
        ("The babysitter is Maria, Anna is in Spain from 20 July.", "Maria", ""),
        ("The rent is 950 euros and Tom pays half of it from 1 July.", "950 euros", ""),
        ("Ben is at Elmfield and Mia goes to Mill Lane from 1 September.", "Elmfield", ""),
        ("From 1 September Mia goes to Mill Lane and Ben is at Elmfield.", "Elmfield", ""),
    ],
)
def test_a_day_of_something_else_is_none(said: str, answer: str, older: str) -> None:
    assert begun(said, answer, TOLD, older) is None


@pytest.mark.parametrize(
    ("said", "answer", "older", "day"),
    [
        ("Since April, our vet is Dr Lane.", "Dr Lane", "Dr Hall", "2026-04-01"),
        ("Since April we have a new vet, Dr Lane.", "Dr Lane", "Dr Hall", "2026-04-01"),
        ("We have had a new vet since April, Dr Lane.", "Dr Lane", "Dr Hall", "2026-04-01"),
        ("Dr Lane took over and has been our vet since April.", "Dr Lane", "Dr Hall", "2026-04-01"),
        ("Our vet is Dr Lane in Elm Road, phone 12, since April.", "Dr Lane", "", "2026-04-01"),
        ("Our vet, from 1 July, is Dr Lane.", "Dr Lane", "Dr Hall", "2026-07-01"),
        ("We pay 950 euros rent, starting 1 July.", "950 euros", "900 euros", "2026-07-01"),
        ("The gate code is changed from 1 July, it is 4712.", "4712", "4711", "2026-07-01"),
        ("Anna moved away and from 1 July we have Maria.", "Maria", "Anna", "2026-07-01"),
        ("Our rent is 950 euros instead of 900 euros from 1 July.", "950 euros", "900 euros",
         "2026-07-01"),
        ("Piano moves from Thursdays to Tuesdays from 1 July.", "Tuesdays", "Thursdays",
         "2026-07-01"),
        ("The rent is 950 euros from 1 July until further notice.", "950 euros", "900 euros",
         "2026-07-01"),
        ("Mia and Ben go to Elmfield from September 2026.", "Elmfield", "Mill Lane", "2026-09-01"),
    ],
)  # fmt: skip
def test_the_day_of_the_answer(said: str, answer: str, older: str, day: str) -> None:
    found = begun(said, answer, TOLD, older)
    assert found is not None
    assert found.date().isoformat() == day
