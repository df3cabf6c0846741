//! Guests who come to an event while a change of it waits to be written.

use crate::common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ids::{CalendarId, EventId};
use kalends_core::plan::Row;
use kalends_core::ports::Clock;
use kalends_core::presence::Presence;
use kalends_core::step::{EventEdit, UserEdit};
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::{Logged, Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const NAME: &str = "person-a.ics";
const GUEST: &str = "SUMMARY:Dentist\r\nORGANIZER:mailto:ann@example.org\r\n\
    ATTENDEE:mailto:ann@example.org\r\nATTENDEE:mailto:guest@example.org";

fn edit(world: &Memory, place: usize, name: &str, (from, to): (&str, &str)) {
    let change = |text: String| text.replace(from, to);
    let path = world.path(place).unwrap();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).edit(&path, name, change), Ok(()));
}

/// The event as it is recorded.
fn found(world: &Memory) -> (EventId, CalendarId, Presence) {
    let mut rows = world.store.rows(world.keys.graph).into_values();
    let found = rows.find_map(|row| {
        let Row::Presence(event, calendar, found) = row else { return None };
        Some((event, calendar, *found))
    });
    found.unwrap()
}

/// An event at ten, which is mirrored and then changed by somebody. Until guests come to it, its server
/// takes no write.
fn invited(may_notify: bool, change: impl FnOnce(&Memory, &History)) -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, NAME, origin(0, "a", "Dentist", 10));
    let (level, on_edit) = (DetailLevel::Full, OnEdit::Propagate);
    world.edge_with(0, 1, EdgeOptions { level, on_edit, may_notify, ..EdgeOptions::default() });
    world.settle();
    change(&world, &history);
    assert!(world.http.sim().plan("PUT", "*", When::Always, "C40-503"));
    let _failed = world.sync();
    assert!(found(&world).2.pending.is_some());
    edit(&world, 0, NAME, ("SUMMARY:Dentist", GUEST));
    world.http.sim().faults_mut().clear();
    world.http.sim().clear_log();
    world.clock.advance_millis(3_600_000);
    world.settle();
    (world, history)
}

fn rename_mirror(world: &Memory, history: &History) {
    let mirror = history.ours(world, 1).into_keys().next().unwrap();
    edit(world, 1, &mirror, ("SUMMARY:Dentist", "SUMMARY:Barber"));
}

/// A person asks for another title, and grants that guests are told of it or not.
fn rename(world: &Memory, may_notify: bool) {
    let (event, calendar, presence) = found(world);
    let mut body = presence.body;
    "Barber".clone_into(&mut body.content.title);
    let want = Some(Box::new(body));
    let edit = EventEdit { event, calendar, base: None, want, may_notify };
    world.author(UserEdit::ChangeEvent(edit));
}

/// How many entries of the journal change parts of mirrors.
fn times_of_parts(world: &Memory) -> usize {
    let entries = world.store.journal(world.keys.graph).into_iter();
    let is_of_part = |payload: &String| payload.contains("\"k\":\"part/");
    let payloads = entries.filter_map(|(_, it)| it);
    payloads.map(|it| String::from_utf8_lossy(&it.0).into_owned()).filter(is_of_part).count()
}

/// What the calendars say, and how often the event itself was written.
fn titles(world: &Memory, history: &History) -> ([bool; 2], usize) {
    let mirror = history.ours(world, 1).into_values().next().unwrap();
    let sim = world.http.sim();
    let texts = [sim.resources(&world.path(0).unwrap())[NAME].clone(), mirror];
    let is_write = |it: &&Logged| it.request.method == "PUT" && it.request.url.ends_with(NAME);
    let writes = sim.log().iter().filter(is_write).count();
    (texts.map(|text| text.contains("SUMMARY:Barber")), writes)
}

