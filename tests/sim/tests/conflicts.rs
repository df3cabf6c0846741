//! Edits on both sides at once, under clocks that differ and answers that are lost.

use crate::common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, OnConflict, OnEdit};
use kalends_core::ids::{CalendarId, EventId};
use kalends_core::journal::{CauseKind, Entry, Payload};
use kalends_core::plan::Row;
use kalends_core::ports::Clock;
use kalends_core::presence::Presence;
use kalends_core::step::{EventEdit, UserEdit};
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::{Delivery, Profile, SimReply, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const SKEW_MS: i64 = 600_000;

/// An origin, mirrored from the first calendar to the second, from where edits go back.
fn mirrored(level: DetailLevel, on_conflict: OnConflict) -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let on_edit = OnEdit::Propagate;
    let options = EdgeOptions { level, on_edit, on_conflict, ..EdgeOptions::default() };
    let _edge = world.edge_with(0, 1, options);
    world.settle();
    (world, history)
}

/// A person whose clock differs by `skew` edits the origin or, in the second calendar, the mirror.
fn edit(world: &Memory, history: &History, place: usize, skew: i64, (from, to): (&str, &str)) {
    let name = match place {
        0 => "person-a.ics".to_owned(),
        _ => history.ours(world, place).into_keys().next().unwrap(),
    };
    let path = world.path(place).unwrap();
    let now = world.clock.now().as_millis() + skew;
    let change = |text: String| text.replace(from, to);
    assert_eq!(world.http.sim().person(now).edit(&path, &name, change), Ok(()));
}

fn text(world: &Memory, history: &History, place: usize) -> String {
    match place {
        0 => world.http.sim().resources(&world.path(0).unwrap())["person-a.ics"].clone(),
        _ => history.ours(world, place).into_values().next().unwrap(),
    }
}

/// What makes it hard to tell who wrote what, and when.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    /// By how much the clock of whoever edits the origin is off, in milliseconds.
    of_origin: i64,
    /// The same where the mirror is edited.
    of_mirror: i64,
    /// What becomes of the first writes: they are stored though the answer is lost, or says that the
    /// server failed; or they are neither stored nor answered.
    fault: &'static str,
}

impl Trouble {
    fn all() -> impl Iterator<Item = Self> {
        let skews = [(SKEW_MS, -SKEW_MS), (-SKEW_MS, SKEW_MS), (0, 0)];
        skews.into_iter().flat_map(|(of_origin, of_mirror)| {
            ["C41", "C41-500", "X4"].map(|fault| Self { of_origin, of_mirror, fault })
        })
    }

    fn settle(self, world: &Memory) {
        world.http.sim().clear_log();
        for method in ["PUT", "DELETE"] {
            assert!(world.http.sim().plan(method, "*", When::First(2), self.fault));
        }
        let _lost = world.sync();
        let is_lost =
            |reply: &SimReply| reply.status == 500 || reply.delivery != Delivery::Complete;
        assert!(world.http.sim().log().iter().any(|logged| is_lost(&logged.reply)), "{self:?}");
        world.http.sim().faults_mut().clear();
        world.clock.advance_millis(3_600_000);
        world.settle();
    }
}

/// Catches a merge that goes by clocks or by whole objects, a conflict whose loser is nowhere, and
/// an edit of a redacted mirror that writes over what the mirror did not show; also where a write was
/// taken though its answer was lost or spoke of an error.
#[test]
fn pitfall_24_no_edit_vanishes_whoever_made_it_when() {
    for trouble in Trouble::all() {
        for policy in [OnConflict::LastSeen, OnConflict::Origin, OnConflict::Mirror] {
            disjoint_fields_both_hold(policy, trouble);
            the_loser_can_be_brought_back(policy, trouble);
        }
        a_moved_busy_mirror_moves_its_origin_and_nothing_else(trouble);
    }
}

