"""Google's own client library, through all that it does with a calendar: `tour_google.py READY`.

READY is the JSON that `kalends-sim google` prints. The library builds its methods from the discovery
document that it carries. It lists, inserts, patches, watches a calendar at a listener on this machine,
meets 409, 410, 412 and 404, and prints what it saw as one JSON object.
"""

import json
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, Queue

from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

CALENDAR = "primary"


def main(ready):
    service = client(ready, Credentials(ready["token"]))
    events = service.events()
    saw = {"calendars": calendars(service)}
    with Listener() as heard:
        channel = watch(events, heard.address)
        saw["sync"] = heard.next()
        first = insert(events, day=10, summary="One")
        saw["exists"] = heard.next()
        pages, token = listed(events, maxResults=2)
        saw["first"] = sorted(event["summary"] for event in pages)
        saw["patched"] = patch(events, first, {"location": "Here"})["location"]
        insert(events, day=11, summary="Two")
        series = insert(events, day=12, summary="Series", recurrence=["RRULE:FREQ=DAILY;COUNT=5"])
        saw["refused"] = refusals(events, first)
        saw["instances"] = instances(events, series)
        events.delete(calendarId=CALENDAR, eventId=first["id"], sendUpdates="none").execute()
        saw["deleted_twice"] = refused(events.delete(calendarId=CALENDAR, eventId=first["id"]))
        changed, token = listed(events, syncToken=token)
        saw["changed"] = sorted(event.get("summary", event["status"]) for event in changed)
        saw["forged"] = refused(events.list(calendarId=CALENDAR, syncToken="forged"))
        saw["heard"] = heard.drain()
        stop = {"id": channel["id"], "resourceId": channel["resourceId"]}
        saw["stopped"] = service.channels().stop(body=stop).execute()
        saw["stopped_twice"] = refused(service.channels().stop(body=stop))
        insert(events, day=20, summary="Unheard")
        saw["unheard"] = heard.drain()
    saw["busy"] = busy(service, ready["user"])
    saw["overlay"] = overlay(service)
    saw["refreshed"] = calendars(client(ready, stale_credentials(ready)))
    json.dump(saw, sys.stdout)


def client(ready, credentials):
    return build(
        "calendar",
        "v3",
        credentials=credentials,
        client_options={"api_endpoint": ready["api"] + "/calendar/v3/"},
        static_discovery=True,
        cache_discovery=False,
    )


def stale_credentials(ready):
    """Credentials whose access token nobody knows any more: the library has to refresh it."""
    return Credentials(
        "stale",
        refresh_token=ready["refresh_token"],
        token_uri=ready["auth"] + "/token",
        client_id=ready["client_id"],
        client_secret="none",
    )


def calendars(service):
    items = service.calendarList().list().execute()["items"]
    return sorted(item["summary"] for item in items)


def when(day, hour):
    return {"dateTime": f"2026-12-{day}T{hour:02}:00:00", "timeZone": "Europe/Paris"}


def insert(events, day, **fields):
    body = {"start": when(day, 9), "end": when(day, 10), "reminders": {"useDefault": False}, **fields}
    return events.insert(calendarId=CALENDAR, body=body, sendUpdates="none").execute()


def patch(events, event, body):
    request = events.patch(
        calendarId=CALENDAR, eventId=event["id"], body=body, sendUpdates="none"
    )
    request.headers["If-Match"] = event["etag"]
    return request.execute()


def listed(events, **query):
    found, request = [], events.list(calendarId=CALENDAR, **query)
    while request is not None:
        page = request.execute()
        found += page["items"]
        request = events.list_next(request, page)
    return found, page["nextSyncToken"]


def refusals(events, first):
    """Refusals by what asks for them: a stale version, a taken id, an unknown event, a bad window."""
    stale = events.patch(calendarId=CALENDAR, eventId=first["id"], body={"summary": "Stale"})
    stale.headers["If-Match"] = first["etag"]
    again = {"id": first["id"], "start": when(10, 9), "end": when(10, 10)}
    window = {"timeMin": "2026-12-02T00:00:00Z", "timeMax": "2026-12-01T00:00:00Z"}
    return {
        "stale": refused(stale),
        "taken": refused(events.insert(calendarId=CALENDAR, body=again)),
        "unknown": refused(events.get(calendarId=CALENDAR, eventId="unknown00")),
        "window": refused(events.list(calendarId=CALENDAR, **window)),
    }


def refused(request):
    try:
        request.execute()
    except HttpError as error:
        return [error.status_code, error.error_details[0]["reason"]]
    return "allowed"


def instances(events, series):
    found = events.instances(calendarId=CALENDAR, eventId=series["id"]).execute()["items"]
    one = found[1]
    moved = {"start": when(13, 15), "end": when(13, 16)}
    patch(events, one, moved)
    events.delete(calendarId=CALENDAR, eventId=found[2]["id"], sendUpdates="none").execute()
    after = events.instances(calendarId=CALENDAR, eventId=series["id"]).execute()["items"]
    return [item["start"]["dateTime"] for item in after]


def busy(service, user):
    body = {
        "timeMin": "2026-12-11T00:00:00Z",
        "timeMax": "2026-12-12T00:00:00Z",
        "items": [{"id": user}],
    }
    return service.freebusy().query(body=body).execute()["calendars"][user]["busy"]


def overlay(service):
    made = service.calendars().insert(body={"summary": "Overlay"}).execute()
    service.calendars().patch(calendarId=made["id"], body={"description": "ours"}).execute()
    names = calendars(service)
    service.calendars().delete(calendarId=made["id"]).execute()
    return [names, calendars(service)]


def watch(events, address):
    body = {"id": str(uuid.uuid4()), "type": "web_hook", "address": address, "token": "secret"}
    return events.watch(calendarId=CALENDAR, body=body).execute()


class Listener:
    """Hears webhooks."""

    def __enter__(self):
        queue = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                names = ["Channel-Token", "Resource-State", "Message-Number"]
                queue.put([self.headers[f"X-Goog-{name}"] for name in names])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.queue = queue
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()

    def next(self):
        return self.queue.get(timeout=10)

    def drain(self):
        """How many more come before it is quiet for a second."""
        count = 0
        try:
            while True:
                self.queue.get(timeout=1)
                count += 1
        except Empty:
            return count


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
