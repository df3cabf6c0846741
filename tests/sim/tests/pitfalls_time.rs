//! What goes wrong with times in calendar sync elsewhere, by the numbers of the collected pitfalls.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::common::everything;
use kalends::{Agenda, AgendaPage, free_busy};
use kalends_core::graph::{DetailLevel, EdgeOptions};
use kalends_core::ports::Clock as _;
use kalends_core::time::{Civil, Gap, Length, Options, Rule, Series, Timestamp, When, Zone};
use kalends_sim_tests::{START, World};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;

type Sqlite = World<SqliteStore>;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Two people with a calendar each; the first is mirrored into the second in full.
fn world() -> Sqlite {
    let world = World::new(Profile::plain(), 12, &[0, 1]);
    let options = EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() };
    let _edge = world.edge_with(0, 1, options);
    world
}

/// A person stores an event of these lines as an object of this name, before what may stand beside
/// it.
fn put(world: &Sqlite, place: usize, name: &str, lines: &str, beside: &str) {
    let lines = lines.replace('\n', "\r\n");
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\n{beside}BEGIN:VEVENT\r\n\
         UID:{name}@person\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n"
    );
    let path = world.path(place).unwrap();
    let now = world.clock.now().as_millis();
    world.http.sim().person(now).put(&path, &format!("{name}.ics"), &text).unwrap();
}

/// The texts of the mirrors in the second calendar by their titles.
fn mirrors(world: &Sqlite) -> BTreeMap<String, String> {
    let held = world.http.sim().resources(&world.path(1).unwrap());
    let titled = |text: String| {
        let title = text.lines().find_map(|line| line.strip_prefix("SUMMARY:"));
        (title.unwrap_or_default().to_owned(), text)
    };
    held.into_values().map(titled).collect()
}

/// When each event of a calendar takes place, by its title.
fn takes_place(world: &Sqlite, place: usize) -> BTreeMap<String, Vec<Range<Timestamp>>> {
    let range = START..START.saturating_add_millis(380 * DAY_MS);
    let agenda = Agenda { range, after: None, limit: None };
    let page: AgendaPage = block_on(agenda.page(&world.store, world.keys.graph)).unwrap();
    let calendar = world.calendar(place);
    let mut by_title: BTreeMap<String, Vec<Range<Timestamp>>> = BTreeMap::new();
    for one in page.list.into_iter().filter(|one| one.calendar == calendar) {
        by_title.entry(one.title).or_default().push(one.start..one.end);
    }
    by_title
}

fn basic(civil: Civil) -> String {
    civil.to_string().replace(['-', ':'], "")
}

/// Every zone whose clock changes in the year that is looked at, with its changes.
fn changing_zones() -> Vec<(&'static str, Zone, Vec<Timestamp>)> {
    const ZONES: &str = include_str!("../../../engine/recurrence/tests/outsiders/zones.txt");
    let names = ZONES.lines().skip(1).filter_map(|line| line.split(' ').next());
    let (from, to) =
        (START.saturating_add_millis(20 * DAY_MS), START.saturating_add_millis(360 * DAY_MS));
    let zone = |name| {
        let zone = Zone::resolve(name).unwrap();
        let changes: Vec<Timestamp> =
            zone.transitions(from, to).into_iter().map(|(at, _)| at).collect();
        (name, zone, changes)
    };
    names.map(zone).filter(|(_, _, changes)| !changes.is_empty()).collect()
}

/// Catches events that take place an hour off around a change of a clock: in its gap, in its fold,
/// beside both and in a series over it, for every zone; and mirrors whose VTIMEZONE says other rules
/// than their zone has.
#[test]
fn pitfall_12_events_around_every_change_of_a_clock_keep_their_instants() {
    let world = world();
    let mut meant: BTreeMap<String, Vec<Range<Timestamp>>> = BTreeMap::new();
    for (name, zone, changes) in changing_zones() {
        for change in changes {
            let before = zone.civil(change.saturating_add_millis(-1_000)).add_seconds(1);
            for minutes in [-30, 30] {
                let civil = before.add_seconds(minutes * 60);
                let title = format!("{name} {change} {minutes}");
                let object = format!("e{}", meant.len());
                let start = format!("DTSTART;TZID={name}:{}", basic(civil));
                put(&world, 0, &object, &format!("{start}\nDURATION:PT3H\nSUMMARY:{title}"), "");
                let start = zone.instant(civil, Gap::Shift);
                meant.insert(title, vec![start..start.saturating_add_millis(3 * HOUR_MS)]);
            }
            let first = before.add_seconds(-7 * 86_400 + 10 * 3_600);
            let title = format!("{name} {change} weekly");
            let lines = format!(
                "DTSTART;TZID={name}:{}\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:{title}",
                basic(first)
            );
            put(&world, 0, &format!("e{}", meant.len()), &lines, "");
            let instances = (0..3).map(|week| {
                let start = zone.instant(first.add_seconds(week * 7 * 86_400), Gap::Shift);
                start..start.saturating_add_millis(HOUR_MS)
            });
            meant.insert(title, instances.collect());
        }
    }
    assert!(meant.len() > 500, "{}", meant.len());
    world.settle();
    assert_eq!(takes_place(&world, 0), meant);

    let mirrors = mirrors(&world);
    assert_eq!(mirrors.len(), meant.len());
    for (title, text) in mirrors {
        assert_eq!(Some(&in_its_own_words(&text)), meant.get(&title), "{text}");
    }
}

