//! Damaged texts: no panic, no endless work, and what is read can be written.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end on the first surprise")]

use kalends_core::provider::MirrorDoc;
use kalends_ical::{Reader, export, mirror, patch};
use kalends_recurrence::Timestamp;
use proptest::prelude::*;

const STAMP: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const CORPUS: [&[u8]; 8] = [
    include_bytes!("corpus/alarms-and-people.ics"),
    include_bytes!("corpus/bare-event.ics"),
    include_bytes!("corpus/custom-zone.ics"),
    include_bytes!("corpus/latin-1.ics"),
    include_bytes!("corpus/old-version.ics"),
    include_bytes!("corpus/orphans.ics"),
    include_bytes!("corpus/series.ics"),
    include_bytes!("corpus/whole-feed.ics"),
];

/// Damage at a place: a byte changed, a stretch taken out, doubled or filled with another text.
#[derive(Debug, Clone)]
enum Damage {
    Byte(usize, u8),
    Cut(usize, usize),
    Double(usize, usize),
    Fill(usize, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let words = vec![
        "BEGIN:VEVENT\r\n",
        "END:VEVENT\r\n",
        "\r\n ",
        ":",
        ";",
        "\"",
        "\0",
        "=",
        "T",
        "Z",
        "-",
        "99999999999999999999",
        "P",
        "RRULE:FREQ=SECONDLY\r\n",
        "EXDATE:\r\n",
        "\\",
        "^",
        "\u{fffd}",
        "RDATE;VALUE=PERIOD:/\r\n",
        "DTSTART:99991231T235959Z\r\nDURATION:P9999999999D\r\n",
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (any::<usize>(), 0_usize..60).prop_map(|(at, length)| Damage::Cut(at, length)),
        (any::<usize>(), 0_usize..200).prop_map(|(at, length)| Damage::Double(at, length)),
        (any::<usize>(), prop::sample::select(words)).prop_map(|(at, word)| Damage::Fill(at, word)),
    ]
}

fn damaged(mut text: Vec<u8>, all: &[Damage]) -> Vec<u8> {
    for one in all {
        let place = |at: usize| at % (text.len() + 1);
        match one {
            Damage::Byte(at, byte) => {
                let at = place(*at);
                if let Some(there) = text.get_mut(at) {
                    *there = *byte;
                }
            }
            Damage::Cut(at, length) => {
                let at = place(*at);
                let end = text.len().min(at + length);
                text.drain(at..end);
            }
            Damage::Double(at, length) => {
                let at = place(*at);
                let copy = text[at..text.len().min(at + length)].to_vec();
                text.splice(at..at, copy);
            }
            Damage::Fill(at, word) => {
                let at = place(*at);
                text.splice(at..at, word.bytes());
            }
        }
    }
    text
}

/// Seconds of the processor's time that this thread has had: what it waits for others is not in it.
fn worked() -> i64 {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).tv_sec
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_texts_are_read_or_refused(
        which in 0..CORPUS.len(),
        damage in prop::collection::vec(damage(), 0..8),
    ) {
        let text = damaged(CORPUS[which].to_vec(), &damage);
        let reader = Reader { addresses: vec!["me@home.example".into()] };
        let begun = worked();
        let feed = reader.feed(text.as_slice());
        if let Ok(read) = reader.object(&text) {
            let doc = MirrorDoc {
                derived: "d".into(),
                mark: "m".into(),
                body: read.body.clone(),
                instance: None,
            };
            let written = mirror(&doc, STAMP);
            prop_assert!(reader.object(&written).is_ok(), "{}", String::from_utf8_lossy(&written));
            let again = export(&[("u".into(), read.body.clone())], STAMP);
            prop_assert!(reader.object(&again).is_ok(), "{}", String::from_utf8_lossy(&again));
            let mut want = read.body.clone();
            want.content.title = "patched title".into();
            if let Ok(patched) = reader.patch(&text, &read.body, &want, STAMP) {
                prop_assert_eq!(reader.object(&patched).unwrap().body.content.title, "patched title");
            }
            prop_assert_eq!(patch(&text, &want, &want, STAMP).unwrap(), text);
        }
        if let Ok(mut feed) = feed {
            for event in feed.events().filter(|event| event.decoded.is_ok()) {
                prop_assert_eq!(&reader.object(&event.raw), &event.decoded);
            }
        }
        prop_assert!(worked() - begun < 2);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Reader::default().object(&bytes);
        let _ = Reader::default().feed(bytes);
    }
}

#[test]
fn every_text_of_the_corpus_is_read() {
    for text in CORPUS {
        let feed = Reader::default().feed(text);
        let shown = String::from_utf8_lossy(text);
        match feed {
            Ok(mut feed) => {
                for event in feed.events() {
                    assert!(event.decoded.is_ok(), "{:?}: {shown}", event.decoded);
                }
            }
            Err(error) => assert!(Reader::default().object(text).is_ok(), "{error}: {shown}"),
        }
    }
}

#[test]
fn large_texts_take_time_in_proportion() {
    let lines = "EXDATE:20260101T000000Z\r\n".repeat(20_000);
    let folds = format!("SUMMARY:{}\r\n", "x\r\n ".repeat(100_000));
    let blanks = "\r\n".repeat(300_000);
    let quotes = format!("X-A;B=\"{}\r\n", "\";C=\"".repeat(50_000));
    for lines in [lines, folds, blanks, quotes] {
        let text = common_object(&lines);
        let begun = worked();
        let _ = Reader::default().object(text.as_bytes());
        assert!(worked() - begun < 3, "{}", &text[..200]);
    }
}

fn common_object(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260101T000000Z\r\n\
         RRULE:FREQ=DAILY\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}
