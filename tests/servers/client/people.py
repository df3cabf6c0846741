"""A person with an independent client: `people.py URL USER PASSWORD HOME [ACT JSON]`.

HOME is the address that calendars lie below. JSON is one object, or a list of them to act on in
turn. Without ACT, each line of standard input is a JSON list of the two, and each gets one line of
answer, until the input ends. Acts, with the fields they take:

    mkcalendar  calendar
    put         calendar, uid, ics
    edit        calendar, uid, summary [, instance: its RECURRENCE-ID]
    override    calendar, uid, summary, instance: a changed instance of its own is made of it
    exclude     calendar, uid, instance
    delete      calendar, uids
    undelete    calendar, uid              (puts back what `delete` took, where it was)
    move        calendar, uid, to
    copy        calendar, uid, as
    strip       calendar, uid              (takes the mark off)
    list        [since, until: YYYYMMDD, for the instances between them]

`list` prints, by calendar name, what each object is: uid, summary, description, start, end, zone,
rrule, exdates, overrides, instances, marked, href. Every other act prints the UIDs it acted on.
"""

import json
import sys
from datetime import date, datetime, timezone

import caldav
import icalendar
import recurring_ical_events

MARK = "X-KALENDS-MARK"
ACTS = "mkcalendar put edit override exclude delete undelete move copy strip list".split()
ICS = {"Content-Type": "text/calendar; charset=utf-8"}


class Person:
    def __init__(self, url, user, password, home):
        self.client = caldav.DAVClient(url, username=user, password=password, auth_type="basic")
        self.home = home
        self.made = set()
        self.bin = {}

    def calendar(self, name):
        # What others made for this person, such as an overlay, lies under a name of theirs.
        others = {} if name in self.made else self.named()
        return others.get(name) or self.client.calendar(url=f"{self.home}{name}/")

    def named(self):
        found = self.client.principal().calendars()
        return {calendar.get_display_name(): calendar for calendar in found}

    def find(self, calendar, uid):
        return next(e for e in self.calendar(calendar).events() if named(e) == uid)

    def write(self, url, text):
        answer = self.client.put(str(url), text, ICS)
        assert answer.status in (200, 201, 204), f"{url}: {answer.status}"

    def rewrite(self, calendar, uid, change):
        event = self.find(calendar, uid)
        whole = parsed(event)
        change(parts(whole))
        self.write(event.url, whole.to_ical().decode())

    def mkcalendar(self, calendar):
        principal = self.client.principal()
        principal.make_calendar(
            name=calendar, cal_id=calendar, supported_calendar_component_set=["VEVENT"]
        )
        self.made.add(calendar)
        return calendar

    def put(self, calendar, uid, ics):
        self.write(f"{self.home}{calendar}/{uid}.ics", ics)
        return uid

    def edit(self, calendar, uid, summary, instance=None):
        def change(events):
            event = main(events) if instance is None else next(e for e in events if key(e) == instance)
            event["SUMMARY"] = icalendar.vText(summary)

        self.rewrite(calendar, uid, change)
        return uid

    def override(self, calendar, uid, summary, instance):
        def change(whole):
            first = main(parts(whole))
            one = icalendar.Event()
            for name in ("UID", "DTSTAMP", "CLASS", MARK):
                if name in first:
                    one[name] = first[name]
            start = first["DTSTART"].dt
            at = datetime.strptime(instance, "%Y%m%dT%H%M%S").replace(tzinfo=start.tzinfo)
            length = (first["DTEND"].dt - start) if "DTEND" in first else first["DURATION"].dt
            one.add("RECURRENCE-ID", at)
            one.add("DTSTART", at)
            one.add("DTEND", at + length)
            one.add("SUMMARY", summary)
            one.add("DESCRIPTION", str(first.get("DESCRIPTION", "")))
            whole.add_component(one)

        self.reshape(calendar, uid, change)
        return uid

    def exclude(self, calendar, uid, instance):
        def change(whole):
            first = main(parts(whole))
            zone = first["DTSTART"].dt.tzinfo
            first.add("EXDATE", datetime.strptime(instance, "%Y%m%dT%H%M%S").replace(tzinfo=zone))

        self.reshape(calendar, uid, change)
        return uid

    def reshape(self, calendar, uid, change):
        event = self.find(calendar, uid)
        whole = parsed(event)
        change(whole)
        self.write(event.url, whole.to_ical().decode())

    def delete(self, calendar, uids):
        for event in self.calendar(calendar).events():
            if named(event) in uids:
                self.bin[calendar, named(event)] = str(event.url), event.data
                answer = self.client.delete(str(event.url))
                assert answer.status in (200, 204), f"{event.url}: {answer.status}"
        return uids

    def undelete(self, calendar, uid):
        self.write(*self.bin.pop((calendar, uid)))
        return uid

    def move(self, calendar, uid, to):
        text = self.find(calendar, uid).data
        self.delete(calendar, [uid])
        return self.put(to, uid, text)

    def copy(self, calendar, uid, **new):
        whole = parsed(self.find(calendar, uid))
        for event in parts(whole):
            event["UID"] = icalendar.vText(new["as"])
        return self.put(calendar, new["as"], whole.to_ical().decode())

    def strip(self, calendar, uid):
        self.rewrite(calendar, uid, lambda events: [event.pop(MARK, None) for event in events])
        return uid

    def list(self, since=None, until=None):
        span = (day(since), day(until)) if since else None
        shown = lambda events: sorted((show(e, span) for e in events), key=lambda e: (e["summary"], e["uid"]))
        return {name: shown(calendar.events()) for name, calendar in self.named().items()}


