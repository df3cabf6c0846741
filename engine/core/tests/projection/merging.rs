//! Two changes of one event.

use kalends_core::compile::{Merged, merge3};
use kalends_core::event::{Body, Content, Person};
use kalends_core::fields::Field;
use kalends_core::graph::OnConflict;
use kalends_core::time::{Length, Rule};

use crate::support::{at, content, daily, exception, single};

fn lunch() -> Body {
    single("Lunch", at("2026-03-10T12:00:00"))
}

fn with(body: Body, change: impl FnOnce(&mut Body)) -> Body {
    let mut body = body;
    change(&mut body);
    body
}

#[test]
fn disjoint_fields_both_hold_under_every_policy() {
    let origin = with(lunch(), |b| {
        b.content.location = "Room 1".into();
        b.content.attendees = vec![Person::default()];
    });
    let edit = with(lunch(), |b| b.content.span.start = at("2026-03-10T13:00:00"));
    for policy in [OnConflict::LastSeen, OnConflict::Origin, OnConflict::Mirror] {
        let Merged { body, lost } = merge3(&lunch(), &origin, &edit, policy);
        let want = with(origin.clone(), |b| b.content.span.start = at("2026-03-10T13:00:00"));
        assert_eq!((body, lost), (want, vec![]));
    }
}

#[test]
fn the_same_field_follows_the_policy_and_the_loser_is_named() {
    let origin = with(lunch(), |b| b.content.title = "Lunch A".into());
    let edit = with(lunch(), |b| b.content.title = "Lunch B".into());
    for (policy, winner) in [
        (OnConflict::LastSeen, "Lunch B"),
        (OnConflict::Mirror, "Lunch B"),
        (OnConflict::Origin, "Lunch A"),
    ] {
        let merged = merge3(&lunch(), &origin, &edit, policy);
        assert_eq!((merged.body.content.title.as_str(), merged.lost), (winner, vec![Field::Title]));
    }
    let same = merge3(&lunch(), &origin, &origin, OnConflict::Origin);
    assert_eq!((same.body, same.lost), (origin, vec![]));
}

#[test]
fn instances_merge_one_by_one() {
    let moved = |day: u8, hour: u8| {
        let start = at(&format!("2026-03-{day}T{hour}:00:00"));
        exception(at(&format!("2026-03-{day}T09:00:00")), content("Standup", start))
    };
    let origin = with(daily(), |b| b.exceptions = vec![moved(11, 10), moved(13, 10)]);
    let edit = with(daily(), |b| {
        b.exceptions = vec![moved(12, 15), moved(13, 15)];
        b.recurrence.as_mut().unwrap().excluded = vec![at("2026-03-14T09:00:00")];
    });
    let merged = merge3(&daily(), &origin, &edit, OnConflict::Mirror);
    let want = with(daily(), |b| {
        b.exceptions = vec![moved(11, 10), moved(12, 15), moved(13, 15)];
        b.recurrence.as_mut().unwrap().excluded = vec![at("2026-03-14T09:00:00")];
    });
    assert_eq!((merged.body, merged.lost), (want, vec![Field::When]));
}

#[test]
fn cancelled_here_and_changed_there_follows_the_policy() {
    let original = at("2026-03-11T09:00:00");
    let cancelled = with(daily(), |b| {
        b.recurrence.as_mut().unwrap().excluded = vec![original.clone()];
    });
    let changed = with(daily(), |b| {
        b.exceptions = vec![exception(original.clone(), content("Guests", original.clone()))];
    });
    for (origin, edit) in [(&cancelled, &changed), (&changed, &cancelled)] {
        let by_origin = merge3(&daily(), origin, edit, OnConflict::Origin);
        assert_eq!((&by_origin.body, by_origin.lost), (origin, vec![Field::When]));
        let by_edit = merge3(&daily(), origin, edit, OnConflict::Mirror);
        assert_eq!((&by_edit.body, by_edit.lost), (edit, vec![Field::When]));
    }
}

#[test]
fn rules_and_length_merge_apart() {
    let rule = |text| vec![Rule::parse(text).unwrap()];
    let origin = with(daily(), |b| {
        b.recurrence.as_mut().unwrap().rules = rule("FREQ=DAILY;COUNT=5");
    });
    let edit = with(daily(), |b| b.content.span.length = Length::Exact(60));
    let merged = merge3(&daily(), &origin, &edit, OnConflict::Origin);
    let want = with(origin, |b| b.content.span.length = Length::Exact(60));
    assert_eq!((merged.body, merged.lost), (want, vec![]));
}

#[test]
fn a_single_made_a_series_keeps_times_and_rules_together() {
    let series = with(lunch(), |b| b.recurrence = daily().recurrence);
    let moved = with(lunch(), |b| b.content.span.start = at("2026-03-10T13:00:00"));
    let kept = merge3(&lunch(), &moved, &series, OnConflict::Origin);
    assert_eq!((kept.body, kept.lost), (moved.clone(), vec![Field::When]));
    let taken = merge3(&lunch(), &moved, &series, OnConflict::Mirror);
    assert_eq!((taken.body, taken.lost), (series.clone(), vec![Field::When]));
    let alone = merge3(&lunch(), &lunch(), &series, OnConflict::Origin);
    assert_eq!((alone.body, alone.lost), (series, vec![]));
}

/// Catches a series that comes back over what its people made of it, or an instance on a day that it has
/// not any more, since the text of a mirror was edited that its changed instances share.
#[test]
fn a_text_that_changed_instances_share_is_no_change_of_times() {
    let original = at("2026-03-11T09:00:00");
    let noted = |text: &str| {
        with(daily(), |b| {
            b.content.description = text.into();
            let moved = content("Standup", at("2026-03-11T10:00:00"));
            b.exceptions =
                vec![exception(original.clone(), Content { description: text.into(), ..moved })];
        })
    };
    let elsewhere = |b: &mut Body| b.content.span.start = at("2026-03-20T14:00:00");
    let single = with(lunch(), elsewhere);
    let series = with(daily(), elsewhere);
    for origin in [single, series] {
        let merged = merge3(&noted("before"), &origin, &noted("theirs"), OnConflict::Mirror);
        let want = with(origin, |b| b.content.description = "theirs".into());
        assert_eq!((merged.body, merged.lost), (want, vec![Field::Description]));
    }
}