/// Catches an edit of a mirror that is gone with its origin, which somebody deleted meanwhile: nowhere
/// to be seen, and nowhere to be brought back from.
#[test]
fn pitfall_24_an_edit_of_a_mirror_outlives_the_deletion_of_its_origin() {
    for trouble in Trouble::all() {
        let (world, history) = mirrored(DetailLevel::Full, OnConflict::LastSeen);
        edit(&world, &history, 1, trouble.of_mirror, ("SUMMARY:Dentist", "SUMMARY:Barber"));
        let path = world.path(0).unwrap();
        let now = world.clock.now().as_millis() + trouble.of_origin;
        assert_eq!(world.http.sim().person(now).delete(&path, "person-a.ics"), Ok(()));
        trouble.settle(&world);
        let held = [0, 1].map(|place| world.http.sim().resources(&world.path(place).unwrap()));
        let is_there = held.iter().all(|all| all.values().any(|text| text.contains("Barber")));
        let mut journal = world.store.journal(world.keys.graph).into_iter();
        let is_kept = journal.any(|(_, payload)| {
            let said = payload.map(|it| String::from_utf8_lossy(&it.0).into_owned());
            said.is_some_and(|said| said.contains("\"lost:") && said.contains("Barber"))
        });
        assert!(is_there || is_kept, "{held:?}");
        assert_eq!(held[0].len(), held[1].len(), "both sides say the same: {held:?}");
    }
}

fn disjoint_fields_both_hold(policy: OnConflict, trouble: Trouble) {
    let (world, history) = mirrored(DetailLevel::Full, policy);
    edit(&world, &history, 0, trouble.of_origin, ("SUMMARY:Dentist", "SUMMARY:Surgeon"));
    edit(&world, &history, 1, trouble.of_mirror, ("notes of Dentist", "bring the card"));
    trouble.settle(&world);
    for place in [0, 1] {
        let text = text(&world, &history, place);
        assert!(text.contains("SUMMARY:Surgeon") && text.contains("bring the card"), "{text}");
    }
}

fn the_loser_can_be_brought_back(policy: OnConflict, trouble: Trouble) {
    let (world, history) = mirrored(DetailLevel::Full, policy);
    edit(&world, &history, 0, trouble.of_origin, ("SUMMARY:Dentist", "SUMMARY:Surgeon"));
    edit(&world, &history, 1, trouble.of_mirror, ("SUMMARY:Dentist", "SUMMARY:Barber"));
    trouble.settle(&world);
    let (of_origin, of_mirror) = ("SUMMARY:Surgeon", "SUMMARY:Barber");
    let origin_won = match policy {
        OnConflict::Origin => true,
        OnConflict::Mirror => false,
        // Which of the two was read last.
        OnConflict::LastSeen => text(&world, &history, 0).contains(of_origin),
    };
    let (won, lost) = if origin_won { (of_origin, of_mirror) } else { (of_mirror, of_origin) };
    for place in [0, 1] {
        let text = text(&world, &history, place);
        assert!(text.contains(won), "{policy:?}: {text}");
    }
    let title = lost.trim_start_matches("SUMMARY:");
    let holds = |payload: &Payload| {
        let said = String::from_utf8_lossy(&payload.0);
        said.contains("\"lost:") && said.contains(title)
    };
    let mut entries = world.store.journal(world.keys.graph).into_iter();
    let entry = entries.rfind(|(_, payload)| payload.as_ref().is_some_and(holds));
    world.author(UserEdit::Restore { entry: entry.unwrap().0.seq });
    world.settle();
    let text = text(&world, &history, 0);
    assert!(text.contains(lost), "{policy:?}: {text}");
}

fn a_moved_busy_mirror_moves_its_origin_and_nothing_else(trouble: Trouble) {
    let (world, history) = mirrored(DetailLevel::Busy, OnConflict::LastSeen);
    edit(&world, &history, 1, trouble.of_mirror, ("T090000Z", "T110000Z"));
    trouble.settle(&world);
    let text = text(&world, &history, 0);
    let kept = ["T110000Z", "SUMMARY:Dentist", "notes of Dentist"];
    assert!(kept.iter().all(|said| text.contains(said)), "{text}");
}