/// When an event takes place, as a program reads it that knows no zone but by the object's own
/// VTIMEZONE (RFC 5545 sections 3.3.5 and 3.6.5).
fn in_its_own_words(text: &str) -> Vec<Range<Timestamp>> {
    let event = &text[text.find("BEGIN:VEVENT").unwrap()..];
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.rsplit_once(':')).map(|(_, value)| value.to_owned())
    };
    let mut observances = Vec::new();
    for kind in ["STANDARD", "DAYLIGHT"] {
        for block in text.split(&format!("BEGIN:{kind}\r\n")).skip(1) {
            let block = &block[..block.find("END:").unwrap()];
            let offset = |name| seconds_of(&value(block, name).unwrap());
            let first = civil_of(&value(block, "DTSTART").unwrap());
            let rule = value(block, "RRULE");
            let shift = (offset("TZOFFSETFROM"), offset("TZOFFSETTO"));
            observances.extend(onsets(first, rule.as_deref()).into_iter().map(|at| (at, shift)));
        }
    }
    observances.sort_unstable();
    let instant = |civil: Civil| {
        let past = observances.iter().rfind(|(onset, _)| *onset <= civil);
        let offset = past.map_or(0, |(onset, (before, after))| {
            let is_in_gap = civil < onset.add_seconds(after - before);
            if is_in_gap { *before } else { *after }
        });
        Timestamp::from_seconds(civil.seconds() - offset)
    };
    let start = civil_of(&value(event, "DTSTART").unwrap());
    let is_series = value(event, "RRULE").is_some();
    let hours = if is_series { 1 } else { 3 };
    let starts = (0..if is_series { 3 } else { 1 }).map(|week| start.add_seconds(week * 604_800));
    starts.map(instant).map(|at| at..at.saturating_add_millis(hours * HOUR_MS)).collect()
}

/// The onsets of an observance up to the end of the time that is looked at.
fn onsets(first: Civil, rule: Option<&str>) -> Vec<Civil> {
    let Some(rule) = rule else { return vec![first] };
    let rules = [Rule::parse(rule).unwrap()];
    let (start, zone) = (When::Floating(first), Zone::utc());
    let series = Series {
        start: &start,
        length: Length::Exact(0),
        rules: &rules,
        extras: &[],
        excluded: &[],
        overrides: &[],
    };
    let options = Options { gap: Gap::Shift, floating: &zone, budget: 10_000 };
    let range =
        START.saturating_add_millis(-800 * DAY_MS)..START.saturating_add_millis(800 * DAY_MS);
    series.instances(range, &options).map(|one| zone.civil(one.start)).collect()
}

fn civil_of(text: &str) -> Civil {
    let [date, time] = [&text[..8], &text[9..15]];
    let said = [&date[..4], "-", &date[4..6], "-", &date[6..], "T", &time[..2], ":", &time[2..4]];
    format!("{}:{}", said.concat(), &time[4..]).parse().unwrap()
}

/// `+0130` in seconds.
fn seconds_of(text: &str) -> i64 {
    let number = |at: usize| text.get(at..at + 2).map_or(0, |two| two.parse::<i64>().unwrap());
    let all = number(1) * 3_600 + number(3) * 60 + number(5);
    if text.starts_with('-') { -all } else { all }
}

