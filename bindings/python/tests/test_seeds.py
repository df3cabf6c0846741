"""The same histories through these bindings and through the `kalends` binary on Tokio: at every
step both graphs are the same, row by row, and so are the calendars at the server."""

import asyncio
import json
import os
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

import kalends
from kalends import Detail, EdgeDraft, EdgeEnd, SyncEnd
from support import CLI, DAY, Person, Storage, free_port, server

SEEDS = range(20)
STEPS = 6
WORDS = ["Choir", "Dentist", "Standup", "Lunch", "Review"]


def history(seed):
    """What people do, as (who, what, name, title, hour)."""
    draw, there, done = random.Random(seed), {"alice": set(), "bob": set()}, []
    for step in range(STEPS):
        who = draw.choice(["alice", "bob"])
        names = there[who]
        if names and draw.random() < 0.25:
            name = draw.choice(sorted(names))
            names.discard(name)
            done.append((who, "delete", name, "", 0))
        else:
            name = f"{who}-{draw.randrange(4)}"
            names.add(name)
            done.append((who, "put", name, draw.choice(WORDS), draw.randrange(8, 18)))
    return draw.choice([Detail.BUSY, Detail.TITLE, Detail.FULL]), done


class World:
    """One server and the people at it."""

    def __init__(self, ready):
        self.url = ready["url"]
        self.people = {u: Person(self.url, u, p) for u, p in (("alice", "wonder"), ("bob", "builder"))}
        self.paths = {
            "alice": self.people["alice"].calendars()["Work"],
            "bob": self.people["bob"].calendars()["Home"],
        }

    def act(self, who, what, name, title, hour):
        if what == "delete":
            self.people[who].delete(self.paths[who], name)
        else:
            self.people[who].put(self.paths[who], name, title, DAY, hour)

    def held(self):
        return {who: sorted(self.people[who].objects(self.paths[who])) for who in self.people}


class Tokio:
    """The `kalends` binary on a data folder."""

    def __init__(self, folder):
        self._folder = folder

    def run(self, *words, password=None):
        environment = {**os.environ, "KALENDS_DATA": str(self._folder)}
        if password:
            environment["KALENDS_PASSWORD"] = password
        done = subprocess.run(
            [CLI, "--json", *words], capture_output=True, text=True, env=environment, timeout=60
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)


async def both_ways(engine, ready, detail):
    work = await engine.add_caldav_account("work", ready.url, "alice", "wonder")
    home = await engine.add_caldav_account("home", ready.url, "bob", "builder")
    source, target = [(await engine.calendars(a.id))[0].id for a in (work, home)]
    for one, other in ((source, target), (target, source)):
        into = EdgeEnd.EXISTING(calendar_id=other)
        await engine.add_edge(EdgeDraft(source=one, target=into, detail=detail))


async def here(seed, port, folder, bundle_path):
    """Digests and contents after each step, on these bindings."""
    detail, done = history(seed)
    seen = []
    with server(seed, port=port) as ready:
        world = World(ready)
        async with kalends.open(folder / "here", storage=Storage()) as engine:
            await both_ways(engine, world, detail)
            bundle_path.write_text(await engine.export_bundle())
        # Both begin with the same bundle: of adding accounts each keeps a journal of its own.
        async with kalends.open(
            folder / "begun", storage=Storage(), bundle=bundle_path.read_text()
        ) as engine:
            await engine.add_caldav_account("work", world.url, "alice", "wonder")
            await engine.add_caldav_account("home", world.url, "bob", "builder")
            for deed in done:
                world.act(*deed)
                report = await engine.sync_now(30_000)
                assert report.end == SyncEnd.SETTLED, report
                seen.append(((await engine.status()).digest, world.held()))
    return seen


def there(seed, port, folder, bundle_path):
    """The same on the binary."""
    _, done = history(seed)
    tokio, seen = Tokio(folder / "there"), []
    with server(seed, port=port) as ready:
        world = World(ready)
        tokio.run("bundle", "import", str(bundle_path))
        for name, user, password in (("work", "alice", "wonder"), ("home", "bob", "builder")):
            tokio.run("account", "add", "caldav", "--name", name, "--url", world.url, "--user", user, password=password)
        for deed in done:
            world.act(*deed)
            assert tokio.run("sync")["settled"]
            seen.append((tokio.run("status")["digest"], world.held()))
    return seen


class Seeds(unittest.TestCase):
    def test_histories_end_in_equal_graphs(self):
        different = set()
        for seed in SEEDS:
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as name:
                # Accounts are who they are at an address: it has to be the same one.
                folder, port = Path(name), free_port()
                bundle = folder / "bundle.json"
                mine = asyncio.run(here(seed, port, folder, bundle))
                self.assertEqual(mine, there(seed, port, folder, bundle))
                different.update(digest for digest, _ in mine)
        # Digests that are always the same would agree, too.
        self.assertGreater(len(different), len(SEEDS) * STEPS // 2)


if __name__ == "__main__":
    unittest.main()
