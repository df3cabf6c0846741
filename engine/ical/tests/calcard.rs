//! Our reading and that of `calcard`, an independent reader: the same number of events, and of each
//! the same UID, times, title and rules; or a difference with its reason in the table.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds nothing must stop")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "enums of another crate, of which little is asked"
)]

use calcard::Entry;
use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameterName,
    ICalendarProperty, ICalendarValue,
};
use kalends_core::event::{Body, Content};
use kalends_core::provider::MirrorDoc;
use kalends_ical::{Decoded, Reader, mirror};
use kalends_recurrence::{Civil, Gap, Length, Rule, Timestamp, When, Zone};
use proptest::prelude::*;

mod common;
use common::bodies::body;

const STAMP: Timestamp = Timestamp::from_millis(1_800_000_000_000);

const CORPUS: [(&str, &[u8]); 8] = [
    ("alarms-and-people", include_bytes!("corpus/alarms-and-people.ics")),
    ("bare-event", include_bytes!("corpus/bare-event.ics")),
    ("custom-zone", include_bytes!("corpus/custom-zone.ics")),
    ("latin-1", include_bytes!("corpus/latin-1.ics")),
    ("old-version", include_bytes!("corpus/old-version.ics")),
    ("orphans", include_bytes!("corpus/orphans.ics")),
    ("series", include_bytes!("corpus/series.ics")),
    ("whole-feed", include_bytes!("corpus/whole-feed.ics")),
];

/// Where the two split in the corpus, and who is right by which rule.
const SPLITS: &[(&str, &str)] = &[
    (
        "bare-event",
        "RFC 5545 section 3.4: a stream is of VCALENDARs. The other reads a VEVENT without one; we \
         ask for the object again, which may have been cut at its head.",
    ),
    (
        "latin-1",
        "RFC 5545 section 3.1.4: UTF-8. Old programs write Latin-1 all the same: we read it as that, \
         the other is given signs of replacement.",
    ),
    (
        "orphans",
        "RFC 5545 section 3.8.1.11: an instance with STATUS:CANCELLED does not take place. The other \
         counts components, we count it among the excluded.",
    ),
    (
        "whole-feed",
        "RFC 5545 section 3.8.2.2: DTEND must be later than DTSTART. The other gives the inverted \
         end as it is; we read none and note it.",
    ),
];

/// An end that is told as a length, which the other does not count out.
const BY_DURATION: &str = "by its length";

/// What one VEVENT says, as far as both tell it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    uid: String,
    start: String,
    end: Option<String>,
    title: String,
    rules: Vec<String>,
}

/// As we read them: the master and each exception of every event.
fn ours(events: Vec<Decoded>) -> Vec<Said> {
    let mut said = Vec::new();
    for Decoded { uid, body, .. } in events {
        let rules = body.recurrence.iter().flat_map(|recurrence| &recurrence.rules);
        let rules = rules.map(|rule| rule.text().trim().to_owned()).collect();
        said.push(one(&uid, &body.content, rules));
        said.extend(body.exceptions.iter().map(|e| one(&uid, &e.content, Vec::new())));
    }
    said.sort();
    said
}

fn one(uid: &str, content: &Content, mut rules: Vec<String>) -> Said {
    rules.sort();
    let span = &content.span;
    let end = match span.length {
        Length::Exact(0) if span.end_zone.is_none() => None,
        Length::Exact(seconds) => Some(end_after(&span.start, seconds, span.end_zone.as_ref())),
        Length::Nominal { days, seconds: 0 } if span.start.is_date() => {
            Some(shown(&When::Date(span.start.civil().date().add_days(days))))
        }
        Length::Nominal { .. } => None,
    };
    let start = shown(&span.start);
    let end = end.filter(|end| *end != start);
    Said { uid: uid.to_owned(), start, end, title: words(&content.title), rules }
}

fn end_after(start: &When, seconds: i64, zone: Option<&Zone>) -> String {
    match start {
        When::Zoned(civil, own) => {
            let at = own.instant(*civil, Gap::Shift).saturating_add_millis(seconds * 1_000);
            shown(&When::Zoned(zone.unwrap_or(own).civil(at), zone.unwrap_or(own).clone()))
        }
        When::Floating(civil) => shown(&When::Floating(civil.add_seconds(seconds))),
        When::Date(date) => shown(&When::Date(*date)),
    }
}

/// Wall clock, and whether it is UTC's; which zone a TZID means is another matter.
fn shown(when: &When) -> String {
    match when {
        When::Date(date) => date.to_string(),
        When::Zoned(civil, zone) if *zone == Zone::utc() => format!("{civil}Z"),
        When::Zoned(civil, _) | When::Floating(civil) => civil.to_string(),
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As the other reads them; of two masters of one UID both.
fn theirs(text: &str) -> Vec<Said> {
    let mut parser = calcard::Parser::new(text);
    let mut said = Vec::new();
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => said.extend(events(&calendar)),
            Entry::Eof => break,
            _ => {}
        }
    }
    said.sort();
    said
}

