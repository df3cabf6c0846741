"""The engine through its bindings, against a server over HTTP."""

import asyncio
import copy
import datetime
import gc
import re
import ssl
import tempfile
import time
import unittest
import weakref
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


class Opening(Case):
    async def test_whom_the_machine_trusts_is_not_read_before_a_secure_request(self):
        def contexts():
            gc.collect()
            return sum(isinstance(one, ssl.SSLContext) for one in gc.get_objects())

        before = contexts()
        async with self.open():
            self.assertLessEqual(contexts(), before)


class MainJob(Case):
    async def test_a_busy_mirror_arrives_is_mended_and_goes(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        async with self.open() as engine:
            edges = await self.federate(engine)
            planned = await engine.plan()
            self.assertEqual([one.action for one in planned.list], ["make-calendar", "create"])
            self.assertEqual(planned.count, 2)
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
            taken = await engine.free_busy(DAY_MS, DAY_MS + 86_400_000)
            self.assertEqual((len(taken.list), taken.next), (1, None))
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
            own = (await engine.own_calendar()).id
            seen, draft = (EventDraft(title=title, time=at) for title in ("Choir", "Concert"))
            self.assertTrue(await engine.change_event(event, own, seen, draft))
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
                await engine.change_event("evt_" + "0" * 26, own, seen, draft)
            self.assertEqual(await titles(), ["Choir"])

    async def test_an_event_is_read_changed_and_deleted_where_it_lies(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        self.alice.add(self.work, "choir", "CATEGORIES:Music")
        async with self.open() as engine:
            work, _ = await self.accounts(engine)
            calendar = (await engine.calendars(work.id))[0].id
            await engine.sync_now(30_000)
            (one,) = (await engine.occurrences(DAY_MS, DAY_MS + 86_400_000)).list
            view = await engine.event(one.event)
            (held,) = view.held
            self.assertEqual((view.uid, held.calendar_id, held.draft.title), ("choir", calendar, "Choir"))
            self.assertEqual(held.draft.time, EventTime.ZONED(start=f"{DAY}T09:00:00", zone="UTC", seconds=1800))
            draft = copy.copy(held.draft)
            draft.title, draft.location = "Concert", "Hall"
            self.assertTrue(await engine.change_event(one.event, calendar, held.draft, draft))
            report = await engine.sync_now(30_000)
            self.assertEqual((report.end, report.updated), (SyncEnd.SETTLED, 1))
            (text,) = self.alice.objects(self.work).values()
            for line in ("SUMMARY:Concert", "LOCATION:Hall", "CATEGORIES:Music", "T093000Z"):
                self.assertIn(line, text)
            self.assertTrue(await engine.delete_event(one.event, calendar))
            await engine.sync_now(30_000)
            self.assertEqual(self.alice.titles(self.work), [])
            with self.assertRaises(EngineError.Invalid):
                await engine.change_event(one.event, calendar, held.draft, draft)
            self.assertIsNone(await engine.event(one.event))

    async def test_a_save_keeps_what_changed_since_the_event_was_read(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        async with self.open() as engine:
            work, _ = await self.accounts(engine)
            calendar = (await engine.calendars(work.id))[0].id
            await engine.sync_now(30_000)
            (one,) = (await engine.occurrences(DAY_MS, DAY_MS + 86_400_000)).list
            (held,) = (await engine.event(one.event)).held
            # While a form is open, somebody brings a place.
            self.alice.add(self.work, "choir", "LOCATION:Hall")
            await engine.sync_now(30_000)
            draft = copy.copy(held.draft)
            draft.title = "Concert"
            await engine.change_event(one.event, calendar, held.draft, draft)
            await engine.sync_now(30_000)
            (text,) = self.alice.objects(self.work).values()
            self.assertIn("LOCATION:Hall", text)
            self.assertIn("SUMMARY:Concert", text)
            # And this form is older still: its title was taken meanwhile.
            draft.title = "Rehearsal"
            with self.assertRaises(EngineError.Invalid):
                await engine.change_event(one.event, calendar, held.draft, draft)
            await engine.sync_now(30_000)
            self.assertEqual(self.alice.titles(self.work), ["Concert"])

    async def test_another_length_of_a_series_keeps_its_cancelled_instances(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        second = DAY + datetime.timedelta(days=1)
        for line in ("DESCRIPTION:Bring notes", "RRULE:FREQ=DAILY;COUNT=3", f"EXDATE:{second:%Y%m%d}T090000Z"):
            self.alice.add(self.work, "choir", line)
        async with self.open() as engine:
            work, _ = await self.accounts(engine)
            calendar = (await engine.calendars(work.id))[0].id
            await engine.sync_now(30_000)
            week = (DAY_MS, DAY_MS + 7 * 86_400_000)
            one, _ = (await engine.occurrences(*week)).list
            (held,) = (await engine.event(one.event)).held
            draft = copy.copy(held.draft)
            draft.time = EventTime.ZONED(start=f"{DAY}T09:00", zone="UTC", seconds=2_700)
            await engine.change_event(one.event, calendar, held.draft, draft)
            await engine.sync_now(30_000)
            self.assertEqual([o.end_ms - o.start_ms for o in (await engine.occurrences(*week)).list], [2_700_000] * 2)
            (text,) = self.alice.objects(self.work).values()
            for part in ("DESCRIPTION:Bring notes", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE"):
                self.assertIn(part, text)
            draft.time = EventTime.ZONED(start=f"{DAY}T10:00", zone="UTC", seconds=2_700)
            with self.assertRaises(EngineError.Invalid):
                await engine.change_event(one.event, calendar, held.draft, draft)

    async def test_a_series_of_ones_own_becomes_a_whole_day_and_goes(self):
        async with self.open() as engine:
            at = EventTime.ZONED(start=f"{DAY}T09:00:00", zone="Europe/Berlin", seconds=3600)
            draft = EventDraft(title="Choir", time=at, rule="FREQ=DAILY;COUNT=3")
            event = await engine.put_event(draft)
            week = (DAY_MS, DAY_MS + 7 * 86_400_000)
            self.assertEqual(len((await engine.occurrences(*week)).list), 3)
            (held,) = (await engine.event(event)).held
            self.assertEqual(held.draft, draft)
            draft.title, draft.rule = "Concert", None
            draft.time = EventTime.ALL_DAY(first_day=str(DAY), days=2)
            await engine.change_event(event, held.calendar_id, held.draft, draft)
            (one,) = (await engine.occurrences(*week)).list
            self.assertEqual((one.first_day, (await engine.event(event)).held[0].draft), (str(DAY), draft))
            self.assertTrue(await engine.delete_event(event))
            self.assertEqual((await engine.occurrences(*week)).list, [])

    async def test_pages_are_bounded_and_go_on(self):
        async with self.open() as engine:
            for n in range(3):
                at = EventTime.ZONED(start=f"{DAY}T{9 + n:02}:00:00", zone="UTC", seconds=1800)
                await engine.put_event(EventDraft(title=f"Event {n}", time=at))
            # In one instance after another: more than a page holds.
            at = EventTime.ZONED(start=f"{DAY}T00:00:00", zone="UTC", seconds=60)
            await engine.put_event(EventDraft(title="Bell", time=at, rule="FREQ=MINUTELY;INTERVAL=2;COUNT=300"))
            range_, shown, after = (DAY_MS, DAY_MS + 86_400_000), [], None
            while True:
                page = await engine.occurrences(*range_, limit=100_000, after=after)
                self.assertLessEqual(len(page.list), 250)
                shown += page.list
                after = page.next
                if after is None:
                    break
            self.assertEqual(len(shown), 303)
            self.assertEqual(len({(one.event, one.start_ms) for one in shown}), 303)
            with self.assertRaises(EngineError.Invalid):
                await engine.occurrences(*range_, after="nonsense")
            first = await engine.free_busy(*range_)
            rest = await engine.free_busy(first.next, range_[1])
            self.assertEqual((len(first.list), rest.next), (250, None))
            taken = first.list + rest.list
            self.assertEqual(len(taken), len({one.start_ms for one in taken}))
            self.assertTrue(all(a.end_ms < b.start_ms for a, b in zip(taken, taken[1:])))
            numbers, next_ = [], 0
            while next_ is not None:
                page = await engine.journal(next_, 2)
                self.assertLessEqual(len(page.entries), 2)
                numbers += [entry.number for entry in page.entries]
                next_ = page.next
            self.assertEqual(numbers, [entry.number for entry in (await engine.journal(0)).entries])

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
        for hour in (9, 11, 13):
            self.alice.put(self.work, f"choir-{hour}", "Choir", hour=hour)
        async with self.open() as first:
            await self.federate(first)
            await first.sync_now(30_000)
            bundle = await first.export_bundle()
            overlay = self.bob.calendars()["Other calendars"]
            async with kalends.open(self.folder / "second", storage=Storage(), bundle=bundle) as second:
                await self.accounts(second)
                # Zero writes count only where a tampered mirror is mended in the same run.
                for engine, title in ((second, "Mine"), (first, "Ours"), (second, "Theirs")):
                    self.bob.retitle(overlay, title, sorted(self.bob.objects(overlay))[0])
                    report = await engine.sync_now(30_000)
                    wrote = (report.created, report.updated, report.deleted)
                    self.assertEqual((report.end, wrote), (SyncEnd.SETTLED, (0, 1, 0)))
                    self.assertEqual(self.bob.titles(overlay), ["Busy"] * 3)
                for engine in (first, second):
                    report = await engine.sync_now(30_000)
                    wrote = report.created + report.updated + report.deleted
                    self.assertEqual((report.end, wrote), (SyncEnd.SETTLED, 0))

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
            explained = await other.explain(aside.object)
            self.assertEqual([one.place for one in explained.presences], ["home/Home"])
            self.assertEqual(explained.presences[0].reasons, [aside.reason])
            self.assertIsNone(await other.explain(f"{aside.object}-not"))
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

    async def test_an_aeroplane_that_takes_off_in_mid_sync_loses_nothing(self):
        self.serve()
        for hour in (9, 11, 13):
            self.alice.put(self.work, f"choir-{hour}", "Choir", hour=hour)
        air = Airplane(kalends.StandardHttp())
        async with self.open(http=air) as engine:
            await self.federate(engine)
            # Later each time, until a sync gets through before it.
            created, takes_off, cut = 0, 1, 0
            while created < 3:
                air.takes_off = takes_off
                report = await engine.sync_now(30_000, asked_for=True)
                created += report.created
                cut += report.end != SyncEnd.SETTLED
                self.assertEqual(bool(report.failures), report.end != SyncEnd.SETTLED, report)
                takes_off += 1
            air.takes_off = None
            self.assertGreaterEqual(cut, 4)
            self.assertEqual((await engine.sync_now(30_000, asked_for=True)).end, SyncEnd.SETTLED)
            overlay = self.bob.calendars()["Other calendars"]
            self.assertEqual(self.bob.titles(overlay), ["Busy"] * 3)

    async def test_a_client_without_our_layer_is_an_error_too_and_its_words_are_not_kept(self):
        self.serve()

        class Talks(kalends.HttpClient):
            async def send(self, request):
                raise ValueError("hunter2")

        config = kalends.EngineConfig(folder=str(self.folder))
        engine = kalends.Engine.open(config, Talks(), self.storage, None)
        with self.assertRaises(EngineError.Network) as refused:
            await engine.add_caldav_account("work", self.ready["url"], "alice", "wonder")
        self.assertNotIn("hunter2", str(refused.exception))
        kept = [path.read_bytes() for path in self.folder.iterdir() if path.is_file()]
        self.assertFalse([one for one in kept if b"hunter2" in one])

    async def test_a_client_that_keeps_the_engine_weakly_is_freed_with_it(self):
        class Client(kalends.StandardHttp):
            engine = None

        client = Client()
        async with self.open(http=client) as engine:
            client.engine = weakref.ref(engine)
        freed = weakref.ref(client)
        del client, engine
        gc.collect()
        self.assertIsNone(freed())

    async def test_the_engine_goes_away_in_the_middle_of_a_sync(self):
        self.serve()
        air = Airplane(kalends.StandardHttp())
        async with self.open(http=air) as engine:
            await self.accounts(engine)
            air.deaf = True
            air.asked.clear()
            task = asyncio.create_task(engine.sync_now(60_000))
            await air.asked.wait()
        self.assertEqual((await task).end, SyncEnd.STOPPED)
        del engine, task
        air.deaf = False
        async with self.open(http=air) as engine:
            self.assertEqual((await engine.sync_now(30_000, asked_for=True)).end, SyncEnd.SETTLED)

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

    async def test_a_listener_may_stop_the_engine_and_may_fail(self):
        self.serve()
        self.alice.put(self.work, "choir", "Choir")
        stages = []
        async with self.open() as engine:
            await self.federate(engine)

            class Listener(kalends.SyncListener):
                stopped = None

                def on_progress(self, stage):
                    stages.append(stage)
                    if self.stopped is None:
                        self.stopped = engine.stop(False)
                    raise ValueError("a listener's own mistake")

            listener = Listener()
            report = await engine.sync_now(30_000, listener=listener)
            self.assertEqual((report.end, listener.stopped), (SyncEnd.STOPPED, True))
            report = await engine.sync_now(30_000, listener=listener)
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
        # How many requests of a sync get through.
        self.takes_off = None
        self.asked = asyncio.Event()

    async def send(self, request):
        self.asked.set()
        if self.takes_off is not None:
            self.takes_off -= 1
            if self.takes_off < 0:
                raise HostError.Offline()
        if self.error:
            raise self.error()
        if self.off:
            raise HostError.Offline()
        if self.deaf:
            await asyncio.sleep(3_600)
        return await self.real.send(request)


if __name__ == "__main__":
    unittest.main()
