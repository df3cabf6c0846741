//! The window selects, it does not cut.

use kalends_core::event::{Body, Status};
use kalends_core::graph::{Capabilities, Window};
use kalends_core::window::{Place, place};

use crate::support::{at, content, day, exception, instant, series, single};

fn place_of(body: &Body) -> Place {
    // From 1 March, 0:00 UTC, to 31 March.
    let window = Window { past_days: 10, future_days: 20 };
    place(body, &window, instant("2026-03-11T00:00:00Z"), &Capabilities::default())
}

#[test]
fn a_single_is_in_by_its_time() {
    assert_eq!(place_of(&single("x", at("2026-03-01T00:30:00"))), Place::Inside);
    assert_eq!(place_of(&single("x", at("2026-02-28T23:59:00"))), Place::Behind);
    assert_eq!(place_of(&single("x", at("2026-03-31T01:00:00"))), Place::Inside);
    assert_eq!(place_of(&single("x", at("2026-03-31T02:00:00"))), Place::Ahead);
    assert_eq!(place_of(&single("x", day("2026-02-28"))), Place::Behind);
    assert_eq!(place_of(&single("x", day("2026-03-01"))), Place::Inside);
}

#[test]
fn a_series_is_in_if_any_instance_is() {
    let daily = |from, rule| place_of(&series("x", at(from), rule));
    assert_eq!(daily("2020-01-01T09:00:00", "FREQ=DAILY"), Place::Inside);
    assert_eq!(daily("2026-02-01T09:00:00", "FREQ=DAILY;COUNT=10"), Place::Behind);
    assert_eq!(daily("2026-04-01T09:00:00", "FREQ=DAILY"), Place::Ahead);
    // It was there and will be there again.
    assert_eq!(daily("2025-07-01T09:00:00", "FREQ=YEARLY"), Place::Behind);
}

#[test]
fn moved_and_cancelled_instances_count_as_they_are() {
    let mut body = series("x", at("2026-02-01T09:00:00"), "FREQ=DAILY;COUNT=10");
    let original = at("2026-02-10T09:00:00");
    let moved = content("x", at("2026-03-05T09:00:00"));
    body.exceptions.push(exception(original, moved));
    assert_eq!(place_of(&body), Place::Inside);
    body.exceptions[0].content.status = Status::Cancelled;
    assert_eq!(place_of(&body), Place::Behind);
}

#[test]
fn a_rule_too_dear_to_expand_counts_as_inside() {
    // Each second has one instance, so there never is a second one; it takes long to find out.
    let bomb = series("x", at("2026-02-01T09:00:00"), "FREQ=SECONDLY;BYSETPOS=2");
    assert_eq!(place_of(&bomb), Place::Inside);
}
