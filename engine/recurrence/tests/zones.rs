//! Zones: every change of 2000 to 2040 against PyPI's tzdata, and the names found in the wild.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use kalends_recurrence::{Civil, Gap, Timestamp, Zone, tzdb_version};

const TABLE: &str = include_str!("outsiders/zones.txt");

#[test]
fn every_zone_and_change_equals_the_same_release_elsewhere() {
    let mut lines = TABLE.lines();
    assert_eq!(lines.next().unwrap(), tzdb_version(), "make the table anew for this release");
    let from = Timestamp::from_seconds(946_684_800);
    let to = Timestamp::from_seconds(2_240_524_800);
    let mut zones = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let zone = Zone::resolve(fields[0]).unwrap();
        let changes = zone.transitions(from, to);
        let mut values = vec![i64::from(zone.offset_seconds(from))];
        values
            .extend(changes.iter().flat_map(|(at, offset)| [at.as_seconds(), i64::from(*offset)]));
        assert_eq!(changes.len().to_string(), fields[1], "{}", fields[0]);
        assert_eq!(format!("{:016x}", fnv(&values)), fields[2], "{}", fields[0]);
        zones += 1;
    }
    assert!(zones > 550);
}

#[test]
fn names_found_in_the_wild_resolve() {
    let table = [
        ("europe/berlin", "Europe/Berlin"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("US/Eastern", "America/New_York"),
        ("\"America/New York\"", "America/New_York"),
        ("/mozilla.org/20070129_1/Europe/Berlin", "Europe/Berlin"),
        (
            "/freeassociation.sourceforge.net/Tzfile/America/Argentina/Ushuaia",
            "America/Argentina/Ushuaia",
        ),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Daylight Time", "America/New_York"),
        ("British Columbia Standard Time", "America/Vancouver"),
        ("Alberta Standard Time", "America/Edmonton"),
        ("Manitoba Standard Time", "America/Winnipeg"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+03:00) Istanbul", "Europe/Istanbul"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Z", "UTC"),
        ("GMT-0500", "-05:00"),
        ("UTC+02:00", "+02:00"),
        ("+0530", "+05:30"),
    ];
    for (text, name) in table {
        let zone = Zone::resolve(text);
        assert_eq!(zone.as_ref().map(Zone::name), Some(name), "{text}");
        assert_eq!(Zone::parse(name), zone, "{name} reads back");
    }
    for text in ["Customized Time Zone", "tzone://Microsoft/Custom", "", "Nowhere/Land", "UTC+99"] {
        assert_eq!(Zone::resolve(text), None, "{text}");
    }
    assert_eq!(Zone::parse("europe/berlin"), None, "only the stored form");
    assert_eq!(Zone::parse("Asia/Calcutta"), None, "only the canonical name");
}

#[test]
fn embedded_rules_are_a_zone_like_any_other() {
    let rules = Zone::parse("posix:CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    for day in 0..9_000 {
        let civil = Civil::from_seconds(946_684_800 + day * 90_061);
        assert_eq!(rules.instant(civil, Gap::Shift), berlin.instant(civil, Gap::Shift), "{civil}");
    }
    assert_eq!(Zone::parse(rules.name()), Some(rules));
}

fn fnv(values: &[i64]) -> u64 {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |value, byte| {
        (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
