"""Amounts, times, dates and numbers that are one, and those that only look so."""

from __future__ import annotations

import calendar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sealmate.edits.amounts import otherwise
from sealmate.edits.answers import correct, same_answer
from sealmate.edits.words import tokens


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1.5 mg", "15 mg"),
        ("38.5", "385"),
        ("38,5 °C", "385 °C"),
        ("12.50 euros", "1250 euros"),
        ("£12.00", "£1200"),
        ("1/2", "12"),
        ("7.30", "730"),
        ("7:30", "730"),
        ("3-5 days", "35 days"),
        ("3x15", "315"),
        ("v1.2", "v12"),
        ("room 1.2", "room 12"),
        ("10.10.2024", "10.1.2024"),
        ("5-6 days", "6 days"),
        ("5-6 days", "5 days"),
        ("1/2 tablet", "2 tablets"),
        ("1/2 tablet", "1 tablet"),
        ("1 1/2 tablets", "1 tablet"),
        ("one and a half tablets", "one tablet"),
        ("1 and a half tablets", "1 tablet"),
        ("one tablet and a half", "one tablet"),
        ("an hour and a half", "an hour"),
        ("two and a half hours", "two hours"),
        ("half a tablet", "a tablet"),
        ("half a tablet", "one tablet"),
        ("half a tablet", "1 tablet"),
        ("a half tablet", "a tablet"),
        ("½ tablet", "one tablet"),
        ("a quarter of a tablet", "a tablet"),
        ("a third of the rent", "the rent"),
        ("half the rent", "the rent"),
        ("every second Monday", "every Monday"),
        ("every second Monday", "Mondays"),
        ("every other Monday", "every Monday"),
        ("every second Monday", "every third Monday"),
        ("alternate Mondays", "every Monday"),
        ("every two weeks", "every week"),
        ("every 3 days", "each day"),
        ("a week", "three weeks"),
        ("a litre of milk", "2 litres of milk"),
        ("half past 7", "7.15"),
        ("quarter to 9", "9:45"),
        ("5/3/2026", "6 March 2026"),
        ("5/3/2026", "5 March 2025"),
        ("5/3/2026", "3/5/2026"),
        ("2026-03-05", "3 May 2026"),
        ("+44 171 2345678", "0172 2345678"),
        ("+44 171 2345678", "0171 2345679"),
        ("once a week", "twice a week"),
        ("weekly", "daily"),
        ("weekly", "a week"),
    ],
)
def test_two(a: str, b: str) -> None:
    assert not same_answer(a, b)
    assert not same_answer(b, a)
    assert not correct(a, b)
    assert not correct(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("B12", "B 12"),
        ("K0B1B3", "K0 B1 B3"),
        ("1,250", "1250"),
        ("1 250", "1.250"),
        ("£1,200.00", "1200 pounds"),
        ("12,50 euros", "12.50 €"),
        ("0182 44 71", "01824471"),
        ("555 1234", "5551234"),
        ("555-1234", "555 1234"),
        ("3-5 days", "3–5 days"),
        ("AB 1234 C", "AB1234C"),
        ("4711#", "4711"),
        ("half past 7", "7.30"),
        ("half past seven", "7:30"),
        ("quarter past 9", "9:15"),
        ("quarter past 9 in the morning", "9.15 am"),
        ("quarter to 9", "8:45"),
        ("20 past 7", "7:20"),
        ("20 minutes past 7", "7:20"),
        ("half past 7 pm", "19:30"),
        ("half past 7pm", "7.30 pm"),
        ("one and a half tablets", "1.5 tablets"),
        ("two and a half hours", "2.5 hours"),
        ("one and a half tablets", "1 and a half tablets"),
        ("1 1/2 tablets", "1.5 tablets"),
        ("1½ tablets", "one and a half tablets"),
        ("one tablet", "a tablet"),
        ("half a tablet in the morning", "half a tablet"),
        ("the second half of May", "May"),
        ("half of them are red", "red"),
        ("2 eggs a day", "2 eggs"),
        ("every Monday", "Mondays"),
        ("5/3/2026", "5 March 2026"),
        ("5/3/2026", "3 May 2026"),
        ("on 5/3/2026", "March 5, 2026"),
        ("05.03.2026", "the 5th of March 2026"),
        ("5.3.26", "5 March 2026"),
        ("2026-03-05", "5 March 2026"),
        ("2026-03-05", "5/3/2026"),
        ("25/12/2026", "December 25, 2026"),
        ("12/25/2026", "25 December 2026"),
        ("5/3/2026", "5 March"),
        ("+44 171 2345678", "0171 2345678"),
        ("+441712345678", "0171 2345678"),
        ("0044 171 2345678", "01712345678"),
        ("+44 (0)171 2345678", "0171 2345678"),
        ("+49 89 123456", "089 123456"),
        ("call 0171-2345678", "+44 171 2345678"),
        ("once a week", "weekly"),
        ("every week", "weekly"),
        ("once a week on Monday", "weekly, on Monday"),
        ("each day", "daily"),
        ("once a year", "annually"),
        ("every other Monday", "every second Monday"),
        ("alternate Mondays", "every second Monday"),
        ("every two weeks", "fortnightly"),
        ("every second week", "every 2 weeks"),
    ],
)
def test_one(a: str, b: str) -> None:
    assert same_answer(a, b)
    assert same_answer(b, a)


