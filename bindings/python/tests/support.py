"""A server of its own for each test, and a person who works at it without the engine."""

from __future__ import annotations

import base64
import contextlib
import datetime
import http.client
import http.server
import json
import os
import queue
import re
import socket
import subprocess
import threading
import urllib.parse

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


def server(seed=0, port=0):
    """A CalDAV server with alice and bob."""
    people = ["--user", "alice:wonder", "--user", "bob:builder"]
    calendars = ["--calendar", "alice/Work", "--calendar", "bob/Home"]
    where = ["--listen", f"127.0.0.1:{port}", "--seed", str(seed)]
    return simulated("caldav", *where, *people, *calendars)


@contextlib.contextmanager
def simulated(*words):
    """A simulated provider: what it says when it is ready."""
    process = subprocess.Popen([SIM, *words], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        yield json.loads(line.removeprefix("READY "))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def relay():
    """The app's own server: takes in notices of providers, for the device."""
    notices = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            path = urllib.parse.urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = urllib.parse.parse_qs(path.query).get("validationToken")
            if not token:
                fields = [kalends.Header(name=n, value=v) for n, v in self.headers.items()]
                kind = path.path.rsplit("/", 1)[-1]
                notices.put(kalends.PushNotice(provider=kind, headers=fields, body=body))
            answer = token[0].encode() if token else b""
            self.send_response(200 if token else 202)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}/hooks", notices
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Person:
    """Someone at a calendar program of their own."""

    def __init__(self, url, user, password):
        self.url, self._url = url, urllib.parse.urlsplit(url)
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.auth = f"Basic {token}"

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self._url.hostname, self._url.port, timeout=10)
        with contextlib.closing(connection):
            fields = {"Authorization": self.auth, **(headers or {})}
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
        event = self.event(name, title, day, hour)
        status, text = self.ask(
            "PUT", f"{calendar}{name}.ics", event, {"Content-Type": "text/calendar"}
        )
        assert status in (201, 204), (status, text)

    @staticmethod
    def event(name, title, day, hour):
        return (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\n"
            f"UID:{name}\r\nDTSTAMP:20260101T000000Z\r\n"
            f"DTSTART:{day:%Y%m%d}T{hour:02}0000Z\r\nDTEND:{day:%Y%m%d}T{hour:02}3000Z\r\n"
            f"SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )

    def retitle(self, calendar, title, name=None):
        """Changes the title of an object, the only one unless it is named, and nothing else of it."""
        if name is None:
            (name,) = self.objects(calendar)
        self._rewrite(f"{calendar}{name}", lambda event: re.sub(r"SUMMARY:[^\r\n]*", f"SUMMARY:{title}", event))

    def add(self, calendar, name, line):
        """Adds a line to an object."""
        self._rewrite(f"{calendar}{name}.ics", lambda event: event.replace("END:VEVENT", f"{line}\r\nEND:VEVENT"))

    def _rewrite(self, path, change):
        _, event = self.ask("GET", path)
        status, text = self.ask("PUT", path, change(event), {"Content-Type": "text/calendar"})
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
