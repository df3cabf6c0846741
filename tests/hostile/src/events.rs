//! Calendar objects and feeds that are wrong, from a seed.

use kalends_sim_tests::Random;

use crate::files::Case;

/// A way to spoil an event: what is wrong, and lines for within the event.
type Spoil = (&'static str, fn(&mut Random) -> String);

const SPOILS: &[Spoil] = &[
    ("a start that is no time", |r| format!("DTSTART:2026{:02}99T250000Z", r.below(99))),
    ("a second start", |r| format!("DTSTART:202606{:02}T090000Z", 1 + r.below(28))),
    ("an end before the start", |_| "DTEND:20200101T000000Z".into()),
    ("a length without measure", |r| format!("DURATION:P{}W", "9".repeat(1 + r.below(30)))),
    ("a negative length", |_| "DURATION:-PT1H".into()),
    ("a rule without a frequency", |r| format!("RRULE:INTERVAL={}", r.below(9))),
    ("a rule that never advances", |_| "RRULE:FREQ=DAILY;INTERVAL=0".into()),
    ("a rule of every second, without end", |_| "RRULE:FREQ=SECONDLY".into()),
    ("a rule that matches nothing", |_| "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31".into()),
    ("a count beyond all numbers", |r| {
        format!("RRULE:FREQ=DAILY;COUNT={}", "8".repeat(9 + r.below(30)))
    }),
    ("an end of the rule before its start", |_| "RRULE:FREQ=DAILY;UNTIL=19000101T000000Z".into()),
    ("two rules", |_| "RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY".into()),
    ("thousands of exceptions", |r| many(r, "EXDATE")),
    ("thousands of dates", |r| many(r, "RDATE")),
    ("a period that is none", |_| "RDATE;VALUE=PERIOD:20260601T090000Z/PT".into()),
    ("a zone that nobody knows", |_| "DTSTART;TZID=Mars/Olympus Mons:20260610T090000".into()),
    ("a zone with a path for a name", |_| "DTSTART;TZID=../../etc/passwd:20260610T090000".into()),
    ("an instance without its series", |_| "RECURRENCE-ID:20260611T090000Z".into()),
    ("a date with a time", |_| "DTSTART;VALUE=DATE:20260610T090000Z".into()),
    ("a year before all calendars", |_| "DTSTART:00000101T000000Z".into()),
    ("a year after all calendars", |_| "DTSTART:99991231T235959Z".into()),
    ("a name without a value", |_| "SUMMARY".into()),
    ("a quote that is not closed", |_| "SUMMARY;LANGUAGE=\"en:Open".into()),
    ("a line without end", |r| format!("DESCRIPTION:{}", "x".repeat(200_000 + r.below(9_000)))),
    ("a property with a name without end", |_| format!("X-{}:1", "A".repeat(70_000))),
    ("directions and joiners", |_| "SUMMARY:\u{202e}evil\u{200d}\u{feff}\u{2066}".into()),
    ("ten thousand smiles", |_| format!("SUMMARY:{}", "\u{1f600}".repeat(10_000))),
    ("a thousand guests", |_| "ATTENDEE:mailto:a@example.com\r\n".repeat(1_000).trim_end().into()),
    ("another's mark", |_| "X-KALENDS-MARK:0405i595fr6jk6movaqof76m98uv7edq".into()),
    ("a mark of nothing", |_| "X-KALENDS-MARK:".into()),
    ("a second name", |r| format!("UID:other-{}@wrong", r.below(100))),
    ("an event in an event", |_| "BEGIN:VEVENT\r\nUID:inner@wrong\r\nEND:VEVENT".into()),
    ("an end too many", |_| "END:VEVENT".into()),
    ("a beginning too many", |_| "BEGIN:VALARM".into()),
    ("an alarm that repeats without end", |_| {
        "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT0S\r\nREPEAT:999999999\r\nEND:VALARM".into()
    }),
    ("another end of the world", |_| "END:VCALENDAR\r\nBEGIN:VCALENDAR".into()),
    ("markup for text", |_| "SUMMARY:]]></C:calendar-data><D:status>HTTP/1.1 404".into()),
    ("a control character", |_| "SUMMARY:ring \u{7} the bell".into()),
    ("a status that is none", |_| "STATUS:PERHAPS".into()),
    ("a class that is none", |_| "CLASS:TOP-SECRET".into()),
];

fn many(random: &mut Random, name: &str) -> String {
    let one = |n: usize| format!("{name}:2026{:02}{:02}T090000Z\r\n", 1 + n % 12, 1 + n % 28);
    (0..3_000 + random.below(500)).map(one).collect::<String>().trim_end().to_owned()
}

/// An object with an event that is wrong in one way or two.
#[must_use]
pub fn object(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let (wrong, event) = event(&mut random, seed);
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n");
    let bytes = ended(&mut random, text).into_bytes();
    Case { name: format!("seed {seed}"), wrong, bytes }
}

/// A feed of a good event and some that are wrong.
#[must_use]
pub fn feed(seed: u64) -> Case {
    let mut random = Random::new(seed ^ 0xfeed);
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//hostile//EN\r\n".to_owned();
    let mut wrongs = Vec::new();
    for n in 0..1 + random.below(4) as u64 {
        let (wrong, event) = event(&mut random, seed * 10 + n);
        text += &event;
        wrongs.push(wrong);
    }
    text += "END:VCALENDAR\r\n";
    let bytes = ended(&mut random, text).into_bytes();
    Case { name: format!("seed {seed}"), wrong: wrongs.join("; "), bytes }
}

/// The seed itself takes care that all ways come up.
fn event(random: &mut Random, seed: u64) -> (String, String) {
    let number = usize::try_from(seed).unwrap_or(0);
    let mut spoils = vec![SPOILS[number % SPOILS.len()]];
    if random.one_in(3) {
        spoils.push(SPOILS[random.below(SPOILS.len())]);
    }
    let wrongs: Vec<&str> = spoils.iter().map(|(wrong, _)| *wrong).collect();
    let lines: Vec<String> = spoils.iter().map(|(_, lines)| lines(random)).collect();
    let own = |name: &str| lines.iter().any(|line| line.starts_with(name));
    let start = if own("DTSTART") { "" } else { "DTSTART:20260610T090000Z\r\n" };
    let title = if own("SUMMARY") { "" } else { "SUMMARY:Wrong\r\n" };
    let text = format!(
        "BEGIN:VEVENT\r\nUID:wrong-{seed}@wrong\r\nDTSTAMP:20260101T000000Z\r\n{start}{title}{}\r\n\
         END:VEVENT\r\n",
        lines.join("\r\n")
    );
    (wrongs.join(" and "), text)
}

/// Line ends as they should not be, now and then; and an end that is missing.
fn ended(random: &mut Random, text: String) -> String {
    match random.below(12) {
        0 => text.replace("\r\n", "\n"),
        1 => text.replace("\r\n", "\r"),
        2 => text.replace("\r\n", "\r\n\r\n"),
        3 => text[..text.len() - "END:VCALENDAR\r\n".len()].to_owned(),
        _ => text,
    }
}
