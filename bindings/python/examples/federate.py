"""Keeps the busy times of one CalDAV account in another, until interrupted.

    python federate.py FOLDER URL USER PASSWORD URL USER PASSWORD
"""

import asyncio
import sys
import time
from pathlib import Path

import kalends


async def main(folder: str, first: list[str], second: list[str]) -> None:
    storage = kalends.FileStorage(Path(folder) / "secrets.json")
    async with kalends.open(folder, storage=storage) as engine:
        work = await engine.add_caldav_account("work", *first)
        home = await engine.add_caldav_account("home", *second)
        if not await engine.edges():
            (source, *_) = await engine.calendars(work.id)
            overlay = kalends.EdgeEnd.OVERLAY(account=home.id)
            draft = kalends.EdgeDraft(
                source=source.id, target=overlay, detail=kalends.Detail.BUSY
            )
            await engine.add_edge(draft)
        while True:
            report = await engine.sync_now(60_000)
            print(report.end.name, f"read {report.pulled}, wrote {report.created}")
            for failure in report.failures:
                print(" ", failure.reason)
            wake = await engine.next_wake()
            due = time.time() + 300 if wake is None else wake / 1000
            await asyncio.sleep(min(300, max(5, due - time.time())))


if __name__ == "__main__":
    if len(sys.argv) != 8:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2:5], sys.argv[5:8]))
    except KeyboardInterrupt:
        pass
