"""A CalDAV server that answers from nothing: one calendar of N events, streamed as it is asked.

`canned_caldav.py PORT N`. For measuring a client's memory: the server holds nothing itself. Started again with
another N, it does not know the token it gave before, and has only what N says.
"""

import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
NS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'
TOKENS = "http://canned/sync/"
TOKEN = f"{TOKENS}{COUNT}"


def response(href, props):
    return f"<response><href>{href}</href><propstat><prop>{props}</prop><status>HTTP/1.1 200 OK</status></propstat></response>"


def event(n):
    day, month, hour = 1 + n % 28, 1 + n // 28 % 12, n % 24
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//canned//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:event-{n}@canned\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:2026{month:02}{day:02}T{hour:02}0000Z\r\n"
        f"DURATION:PT30M\r\nSUMMARY:Event number {n}\r\nDESCRIPTION:Notes of event number {n}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


CALENDAR = (
    "<resourcetype><collection/><C:calendar/></resourcetype><displayname>Big</displayname>"
    f"<sync-token>{TOKEN}</sync-token>"
    "<supported-report-set><supported-report><report><sync-collection/></report></supported-report>"
    "<supported-report><report><C:calendar-multiget/></report></supported-report></supported-report-set>"
)


class Canned(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PROPFIND(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.rstrip("/") + "/"
        if path == "/h/":
            body = response("/h/", "<resourcetype><collection/></resourcetype>") + response("/h/big/", CALENDAR)
        elif path == "/h/big/":
            body = response("/h/big/", CALENDAR)
        else:
            body = response(
                self.path,
                "<current-user-principal><href>/p/</href></current-user-principal>"
                "<C:calendar-home-set><href>/h/</href></C:calendar-home-set>",
            )
        self.send([body])

    def do_REPORT(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if "calendar-multiget" in asked:
            return self.send(map(self.one, map(int, re.findall(r"/h/big/(\d+)\.ics", asked))))
        if f"{TOKEN}<" in asked:
            return self.send([f"<sync-token>{TOKEN}</sync-token>"])
        if TOKENS in asked:
            return self.refuse()
        return self.send(self.all())

    def one(self, n):
        if n >= COUNT:
            return f"<response><href>/h/big/{n}.ics</href><status>HTTP/1.1 404 Not Found</status></response>"
        data = f'<getetag>"{n}"</getetag><C:calendar-data>{event(n)}</C:calendar-data>'
        return response(f"/h/big/{n}.ics", data)

    def all(self):
        yield from map(self.one, range(COUNT))
        yield f"<sync-token>{TOKEN}</sync-token>"

    def refuse(self):
        body = b'<error xmlns="DAV:"><valid-sync-token/></error>'
        self.send_response(403)
        self.send_header("Content-Type", "application/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send(self, parts):
        self.send_response(207)
        self.send_header("Content-Type", "application/xml; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunk(f'<?xml version="1.0"?><multistatus {NS}>')
        for part in parts:
            self.chunk(part)
        self.chunk("</multistatus>")
        self.wfile.write(b"0\r\n\r\n")

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Canned).serve_forever()
