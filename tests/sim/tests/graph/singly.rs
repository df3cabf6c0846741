//! Series at Graph that it has no pattern for, and such as it has one for.

use std::collections::BTreeSet;

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnDelete, OnEdit};
use kalends_core::plan::RowKey;
use kalends_core::ports::{Clock as _, GraphStore as _};
use kalends_core::read;
use kalends_core::slice::ReadSet;
use kalends_testkit::block_on::block_on;
use serde_json::json;

use super::{Scene, scene};

/// Carol puts a series at her server: an hour, by these lines.
fn put(scene: &Scene, start: &str, lines: &str) {
    let (now, path) = (scene.world.clock.now().as_millis(), scene.path(2));
    let (day, _) = start.split_once('T').unwrap();
    let ics = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:s@person\r\n\
         DTSTAMP:20260601T000000Z\r\nDTSTART:{start}\r\nDTEND:{day}T100000Z\r\n{lines}\r\n\
         SUMMARY:Round\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let put = scene.caldav.sim().person(now).put(&path, "s.ics", &ics);
    assert_eq!(put, Ok(()), "{lines}");
}

fn mirrored(on_edit: OnEdit, on_delete: OnDelete) -> Scene {
    let scene = scene();
    let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
    let options = EdgeOptions { level, kind, on_edit, on_delete, ..EdgeOptions::default() };
    scene.world.edge_with(2, 1, options);
    scene
}

/// What `explain` says of the mirrors of all events: its codes.
fn said(scene: &Scene) -> Vec<String> {
    let rows = scene.world.store.rows(scene.world.keys.graph).into_keys();
    let event =
        rows.filter_map(|key| if let RowKey::Event(event) = key { Some(event) } else { None });
    let want = ReadSet { events: event.collect(), ..ReadSet::default() };
    let slice = block_on(scene.world.store.load(scene.world.keys.graph, &want)).unwrap();
    let told = want.events.iter().flat_map(|event| {
        let bundle = slice.event(event).unwrap().as_ref().unwrap();
        read::explain((&slice.config, &BTreeSet::new()), *event, bundle, []).mirrors
    });
    told.flat_map(|mirror| mirror.reasons).map(|reason| reason.code).collect()
}

/// Where each of the instances that stand singly is.
fn days(scene: &Scene) -> Vec<String> {
    let mut all = scene.shows(1);
    all.iter_mut().for_each(|one| *one = one.replace("Round 2026-", "").replace("T09:00", ""));
    all
}

/// Catches a date beside the rule that is dropped, and a rule that is bent until it fits a pattern.
#[test]
fn a_series_without_a_pattern_stands_singly_and_that_is_said() {
    for (start, lines, expected) in [
        (
            "20260608T090000Z",
            "RRULE:FREQ=WEEKLY;COUNT=2\r\nRDATE:20260611T090000Z",
            ["06-08", "06-11", "06-15"].as_slice(),
        ),
        (
            "20260609T090000Z",
            "RRULE:FREQ=MONTHLY;BYDAY=2TU,4TU;COUNT=4",
            &["06-09", "06-23", "07-14", "07-28"],
        ),
        (
            "20260615T090000Z",
            "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=4",
            &["06-15", "07-01", "07-15", "08-01"],
        ),
        ("20260629T090000Z", "RRULE:FREQ=MONTHLY;BYDAY=5MO;COUNT=3", &["06-29", "08-31", "11-30"]),
    ] {
        let scene = mirrored(OnEdit::Revert, OnDelete::Restore);
        put(&scene, start, lines);
        scene.rests(lines);
        let expected: Vec<String> =
            expected.iter().map(|day| format!("{day} once [] -0")).collect();
        assert_eq!(days(&scene), expected, "{lines}");
        assert_eq!(said(&scene), ["lost.series"], "{lines}");
    }
}

/// Catches a series that could be one and stands singly.
#[test]
fn a_series_on_the_nth_day_of_a_month_is_a_pattern() {
    for (start, rule) in [
        ("20260609T090000Z", "FREQ=MONTHLY;BYDAY=2TU;COUNT=3"),
        ("20260626T090000Z", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"),
        ("20260630T090000Z", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3"),
    ] {
        let scene = mirrored(OnEdit::Revert, OnDelete::Restore);
        put(&scene, start, &format!("RRULE:{rule}"));
        scene.rests(rule);
        let day = format!("{}-{}", &start[4..6], &start[6..8]);
        assert_eq!(days(&scene), [format!("{day} relativeMonthly [] -0")], "{rule}");
        assert_eq!(said(&scene), [""; 0], "{rule}");
    }
}

/// Catches an edit of one of them that is lost, that goes to the whole series, or that is made to another
/// instance.
#[test]
fn an_edit_of_an_instance_that_stands_singly_goes_to_that_instance() {
    let lines = "RRULE:FREQ=WEEKLY;COUNT=2\r\nRDATE:20260611T090000Z";
    for on_edit in [OnEdit::Revert, OnEdit::Propagate] {
        let scene = mirrored(on_edit, OnDelete::Propagate);
        put(&scene, "20260608T090000Z", lines);
        scene.rests("mirrored");
        let id = |day: &str| {
            let all = scene.graph.sim().events(&scene.path(1));
            let is_it = |event: &serde_json::Value| {
                event["start"]["dateTime"].as_str().is_some_and(|start| start.starts_with(day))
            };
            all.into_iter().find(|(_, event)| is_it(event)).unwrap().0
        };
        scene.edit(&id("2026-06-11"), &json!({ "subject": "Theirs" }));
        scene.rests("edited");
        let source = || scene.caldav.sim().resource(&scene.path(2), "s.ics").unwrap().to_owned();
        let taken = on_edit == OnEdit::Propagate;
        let title = if taken { "Theirs 2026-06-11" } else { "06-11" };
        let expected = ["06-08", title, "06-15"].map(|one| format!("{one} once [] -0"));
        let mut shown = days(&scene);
        shown.sort();
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(shown, expected, "{on_edit:?}");
        let text = source();
        let overrides = text.matches("RECURRENCE-ID").count();
        assert_eq!((overrides, text.contains("SUMMARY:Theirs")), (usize::from(taken), taken));
        assert!(!taken || text.contains("20260611T090000Z"), "{text}");
        // The first is cancelled there.
        scene.delete(&id("2026-06-08"));
        scene.rests("deleted");
        assert_eq!(scene.shows(1).len(), 2, "{on_edit:?}: {:?}", scene.shows(1));
        assert!(source().contains("EXDATE"), "{}", source());
    }
}
