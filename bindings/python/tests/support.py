"""A server of its own for each test, and a person who works at it without the engine."""

from __future__ import annotations

import base64
import contextlib
import datetime
import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import urllib.parse
from pathlib import Path

import kalends

# Inside every edge's window, whatever the day is.
DAY = datetime.date.today() + datetime.timedelta(days=7)
DAY_MS = int(datetime.datetime.combine(DAY, datetime.time(), datetime.timezone.utc).timestamp() * 1000)
SIM = os.environ["KALENDS_SIM"]
CLI = os.environ["KALENDS_CLI"]


class Storage(kalends.SecureStorage):
    """Secrets in memory, as an app's keychain."""

    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, value):
        self.kept[key] = value
        return True

    def delete(self, key):
        self.kept.pop(key, None)
        return True


@contextlib.contextmanager
def server(seed=0, faults=None, port=0):
    """A CalDAV server with alice and bob."""
    with tempfile.TemporaryDirectory() as folder:
        command = [SIM, "caldav", "--listen", f"127.0.0.1:{port}", "--seed", str(seed)]
        command += ["--user", "alice:wonder", "--user", "bob:builder"]
        command += ["--calendar", "alice/Work", "--calendar", "bob/Home"]
        if faults:
            path = Path(folder) / "faults.json"
            path.write_text(json.dumps(faults))
            command += ["--faults", str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            line = process.stdout.readline()
            yield json.loads(line.removeprefix("READY "))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Person:
    """Someone at a calendar program of their own."""

    def __init__(self, url, user, password):
        self._url = urllib.parse.urlsplit(url)
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._auth = f"Basic {token}"

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self._url.hostname, self._url.port, timeout=10)
        with contextlib.closing(connection):
            fields = {"Authorization": self._auth, **(headers or {})}
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def calendars(self):
        """Paths of all calendars by display name."""
        body = '<propfind xmlns="DAV:"><prop><displayname/><resourcetype/></prop></propfind>'
        found = {}
        home = self._home()
        _, text = self.ask("PROPFIND", home, body, {"Depth": "1", "Content-Type": "text/xml"})
        for one in re.findall(r"<(?:\w+:)?response\b.*?</(?:\w+:)?response>", text, re.S):
            name = re.search(r"displayname>([^<]*)<", one)
            if name and "calendar" in one:
                found[name.group(1)] = re.search(r"href>([^<]*)<", one).group(1)
        return found

    def _home(self):
        principal = self._property("/", "current-user-principal", "DAV:")
        return self._property(principal, "calendar-home-set", "urn:ietf:params:xml:ns:caldav")

    def _property(self, path, name, space):
        body = f'<propfind xmlns="DAV:"><prop><x:{name} xmlns:x="{space}"/></prop></propfind>'
        _, text = self.ask("PROPFIND", path, body, {"Depth": "0", "Content-Type": "text/xml"})
        inner = re.search(rf"{name}\b[^>]*>(.*?)</[^>]*{name}", text, re.S).group(1)
        return re.search(r"href>([^<]*)<", inner).group(1)

    def put(self, calendar, name, title, day=DAY, hour=9):
        event = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\n"
            f"UID:{name}\r\nDTSTAMP:20260101T000000Z\r\n"
            f"DTSTART:{day:%Y%m%d}T{hour:02}0000Z\r\nDTEND:{day:%Y%m%d}T{hour:02}3000Z\r\n"
            f"SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        status, text = self.ask(
            "PUT", f"{calendar}{name}.ics", event, {"Content-Type": "text/calendar"}
        )
        assert status in (201, 204), (status, text)

    def retitle(self, calendar, title):
        """Changes the title of the only object, and nothing else of it."""
        (name,) = self.objects(calendar)
        _, event = self.ask("GET", f"{calendar}{name}")
        event = re.sub(r"SUMMARY:[^\r\n]*", f"SUMMARY:{title}", event)
        status, text = self.ask("PUT", f"{calendar}{name}", event, {"Content-Type": "text/calendar"})
        assert status in (201, 204), (status, text)

    def delete(self, calendar, name):
        status, text = self.ask("DELETE", f"{calendar}{name}.ics")
        assert status in (200, 204), (status, text)

    def objects(self, calendar):
        """The texts of all objects, by their last path segment."""
        body = (
            '<c:calendar-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop>'
            '<c:calendar-data/></prop><c:filter><c:comp-filter name="VCALENDAR"/></c:filter>'
            "</c:calendar-query>"
        )
        _, text = self.ask("REPORT", calendar, body, {"Depth": "1", "Content-Type": "text/xml"})
        found = {}
        for one in re.findall(r"<(?:\w+:)?response\b.*?</(?:\w+:)?response>", text, re.S):
            path = re.search(r"href>([^<]*)<", one).group(1)
            found[path.rsplit("/", 1)[-1]] = one
        return found

    def titles(self, calendar):
        texts = self.objects(calendar).values()
        return sorted(re.search(r"SUMMARY:([^\r\n&]*)", text).group(1) for text in texts)
