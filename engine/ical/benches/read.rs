//! Reading objects and feeds, beside `calcard` in the same run: it parses the same texts and stops
//! there, where ours are checked, resolved to zones and normalised to events, too.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a benchmark, not an interface"
)]

use std::hint::black_box;

use calcard::Entry;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kalends_ical::{Reader, export};
use kalends_recurrence::Timestamp;

const OBJECTS: u32 = 1_000;

fn objects() -> Vec<String> {
    let text = |at: u32| {
        let month = at % 9 + 1;
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//Test//EN\r\nBEGIN:VEVENT\r\nUID:u\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260{month}10T090000\r\n\
             DTEND;TZID=Europe/Berlin:20260{month}10T100000\r\nSUMMARY:Number {at}\\, small\r\n\
             LOCATION:Room {at}\r\nTRANSP:OPAQUE\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n"
        )
    };
    (0..OBJECTS).map(text).collect()
}

/// How many events calcard finds in a text.
fn parsed(text: &str) -> usize {
    let Entry::ICalendar(calendar) = calcard::Parser::new(text).entry() else {
        panic!("it is a calendar")
    };
    calendar.components.len() - 1
}

fn readers(c: &mut Criterion) {
    let (reader, texts) = (Reader::default(), objects());
    let bodies: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| (format!("u{at}"), reader.object(text.as_bytes()).unwrap().body))
        .collect();
    let feed = export(&bodies, Timestamp::from_seconds(0));
    let feed_text = String::from_utf8(feed.clone()).unwrap();
    assert!(reader.feed(feed.as_slice()).unwrap().events().all(|event| event.decoded.is_ok()));
    assert!(parsed(&feed_text) >= texts.len());

    let mut group = c.benchmark_group("1,000 events");
    group.throughput(Throughput::Elements(OBJECTS.into()));
    group.bench_function("an object each, read", |b| {
        b.iter(|| {
            texts.iter().filter(|text| reader.object(black_box(text).as_bytes()).is_ok()).count()
        });
    });
    group.bench_function("an object each, parsed by calcard", |b| {
        b.iter(|| texts.iter().map(|text| parsed(black_box(text))).sum::<usize>());
    });
    group.bench_function("one feed, read", |b| {
        b.iter(|| reader.feed(black_box(feed.as_slice())).unwrap().events().count());
    });
    group.bench_function("one feed, parsed by calcard", |b| {
        b.iter(|| parsed(black_box(&feed_text)));
    });
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
