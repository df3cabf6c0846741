"""Accounts of Google and Microsoft, signed in, and told of changes by silent pushes."""

import asyncio
import json
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import kalends
from kalends import Detail, EdgeDraft, EdgeEnd, EngineError, OnlineService, ServiceClient, SyncEnd
from support import DAY, Person, Storage, relay, server, simulated

REDIRECT = "http://localhost:8/signed-in"


class Google:
    kind, service, user = "google", OnlineService.GOOGLE, "alice@example.com"

    @staticmethod
    def client(ready):
        api, auth = ready["api"], ready["auth"]
        return ServiceClient(
            service=OnlineService.GOOGLE, client_id=ready["client_id"], api=api, auth=auth
        )

    @staticmethod
    def event(ready, title, calendar):
        when = {"start": {"dateTime": f"{DAY}T09:00:00Z"}, "end": {"dateTime": f"{DAY}T10:00:00Z"}}
        path = f"/calendar/v3/calendars/{quoted(calendar)}/events"
        post(ready["api"] + path, ready["token"], {"summary": title, **when})

    @staticmethod
    def forge(notice):
        fields = [f for f in notice.headers if f.name.lower() != "x-goog-channel-token"]
        fields.append(kalends.Header(name="X-Goog-Channel-Token", value="guessed"))
        return kalends.PushNotice(provider="google", headers=fields, body=notice.body)


class Microsoft:
    kind, service, user = "graph", OnlineService.MICROSOFT, "alice@contoso.example"

    @staticmethod
    def client(ready):
        return ServiceClient(
            service=OnlineService.MICROSOFT,
            client_id="app",
            api=ready["api"] + "/v1.0",
            auth=ready["auth"],
        )

    @staticmethod
    def event(ready, title, calendar):
        when = {
            name: {"dateTime": f"{DAY}T{hour}:00:00", "timeZone": "UTC"}
            for name, hour in (("start", "09"), ("end", "10"))
        }
        path = f"/v1.0/me/calendars/{quoted(calendar)}/events"
        post(ready["api"] + path, ready["token"], {"subject": title, **when})

    @staticmethod
    def forge(notice):
        told = json.loads(notice.body)
        for one in told["value"]:
            one["clientState"] = "guessed"
        body = json.dumps(told).encode()
        return kalends.PushNotice(provider="microsoft", headers=notice.headers, body=body)


def quoted(calendar):
    return urllib.parse.quote(calendar, safe="")


def post(url, token, body):
    fields = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), fields, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status in (200, 201), answer.status


class Stays(urllib.request.HTTPRedirectHandler):
    """A browser that says where it is sent, and does not go."""

    def redirect_request(self, *_):
        return None


def browse(address):
    try:
        urllib.request.build_opener(Stays).open(address, timeout=10).close()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers["Location"]
    raise AssertionError("the browser was not sent back")


