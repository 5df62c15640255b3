"""The parts that draw nothing: status line, night log, background work."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import events
from sealmate.tui.background import Background
from sealmate.tui.status import Status, status_line
from sealmate.tui.widgets.night import NightLog

NOW = datetime(2031, 5, 6, 20, tzinfo=UTC)


@given(
    base=st.text(min_size=1, max_size=60),
    numbers=st.tuples(*[st.integers(0, 10**6)] * 4),
    hours=st.none() | st.integers(0, 200),
    width=st.integers(20, 200),
)
def test_the_status_fits_its_line(
    base: str, numbers: tuple[int, int, int, int], hours: int | None, width: int
) -> None:
    night = None if hours is None else NOW + timedelta(hours=hours)
    line = status_line(Status(base, *numbers, NOW, night), width, UTC)
    assert line.cell_length <= width
    assert "\n" not in line.plain


def test_the_status_says_more_where_there_is_room() -> None:
    status = Status("smollm2-135m", 3, 2, 14, 0, NOW, NOW + timedelta(hours=6.5))
    assert str(status_line(status, 120, UTC)) == (
        "● version 3 · smollm2-135m · 2 notes waiting · 14 forgotten, still in the "
        "weights · next night tomorrow 02:30"
    )
    assert str(status_line(status, 80, UTC)) == (
        "● version 3 · smollm2-135m · 2 waiting · 14 forgotten, in weights · night 02:30"
    )


@given(st.integers(0, 50), st.integers(0, 40), st.text(max_size=200), st.integers(20, 150))
def test_the_night_fits_its_width(done: int, total: int, detail: str, width: int) -> None:
    log = NightLog()
    log.apply(events.Started("train", total, detail))
    log.apply(events.Progress("train", done, total, detail))
    assert all(line.cell_length <= width for line in log.content(width).split("\n"))


def test_progress_without_a_word_keeps_the_loss_in_view() -> None:
    log = NightLog()
    for event in (
        events.Started("train", 40, "12 examples"),
        events.Loss(10, 40, 0.5, 9000, 3.0),
        events.Progress("train", 10, 40),
    ):
        log.apply(event)
    assert "10/40  loss 0.50" in log.content(80).plain


async def test_background_work_reports_in_order_and_gives_its_result() -> None:
    def work(emit: object) -> int:
        for number in range(100):
            emit(number)  # type: ignore[operator]
        return 7

    job = Background[int, int](work)
    assert [item async for item in job] == list(range(100))
    assert job.result == 7


async def test_background_work_hands_its_error_over() -> None:
    def work(emit: object) -> int:
        emit(1)  # type: ignore[operator]
        raise ZeroDivisionError

    job = Background[int, int](work)
    assert [item async for item in job] == [1]
    with pytest.raises(ZeroDivisionError):
        job.result  # noqa: B018


def test_background_work_outlives_its_loop_without_a_noise() -> None:
    ended, go_on = threading.Event(), threading.Event()

    def work(emit: object) -> None:
        go_on.wait(5)
        emit(1)  # type: ignore[operator]
        ended.set()

    async def leave() -> None:
        Background[int, None](work)

    asyncio.run(leave())
    go_on.set()
    assert ended.wait(5)
