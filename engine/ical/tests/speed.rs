//! A rough look at the speed; run it with `--release -- --nocapture` for figures.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the time that passes is what is looked at"
)]

use std::time::Instant;

use kalends_ical::{Reader, export};
use kalends_recurrence::Timestamp;

mod common;
use common::{event, object};

const OBJECTS: u32 = 5_000;

#[test]
fn small_objects_are_read_fast() {
    let texts: Vec<String> = (0..OBJECTS)
        .map(|at| {
            object(&event(&format!(
                "DTSTART;TZID=Europe/Berlin:20260{}10T090000\r\n\
                 DTEND;TZID=Europe/Berlin:20260{}10T100000\r\nSUMMARY:Number {at}\\, small\r\n\
                 LOCATION:Room {at}\r\nTRANSP:OPAQUE\r\nSTATUS:CONFIRMED",
                at % 9 + 1,
                at % 9 + 1
            )))
        })
        .collect();
    let reader = Reader::default();
    let begun = Instant::now();
    let read = texts.iter().filter(|text| reader.object(text.as_bytes()).is_ok()).count();
    let each = begun.elapsed() / OBJECTS;
    println!("one object: {each:?}");
    assert_eq!(read, texts.len());
    assert!(each.as_micros() < 1_500);

    let bodies: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| (format!("u{at}"), reader.object(text.as_bytes()).unwrap().body))
        .collect();
    let feed = export(&bodies, Timestamp::from_seconds(0));
    let begun = Instant::now();
    let found = reader.feed(&feed).unwrap().events.len();
    let took = begun.elapsed();
    println!("feed of {} bytes: {took:?}, {:?} each", feed.len(), took / OBJECTS);
    assert_eq!(found, texts.len());
}
