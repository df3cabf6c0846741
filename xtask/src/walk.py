"""The people of the walk-through, by an independent client: `seed` puts events in, `tamper` changes a
mirror, `show` reads and holds what is there to what the README says."""

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


def tamper(url, alice, bob):
    events = calendar(url, *alice, "Work").events()
    choir = next(event for event in events if event.icalendar_component["summary"] == "Choir")
    choir.icalendar_component["summary"] = "Tampered"
    choir.save()


# What each calendar holds by the README: titles, and how many of them are series.
HELD = {
    ("alice", "Work"): (["Choir", "Dentist", "Planning day", "Stand-up"], 1),
    ("bob", "Home"): (["Choir"], 0),
    ("bob", "Other calendars"): (["Busy", "Busy", "Busy"], 1),
}


def show(url, user, password):
    principal = caldav.DAVClient(url, username=user, password=password).principal()
    for found in principal.calendars():
        name = found.get_display_name()
        print(f"{user}: {name}")
        titles, series = [], 0
        for event in found.events():
            part = event.icalendar_component
            rule = part.get("rrule")
            print("   ", part["dtstart"].dt, part.get("summary"), rule.to_ical().decode() if rule else "")
            titles.append(str(part.get("summary")))
            series += rule is not None
        held = sorted(titles), series
        if held != HELD.pop((user, name), None):
            sys.exit(f"{user}'s {name} does not hold what the README says")


command, url, *people = sys.argv[1:]
pairs = list(zip(people[::2], people[1::2]))
if command == "seed":
    seed(url, *pairs)
elif command == "tamper":
    tamper(url, *pairs)
else:
    for user, password in pairs:
        show(url, user, password)
    if HELD:
        sys.exit(f"there is no {' and no '.join(name for _, name in HELD)}")
