"""One sync in a process of its own, which kills itself where it is told to.

    python killed_child.py FOLDER PLACE

Prints what came of it, and how many places it passed; without a place it lives.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import kalends


class Places:
    """Counts the places that a sync passes, and dies at one of them."""

    def __init__(self, fatal):
        self.passed, self.fatal = 0, fatal

    def one(self):
        self.passed += 1
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


class Http(kalends.StandardHttp):
    """Places are before each request, and after each answer."""

    def __init__(self, places):
        super().__init__()
        self.places = places

    async def send(self, request):
        self.places.one()
        answer = await super().send(request)
        self.places.one()
        return answer


class Listener(kalends.SyncListener):
    """And whenever the sync moves on: between two commits."""

    def __init__(self, places):
        self.places = places

    def on_progress(self, stage):
        self.places.one()
        return True


async def main(folder, fatal):
    places = Places(fatal)
    storage = kalends.FileStorage(Path(folder) / "secrets.json")
    async with kalends.open(Path(folder) / "graph", storage=storage, http=Http(places)) as engine:
        report = await engine.sync_now(30_000, listener=Listener(places))
        wrote = report.created + report.updated + report.deleted
        digest = (await engine.status()).digest
        told = {"end": report.end.name, "wrote": wrote, "digest": digest, "places": places.passed}
        print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
