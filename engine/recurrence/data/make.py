"""Prints the two zone tables of this folder.

    pip install tzdata==2026.5 tzlocal
    python make.py links > iana_links.txt
    python make.py windows > windows_zones.txt

links: `alias canonical` from the IANA database. A name of zone.tab (one for each country and clock)
stays its own canonical name even where the database keeps its rules in another file.
windows: `Windows name<TAB>IANA zone`, territory 001 of the CLDR table windowsZones, and the names
that Outlook writes although CLDR does not list them.
"""

import importlib.resources
import sys

import tzdata

OWN = {
    "Kamchatka Standard Time": "Asia/Kamchatka",
    "Mid-Atlantic Standard Time": "Etc/GMT+2",
    "Greenwich Mean Time": "UTC",
    "Coordinated Universal Time": "UTC",
}


def zoneinfo(name):
    return importlib.resources.files("tzdata.zoneinfo").joinpath(name).read_text()


def links():
    kept = {line.split("\t")[2] for line in zoneinfo("zone.tab").splitlines() if line[:1] != "#"}
    target = {}
    for line in zoneinfo("tzdata.zi").splitlines():
        if line.startswith("L "):
            _, to, alias = line.split()
            target[alias] = to
    utc = {"Etc/UTC", "Etc/GMT"}
    print(f"# IANA {tzdata.IANA_VERSION}")
    for alias in sorted(set(target) | utc):
        to = alias
        while to in target and to not in kept:
            to = target[to]
        if to in utc:
            to = "UTC"
        if to != alias:
            print(alias, to)


def windows():
    from tzlocal.windows_tz import win_tz

    print("# Unicode CLDR, windowsZones, territory 001")
    for name, zone in sorted({**OWN, **win_tz}.items()):
        zone = "UTC" if zone == "Etc/UTC" else zone
        print(f"{name}\t{zone}")


{"links": links, "windows": windows}[sys.argv[1]]()