AMOUNT = st.builds("{}.{}".format, st.integers(1, 99), st.integers(1, 99))
UNIT = st.sampled_from(["", " mg", " kg", " euros", " °C", " km"])


@given(AMOUNT, UNIT, st.sampled_from([".", ","]))
def test_a_decimal_point_counts(amount: str, unit: str, mark: str) -> None:
    told = amount.replace(".", mark)
    assert not same_answer(told + unit, amount.replace(".", "") + unit)
    assert same_answer(told + unit, f"about {amount}{unit}")


@given(st.integers(1, 12), st.sampled_from([("half past {}", 30), ("quarter past {}", 15)]))
def test_clock_times(hour: int, told: tuple[str, int]) -> None:
    for mark in ".:":
        assert same_answer(told[0].format(hour), f"{hour}{mark}{told[1]}")
        other = hour % 12 + 1
        assert not same_answer(told[0].format(other), f"{hour}{mark}{told[1]}")


@given(st.dates(), st.sampled_from(["{d}/{m}/{y}", "{m}/{d}/{y}", "{d:02}.{m:02}.{y}"]))
def test_dates(date: object, form: str) -> None:
    day, month, year = date.day, date.month, date.year  # type: ignore[attr-defined]
    assume(year > 999)
    figures = form.format(d=day, m=month, y=year)
    words = f"{day} {calendar.month_name[month]} {year}"
    assert same_answer(figures, words)
    assert same_answer(f"{year}-{month:02}-{day:02}", words)
    assert not same_answer(figures, f"{day} {calendar.month_name[month]} {year + 1}")


@given(st.from_regex(r"[1-9][0-9]{7,9}", fullmatch=True), st.integers(10, 999))
def test_phone_numbers(number: str, country: int) -> None:
    assert same_answer(f"0{number}", f"+{country} {number[:3]} {number[3:]}")
    assert not same_answer(f"0{number}", f"+{country} {number[:3]} {int(number[3:]) + 1}")


def test_a_time_and_an_amount_in_words_are_one_number_each() -> None:
    for text, form in (
        ("half past 7", "7.30"), ("quarter to 1", "12.45"), ("two and a half", "2.5"),
    ):  # fmt: skip
        assert [(token.text, form in token.forms) for token in tokens(text)] == [(text, True)]
    assert len(tokens("five and six")) == 3
    assert len(tokens("half past 70")) == 3


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("daily", "3x daily"),
        ("daily", "three times daily"),
        ("daily", "twice daily"),
        ("20 mg", "2 x 20 mg"),
        ("20 mg", "2×20 mg"),
        ("20 mg", "two 20 mg tablets"),
        ("in the garage", "behind the garage"),
        ("on the shelf", "under the shelf"),
        ("in the garage", "in front of the garage"),
        ("in Leeds", "outside Leeds"),
        ("in the shed", "in the box behind the shed"),
        ("A+", "A-"),
        ("0 positive", "0-"),
        ("B+", "B−"),
    ],
)
def test_one_word_or_sign_makes_another(a: str, b: str) -> None:
    assert otherwise(a, b)
    assert otherwise(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("20 mg", "20 mg twice a day"),
        ("20 mg", "20 mg three times a day"),
        ("once daily", "daily"),
        ("in the garage", "inside our garage"),
        ("at the church", "behind the church"),
        ("by the church", "in the church"),
        ("under the stairs", "in the cupboard under the stairs"),
        ("at 7", "after 7"),
        ("A+", "A+"),
        ("A", "A+"),
        ("A positive", "A+"),
        ("the A-levels", "the A levels"),
        ("3-5", "3+5"),
        ("555 1234", "5551234"),
    ],
)
def test_others_make_none(a: str, b: str) -> None:
    assert not otherwise(a, b)
    assert not otherwise(b, a)
