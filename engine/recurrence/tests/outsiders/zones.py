"""Prints every zone of PyPI's tzdata with its offset changes of 2000 to 2040.

    pip install tzdata==2026.5
    python zones.py > zones.txt

The first line is the release; then `name changes hash`. `hash` is 64-bit FNV-1a over the offset at
2000-01-01T00:00:00Z and then, for each change before 2041-01-01T00:00:00Z, its second since the
epoch and the offset after it, each as 8 bytes, lowest first. Changes are found by bisection.
"""

import importlib.resources
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import tzdata

FROM, TO, STEP = 946_684_800, 2_240_524_800, 4 * 86_400


def offset(zone, second):
    return int(datetime.fromtimestamp(second, timezone.utc).astimezone(zone).utcoffset().total_seconds())


def changes(zone):
    before = offset(zone, FROM)
    found = [before]
    for start in range(FROM, TO, STEP):
        end = min(start + STEP, TO) - 1
        probes = [start + day * 86_400 for day in range(1, 4)] + [end]
        low = start - 1
        for probe in probes:
            if probe > end or offset(zone, probe) == before:
                low = probe
                continue
            high = probe
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            before = offset(zone, high)
            found += [high, before]
            low = probe
    return found


def fnv(values):
    value = 0xCBF29CE484222325
    for number in values:
        for byte in number.to_bytes(8, "little", signed=True):
            value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


print(tzdata.IANA_VERSION)
names = importlib.resources.files("tzdata").joinpath("zones").read_text().split()
for name in sorted(set(names) - {"Factory"}):
    with importlib.resources.files("tzdata.zoneinfo").joinpath(name).open("rb") as data:
        found = changes(ZoneInfo.from_file(data, name))
    print(name, len(found) // 2, f"{fnv(found):016x}")
