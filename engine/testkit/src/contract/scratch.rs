//! Pieces that are put down for a while.

use kalends_core::ids::{GraphId, RunId};
use kalends_core::scratch::{Pad, Piece, Scratch as _, Waste};
use kalends_core::slice::ReadSet;

use super::Subject;
use super::rows::*;
use crate::block_on::block_on;

/// The pad of a run over a calendar, each by number.
fn pad(run: u8, calendar: u32) -> Pad {
    Pad { calendar: calendar_id(calendar), run: RunId::from_bytes([run; 16]) }
}

fn put<S: Subject>(subject: &S, graph: GraphId, pad: Pad, number: u32, text: &[u8]) {
    put_at(subject, (graph, pad), Piece { number, at: AT, bytes: text.to_vec() });
}

fn put_at<S: Subject>(subject: &S, (graph, pad): (GraphId, Pad), piece: Piece) {
    assert_eq!(block_on(subject.store().put_down(graph, pad, piece)), Ok(()));
}

fn got<S: Subject>(subject: &S, graph: GraphId, pad: Pad, piece: u32) -> Option<Vec<u8>> {
    match block_on(subject.store().pick_up(graph, pad, piece)) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("picking up works: {error}"),
    }
}

/// Of any length, sixteen bytes too, and the last of those with one number.
pub fn a_piece_is_picked_up_as_it_was_put_down<S: Subject>(subject: &S) {
    let large = vec![7; 64 * 1024];
    for (piece, text) in [&b""[..], &[0], &[255; 16], &large].into_iter().enumerate() {
        let piece = u32::try_from(piece).unwrap_or(u32::MAX);
        put(subject, GRAPH, pad(1, 1), piece, b"before");
        put(subject, GRAPH, pad(1, 1), piece, text);
        assert_eq!(got(subject, GRAPH, pad(1, 1), piece).as_deref(), Some(text));
    }
    assert_eq!(got(subject, GRAPH, pad(1, 1), 99), None);
}

/// Other runs, calendars and graphs keep theirs.
pub fn a_pad_is_thrown_away_alone<S: Subject>(subject: &S) {
    subject.create(OTHER);
    let all = [(GRAPH, pad(1, 1)), (GRAPH, pad(2, 1)), (GRAPH, pad(1, 2)), (OTHER, pad(1, 1))];
    for (graph, pad) in all {
        put(subject, graph, pad, 0, b"a");
        put(subject, graph, pad, 1, b"b");
    }
    assert_eq!(block_on(subject.store().throw_away(GRAPH, Waste::Pad(pad(1, 1)))), Ok(()));
    for piece in [0, 1] {
        let left = all.map(|(graph, pad)| got(subject, graph, pad, piece).is_some());
        assert_eq!(left, [false, true, true, true], "{piece}");
    }
}

/// Whatever pad it was; other graphs keep theirs.
pub fn what_a_dead_process_left_is_thrown_away_later<S: Subject>(subject: &S) {
    let before = AT.saturating_add_millis(1);
    subject.create(OTHER);
    put(subject, GRAPH, pad(1, 1), 0, b"old");
    put(subject, OTHER, pad(1, 1), 0, b"old");
    let new = Piece { number: 0, at: before, bytes: b"new".to_vec() };
    put_at(subject, (GRAPH, pad(2, 2)), new);
    assert_eq!(block_on(subject.store().throw_away(GRAPH, Waste::Before(before))), Ok(()));
    assert_eq!(got(subject, GRAPH, pad(1, 1), 0), None);
    assert!(got(subject, OTHER, pad(1, 1), 0).is_some());
    assert_eq!(got(subject, GRAPH, pad(2, 2), 0).as_deref(), Some(&b"new"[..]));
}

/// What lies there for a while is nothing that a step could have decided by.
pub fn a_piece_changes_no_version<S: Subject>(subject: &S) {
    let before = subject.load(GRAPH, &ReadSet::default()).version;
    put(subject, GRAPH, pad(1, 1), 0, b"a");
    assert_eq!(subject.load(GRAPH, &ReadSet::default()).version, before);
}