/// Catches an event with guests that is changed because of a mirror without the edge's grant, since it
/// had none when the mirror was read; and the edit that is then nowhere.
#[test]
fn an_edit_of_a_mirror_goes_back_where_guests_came_to_its_origin_meanwhile() {
    let (world, history) = invited(false, rename_mirror);
    assert_eq!(titles(&world, &history), ([false, false], 0));
    assert_eq!(found(&world).2.pending, None);
    let journal = world.store.journal(world.keys.graph);
    let is_kept = journal.iter().any(|(_, payload)| {
        let said = payload.as_ref().map(|it| String::from_utf8_lossy(&it.0));
        said.is_some_and(|said| said.contains("\"lost:") && said.contains("Barber"))
    });
    assert!(is_kept, "{journal:?}");
}

/// Catches the grant that is forgotten.
#[test]
fn an_edit_of_a_mirror_holds_where_its_edge_may_notify() {
    let (world, history) = invited(true, rename_mirror);
    assert_eq!(titles(&world, &history), ([true, true], 1));
}

/// Catches a change that a person asked for while nobody was invited, and that mails guests whom they
/// said nothing of.
#[test]
fn what_was_asked_for_before_guests_came_waits_until_that_is_granted() {
    let (world, history) = invited(false, |world, _| rename(world, false));
    assert_eq!(titles(&world, &history).1, 0);
    let parked = found(&world).2.pending.and_then(|pending| pending.parked);
    assert_eq!(parked.as_deref(), Some("event.would-notify"));
    rename(&world, true);
    world.settle();
    assert_eq!(titles(&world, &history), ([true, true], 1));
}

/// Catches mirrors that show a change which waits for a grant, and take it back, each time that something
/// else becomes of its event.
#[test]
fn what_waits_for_a_grant_stays_out_of_mirrors_whatever_becomes_of_its_event() {
    let (world, history) = invited(false, |world, _| rename(world, false));
    let more = "ATTENDEE:mailto:other@example.org\r\nATTENDEE:mailto:guest@example.org";
    for (from, to) in
        [("ATTENDEE:mailto:guest@example.org", more), ("ORGANIZER:", "X-NOTE:seen\r\nORGANIZER:")]
    {
        edit(&world, 0, NAME, (from, to));
        world.http.sim().clear_log();
        let before = times_of_parts(&world);
        world.clock.advance_millis(3_600_000);
        world.settle();
        let is_write = |it: &&Logged| it.request.method == "PUT";
        assert_eq!(world.http.sim().log().iter().filter(is_write).count(), 0, "{to}");
        assert!(before > 0 && times_of_parts(&world) == before, "no mirror was to say so: {to}");
        let parked = found(&world).2.pending.and_then(|pending| pending.parked);
        assert_eq!(parked.as_deref(), Some("event.would-notify"), "{to}");
    }
    assert_eq!(titles(&world, &history), ([false, false], 0));
    // Once they are all gone again nobody would be mailed.
    let guests = [
        "ORGANIZER:mailto:ann@example.org\r\n",
        "ATTENDEE:mailto:ann@example.org\r\n",
        "ATTENDEE:mailto:other@example.org\r\n",
        "ATTENDEE:mailto:guest@example.org\r\n",
    ];
    guests.into_iter().for_each(|guest| edit(&world, 0, NAME, (guest, "")));
    world.settle();
    assert_eq!(titles(&world, &history), ([true, true], 1));
}

/// Catches a change that a person asked for and that is nowhere, since an edit of a mirror had joined it
/// before guests came.
#[test]
fn what_was_asked_for_stays_with_what_joined_it_from_a_mirror() {
    let (world, _) = invited(false, |world, history| {
        let mirror = history.ours(world, 1).into_keys().next().unwrap();
        edit(world, 1, &mirror, ("SUMMARY:Dentist", "SUMMARY:Dentist\r\nLOCATION:Room 5"));
        rename(world, false);
    });
    let pending = found(&world).2.pending.unwrap();
    let want = pending.want.unwrap().content;
    assert_eq!((&*want.title, &*want.location), ("Barber", "Room 5"));
    assert_eq!(pending.parked.as_deref(), Some("event.would-notify"));
}