class Services(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "graph"

    def enter(self, context):
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    def stage(self, service):
        self.ready = self.enter(simulated(service.kind, "--calendar", f"{service.user}/Work"))
        self.home = self.enter(server())
        self.hooks, self.notices = self.enter(relay())
        self.bob = Person(self.home["url"], "bob", "builder")
        (self.calendar,) = (one["id"] for one in self.ready["calendars"])

    async def notice(self):
        return await asyncio.to_thread(self.notices.get, timeout=10)

    async def federate(self, engine, account):
        home = await engine.add_caldav_account("home", self.home["url"], "bob", "builder")
        (source,) = [c.id for c in await engine.calendars(account.id) if c.name == "Work"]
        overlay = EdgeEnd.OVERLAY(account=home.id)
        await engine.add_edge(EdgeDraft(source=source, target=overlay, detail=Detail.TITLE))
        self.assertEqual((await engine.sync_now(30_000)).end, SyncEnd.SETTLED)

    async def pushed(self, service):
        """A change at the service is told to the app's server, passed on, and mirrored."""
        self.stage(service)
        storage = Storage()
        async with kalends.open(self.folder, storage=storage, notices_at=self.hooks) as engine:
            tokens = json.dumps({"access_token": self.ready["token"], "expires_in": 3_600})
            client = service.client(self.ready)
            account = await engine.add_signed_in_account("work", client, tokens)
            await self.federate(engine, account)
            while not self.notices.empty():
                await engine.deliver(self.notices.get())
            await engine.sync_due(30_000)
            quiet = await engine.sync_due(30_000)
            self.assertEqual((quiet.end, quiet.requests), (SyncEnd.SETTLED, 0))

            service.event(self.ready, "Choir", self.calendar)
            notice = await self.notice()
            with self.assertRaises(EngineError.Invalid):
                await engine.deliver(service.forge(notice))
            forged = await engine.sync_due(30_000)
            self.assertEqual((forged.created, forged.requests), (0, 0))

            self.assertTrue(await engine.deliver(notice))
            report = await engine.sync_due(30_000)
            while report.created == 0:
                # That one told of the opening of the watch, late.
                await engine.deliver(await self.notice())
                report = await engine.sync_due(30_000)
            self.assertEqual((report.end, report.created), (SyncEnd.SETTLED, 1))
            self.assertEqual(self.bob.titles(self.bob.calendars()["Other calendars"]), ["Choir"])

    async def signed_in(self, service):
        """A browser brings an account; a token that ends is refreshed, and kept before it is used."""
        self.stage(service)
        storage = Storage()
        async with kalends.open(self.folder, storage=storage) as engine:
            client = service.client(self.ready)
            address = await engine.begin_sign_in("work", client, REDIRECT)
        # The platform ended the app meanwhile.
        async with kalends.open(self.folder, storage=storage) as engine:
            back = await asyncio.to_thread(browse, address)
            self.assertTrue(back.startswith(REDIRECT), back)
            forged = f"{REDIRECT}?code=theirs&state=guessed"
            with self.assertRaises(EngineError.NeedsSignIn):
                await engine.finish_sign_in(forged)
            account = await engine.finish_sign_in(back)
            with self.assertRaises(EngineError.Invalid):
                await engine.finish_sign_in(back)
            service.event(self.ready, "Choir", self.calendar)
            await self.federate(engine, account)
            self.assertEqual(self.bob.titles(self.bob.calendars()["Other calendars"]), ["Choir"])

            key = f"kalends.account.{account.id}"
            kept = json.loads(storage.kept[key])
            before = kept["sign_in"]["access"]
            kept["sign_in"]["expires"] = 0
            storage.kept[key] = json.dumps(kept).encode()
            self.assertEqual((await engine.sync_now(30_000)).end, SyncEnd.SETTLED)
            after = json.loads(storage.kept[key])["sign_in"]["access"]
            self.assertNotEqual(after, before)

    async def test_a_push_of_google_is_mirrored(self):
        await self.pushed(Google)

    async def test_a_push_of_microsoft_is_mirrored(self):
        await self.pushed(Microsoft)

    async def test_google_is_signed_in_to(self):
        await self.signed_in(Google)

    async def test_microsoft_is_signed_in_to(self):
        await self.signed_in(Microsoft)

    async def test_what_is_no_token_is_told(self):
        self.stage(Google)
        async with kalends.open(self.folder, storage=Storage()) as engine:
            client = Google.client(self.ready)
            with self.assertRaises(EngineError.Invalid):
                await engine.add_signed_in_account("work", client, "<html>")
            with self.assertRaises(EngineError.NeedsSignIn):
                await engine.add_signed_in_account("work", client, "wrong")
            notice = kalends.PushNotice(provider="caldav", headers=[], body=b"")
            with self.assertRaises(EngineError.Invalid):
                await engine.deliver(notice)


if __name__ == "__main__":
    unittest.main()