fn events(calendar: &ICalendar) -> Vec<Said> {
    let components = calendar.components.iter();
    let events = components.filter(|c| c.component_type == ICalendarComponentType::VEvent);
    events.map(event).collect()
}

fn event(event: &ICalendarComponent) -> Said {
    let time = |property| event.property(&property).and_then(time);
    let start = time(ICalendarProperty::Dtstart).unwrap_or_default();
    let summary = event.property(&ICalendarProperty::Summary);
    let title = summary.and_then(|entry| entry.values.first()).and_then(ICalendarValue::as_text);
    let mut rules: Vec<String> = event
        .properties(&ICalendarProperty::Rrule)
        .flat_map(|entry| &entry.values)
        .filter_map(|value| match value {
            ICalendarValue::RecurrenceRule(rule) => Some(rule.to_string()),
            _ => None,
        })
        .collect();
    rules.sort();
    Said {
        uid: event.uid().unwrap_or_default().to_owned(),
        end: match event.property(&ICalendarProperty::Duration) {
            Some(_) => Some(BY_DURATION.to_owned()),
            None => time(ICalendarProperty::Dtend).filter(|end| *end != start),
        },
        start,
        title: words(title.unwrap_or_default()),
        rules,
    }
}

fn time(entry: &ICalendarEntry) -> Option<String> {
    let said = entry.values.iter().find_map(ICalendarValue::as_partial_date_time)?;
    let PartialDateTime { year, month, day, hour, minute, second, tz_hour, .. } = said;
    let date = format!("{:04}-{:02}-{:02}", (*year)?, (*month)?, (*day)?);
    let Some(hour) = hour else { return Some(date) };
    let civil = format!("{date}T{hour:02}:{:02}:{:02}", minute.unwrap_or(0), second.unwrap_or(0));
    let named_utc = entry.parameter(&ICalendarParameterName::Tzid).is_some_and(|tzid| {
        tzid.as_text().is_some_and(|name| Zone::resolve(name) == Some(Zone::utc()))
    });
    Some(if tz_hour.is_some() || named_utc { format!("{civil}Z") } else { civil })
}

/// Both, comparable: ends that are told as lengths left out, rules spelled alike.
fn alike(mut ours: Vec<Said>, mut theirs: Vec<Said>) -> (Vec<Said>, Vec<Said>) {
    for (ours, theirs) in ours.iter_mut().zip(&mut theirs) {
        // RFC 5545 section 3.6.1: a day without an end lasts that day.
        let unsaid_day = theirs.end.is_none() && !theirs.start.contains('T');
        if unsaid_day || theirs.end.as_deref() == Some(BY_DURATION) {
            (ours.end, theirs.end) = (None, None);
        }
    }
    (respelled(ours), respelled(theirs))
}

/// Rules in one spelling.
fn respelled(mut said: Vec<Said>) -> Vec<Said> {
    for one in &mut said {
        let start = match one.start.strip_suffix('Z') {
            Some(utc) => utc.parse::<Civil>().ok().map(|civil| When::Zoned(civil, Zone::utc())),
            None if one.start.contains('T') => one.start.parse().ok().map(When::Floating),
            None => one.start.parse().ok().map(When::Date),
        };
        let Some(start) = start else { continue };
        for rule in &mut one.rules {
            if let Ok(read) = Rule::parse(rule) {
                *rule = read.normalized_for(&start);
            }
        }
        one.rules.sort();
    }
    said.sort();
    said
}

#[test]
fn the_corpus_is_read_alike_or_the_reason_is_written_down() {
    let mut wrong = Vec::new();
    for (name, bytes) in CORPUS {
        let mut feed = Reader::default().feed(bytes).ok();
        let events = feed.iter_mut().flat_map(|feed| feed.events());
        let decoded = events.filter_map(|event| event.decoded.ok()).collect();
        let (ours, theirs) = alike(ours(decoded), theirs(&String::from_utf8_lossy(bytes)));
        let known = SPLITS.iter().any(|(split, _)| *split == name);
        if (ours != theirs) != known {
            wrong.push(format!("{name}\n{ours:#?}\n{theirs:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_we_write_is_read_alike(body in body()) {
        let doc = MirrorDoc {
            derived: "0123456789abcdefghijklmnop".into(),
            mark: "k1.token".into(),
            body: body.clone(),
            instance: None,
        };
        let bytes = mirror(&doc, STAMP);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let decoded = Reader::default().object(&bytes).unwrap();
        let written: Body = decoded.body.clone();
        prop_assert_eq!(&written, &body);
        let (ours, theirs) = alike(ours(vec![decoded]), theirs(&text));
        prop_assert_eq!(ours, theirs, "{}", text);
    }
}
