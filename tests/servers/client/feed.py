"""A subscriber with an independent parser: `feed.py FROM TO` reads a feed on standard input.

Prints, of what takes place between the two days (YYYYMMDD), title, start and end, sorted: a day as it
stands, a time in UTC. And which zones the feed brings, and how its series are written.
"""

import json
import sys
from datetime import date, datetime, timezone

import icalendar
import recurring_ical_events


def told(at):
    return at.astimezone(timezone.utc).isoformat() if isinstance(at, datetime) else at.isoformat()


def day(text):
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def main():
    since, until = map(day, sys.argv[1:3])
    feed = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
    events = feed.walk("VEVENT")
    errors = [str(error) for event in events for error in event.errors]
    found = [
        [str(one["SUMMARY"]), told(one.start), told(one.end)]
        for one in recurring_ical_events.of(feed).between(since, until)
    ]
    print(json.dumps({
        "errors": errors,
        "found": sorted(found, key=lambda one: (one[1], one[0])),
        "zones": sorted(str(zone["TZID"]) for zone in feed.walk("VTIMEZONE")),
        "objects": len(events),
        "series": sum("RRULE" in event for event in events),
    }))


main()
