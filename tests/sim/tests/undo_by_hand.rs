//! Events that somebody put, changed or deleted here, and the runs in which they did, taken back.

use crate::common::origin;
use kalends_core::event::Body;
use kalends_core::ids::{CalendarId, EventId, RunId};
use kalends_core::plan::{Note, Row};
use kalends_core::presence::Presence;
use kalends_core::schedule::{Rule, Trip};
use kalends_core::step::{EventEdit, UserEdit};
use kalends_core::time::Zone;
use kalends_sim_tests::{History, START, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// One event, in the calendar in which it is changed.
struct Desk {
    world: World<MemoryStore>,
    event: EventId,
    calendar: CalendarId,
}

const NAME: &str = "person-a.ics";

impl Desk {
    /// An event that a provider holds.
    fn at_provider() -> Self {
        let world: World<MemoryStore> = World::new(Profile::plain(), 5, &[0, 1]);
        History::default().put(&world, NAME, origin(0, "a", "Dentist", 10));
        world.settle();
        let calendar = world.calendar(0);
        let held = |row: Row| {
            let Row::Presence(event, place, _) = row else { return None };
            (place == calendar).then_some(event)
        };
        let event = world.store.rows(world.keys.graph).into_values().find_map(held).unwrap();
        Self { world, event, calendar }
    }

    /// The same in the graph's own calendar.
    fn own() -> Self {
        let Self { world, event, calendar } = Self::at_provider();
        let own = world.keys.calendar(world.keys.account("own", ""), "main");
        let desk = Self { world, event, calendar };
        let body = Box::new(desk.presence().unwrap().body);
        let event = EventId::from_bytes([3; 16]);
        desk.world.author(UserEdit::PutEvent { event: Some(event), body });
        Self { event, calendar: own, ..desk }
    }

    fn presence(&self) -> Option<Presence> {
        let is_it = |row: Row| {
            let Row::Presence(event, place, found) = row else { return None };
            ((event, place) == (self.event, self.calendar)).then_some(*found)
        };
        self.world.store.rows(self.world.keys.graph).into_values().find_map(is_it)
    }

    fn change(&self, say: impl FnOnce(&mut Body)) -> RunId {
        let presence = self.presence().unwrap();
        let waits = presence.pending.filter(|pending| pending.parked.is_none());
        let mut body = waits.and_then(|pending| pending.want).unwrap_or(presence.body);
        say(&mut body);
        self.edit(Some(Box::new(body)))
    }

    fn rename(&self, title: &str) -> RunId {
        self.change(|body| title.clone_into(&mut body.content.title))
    }

    fn delete(&self) -> RunId {
        self.edit(None)
    }

    fn edit(&self, want: Option<Box<Body>>) -> RunId {
        let (event, calendar) = (self.event, self.calendar);
        let edit = EventEdit { event, calendar, base: None, want, may_notify: false };
        self.world.author(UserEdit::ChangeEvent(edit))
    }

    /// Takes a run back whole.
    fn undo(&self, run: RunId) -> RunId {
        let (made, notes) = self.try_undo(run);
        assert_eq!(notes, []);
        made
    }

    fn try_undo(&self, run: RunId) -> (RunId, Vec<Note>) {
        block_on(self.world.driver().author(&self.world.keys, &[UserEdit::Undo { run }])).unwrap()
    }

    /// What the provider holds once all is written.
    fn held(&self) -> Option<String> {
        self.world.settle();
        let path = self.world.path(0).unwrap();
        self.world.http.sim().resources(&path).get(NAME).cloned()
    }

    fn title(&self) -> Option<String> {
        self.presence().map(|presence| presence.body.content.title)
    }
}

/// Catches an event that is taken away from the trip that brought it, which then blocks no time.
#[test]
fn an_event_of_a_trip_goes_with_its_rule_alone() {
    let desk = Desk::own();
    let range = START..START.saturating_add_millis(86_400_000);
    let trip = Trip { range, zone: Zone::utc(), blocks: true };
    desk.world.author(UserEdit::SetRule {
        rule: Box::new(Rule::Trip(trip, "Lisbon".to_owned())),
        base: None,
    });
    let rows = desk.world.store.rows(desk.world.keys.graph);
    let brought = rows.into_values().find_map(|row| {
        let Row::Presence(event, _, found) = row else { return None };
        (found.body.content.title == "Lisbon").then_some(event)
    });
    let desk = Desk { event: brought.unwrap(), ..desk };
    for want in [None, desk.presence().map(|found| Box::new(Body::single(found.body.content)))] {
        let want = want.map(|mut body| {
            "Porto".clone_into(&mut body.content.title);
            body
        });
        let (event, calendar) = (desk.event, desk.calendar);
        let edit = EventEdit { event, calendar, base: None, want, may_notify: false };
        let edits = [UserEdit::ChangeEvent(edit)];
        let (_, notes) = block_on(desk.world.driver().author(&desk.world.keys, &edits)).unwrap();
        assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["event.of-a-trip"]);
        assert_eq!(desk.title().as_deref(), Some("Lisbon"));
    }
}

