"""Prints 10,000 generated rules with what python-dateutil makes of them.

    pip install python-dateutil==2.9.0.post0
    python rules.py > rules.txt

One line for a rule: `start|horizon|rule|count|hash|last`. The instances are those before the
horizon, at most 50 of them, in wall-clock time. `hash` is 64-bit FNV-1a over the seconds since
1970-01-01T00:00:00, each as 8 bytes, lowest first; `last` is the last of them, in those seconds.
Three starts in four are made to match their rule, so that no library has to decide what an
unmatched start means.
"""

import itertools
import random
import signal
import sys
from datetime import datetime, timedelta

import dateutil.rrule
from dateutil.rrule import rrulestr

WANTED, CAP = 10_000, 50
EPOCH = datetime(1970, 1, 1)
FREQS = ["YEARLY"] * 5 + ["MONTHLY"] * 5 + ["WEEKLY"] * 4 + ["DAILY"] * 3
FREQS += ["HOURLY", "MINUTELY", "SECONDLY"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
HORIZON_DAYS = {
    "YEARLY": 366 * 30, "MONTHLY": 366 * 10, "WEEKLY": 366 * 6, "DAILY": 366 * 3,
    "HOURLY": 90, "MINUTELY": 3, "SECONDLY": 0.25,
}
rng = random.Random(5545)


def some(values, most):
    return sorted(rng.sample(values, rng.randint(1, most)))


def chance(percent):
    return rng.random() * 100 < percent


def signed(low, high, most, back=30):
    picked = some(list(range(low, high + 1)), most)
    return sorted({-n if chance(back) else n for n in picked})


def text(values):
    return ",".join(str(value) for value in values)


def by_day(freq, parts):
    days = some(DAYS, rng.choice([1, 1, 2, 3, 5]))
    if freq == "MONTHLY" and chance(60):
        return [f"{rng.choice([1, 2, 3, 4, 5, -1, -2, -5])}{day}" for day in days[:2]]
    if freq == "YEARLY" and chance(60) and "BYWEEKNO" not in parts:
        ordinals = [1, 2, 4, -1, -2] if "BYMONTH" in parts else [1, 5, 20, 53, -1, -10, -53]
        return [f"{rng.choice(ordinals)}{day}" for day in days[:2]]
    return days


def days_of(freq, parts):
    if freq == "SECONDLY":
        return
    if freq == "MINUTELY":
        if chance(40):
            parts["BYDAY"] = text(some(DAYS, 5))
        return
    if freq == "YEARLY" and chance(12):
        parts["BYWEEKNO"] = text(signed(1, 53, 3, 20))
        if chance(50):
            parts["WKST"] = rng.choice(DAYS)
    if chance(30):
        parts["BYMONTH"] = text(some(list(range(1, 13)), 4))
    if freq == "YEARLY" and "BYWEEKNO" not in parts and chance(12):
        parts["BYYEARDAY"] = text(signed(1, 366, 4))
    if freq != "WEEKLY" and "BYWEEKNO" not in parts and chance(30):
        parts["BYMONTHDAY"] = text(signed(1, 31, 4))
    if chance(70 if freq in ("WEEKLY", "MONTHLY") else 40):
        parts["BYDAY"] = text(by_day(freq, parts))


def times_of(freq, parts):
    level = ["SECONDLY", "MINUTELY", "HOURLY", "DAILY"].index(freq) if freq in (
        "SECONDLY", "MINUTELY", "HOURLY") else 3
    if chance(20 if level == 3 else 30):
        parts["BYHOUR"] = text(some(list(range(24)), 3))
    if chance(12 if level == 3 else 35):
        parts["BYMINUTE"] = text(some(list(range(60)), 3))
    if chance(5 if level > 1 else 30):
        parts["BYSECOND"] = text(some(list(range(60)), 3))


def rule():
    freq = rng.choice(FREQS)
    parts = {"FREQ": freq}
    if chance(45):
        parts["INTERVAL"] = rng.choice([2, 2, 3, 4, 5, 6, 7, 10, 12, 15, 18, 26, 45, 90])
    days_of(freq, parts)
    times_of(freq, parts)
    if any(part.startswith("BY") for part in parts) and chance(15):
        parts["BYSETPOS"] = text(signed(1, rng.choice([2, 4, 10]), 2))
    if freq == "WEEKLY" and chance(40):
        parts["WKST"] = rng.choice(DAYS)
    return freq, parts


def start():
    day = datetime(rng.randint(1995, 2030), 1, 1) + timedelta(days=rng.randrange(366))
    return day + timedelta(seconds=rng.choice([0, 9 * 3600, 34_200, 85_500, 86_399, 5_025]))


def stamp(moment):
    return moment.strftime("%Y%m%dT%H%M%S")


def expand(parts, begin, horizon, cap):
    """UNTIL is set to the horizon, so that a rule without instances ends."""
    bounded = dict(parts)
    last = horizon - timedelta(seconds=1)
    if "UNTIL" in bounded:
        last = min(last, datetime.strptime(bounded["UNTIL"], "%Y%m%dT%H%M%S"))
    counted = bounded.pop("COUNT", None)
    bounded["UNTIL"] = stamp(last)
    # Without this a search that finds nothing more goes on to the year 9999.
    dateutil.rrule.datetime.MAXYEAR = horizon.year + 1
    found = rrulestr(";".join(f"{k}={v}" for k, v in bounded.items()), dtstart=begin)
    return list(itertools.islice(found, min(cap, counted or cap)))


def fnv(moments):
    value = 0xCBF29CE484222325
    for moment in moments:
        for byte in seconds(moment).to_bytes(8, "little", signed=True):
            value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def seconds(moment):
    return int((moment - EPOCH).total_seconds())


def case():
    freq, parts = rule()
    begin = start()
    span = timedelta(days=HORIZON_DAYS[freq])
    matched = chance(75)
    if matched:
        first = expand(parts, begin, begin + span, 1)
        if not first:
            return None
        begin = first[0]
    if chance(15):
        parts["UNTIL"] = stamp(begin + span * rng.random() * 0.6)
    elif matched and chance(25):
        parts["COUNT"] = rng.choice([1, 2, 3, 5, 10, 13, 30, 50])
    found = expand(parts, begin, begin + span, CAP)
    written = ";".join(f"{name}={value}" for name, value in parts.items())
    last = seconds(found[-1]) if found else 0
    return f"{stamp(begin)}|{stamp(begin + span)}|{written}|{len(found)}|{fnv(found):016x}|{last}"


def too_long(*_):
    raise TimeoutError


signal.signal(signal.SIGALRM, too_long)
made = 0
while made < WANTED:
    signal.setitimer(signal.ITIMER_REAL, 10)
    try:
        line = case()
    except (TimeoutError, ValueError):
        line = None
    signal.setitimer(signal.ITIMER_REAL, 0)
    if line:
        print(line)
        made += 1
        if made % 1000 == 0:
            print(made, file=sys.stderr)
