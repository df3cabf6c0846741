"""What a type checker has to see: checked by mypy where the wheel is built, and never run."""

from typing import assert_type

import kalends
from kalends import EdgeEnd, EngineError, EventTime


async def read(engine: kalends.Engine) -> str:
    assert_type(await engine.calendars(), list[kalends.CalendarView])
    assert_type((await engine.sync_now(1_000)).end, kalends.SyncEnd)
    assert_type(await engine.next_wake(), int | None)
    assert_type(await engine.event("event"), kalends.EventView | None)
    assert_type((await engine.plan()).list, list[kalends.PlannedWrite])
    await engine.sync_now("soon")  # type: ignore[arg-type]
    await engine.remove_edge("edge")  # type: ignore[call-arg]
    try:
        assert_type((await engine.undo("run")).left, list[kalends.LeftAlone])
    except EngineError.NeedsSignIn:
        return "sign in"
    return ""


def draft(account: str) -> tuple[kalends.EdgeDraft, kalends.EventDraft]:
    overlay = EdgeEnd.OVERLAY(account=account)
    time = EventTime.ALL_DAY(first_day="2026-06-01", days=1)
    edge = kalends.EdgeDraft(source="", target=overlay, detail=kalends.Detail.BUSY)
    return edge, kalends.EventDraft(title="", time=time)
