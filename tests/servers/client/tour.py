"""python-caldav, through all that it does with a server: `tour.py URL USER PASSWORD [CALENDAR]`.

It finds the calendars, makes one (or goes to CALENDAR, where the server makes none), puts a single
event, another one and a series into it, looks at a day, edits the first, deletes the second, asks
what has changed since, and prints what it saw as one JSON object.
"""

import json
import sys
from datetime import datetime
from urllib.parse import unquote

import caldav

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a tourist//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART:{day}T090000Z
DTEND:{day}T100000Z
SUMMARY:{title}
{further}END:VEVENT
END:VCALENDAR
"""


def main(url, user, password, existing=None):
    client = caldav.DAVClient(url, username=user, password=password, auth_type="basic")
    principal = client.principal()
    saw = {"found": sorted(names(principal))}
    if existing:
        calendar = next(c for c in principal.calendars() if c.get_display_name() == existing)
    else:
        calendar = principal.make_calendar(name="Tour", cal_id="tour")
    saw["made"] = sorted(names(principal))
    for uid, title, day, further in [
        ("one@tour", "One", "20261210", ""),
        ("two@tour", "Two", "20261211", ""),
        ("series@tour", "Series", "20261212", "RRULE:FREQ=DAILY;COUNT=5\n"),
    ]:
        calendar.add_event(EVENT.format(uid=uid, title=title, day=day, further=further))
    state = calendar.objects_by_sync_token(load_objects=True)
    saw["first"] = titles(state)
    day = {"start": datetime(2026, 12, 13), "end": datetime(2026, 12, 14), "event": True}
    saw["on_a_day"] = titles(calendar.search(**day))
    expanded = calendar.search(**day, expand=True)
    saw["expanded"] = [event.icalendar_component["DTSTART"].dt.isoformat() for event in expanded]

    one = calendar.event_by_uid("one@tour")
    with one.edit_icalendar_component() as component:
        component["SUMMARY"] = "Edited"
    one.save()
    calendar.event_by_uid("two@tour").delete()
    changed, deleted = state.sync()
    saw["changed"] = [file_of(event) for event in changed]
    saw["deleted"] = [file_of(event) for event in deleted]
    saw["last"] = titles(calendar.events())
    if not existing:
        calendar.delete()
    saw["left"] = sorted(names(principal))
    print(json.dumps(saw))


def names(principal):
    return [calendar.get_display_name() for calendar in principal.calendars()]


def titles(events):
    return sorted(str(event.icalendar_component["SUMMARY"]) for event in events)


def file_of(event):
    return unquote(str(event.url).rsplit("/", 1)[1])


main(*sys.argv[1:])