const CUSTOM: &str = "BEGIN:VTIMEZONE\r\nTZID:tzone://Microsoft/Custom\r\nBEGIN:STANDARD\r\n\
    DTSTART:16010101T030000\r\nTZOFFSETFROM:+0530\r\nTZOFFSETTO:+0430\r\n\
    RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n\
    DTSTART:16010101T020000\r\nTZOFFSETFROM:+0430\r\nTZOFFSETTO:+0530\r\n\
    RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// Catches names of zones that are not understood, embedded rules that are passed over, and a zone
/// that is guessed where nothing explains it.
#[test]
fn pitfall_13_zones_by_any_name_are_understood_and_by_none_set_aside() {
    let world = world();
    // Title, zone, and the hour in UTC at which ten o'clock of that day is.
    let all = [
        ("Windows", "W. Europe Standard Time", "", 8),
        ("Shown", "(UTC-05:00) Eastern Time (US & Canada)", "", 14),
        ("Mozilla", "/mozilla.org/20070129_1/Europe/Berlin", "", 8),
        ("Old", "Asia/Calcutta", "", 4),
        ("Custom", "tzone://Microsoft/Custom", CUSTOM, 4),
        (
            "Customized",
            "Customized Time Zone",
            &CUSTOM.replace("tzone://Microsoft/Custom", "Customized Time Zone"),
            4,
        ),
    ];
    for (title, zone, beside, _) in all {
        let lines = format!(
            "DTSTART;TZID=\"{zone}\":20260610T100000\nDTEND;TZID=\"{zone}\":20260610T110000\n\
             SUMMARY:{title}"
        );
        put(&world, 0, title, &lines, beside);
    }
    put(&world, 0, "Unknown", "DTSTART;TZID=Moon/Base:20260610T100000\nSUMMARY:Unknown", "");
    assert_eq!(world.sync().quarantined, 1);
    world.settle();
    let shown = takes_place(&world, 0);
    for (title, _, _, hour) in all {
        let minutes = if matches!(title, "Old" | "Custom" | "Customized") { 30 } else { 0 };
        let at: Timestamp = format!("2026-06-10T{hour:02}:{minutes:02}:00Z").parse().unwrap();
        let meant = at..at.saturating_add_millis(HOUR_MS);
        assert_eq!(shown.get(title), Some(&vec![meant]), "{title}");
    }
    assert!(!shown.contains_key("Unknown"), "nobody knows when it is");
    assert_eq!(mirrors(&world).len(), all.len());
    world.is_at_rest();
}

/// Catches days that become times or move by one, an end that counts as in, and a time from
/// midnight to midnight that becomes a day.
#[test]
fn pitfall_14_days_stay_days_wherever_their_reader_is() {
    let world = world();
    let days = [
        ("One", "DTSTART;VALUE=DATE:20260610\nDTEND;VALUE=DATE:20260611", "20260610", "20260611"),
        ("Endless", "DTSTART;VALUE=DATE:20260612", "20260612", "20260613"),
        ("Three", "DTSTART;VALUE=DATE:20260613\nDURATION:P3D", "20260613", "20260616"),
    ];
    for (title, lines, ..) in days {
        put(&world, 0, title, &format!("{lines}\nSUMMARY:{title}"), "");
    }
    let zones = ["Etc/GMT+12", "Pacific/Pago_Pago", "Asia/Tokyo", "Pacific/Kiritimati"];
    for (n, zone) in zones.iter().enumerate() {
        let lines = format!(
            "DTSTART;TZID={zone}:20260620T000000\nDTEND;TZID={zone}:20260621T000000\nSUMMARY:{zone}"
        );
        put(&world, 0, &format!("zone{n}"), &lines, "");
    }
    world.settle();
    let mirrors = mirrors(&world);
    assert_eq!(mirrors.len(), days.len() + zones.len());
    for (title, _, first, after) in days {
        let text = &mirrors[title];
        let said = [format!("DTSTART;VALUE=DATE:{first}"), format!("DTEND;VALUE=DATE:{after}")];
        assert!(said.iter().all(|line| text.lines().any(|one| one == line)), "{text}");
    }
    for zone in zones {
        let said = [
            format!("DTSTART;TZID={zone}:20260620T000000"),
            format!("DTEND;TZID={zone}:20260621T000000"),
        ];
        let text = &mirrors[zone];
        assert!(said.iter().all(|line| text.lines().any(|one| one == line)), "{text}");
    }
    world.is_at_rest();
}

