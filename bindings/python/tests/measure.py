"""What the library costs an app: prints a line for each figure, and fails beyond the limits.

    python measure.py
"""

import asyncio
import contextlib
import datetime
import http.client
import json
import resource
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

import kalends
from support import DAY, DAY_MS, Person, server

EVENTS = 10_000
DAYS = 365
ROUNDS = 5
OPEN_MS_MAX = 150
MEMORY_MB_MAX = 40
DEAF_MS_MAX = 350
WEEK_MS = 7 * 86_400_000


class Deaf(kalends.HttpClient):
    """A server that takes the request and never answers."""

    async def send(self, request):
        await asyncio.sleep(3_600)


def fill(alice, work):
    """A year of a busy person; by one connection, as the server is not what is measured."""
    url = urllib.parse.urlsplit(alice.url)
    with contextlib.closing(http.client.HTTPConnection(url.hostname, url.port)) as connection:
        for n in range(EVENTS):
            day = DAY + datetime.timedelta(days=n % DAYS)
            event = alice.event(f"event-{n}", f"Event {n}", day, n // DAYS % 24)
            fields = {"Authorization": alice.auth, "Content-Type": "text/calendar"}
            connection.request("PUT", f"{work}event-{n}.ics", event, fields)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201, answer.status


async def set_up(folder, url):
    storage = kalends.FileStorage(folder / "secrets.json")
    async with kalends.open(folder / "graph", storage=storage) as engine:
        await engine.add_caldav_account("work", url, "alice", "wonder")
        began = time.monotonic()
        report = await engine.sync_now(600_000)
        print(f"first sync of {EVENTS} events: {time.monotonic() - began:.1f} s")
        assert report.end == kalends.SyncEnd.SETTLED and report.pulled >= EVENTS, report


def peak_mb():
    """Of the whole process, since it began."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


async def open_once(folder):
    """In a fresh process: from nothing to what a week shows."""
    storage = kalends.FileStorage(folder / "secrets.json")
    idle, began = peak_mb(), time.monotonic()
    async with kalends.open(folder / "graph", storage=storage) as engine:
        opened = time.monotonic()
        page = await engine.occurrences(DAY_MS, DAY_MS + WEEK_MS)
        shown = time.monotonic()
        assert len(page.list) > 150, len(page.list)
        told = {"open_ms": (opened - began) * 1_000, "page_ms": (shown - opened) * 1_000}
        print(json.dumps({**told, "idle_mb": idle, "peak_mb": peak_mb()}))


async def deaf(folder):
    storage = kalends.FileStorage(folder / "secrets.json")
    async with kalends.open(folder / "graph", storage=storage, http=Deaf()) as engine:
        took = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            report = await engine.sync_now(250, asked_for=True)
            took.append((time.monotonic() - began) * 1_000)
            assert report.end == kalends.SyncEnd.DEADLINE_REACHED, report
        return took


def rounds(folder):
    for _ in range(ROUNDS):
        command = [sys.executable, __file__, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        yield json.loads(done.stdout)


def judge(name, values, limit, unit):
    print(f"{name}: {min(values):.0f} to {max(values):.0f} {unit} (limit {limit})")
    return min(values) < limit


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with server() as ready:
            alice = Person(ready["url"], "alice", "wonder")
            fill(alice, alice.calendars()["Work"])
            asyncio.run(set_up(folder, ready["url"]))
        seen = list(rounds(folder))
        opened = [one["open_ms"] + one["page_ms"] for one in seen]
        own = [one["peak_mb"] - one["idle_mb"] for one in seen]
        whole = [one["peak_mb"] for one in seen]
        good = [
            judge(f"{EVENTS} events: open, and show a week", opened, OPEN_MS_MAX, "ms"),
            judge("memory of that beyond Python's own", own, MEMORY_MB_MAX, "MB"),
            judge("sync_now(250) against a deaf server", asyncio.run(deaf(folder)), DEAF_MS_MAX, "ms"),
        ]
        print("of which open alone: {:.0f} ms".format(min(one["open_ms"] for one in seen)))
        print(f"the whole process, Python with it: {min(whole):.0f} to {max(whole):.0f} MB")
    sys.exit(0 if all(good) else "a figure is beyond its limit")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        asyncio.run(open_once(Path(sys.argv[1])))
    else:
        main()
