"""The people of the walk-through, by an independent client: `seed` puts events in, `show` reads."""

import sys
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import caldav

BERLIN = ZoneInfo("Europe/Berlin")


def calendar(url, user, password, name, make=False):
    principal = caldav.DAVClient(url, username=user, password=password).principal()
    found = [c for c in principal.calendars() if c.get_display_name() == name]
    if found or not make:
        return found[0]
    return principal.make_calendar(name=name)


def seed(url, alice, bob):
    work = calendar(url, *alice, "Work", make=True)
    home = calendar(url, *bob, "Home", make=True)
    monday = date.today() + timedelta(days=7 - date.today().weekday())
    at = lambda day, hour: datetime.combine(monday + timedelta(days=day), datetime.min.time(), BERLIN).replace(hour=hour)
    work.save_event(dtstart=at(0, 9), dtend=at(0, 10), summary="Dentist", location="Room 9")
    work.save_event(dtstart=at(1, 11), dtend=at(1, 12), summary="Stand-up", rrule={"FREQ": "WEEKLY", "COUNT": 8})
    work.save_event(dtstart=monday, dtend=monday + timedelta(days=1), summary="Planning day")
    home.save_event(dtstart=at(2, 18), dtend=at(2, 20), summary="Choir")


def show(url, user, password):
    principal = caldav.DAVClient(url, username=user, password=password).principal()
    for found in principal.calendars():
        print(f"{user}: {found.get_display_name()}")
        for event in found.events():
            part = event.icalendar_component
            rule = part.get("rrule")
            print("   ", part["dtstart"].dt, part.get("summary"), rule.to_ical().decode() if rule else "")


command, url, *people = sys.argv[1:]
pairs = list(zip(people[::2], people[1::2]))
if command == "seed":
    seed(url, *pairs)
else:
    for user, password in pairs:
        show(url, user, password)