def parsed(event):
    return icalendar.Calendar.from_ical(event.data)


def named(event):
    return str(main(parts(parsed(event))).get("UID"))


def parts(whole):
    return whole.walk("VEVENT")


def main(events):
    return next((event for event in events if "RECURRENCE-ID" not in event), events[0])


def key(event):
    return raw(event, "RECURRENCE-ID")


def raw(event, name):
    value = event.get(name)
    return value.to_ical().decode() if value is not None else ""


def day(text):
    return datetime.strptime(text, "%Y%m%d").date()


def show(event, span):
    whole = parsed(event)
    events = parts(whole)
    first = main(events)
    excluded = first.get("EXDATE", [])
    return {
        "uid": str(first.get("UID")),
        "summary": str(first.get("SUMMARY", "")),
        "description": str(first.get("DESCRIPTION", "")),
        "location": str(first.get("LOCATION", "")),
        "start": raw(first, "DTSTART"),
        "end": raw(first, "DTEND"),
        "zone": first["DTSTART"].params.get("TZID", ""),
        "rrule": raw(first, "RRULE"),
        "exdates": sum(len(one.dts) for one in (excluded if isinstance(excluded, list) else [excluded])),
        "overrides": sorted([key(e), raw(e, "DTSTART"), str(e.get("SUMMARY", ""))] for e in events if key(e)),
        "instances": instances(whole, span) if span else [],
        "alarms": len(whole.walk("VALARM")),
        "people": sum(len(as_list(e.get("ATTENDEE"))) + ("ORGANIZER" in e) for e in events),
        "privacy": str(first.get("CLASS", "")),
        "marked": MARK in first,
        "href": str(event.url),
    }


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def instances(whole, span):
    found = recurring_ical_events.of(whole).between(*span)
    return sorted(
        [moment(e["DTSTART"].dt), moment(e["DTEND"].dt), str(e.get("SUMMARY", ""))]
        for e in found
        if e.get("STATUS") != "CANCELLED"
    )


def moment(value):
    """A zoned time as the instant it is; a day or a floating time as it stands."""
    if type(value) is date or value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def act(person, name, argument):
    assert name in ACTS, name
    do = getattr(person, name)
    done = [do(**one) for one in argument] if isinstance(argument, list) else do(**argument)
    print(json.dumps(done), flush=True)


def run(url, user, password, home, *once):
    person = Person(url, user, password, home)
    if once:
        act(person, once[0], json.loads(once[1]))
    else:
        for line in sys.stdin:
            act(person, *json.loads(line))


run(*sys.argv[1:])
