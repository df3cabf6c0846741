//! Pages and ranges.

use std::collections::BTreeSet;

use kalends_core::ids::{EventId, ProviderId};
use kalends_core::mirror::PartKey;
use kalends_core::plan::Row;
use kalends_core::presence::AsideKind;
use kalends_core::slice::{AnyCalendar, AsidePage, MirrorPage, ObjectRange, PresencePage, ReadSet};

use super::Subject;
use super::rows::*;

fn ids(numbers: impl IntoIterator<Item = u32>) -> Vec<EventId> {
    numbers.into_iter().map(event_id).collect()
}

/// Pages of a calendar follow each other, and bring their events along.
pub fn pages_of_a_calendar_follow_each_other<S: Subject>(subject: &S) {
    let rows: Vec<Row> = (0..7).flat_map(|n| [event(n), presence_row(n, 1 + n % 2)]).collect();
    subject.put(GRAPH, &rows);
    let page = |after: Option<u32>, limit| {
        let calendar = calendar_id(1);
        let page = PresencePage { calendar, after: after.map(event_id), limit };
        let want = ReadSet { presences: [page].into(), ..ReadSet::default() };
        let mut slice = subject.load(GRAPH, &want);
        let found = slice.presences.remove(&page).unwrap_or_default();
        assert!(found.events.iter().all(|id| matches!(slice.events.get(id), Some(Some(_)))));
        (found.events, found.more)
    };
    assert_eq!(page(None, 2), (ids([0, 2]), true));
    assert_eq!(page(Some(2), 2), (ids([4, 6]), false));
    assert_eq!(page(Some(6), 2), (ids([]), false));
    assert_eq!(page(Some(3), 9), (ids([4, 6]), false));
    assert_eq!(page(None, 4), (ids([0, 2, 4, 6]), false));
}

/// Pages of an edge follow each other, and bring their events along.
pub fn pages_of_an_edge_follow_each_other<S: Subject>(subject: &S) {
    let rows: Vec<Row> = (0..5).flat_map(|n| [event(n), mirror(n, 1), mirror(n, 2)]).collect();
    subject.put(GRAPH, &rows);
    let page = MirrorPage { edge: edge_id(2), after: Some(event_id(0)), limit: 3 };
    let last = MirrorPage { after: Some(event_id(3)), ..page };
    let want = ReadSet { mirrors: [page, last].into(), ..ReadSet::default() };
    let slice = subject.load(GRAPH, &want);
    assert_eq!((&slice.mirrors[&page].events, slice.mirrors[&page].more), (&ids([1, 2, 3]), true));
    assert_eq!((&slice.mirrors[&last].events, slice.mirrors[&last].more), (&ids([4]), false));
    let brought: Vec<_> = slice.events.keys().copied().collect();
    assert_eq!(brought, ids([1, 2, 3, 4]));
}

/// The first of what is set aside in a calendar, sorted by bytes, without strays.
pub fn pages_of_what_is_set_aside_give_names<S: Subject>(subject: &S) {
    let rows = [
        aside(1, "/b", AsideKind::NotEvent),
        aside(1, "/B", AsideKind::NotEvent),
        aside(1, "/c", AsideKind::NotEvent),
        stray(3, 1, "/a"),
        event(3),
        aside(2, "/d", AsideKind::NotEvent),
    ];
    subject.put(GRAPH, &rows);
    let page = |calendar, limit| {
        let page = AsidePage { calendar: calendar_id(calendar), limit };
        let want = ReadSet { aside_pages: [page].into(), ..ReadSet::default() };
        let found = subject.load(GRAPH, &want).aside_pages.remove(&page).unwrap_or_default();
        found.into_iter().map(|ProviderId(name)| name).collect::<Vec<_>>()
    };
    assert_eq!(page(1, 2), ["/B", "/b"]);
    assert_eq!(page(1, 4), ["/B", "/b", "/c"]);
    assert_eq!(page(2, 9), ["/d"]);
    assert_eq!(page(3, 9), Vec::<String>::new());
}

