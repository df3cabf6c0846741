//! Contents that lost, brought back by a person.

use crate::common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, Filters};
use kalends_core::journal::CauseKind;
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_oracle::{Exception, Origin};
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// An origin, mirrored from the first calendar to the second.
fn mirrored(origin: Origin, options: EdgeOptions) -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin);
    let _edge = world.edge_with(0, 1, options);
    world.settle();
    (world, history)
}

/// A person edits the one mirror, which is written back; then they ask for what it said.
fn edit_and_restore(world: &Memory, history: &History, change: impl FnOnce(String) -> String) {
    let mirror = history.ours(world, 1).into_keys().next().unwrap_or_default();
    let path = world.path(1).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).edit(&path, &mirror, change), Ok(()));
    world.settle();
    let mut entries = world.store.journal(world.keys.graph).into_iter();
    let edited = entries.rfind(|(entry, _)| entry.cause.what == CauseKind::MirrorEdited);
    let entry = edited.map_or(0, |(entry, _)| entry.seq);
    world.author(UserEdit::Restore { entry });
    world.settle();
}

fn held(world: &Memory) -> String {
    let path = world.path(0).unwrap_or_default();
    world.http.sim().resources(&path).get("person-a.ics").cloned().unwrap_or_default()
}

/// Catches an origin that takes over the title, the rule or anything else that a busy mirror
/// does not show.
#[test]
fn restoring_an_edit_of_a_busy_mirror_brings_its_times_and_nothing_else() {
    let series = Origin { rule: "FREQ=DAILY;COUNT=5".to_owned(), ..origin(0, "a", "Dentist", 10) };
    let (world, history) = mirrored(series, EdgeOptions::default());
    edit_and_restore(&world, &history, |text| {
        text.replace("T090000", "T110000").replace("SUMMARY:Busy", "SUMMARY:Mine")
    });
    let text = held(&world);
    assert!(text.contains("SUMMARY:Dentist") && text.contains("T110000"), "{text}");
    assert!(text.contains("FREQ=DAILY;COUNT=5") && text.contains("notes of Dentist"), "{text}");
}

/// Catches a series that becomes the one instance whose mirror was edited.
#[test]
fn restoring_an_edit_of_one_instance_changes_that_instance_alone() {
    let changed = |day: u8| Exception {
        original: format!("202606{day}T090000Z"),
        start: format!("202606{day}T100000Z"),
        title: format!("Review {day}"),
        private: false,
    };
    let series = Origin {
        rule: "FREQ=DAILY;COUNT=8".to_owned(),
        exceptions: vec![changed(12)],
        ..origin(0, "a", "Standup", 10)
    };
    let filters = Filters { only_keywords: vec!["review".to_owned()], ..Filters::default() };
    let options = EdgeOptions { level: DetailLevel::Full, filters, ..EdgeOptions::default() };
    let (world, history) = mirrored(series, options);
    edit_and_restore(&world, &history, |text| text.replace("Review 12", "Review at noon"));
    let text = held(&world);
    assert!(text.contains("SUMMARY:Standup") && text.contains("FREQ=DAILY;COUNT=8"), "{text}");
    assert!(text.contains("SUMMARY:Review at noon"), "{text}");
    assert!(!text.contains("EXDATE"), "{text}");
}

/// Catches a restored edit that mails the guests of a meeting.
#[test]
fn a_meeting_with_guests_is_not_changed_by_a_restored_edit() {
    let (world, history) = mirrored(origin(0, "a", "Dentist", 10), EdgeOptions::default());
    let path = world.path(0).unwrap_or_default();
    let now = world.clock.now().as_millis();
    let guests = "ORGANIZER:mailto:alice@example.org\r\nATTENDEE:mailto:guest@example.org\r\n";
    let invite = |text: String| text.replace("END:VEVENT", &format!("{guests}END:VEVENT"));
    assert_eq!(world.http.sim().person(now).edit(&path, "person-a.ics", invite), Ok(()));
    world.settle();
    let before = held(&world);
    edit_and_restore(&world, &history, |text| text.replace("T090000", "T110000"));
    assert_eq!(held(&world), before);
}

/// Catches a version of an origin that cannot be brought back whole.
#[test]
fn an_origins_own_lost_version_comes_back_whole() {
    let options = EdgeOptions {
        level: DetailLevel::Full,
        on_edit: kalends_core::graph::OnEdit::Propagate,
        ..EdgeOptions::default()
    };
    let (world, mut history) = mirrored(origin(0, "a", "Dentist", 10), options);
    // Both sides change the title between two syncs: the one seen last wins.
    history.put(&world, "person-a.ics", origin(0, "a", "From the origin", 10));
    let mirror = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    let path = world.path(1).unwrap_or_default();
    let now = world.clock.now().as_millis();
    let change = |text: String| text.replace("SUMMARY:Dentist", "SUMMARY:From the mirror");
    assert_eq!(world.http.sim().person(now).edit(&path, &mirror, change), Ok(()));
    world.settle();
    let lost = ["From the origin", "From the mirror"]
        .into_iter()
        .find(|title| !held(&world).contains(title))
        .unwrap_or_default();
    let mut entries = world.store.journal(world.keys.graph).into_iter();
    let holds = |payload: &kalends_core::journal::Payload| {
        String::from_utf8_lossy(&payload.0).contains("\"lost:")
    };
    let entry = entries.rfind(|(_, payload)| payload.as_ref().is_some_and(holds));
    world.author(UserEdit::Restore { entry: entry.map_or(0, |(entry, _)| entry.seq) });
    world.settle();
    assert!(held(&world).contains(lost), "{lost} is back: {}", held(&world));
}