/// Catches a conflict that the journal calls an edit of a mirror like any other.
#[test]
fn the_journal_calls_a_conflict_one() {
    let (world, history) = mirrored(DetailLevel::Full, OnConflict::Mirror);
    edit(&world, &history, 0, 0, ("SUMMARY:Dentist", "SUMMARY:Surgeon"));
    edit(&world, &history, 1, 0, ("SUMMARY:Dentist", "SUMMARY:Barber"));
    world.settle();
    let entries = world.store.journal(world.keys.graph);
    let conflicts = entries.iter().filter(|(entry, _)| entry.cause.what == CauseKind::Conflict);
    assert_eq!(conflicts.count(), 1, "{entries:?}");
}

/// Catches what a person asked for and their server refused, and which is nowhere once an edit of a mirror
/// takes its place; that edit, of which nobody knows any more whose it was; and a second loser of the same
/// edit that the first one cannot be had without.
#[test]
fn what_was_given_up_can_be_brought_back_once_a_mirror_took_its_place() {
    for (is_changed, lost) in [(false, "Surgeon"), (true, "Surgeon"), (true, "Concert")] {
        let (world, history) = given_up(is_changed);
        let edge = world.config().edges.keys().next().copied();
        assert!(text(&world, &history, 0).contains("SUMMARY:Barber"));
        let holds = |payload: &Payload| {
            let said = String::from_utf8_lossy(&payload.0);
            said.contains("\"lost:presence") && said.contains(lost)
        };
        let mut entries = world.store.journal(world.keys.graph).into_iter();
        let is_conflict = |entry: &Entry| entry.cause.what == CauseKind::Conflict;
        let lost_in = entries
            .rfind(|(entry, payload)| is_conflict(entry) && payload.as_ref().is_some_and(holds));
        let (entry, _) = lost_in.unwrap();
        assert_eq!(entry.cause.edge, edge, "undo finds it by its edge");
        world.author(UserEdit::Restore { entry: entry.seq });
        world.settle();
        assert!(text(&world, &history, 0).contains(&format!("SUMMARY:{lost}")), "{lost}");
    }
}

/// A mirror that was edited while a change of its origin rests that the origin's server refuses; where so
/// asked, after its people had changed the origin, which the mirror did not show yet.
fn given_up(is_changed: bool) -> (Memory, History) {
    let (world, history) = mirrored(DetailLevel::Full, OnConflict::LastSeen);
    if is_changed {
        edit(&world, &history, 0, 0, ("SUMMARY:Dentist", "SUMMARY:Concert"));
        assert!(world.http.sim().plan("PUT", "*", When::Always, "C40-503"));
        let _failed = world.sync();
        world.http.sim().faults_mut().clear();
    }
    let (event, calendar, presence) = found(&world);
    let mut body = presence.body;
    "Surgeon".clone_into(&mut body.content.title);
    let want = Some(Box::new(body));
    let asked = EventEdit { event, calendar, base: None, want, may_notify: false };
    assert!(world.http.sim().plan("PUT", "*person-a.ics", When::Always, "C39"));
    if is_changed {
        assert!(world.http.sim().plan("PUT", "*", When::Always, "C40-503"));
    }
    world.author(UserEdit::ChangeEvent(asked));
    let _refused = world.sync();
    assert!(found(&world).2.pending.is_some_and(|pending| pending.parked.is_some()));
    world.http.sim().faults_mut().clear();
    edit(&world, &history, 1, 0, ("SUMMARY:Dentist", "SUMMARY:Barber"));
    world.clock.advance_millis(3_600_000);
    world.settle();
    (world, history)
}

/// The event, the calendar that holds it, and how.
fn found(world: &Memory) -> (EventId, CalendarId, Presence) {
    let mut rows = world.store.rows(world.keys.graph).into_values();
    rows.find_map(|row| {
        let Row::Presence(event, calendar, presence) = row else { return None };
        Some((event, calendar, *presence))
    })
    .unwrap()
}