/// Ranges have an exclusive lower and an inclusive upper bound, and sort by bytes.
pub fn ranges_are_sorted_by_bytes<S: Subject>(subject: &S) {
    let names = ["/a", "/a/", "/a b", "/B", "/b", "/\u{e9}", "/\u{1F600}", ""];
    let mut rows: Vec<Row> = names.iter().map(|name| object(1, name, 1)).collect();
    rows.push(object(2, "/c", 1));
    subject.put(GRAPH, &rows);
    let sorted: BTreeSet<&str> = names.into_iter().collect();
    let page = |after: Option<&str>, until: Option<&str>, limit| {
        let calendar = calendar_id(1);
        let (after, until) = (after.map(object_id), until.map(object_id));
        let range = ObjectRange { calendar, after, until, limit };
        let want = ReadSet { ranges: [range.clone()].into(), ..ReadSet::default() };
        let found = subject.load(GRAPH, &want).ranges.remove(&range).unwrap_or_default();
        found.into_iter().map(|(ProviderId(id), _)| id).collect::<Vec<_>>()
    };
    let range = |after, until| page(after, until, 99);
    assert_eq!(range(None, None), sorted.iter().copied().collect::<Vec<_>>());
    assert_eq!(range(Some("/a"), Some("/b")), ["/a b", "/a/", "/b"]);
    assert_eq!(range(None, Some("/B")), ["", "/B"]);
    assert_eq!(range(Some("/b"), None), ["/\u{e9}", "/\u{1F600}"]);
    assert_eq!(range(Some("/z"), Some("/a")), Vec::<String>::new());
    assert_eq!(page(None, None, 2), ["", "/B"], "the first of them");
    assert_eq!(page(None, Some("/a"), 2), ["", "/B"]);
    assert_eq!(page(Some("/a"), None, 2), ["/a b", "/a/"]);
    assert_eq!(page(Some("/a"), Some("/b"), 2), ["/a b", "/a/"]);
    assert_eq!(page(Some("/a"), Some("/b"), 3), ["/a b", "/a/", "/b"]);
}

/// Evidence is found on presences, on their instances and on mirror parts in the calendar.
pub fn evidence_is_found_wherever_it_is<S: Subject>(subject: &S) {
    let rows = [
        presence_row(1, 2),
        presence_gone(2, 2),
        instance_gone(3, 2),
        mirror(4, 1),
        part(4, 1, PartKey::Whole),
        part_gone(4, 1, PartKey::Override(AT)),
        part_gone(4, 1, PartKey::Single(AT)),
        presence_gone(4, 2),
        presence_gone(5, 3),
    ];
    subject.put(GRAPH, &rows);
    let want = ReadSet { gone: [calendar_id(2)].into(), ..ReadSet::default() };
    let slice = subject.load(GRAPH, &want);
    let page = &slice.gone[&calendar_id(2)];
    assert_eq!(page.events, ids([2, 3, 4]));
    assert_eq!((page.presences_gone, page.presences, page.more), (2, 4, false));
    assert_eq!(page.mirrors_gone, 1, "an event counts once");
    assert_eq!(slice.events.keys().copied().collect::<Vec<_>>(), ids([2, 3, 4]));
}

/// One question tells the calendars with evidence, on presences, instances or parts, and no others.
pub fn calendars_with_evidence_are_known_at_once<S: Subject>(subject: &S) {
    let want = ReadSet { evidence: [AnyCalendar].into(), ..ReadSet::default() };
    let known = |subject: &S| {
        let slice = subject.load(GRAPH, &want);
        assert!(slice.events.is_empty() && slice.gone.is_empty(), "names alone");
        slice.evidence.get(&AnyCalendar).cloned()
    };
    subject.put(GRAPH, &[presence_row(1, 1), presence_row(6, 4), mirror(4, 1)]);
    subject.put(GRAPH, &[part(4, 1, PartKey::Whole)]);
    assert_eq!(known(subject), Some([].into()), "none is known too");
    let rows = [presence_gone(2, 3), instance_gone(3, 4), part_gone(4, 1, PartKey::Single(AT))];
    subject.put(GRAPH, &rows);
    subject.put(GRAPH, &[presence_gone(5, 3)]);
    assert_eq!(known(subject), Some([2, 3, 4].map(calendar_id).into()));
    subject.put(GRAPH, &[presence_row(2, 3)]);
    assert_eq!(known(subject), Some([2, 3, 4].map(calendar_id).into()), "another is left");
    subject.put(GRAPH, &[presence_row(5, 3), part(4, 1, PartKey::Single(AT))]);
    assert_eq!(known(subject), Some([4].map(calendar_id).into()));
}

/// Two hundred events with evidence make a page; all of them are counted.
pub fn a_page_of_evidence_holds_two_hundred_events<S: Subject>(subject: &S) {
    let rows: Vec<Row> = (0..201).map(|n| presence_gone(n, 1)).collect();
    subject.put(GRAPH, &rows);
    let want = ReadSet { gone: [calendar_id(1)].into(), ..ReadSet::default() };
    let slice = subject.load(GRAPH, &want);
    let page = &slice.gone[&calendar_id(1)];
    assert_eq!((page.events.len(), page.more), (200, true));
    assert_eq!((page.presences_gone, page.presences), (201, 201));
    assert_eq!(slice.events.len(), 200);
}