/// Catches events without a length that are refused for ever, vanish, or are written anew at each
/// sync.
#[test]
fn pitfall_15_events_without_a_length_are_mirrored_once() {
    let world = world();
    // Title, what is stored, and how its mirror ends.
    let all = [
        ("Nothing", "DTSTART:20260610T090000Z\nDTEND:20260610T090000Z", None),
        ("Endless", "DTSTART;TZID=Europe/Berlin:20260611T090000", None),
        ("Inverted", "DTSTART:20260612T090000Z\nDTEND:20260612T080000Z", None),
        ("Negative", "DTSTART:20260615T090000Z\nDURATION:-PT1H", None),
        ("Same", "DTSTART;VALUE=DATE:20260613\nDTEND;VALUE=DATE:20260613", Some("20260614")),
        ("Before", "DTSTART;VALUE=DATE:20260614\nDTEND;VALUE=DATE:20260612", Some("20260615")),
    ];
    for (title, lines, _) in all {
        put(&world, 0, title, &format!("{lines}\nSUMMARY:{title}"), "");
    }
    world.settle();
    let shown = mirrors(&world);
    assert_eq!(shown.len(), all.len(), "{:?}", everything(&world));
    for (title, _, end) in all {
        let text = &shown[title];
        let said =
            text.lines().find(|line| line.starts_with("DTEND") || line.starts_with("DURATION"));
        let meant = end.map(|day| format!("DTEND;VALUE=DATE:{day}"));
        assert_eq!(said, meant.as_deref(), "{text}");
    }
    world.http.sim().clear_log();
    for _ in 0..20 {
        world.sync();
        world.clock.advance_millis(3 * HOUR_MS);
    }
    let sim = world.http.sim();
    let writes = sim.log().iter().filter(|logged| logged.request.method == "PUT").count();
    assert_eq!(writes, 0);
    assert!(sim.violations().is_empty(), "{:?}", sim.violations());
    drop(sim);
    assert_eq!(mirrors(&world).len(), all.len());
    let ends = takes_place(&world, 0).into_values().flatten();
    assert!(ends.into_iter().all(|instance| instance.start <= instance.end));
}

/// Catches time that counts as taken though it is free, declined or cancelled, and time that does
/// not though it is tentative; on free/busy and in a busy mirror alike.
#[test]
fn pitfall_25_what_is_free_declined_or_cancelled_takes_no_time() {
    let world: Sqlite = World::new(Profile::plain(), 25, &[0, 1]);
    let _edge = world.edge_with(0, 1, EdgeOptions::default());
    let guest = |answer: &str| {
        format!(
            "ORGANIZER:mailto:host@example.com\nATTENDEE;PARTSTAT={answer}:mailto:alice@example.com"
        )
    };
    let all = [
        ("Opaque", "TRANSP:OPAQUE".to_owned(), true),
        ("Plain", "X-A:1".to_owned(), true),
        ("Transparent", "TRANSP:TRANSPARENT".to_owned(), false),
        ("Free", "X-MICROSOFT-CDO-BUSYSTATUS:FREE".to_owned(), false),
        ("Tentative", "STATUS:TENTATIVE".to_owned(), true),
        ("Maybe", guest("TENTATIVE"), true),
        ("Asked", guest("NEEDS-ACTION"), true),
        ("Accepted", guest("ACCEPTED"), true),
        ("Declined", guest("DECLINED"), false),
        ("Cancelled", "STATUS:CANCELLED".to_owned(), false),
    ];
    let mut meant = Vec::new();
    for (n, (title, lines, takes)) in all.iter().enumerate() {
        let start = START.saturating_add_millis(10 * DAY_MS + n as i64 * 2 * HOUR_MS);
        let text = basic(Zone::utc().civil(start));
        let lines = format!("DTSTART:{text}Z\nDURATION:PT1H\nSUMMARY:{title}\n{lines}");
        put(&world, 0, title, &lines, "");
        meant.extend(takes.then(|| start..start.saturating_add_millis(HOUR_MS)));
    }
    world.settle();
    let range = START..START.saturating_add_millis(30 * DAY_MS);
    let taken = block_on(free_busy(&world.store, world.keys.graph, &range)).unwrap();
    assert_eq!(taken, meant);
    let held = world.http.sim().resources(&world.path(1).unwrap());
    let mut starts: Vec<String> = held
        .values()
        .filter_map(|text| text.lines().find_map(|line| line.strip_prefix("DTSTART:")))
        .map(str::to_owned)
        .collect();
    starts.sort();
    let meant = meant.iter().map(|range| format!("{}Z", basic(Zone::utc().civil(range.start))));
    assert_eq!(starts, meant.collect::<Vec<_>>());
}
