"""A process that the platform freezes in the middle of a sync, as phones do with apps behind others."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import closing
from pathlib import Path

import kalends
from support import Person, server

DEADLINE_MS = 1_000


class Deaf(kalends.StandardHttp):
    """Says that it was asked for a calendar, and never answers; until it is told to."""

    is_deaf = True

    async def send(self, request):
        if self.is_deaf:
            print("asked", flush=True)
            await asyncio.sleep(3_600)
        return await super().send(request)


async def child(folder):
    """One sync that is frozen, and one that goes on."""
    http, storage = Deaf(), kalends.FileStorage(Path(folder) / "secrets.json")
    async with kalends.open(Path(folder) / "graph", storage=storage, http=http) as engine:
        first = await engine.sync_now(DEADLINE_MS, asked_for=True)
        http.is_deaf = False
        second = await engine.sync_now(30_000, asked_for=True)
        print(json.dumps([first.end.name, second.end.name, (await engine.status()).events]))


async def set_up(folder, url):
    storage = kalends.FileStorage(folder / "secrets.json")
    async with kalends.open(folder / "graph", storage=storage) as engine:
        await engine.add_caldav_account("work", url, "alice", "wonder")


class Frozen(unittest.TestCase):
    def test_a_frozen_sync_holds_no_lock_and_ends_when_it_wakes(self):
        with tempfile.TemporaryDirectory() as name, server() as ready:
            folder, alice = Path(name), Person(ready["url"], "alice", "wonder")
            asyncio.run(set_up(folder, ready["url"]))
            alice.put(alice.calendars()["Work"], "choir", "Choir")
            words = [sys.executable, __file__, name]
            process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
            with process:
                try:
                    self.assertEqual(process.stdout.readline(), "asked\n")
                    process.send_signal(signal.SIGSTOP)
                    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
                    with closing(sqlite3.connect(folder / "graph/kalends.sqlite", timeout=0)) as other:
                        other.execute("BEGIN IMMEDIATE")
                        other.rollback()
                    # Asleep beyond its deadline.
                    time.sleep(1.5 * DEADLINE_MS / 1_000)
                    process.send_signal(signal.SIGCONT)
                    *_, told = process.stdout.read().splitlines()
                finally:
                    # It may be asleep, and would be waited for.
                    process.kill()
            self.assertEqual(json.loads(told), ["DEADLINE_REACHED", "SETTLED", 1])


if __name__ == "__main__":
    asyncio.run(child(sys.argv[1]))
