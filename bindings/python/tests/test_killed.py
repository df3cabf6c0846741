"""A process that is killed in the middle of a sync, at each place in turn: the next one ends where
the undisturbed one does."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import kalends
from kalends import Detail, EdgeDraft, EdgeEnd
from support import Person, free_port, server

CHILD = Path(__file__).with_name("killed_child.py")
# A sync that writes passes at least so many places.
PLACES_MIN = 20
PLACES_VISITED = 12


class World:
    """A server with the same past each time, and a device that knows it."""

    def __init__(self, folder, port):
        self.folder, self.port = Path(folder), port

    def begin(self):
        """What the device knows before the sync: made once, and copied for each process."""
        with self.serve() as ready:
            asyncio.run(self._set_up(ready["url"]))

    async def _set_up(self, url):
        start = self.folder / "start"
        start.mkdir()
        storage = kalends.FileStorage(start / "secrets.json")
        async with kalends.open(start / "graph", storage=storage) as engine:
            work = await engine.add_caldav_account("work", url, "alice", "wonder")
            home = await engine.add_caldav_account("home", url, "bob", "builder")
            source, target = [(await engine.calendars(a.id))[0].id for a in (work, home)]
            for one, other in ((source, target), (target, source)):
                into = EdgeEnd.EXISTING(calendar_id=other)
                await engine.add_edge(EdgeDraft(source=one, target=into, detail=Detail.TITLE))

    def serve(self):
        # Accounts are who they are at an address: it has to be the same one.
        return server(seed=7, port=self.port)

    def people(self, ready):
        for user, password, own in (("alice", "wonder", "Work"), ("bob", "builder", "Home")):
            person = Person(ready["url"], user, password)
            yield person, person.calendars()[own]

    def live(self, fatal):
        """The same story, told with a process that dies at one place, and goes on as another."""
        device = self.folder / f"killed-{fatal}"
        shutil.copytree(self.folder / "start", device)
        with self.serve() as ready:
            (alice, work), (bob, home) = self.people(ready)
            for n in range(3):
                alice.put(work, f"choir-{n}", f"Choir {n}", hour=9 + n)
            bob.put(home, "dentist", "Dentist", hour=15)
            first = self.sync(device, fatal)
            last = self.sync(device, 0) if first is None else first
            held = [sorted(alice.objects(work)), sorted(bob.objects(home))]
            rest = self.sync(device, 0)
            assert (rest["end"], rest["wrote"]) == ("SETTLED", 0), (fatal, rest)
        return first is None, last, (last["digest"], held)

    def sync(self, device, fatal):
        command = [sys.executable, CHILD, device, str(fatal)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode == -signal.SIGKILL:
            return None
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["end"] == "SETTLED", told
        return told


class Killed(unittest.TestCase):
    def test_the_next_process_ends_where_the_undisturbed_one_does(self):
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder, free_port())
            world.begin()
            _, undisturbed, wanted = world.live(0)
            places, died = undisturbed["places"], 0
            self.assertGreaterEqual(undisturbed["wrote"], 4)
            self.assertGreater(places, PLACES_MIN)
            step = max(1, places // PLACES_VISITED)
            visited = range(1, places + 1, step)
            for place in visited:
                with self.subTest(place=place, of=places):
                    killed, _, ended = world.live(place)
                    died += killed
                    self.assertEqual(ended, wanted)
            self.assertGreaterEqual(died * 4, len(visited) * 3, "that many places are reached")


if __name__ == "__main__":
    unittest.main()
