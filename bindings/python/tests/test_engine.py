"""The engine through its bindings, against a server over HTTP."""

import asyncio
import re
import tempfile
import time
import unittest
from pathlib import Path

import kalends
from kalends import Detail, EdgeDraft, EdgeEnd, EngineError, EventDraft, EventTime, HostError, SyncEnd
from support import DAY, DAY_MS, Person, Storage, server

# More than one request reads.
EVENTS = 120


class Case(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.storage = Storage()

    def open(self, **options):
        options.setdefault("storage", self.storage)
        return kalends.open(self.folder / "graph", **options)

    def serve(self, **options):
        running = server(**options)
        self.ready = running.__enter__()
        self.addCleanup(running.__exit__, None, None, None)
        self.alice = Person(self.ready["url"], "alice", "wonder")
        self.bob = Person(self.ready["url"], "bob", "builder")
        self.work = self.alice.calendars()["Work"]
        self.home = self.bob.calendars()["Home"]

    async def accounts(self, engine):
        url = self.ready["url"]
        work = await engine.add_caldav_account("work", url, "alice", "wonder")
        home = await engine.add_caldav_account("home", url, "bob", "builder")
        return work, home

    async def federate(self, engine, detail=Detail.BUSY):
        work, home = await self.accounts(engine)
        source = (await engine.calendars(work.id))[0].id
        overlay = EdgeEnd.OVERLAY(account=home.id)
        return await engine.add_edge(EdgeDraft(source=source, target=overlay, detail=detail))


class MainJob(Case):
    async def test_a_busy_mirror_arrives_is_mended_and_goes(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        async with self.open() as engine:
            edges = await self.federate(engine)
            self.assertEqual([write.action for write in await engine.plan()], ["make-calendar", "create"])
            report = await engine.sync_now(30_000)
            self.assertEqual((report.end, report.created), (SyncEnd.SETTLED, 1))
            overlay = self.bob.calendars()["Other calendars"]
            self.assertEqual(self.bob.titles(overlay), ["Busy"])
            self.bob.retitle(overlay, "Mine")
            report = await engine.sync_now(30_000)
            self.assertEqual((report.end, self.bob.titles(overlay)), (SyncEnd.SETTLED, ["Busy"]))
            report = await engine.sync_now(30_000)
            wrote = report.created + report.updated + report.deleted
            self.assertEqual((report.end, wrote), (SyncEnd.SETTLED, 0))
            explained = await engine.explain("choir")
            self.assertTrue(explained.mirrors[0].wanted)
            page = await engine.occurrences(DAY_MS, DAY_MS + 86_400_000)
            self.assertEqual([one.title for one in page.list], ["Choir"])
            self.assertEqual(len(await engine.free_busy(DAY_MS, DAY_MS + 86_400_000)), 1)
            await engine.remove_edge(edges[0].id, False)
            await engine.sync_now(30_000)
            self.assertNotIn("Other calendars", self.bob.calendars())
            entries = (await engine.journal(0)).entries
            self.assertEqual([entry.number for entry in entries], list(range(1, len(entries) + 1)))

    async def test_an_event_is_made_changed_and_taken_back(self):
        async with self.open() as engine:

            async def titles():
                page = await engine.occurrences(DAY_MS, DAY_MS + 86_400_000)
                return [one.title for one in page.list]

            at = EventTime.ZONED(start=f"{DAY}T09:00:00", zone="Europe/Berlin", seconds=3600)
            event = await engine.put_event(EventDraft(title="Choir", time=at))
            self.assertEqual(await titles(), ["Choir"])
            self.assertEqual(await engine.put_event(EventDraft(title="Concert", time=at), event), event)
            self.assertEqual(await titles(), ["Concert"])
            changed = (await engine.journal(0)).entries[-1]
            self.assertEqual(changed.event, event)
            undone = await engine.undo(changed.run)
            self.assertEqual((await titles(), undone.left), (["Choir"], []))
            again = await engine.undo(changed.run)
            self.assertEqual([(one.code, one.event) for one in again.left], [("undo.touched-since", event)])
            with self.assertRaises(EngineError.Invalid):
                await engine.undo("run_" + "0" * 26)
            with self.assertRaises(EngineError.Invalid):
                await engine.put_event(EventDraft(title="Solo", time=at), "evt_" + "0" * 26)
            self.assertEqual(await titles(), ["Choir"])

    async def test_a_calendar_is_no_longer_read_and_an_account_goes(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        async with self.open() as engine:
            work, home = await self.accounts(engine)
            (calendar,) = [c for c in await engine.calendars(work.id) if c.name == "Work"]
            self.assertTrue(calendar.on)
            await engine.set_scope(calendar.id, False)
            self.assertFalse((await engine.calendars(work.id))[0].on)
            self.assertEqual((await engine.sync_now(30_000)).end, SyncEnd.SETTLED)
            self.assertEqual((await engine.occurrences(DAY_MS, DAY_MS + 86_400_000)).list, [])
            await engine.remove_account(work.id, False)
            await engine.sync_now(30_000)
            left = [account.id for account in await engine.accounts() if account.provider == "caldav"]
            self.assertEqual(left, [home.id])

    async def test_edits_made_offline_are_projected_when_the_network_returns(self):
        self.serve()
        air = Airplane(kalends.StandardHttp())
        async with self.open(http=air) as engine:
            _, home = await self.accounts(engine)
            air.off = True
            time_ = EventTime.ZONED(start=f"{DAY}T09:00:00", zone="Europe/Berlin", seconds=3600)
            event = await engine.put_event(EventDraft(title="Made offline", time=time_))
            own = await engine.own_calendar()
            target = (await engine.calendars(home.id))[0].id
            draft = EdgeDraft(
                source=own.id, target=EdgeEnd.EXISTING(calendar_id=target), detail=Detail.TITLE
            )
            self.assertIsNone(await engine.next_wake())
            await engine.add_edge(draft)
            self.assertLessEqual(await engine.next_wake(), time.time() * 1_000)
            report = await engine.sync_now(5_000)
            self.assertIsNotNone(await engine.next_wake())
            self.assertNotEqual(report.end, SyncEnd.SETTLED)
            self.assertEqual({failure.account for failure in report.failures}, {a.id for a in await engine.accounts() if a.provider == "caldav"})
            air.off = False
            report = await engine.sync_now(30_000, asked_for=True)
            self.assertEqual((report.end, self.bob.titles(self.home)), (SyncEnd.SETTLED, ["Made offline"]))
            self.assertTrue((await engine.explain(event)).mirrors[0].wanted)

    async def test_two_devices_of_one_graph_keep_one_mirror_an_event(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        async with self.open() as first:
            await self.federate(first)
            await first.sync_now(30_000)
            bundle = await first.export_bundle()
            async with kalends.open(self.folder / "second", storage=Storage(), bundle=bundle) as second:
                await self.accounts(second)
                for engine in (second, first):
                    report = await engine.sync_now(30_000)
                    wrote = report.created + report.updated + report.deleted
                    self.assertEqual((report.end, wrote), (SyncEnd.SETTLED, 0))
                overlay = self.bob.calendars()["Other calendars"]
                # Zero writes count only where a tampered mirror is mended in the same run.
                self.bob.retitle(overlay, "Mine")
                report = await second.sync_now(30_000)
                self.assertEqual((report.updated, self.bob.titles(overlay)), (1, ["Busy"]))

    async def test_a_device_without_the_bundle_leaves_the_others_mirrors_alone_and_says_so(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        async with self.open() as first:
            work, home = await self.accounts(first)
            source, target = [(await first.calendars(a.id))[0].id for a in (work, home)]
            into = EdgeEnd.EXISTING(calendar_id=target)
            await first.add_edge(EdgeDraft(source=source, target=into, detail=Detail.BUSY))
            await first.sync_now(30_000)
        async with kalends.open(self.folder / "other", storage=Storage()) as other:
            work, home = await self.accounts(other)
            source, target = [(await other.calendars(a.id))[0].id for a in (work, home)]
            into = EdgeEnd.EXISTING(calendar_id=source)
            await other.add_edge(EdgeDraft(source=target, target=into, detail=Detail.BUSY))
            report = await other.sync_now(30_000)
            self.assertEqual((report.end, report.created), (SyncEnd.SETTLED, 0))
            (aside,) = await other.set_aside()
            self.assertEqual((aside.place, aside.reason.code), ("home/Home", "foreign-managed"))
            self.assertEqual(self.alice.titles(self.work), ["Choir"])
            self.assertEqual(self.bob.titles(self.home), ["Busy"])


class Trouble(Case):
    async def test_what_the_app_throws_is_an_error_and_the_next_sync_settles(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        air = Airplane(kalends.StandardHttp())
        async with self.open(http=air) as engine:
            await self.federate(engine)
            for error in (ZeroDivisionError, SystemExit, KeyboardInterrupt, HostError.Timeout):
                air.error = error
                report = await asyncio.wait_for(engine.sync_now(5_000), 8)
                self.assertNotEqual(report.end, SyncEnd.SETTLED, error)
                self.assertTrue(report.failures, error)
            air.error = None
            report = await engine.sync_now(30_000, asked_for=True)
            self.assertEqual((report.end, report.created), (SyncEnd.SETTLED, 1))

    async def test_a_deaf_server_does_not_hold_a_sync_beyond_its_deadline(self):
        self.serve()
        air = Airplane(kalends.StandardHttp())
        async with self.open(http=air) as engine:
            await self.accounts(engine)
            air.deaf = True
            before = time.monotonic()
            report = await engine.sync_now(250)
            self.assertLess(time.monotonic() - before, 1.0)
            self.assertEqual(report.end, SyncEnd.DEADLINE_REACHED)
            air.deaf = False
            self.assertEqual((await engine.sync_now(30_000, asked_for=True)).end, SyncEnd.SETTLED)

    async def test_a_sync_goes_on_where_its_deadline_stopped_it(self):
        self.serve()
        for n in range(EVENTS):
            self.alice.put(self.work, f"event-{n}", f"Event {n}")
        client = Reader(kalends.StandardHttp())
        async with self.open(http=client) as engine:
            await self.accounts(engine)
            while not client.read:
                report = await engine.sync_now(1_000)
                self.assertEqual(report.end, SyncEnd.DEADLINE_REACHED)
            self.assertLess(len(client.read), EVENTS)
            client.answers = EVENTS
            report = await engine.sync_now(30_000, asked_for=True)
            self.assertEqual(report.end, SyncEnd.SETTLED)
        self.assertEqual(sorted(client.read), sorted(f"event-{n}.ics" for n in range(EVENTS)))

    async def test_cancelling_and_stopping_free_the_engine_at_once(self):
        self.serve()
        air = Airplane(kalends.StandardHttp())
        async with self.open(http=air) as engine:
            await self.accounts(engine)
            air.deaf = True
            air.asked.clear()
            task = asyncio.create_task(engine.sync_now(60_000))
            await air.asked.wait()
            with self.assertRaises(EngineError.AlreadyRunning):
                await engine.sync_now(1_000)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            air.asked.clear()
            task = asyncio.create_task(engine.sync_now(60_000))
            await air.asked.wait()
            self.assertTrue(engine.stop(True))
            self.assertEqual((await task).end, SyncEnd.STOPPED)
            self.assertFalse(engine.stop(True))
            air.deaf = False
            self.assertEqual((await engine.sync_now(30_000, asked_for=True)).end, SyncEnd.SETTLED)

    async def test_a_listener_may_ask_the_engine_and_may_fail(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        stages = []
        async with self.open() as engine:
            await self.federate(engine)

            class Listener(kalends.SyncListener):
                def on_progress(self, stage):
                    stages.append(stage)
                    engine.stop(False) if len(stages) > 10_000 else None
                    raise ValueError("a listener's own mistake")

            report = await engine.sync_now(30_000, listener=Listener())
        self.assertEqual(report.end, SyncEnd.SETTLED)
        self.assertTrue(any(stage.is_writing() for stage in stages), stages)

    async def test_wrong_words_are_told(self):
        self.serve()
        async with self.open() as engine:
            with self.assertRaises(EngineError.NeedsSignIn):
                await engine.add_caldav_account("work", self.ready["url"], "alice", "wrong")
            with self.assertRaises(EngineError.Network):
                await engine.add_caldav_account("work", "http://127.0.0.1:9/", "alice", "wonder")
            self.assertEqual([a for a in await engine.accounts() if a.provider == "caldav"], [])
            await engine.add_caldav_account("work", self.ready["url"], "alice", "wonder")
            with self.assertRaises(EngineError.Invalid):
                await engine.add_caldav_account("work", self.ready["url"], "bob", "builder")
            with self.assertRaises(EngineError.Invalid):
                await engine.remove_edge("nonsense", False)
            when = EventTime.ZONED(start="2026-06-01T09:00:00", zone="Mars/Base", seconds=60)
            with self.assertRaises(EngineError.Invalid):
                await engine.put_event(EventDraft(title="x", time=when))

    async def test_another_contract_is_refused(self):
        config = kalends.EngineConfig(folder=str(self.folder), contract="0" * 32)
        with self.assertRaises(EngineError.Invalid):
            kalends.Engine.open(config, kalends.StandardHttp(), self.storage, None)

    async def test_lost_keys_are_told_and_a_failing_keychain_too(self):
        async with self.open():
            pass
        with self.assertRaises(EngineError.Corrupt):
            async with self.open(storage=Storage()):
                pass

        class Full(Storage):
            def put(self, key, value):
                raise MemoryError

        with self.assertRaises(EngineError.Storage):
            async with kalends.open(self.folder / "new", storage=Full()):
                pass


class Reader(kalends.HttpClient):
    """Notes the objects that are read, and goes deaf after the first of such answers."""

    def __init__(self, real):
        self.real, self.answers, self.read = real, 1, []

    async def send(self, request):
        names = re.findall(r"event-\d+\.ics", request.body.decode())
        if names and not self.answers:
            await asyncio.sleep(3_600)
        answer = await self.real.send(request)
        if names:
            self.answers -= 1
            self.read += names
        return answer


class Airplane(kalends.HttpClient):
    """HTTP that a test switches."""

    def __init__(self, real):
        self.real, self.off, self.deaf, self.error = real, False, False, None
        self.asked = asyncio.Event()

    async def send(self, request):
        self.asked.set()
        if self.error:
            raise self.error()
        if self.off:
            raise HostError.Offline()
        if self.deaf:
            await asyncio.sleep(3_600)
        return await self.real.send(request)


if __name__ == "__main__":
    unittest.main()