/// Catches an undo that takes along the change that waited before the one that is taken back.
#[test]
fn a_change_that_waited_before_waits_again() {
    let desk = Desk::at_provider();
    desk.rename("Renamed");
    let deleted = desk.delete();
    desk.undo(deleted);
    assert!(desk.held().unwrap().contains("SUMMARY:Renamed"));
}

/// Catches one of two waiting changes that is called changed since, though nobody touched it.
#[test]
fn the_second_of_two_waiting_changes_goes_alone() {
    let desk = Desk::at_provider();
    desk.rename("Renamed");
    let moved = desk.change(|body| "Room 9".clone_into(&mut body.content.location));
    desk.undo(moved);
    let held = desk.held().unwrap();
    assert!(held.contains("SUMMARY:Renamed") && !held.contains("Room 9"), "{held}");
}

/// Catches one of two waiting changes that takes the other along.
#[test]
fn the_first_of_two_waiting_changes_goes_alone() {
    let desk = Desk::at_provider();
    let renamed = desk.rename("Renamed");
    desk.change(|body| "Room 9".clone_into(&mut body.content.location));
    desk.undo(renamed);
    let held = desk.held().unwrap();
    assert!(held.contains("SUMMARY:Dentist") && held.contains("Room 9"), "{held}");
}

/// Catches a change made over one that its provider refused, which cannot be taken back.
#[test]
fn a_change_over_a_refused_one_is_taken_back() {
    let desk = Desk::at_provider();
    desk.rename("Refused");
    assert!(desk.world.http.sim().plan("PUT", "*/cal0/*", When::Always, "C39"));
    desk.world.settle();
    let parked = desk.presence().unwrap().pending.and_then(|pending| pending.parked);
    assert!(parked.is_some(), "it is refused");
    desk.world.http.sim().faults_mut().clear();
    let renamed = desk.rename("Renamed");
    assert!(desk.held().unwrap().contains("SUMMARY:Renamed"));
    desk.undo(renamed);
    assert!(desk.held().unwrap().contains("SUMMARY:Dentist"));
}

/// Catches an event that comes back because a change from before its deletion is taken back.
#[test]
fn an_event_that_was_deleted_since_stays_deleted() {
    let desk = Desk::own();
    let renamed = desk.rename("Renamed");
    let deleted = desk.delete();
    let (_, notes) = desk.try_undo(renamed);
    assert_eq!(desk.title(), None);
    assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["undo.gone"]);
    desk.undo(deleted);
    assert_eq!(desk.title().as_deref(), Some("Renamed"), "its deletion brings it back");
    desk.undo(renamed);
    assert_eq!(desk.title().as_deref(), Some("Dentist"));
}

/// Catches an undo that says that it was taken back, and was not.
#[test]
fn an_undo_is_taken_back_in_the_own_calendar() {
    let desk = Desk::own();
    let undone = desk.undo(desk.rename("Renamed"));
    assert_eq!(desk.title().as_deref(), Some("Dentist"));
    desk.undo(undone);
    assert_eq!(desk.title().as_deref(), Some("Renamed"));
    let undone = desk.undo(desk.delete());
    assert_eq!(desk.title().as_deref(), Some("Renamed"));
    let again = desk.undo(undone);
    assert_eq!(desk.title(), None);
    desk.undo(again);
    assert_eq!(desk.title().as_deref(), Some("Renamed"));
}

/// Catches the same of what a provider holds, whether it waits or was written.
#[test]
fn an_undo_is_taken_back_at_a_provider() {
    let desk = Desk::at_provider();
    let undone = desk.undo(desk.rename("Renamed"));
    desk.undo(undone);
    assert!(desk.held().unwrap().contains("SUMMARY:Renamed"), "it waited");
    let renamed = desk.rename("Written");
    assert!(desk.held().unwrap().contains("SUMMARY:Written"));
    let undone = desk.undo(renamed);
    assert!(desk.held().unwrap().contains("SUMMARY:Renamed"));
    desk.undo(undone);
    assert!(desk.held().unwrap().contains("SUMMARY:Written"));
    let undone = desk.undo(desk.delete());
    desk.undo(undone);
    assert_eq!(desk.held(), None);
}
