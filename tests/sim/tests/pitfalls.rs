//! What goes wrong in calendar sync elsewhere, by the numbers of the collected pitfalls.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::common::{at_rest, everything, furnished, origin, parked, plan, settled, small};
use kalends_core::mirror::ParkReason;
use kalends_core::ports::{Clock, GraphStore as _};
use kalends_core::read;
use kalends_core::slice::ReadSet;
use kalends_driver::FailAt;
use kalends_oracle::{Exception, Level, Origin};
use kalends_sim_tests::{CaldavSite, History, Member, Random, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Logged, Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// Far more commits and requests than a first sync of eight calendars makes.
const POINTS_MAX: u64 = 1_200;

/// How many requests of a method were sent since the log was cleared.
fn sent(world: &Memory, method: &str) -> usize {
    world.http.sim().log().iter().filter(|logged| logged.request.method == method).count()
}

/// A person's client works at the calendar of a place.
fn edit(world: &Memory, place: usize, name: &str, change: impl FnOnce(String) -> String) {
    let path = world.path(place).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).edit(&path, name, change), Ok(()));
}

/// Whether the calendar of a place is recorded as one that could not be read.
fn is_failing(world: &Memory, place: usize) -> bool {
    let scope = world.calendar(place).into();
    let want = ReadSet { cursors: [scope].into(), ..ReadSet::default() };
    let slice = block_on(world.store.load(world.keys.graph, &want));
    let cursor = slice.as_ref().ok().and_then(|slice| slice.cursor(&scope).ok());
    cursor.and_then(Option::as_ref).is_some_and(|cursor| cursor.failing.is_some())
}

/// Catches deleting what a listing did not show: empty, failed, cut and short answers; and a calendar
/// that could not be read, and of which neither the sync nor its own record says so.
#[test]
fn pitfall_01_a_short_answer_deletes_nothing() {
    let faults =
        ["C8-403", "C8-404", "C10-truncated", "C11-empty", "C11-response", "C26-omit", "C6", "X3"];
    for fault in faults {
        // In a report of changes a response that says 404 is a deletion by the book.
        let says_deleted = |method: &&str| fault == "C11-response" && *method == "REPORT";
        for method in ["REPORT", "PROPFIND"].into_iter().filter(|method| !says_deleted(method)) {
            let (world, mut history) = settled();
            history.put(&world, "person-z.ics", origin(0, "z", "Changes", 16));
            at_rest(&world, &history);
            let before = everything(&world);
            plan(&world, method, "*/cal0/*", When::Always, fault);
            let path = world.path(0).unwrap_or_default();
            for round in 0..3 {
                // Without a change nobody would look.
                let title = format!("Changed {round}");
                history.put(&world, "person-z.ics", origin(0, "z", &title, 16));
                world.http.sim().expire_tokens(&path);
                let met = world.http.sim().faults_mut().rules()[0].1;
                let faulty = world.sync();
                let is_met = world.http.sim().faults_mut().rules()[0].1 > met;
                let is_said = !faulty.failures.is_empty();
                assert!(is_met, "{fault} at {method}: nobody asked");
                assert_eq!(is_failing(&world, 0), is_said, "{fault} at {method}: {faulty:?}");
                // Who is told nothing of use asks in another way, or says that it cannot read.
                let lies = fault.starts_with("C11");
                assert!(lies || is_said || faulty.updated > 0, "{fault} at {method}: {faulty:?}");
                world.clock.advance_millis(86_400_000);
            }
            assert_eq!(sent(&world, "DELETE"), 0, "{fault} at {method}");
            assert_eq!(everything(&world), before, "{fault} at {method}");
            world.http.sim().faults_mut().clear();
            history.put(&world, "person-e.ics", origin(0, "e", "Later", 15));
            at_rest(&world, &history);
        }
    }
}

/// Catches deleting or writing an object whose mark a person took away. In random histories, by the
/// thousand in `cargo xtask sim`, `check_wire` holds the same of every write.
#[test]
fn pitfall_02_a_mirror_without_its_mark_is_a_persons() {
    let (world, mut history) = settled();
    let (name, text) = history.ours(&world, 1).pop_first().unwrap_or_default();
    let mark = text.lines().find(|line| line.starts_with("X-KALENDS-MARK"));
    let unmarked = text.replace(&format!("{}\r\n", mark.unwrap_or_default().trim_end()), "");
    assert_ne!(text, unmarked);
    edit(&world, 1, &name, |_| unmarked.clone());
    world.settle();
    for origin in ["person-a.ics", "person-b.ics"] {
        history.delete(&world, 0, origin);
    }
    world.settle();
    let path = world.path(1).unwrap_or_default();
    assert_eq!(world.http.sim().resources(&path).get(&name), Some(&unmarked));
}

/// Catches mirrors of mirrors: chains, circles and fork bombs; from the first sync on, and after any
/// edits.
#[test]
fn pitfall_03_every_calendar_onto_every_other_makes_no_mirror_of_a_mirror() {
    for calendars in 2..=8 {
        let owners: Vec<usize> = (0..calendars).map(|n| n % 2).collect();
        let world: Memory = World::new(Profile::plain(), 3, &owners);
        let mut history = History::default();
        for place in 0..calendars {
            let uid = format!("event{place}");
            history.put(&world, &format!("person{place}.ics"), origin(place, &uid, &uid, 10));
            for to in (0..calendars).filter(|to| *to != place) {
                history.edges.push(world.edge(place, to, Level::Full));
            }
        }
        let all = (calendars * (calendars - 1)) as u64;
        // Mirrors of mirrors have no end: nobody waits for it.
        let ended = Arc::new(FailAt::new(Some(POINTS_MAX)));
        let first = block_on(world.driver_failing(ended).sync(&world.keys, &world.options()));
        let made = first.map(|report| report.created);
        assert!(made.is_ok(), "{calendars} calendars come to no rest: {made:?}");
        let made = made.unwrap_or_default();
        assert!(made <= all, "{made} mirrors for {calendars} events");
        assert_eq!(made + world.settle(), all);
        at_rest(&world, &history);
        let mut random = Random::new(calendars as u64);
        for place in 0..calendars {
            let (uid, n) = (format!("event{place}"), random.below(4));
            let name = format!("person{place}.ics");
            match n {
                0 => history.delete(&world, place, &name),
                1 => history.put(&world, "person-more.ics", origin(place, "more", "More", 12)),
                2 => history.put(&world, &name, origin(place, &uid, "Renamed", 10)),
                _ => history.carry(&world, place, &name, (place + 1) % calendars),
            }
        }
        at_rest(&world, &history);
        let held = (0..calendars).map(|place| history.ours(&world, place).len()).sum::<usize>();
        let events = history.origins.values().map(|origin| &origin.uid).collect::<BTreeSet<_>>();
        let shown = events.into_iter().map(|uid| {
            let of_it = history.origins.values().filter(|origin| origin.uid == *uid);
            calendars - of_it.count()
        });
        assert_eq!(held, shown.sum::<usize>(), "each event is in each calendar once");
    }
}

/// Catches taking a copied or moved mirror for the mirror, and deleting the origin with it.
#[test]
fn pitfall_04_a_copied_or_moved_mirror_is_not_the_mirror() {
    let (world, mut history) = settled();
    let names: Vec<String> = history.ours(&world, 1).into_keys().collect();
    let (from, to) = (world.path(1).unwrap_or_default(), world.path(0).unwrap_or_default());
    let now = world.clock.now().as_millis();
    let mut sim = world.http.sim();
    let mut person = sim.person(now);
    assert_eq!(person.duplicate(&from, &names[0], &from, "person-copy.ics"), Ok(()));
    assert_eq!(person.move_to(&from, &names[1], &to), Ok(()));
    let copy = sim.resources(&from)["person-copy.ics"].clone();
    drop(sim);
    let copied = kalends_sim_tests::origin(&copy, 1);
    history.origins.insert((1, "person-copy.ics".to_owned()), copied);
    history.strays.insert((0, names[1].clone()));
    at_rest(&world, &history);
}

/// A server that cuts titles.
fn cutting() -> Profile {
    let mut profile = Profile::plain();
    profile.name = "cutting";
    profile.storage.rewrite.title_chars_max = Some(4);
    profile
}

/// Catches comparing what was sent with what the server made of it.
#[test]
fn pitfall_05_servers_that_rewrite_come_to_rest() {
    // Xandikos shows one principal to everyone; the bare server makes no overlays.
    let fits = |profile: &Profile| !["xandikos", "bare"].contains(&profile.name);
    for profile in Profile::all().into_iter().filter(fits).chain([cutting()]) {
        let name = profile.name;
        let (world, history) = small::<MemoryStore>(profile);
        let first = world.sync();
        assert!(first.passes <= 2, "{name}: {first:?}");
        world.settle();
        for _ in 0..100 {
            let report = world.sync();
            let wrote = report.created + report.updated + report.deleted;
            assert_eq!(wrote, 0, "{name}");
            world.clock.advance_millis(3_600_000);
        }
        for (place, mirrors) in [(0, 2), (1, 2), (3, 2)] {
            assert_eq!(history.ours(&world, place).len(), mirrors, "{name}, place {place}");
        }
        let violations = world.http.sim().violations().to_vec();
        assert!(violations.is_empty(), "{name}: {violations:?}");
    }
}

/// People whose homes have an at sign in their paths, at a server that percent-encodes it in all that
/// it says.
fn encoded() -> (Memory, History) {
    let caldav = CaldavSite::new(Profile::plain(), 6);
    let member = |user| -> Member { (Arc::new(caldav.clone()), user) };
    let members = ["alice@example.com", "bob@example.com"].map(member).to_vec();
    let (world, history) = furnished(World::of(caldav, Vec::new(), members, 6, &[0, 1]));
    plan(&world, "*", "*", When::Always, "C12-encoded");
    at_rest(&world, &history);
    let said = |logged: &Logged| String::from_utf8_lossy(&logged.reply.body).contains("%40");
    assert!(world.http.sim().log().iter().any(said), "it does encode it");
    world.http.sim().clear_log();
    (world, history)
}

/// Catches changing a mirror by deleting it and making another, also where the server spells its
/// path otherwise than it was sent.
#[test]
fn pitfall_06_a_new_title_is_one_put_to_the_same_place() {
    for (world, mut history) in [settled(), encoded()] {
        let uids = |history: &History| -> Vec<String> {
            let ours = (0..4).flat_map(|place| history.ours(&world, place).into_values());
            let line =
                |text: String| text.lines().find(|it| it.starts_with("UID")).map(str::to_owned);
            ours.filter_map(line).collect()
        };
        let (before, named) = (everything(&world), uids(&history));
        assert_eq!(named.len(), 6);
        history.put(&world, "person-c.ics", origin(1, "c", "New title", 12));
        world.sync();
        assert_eq!(["PUT", "DELETE", "POST"].map(|method| sent(&world, method)), [1, 0, 0]);
        assert_eq!((everything(&world), uids(&history)), (before, named));
        at_rest(&world, &history);
    }
}

/// How many requests were refused since the log was cleared.
fn refused(world: &Memory) -> usize {
    world.http.sim().log().iter().filter(|logged| logged.reply.status == 403).count()
}

/// Catches trying for ever what is refused for good, giving up without a reason, and giving up more
/// than the one object that is refused.
#[test]
fn pitfall_07_what_is_refused_for_good_is_given_up() {
    let (world, mut history) = settled();
    let path = world.path(1).unwrap_or_default();
    let ours = history.ours(&world, 1).into_iter();
    let (name, _) = ours.rev().find(|(_, text)| text.contains("Dentist")).unwrap_or_default();
    plan(&world, "PUT", &format!("{path}{name}"), When::Always, "C37");
    history.put(&world, "person-a.ics", origin(0, "a", "Refused", 15));
    history.put(&world, "person-e.ics", origin(0, "e", "Taken", 15));
    for _ in 0..40 {
        let _refused = world.sync();
        world.clock.advance_millis(6 * 3_600_000);
    }
    let tried = refused(&world);
    assert!((1..=12).contains(&tried), "tried {tried} times");
    assert_eq!((sent(&world, "PUT"), sent(&world, "DELETE")), (tried + 3, 0));
    assert_eq!(parked(&world), [ParkReason::Forbidden]);
    let why = read::parked(ParkReason::Forbidden);
    assert!(why.text.contains("shared for writing, then retry"), "{why:?}");
    let shown: Vec<String> =
        history.mirrors(&world, 1).into_iter().map(|mirror| mirror.title).collect();
    assert_eq!(shown, ["Dentist", "Lunch", "Taken"]);
}

/// Catches a refusal that outlives the right to write, whether the calendar had said that there was
/// none or not; and one that is tried again while nothing has changed.
#[test]
fn pitfall_07_what_was_refused_is_written_once_it_may_be() {
    for says_so in [true, false] {
        let (world, mut history) = settled();
        let path = world.path(1).unwrap_or_default();
        let may_write = |may: bool| {
            let now = world.clock.now().as_millis();
            assert_eq!(world.http.sim().person(now).set_read_only(&path, !may), Ok(()));
        };
        let rests_as = |why: ParkReason| {
            for _ in 0..20 {
                let _refused = world.sync();
                world.clock.advance_millis(6 * 3_600_000);
            }
            assert_eq!((refused(&world), parked(&world)), (3, vec![why; 3]), "{says_so}");
        };
        if says_so {
            may_write(false);
        } else {
            plan(&world, "PUT", "*/cal1/*", When::Always, "C37");
            plan(&world, "DELETE", "*/cal1/*", When::Always, "C37");
        }
        history.put(&world, "person-a.ics", origin(0, "a", "Changed", 20));
        history.delete(&world, 0, "person-b.ics");
        history.put(&world, "person-e.ics", origin(0, "e", "New", 15));
        if !says_so {
            rests_as(ParkReason::Forbidden);
            world.http.sim().faults_mut().clear();
            may_write(false);
        }
        rests_as(ParkReason::ReadOnly);
        may_write(true);
        at_rest(&world, &history);
    }
}

/// Catches mailing, inviting and reminding people because of a mirror that is made, changed,
/// mended or taken back.
#[test]
fn pitfall_08_nobody_hears_of_mirrors() {
    let world: Memory = World::new(Profile::plain(), 3, &[0, 1, 1]);
    let mut history = History::default();
    let meeting = |title: &str| Origin { invited: true, ..origin(0, "m", title, 10) };
    history.put(&world, "person-m.ics", meeting("Board"));
    history.edges.push(world.edge(0, 1, Level::Full));
    history.edges.push(world.edge(0, 2, Level::Busy));
    let silent = |history: &History| {
        for text in [1, 2].into_iter().flat_map(|place| history.ours(&world, place).into_values()) {
            for loud in ["ATTENDEE", "ORGANIZER", "VALARM", "mailto:"] {
                assert!(!text.contains(loud), "{text}");
            }
        }
        assert!(world.http.sim().mail().is_empty());
    };
    at_rest(&world, &history);
    assert_eq!(history.ours(&world, 1).len() + history.ours(&world, 2).len(), 2);
    silent(&history);
    history.put(&world, "person-m.ics", meeting("Board moved"));
    at_rest(&world, &history);
    silent(&history);
    let name = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    edit(&world, 1, &name, |text| text.replace("SUMMARY:Board moved", "SUMMARY:Hacked"));
    at_rest(&world, &history);
    silent(&history);
    history.delete(&world, 0, "person-m.ics");
    at_rest(&world, &history);
    silent(&history);
}

/// The text of a series with one more instance, which was cancelled without an exclusion.
fn cancelled(text: &str, original: &str) -> String {
    let excluded = format!("EXDATE:{original}\r\n");
    assert!(text.contains(&excluded), "{text}");
    let uid = text.lines().find(|line| line.starts_with("UID:")).unwrap_or_default();
    let instance = format!(
        "BEGIN:VEVENT\r\n{uid}\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:{original}\r\n\
         DTSTART:{original}\r\nDURATION:PT1H\r\nSTATUS:CANCELLED\r\nSUMMARY:Stand-up\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    text.replace(&excluded, "").replace("END:VCALENDAR\r\n", &instance)
}

/// Catches losing, shifting and doubling instances that were moved or given another title, and
/// showing those that were excluded or cancelled.
#[test]
fn pitfall_11_changed_instances_are_mirrored_as_they_are() {
    let (world, mut history) = settled();
    let mut series = origin(0, "s", "Stand-up", 15);
    series.rule = "FREQ=DAILY;COUNT=8".to_owned();
    for (day, start, title) in [
        (16, "20260616T110000Z", "Stand-up"),
        (17, "20260617T090000Z", "Demo"),
        (18, "20260619T090000Z", "Stand-up"),
    ] {
        let original = format!("202606{day}T090000Z");
        series.exceptions.push(Exception {
            original,
            start: start.to_owned(),
            title: title.to_owned(),
            private: false,
        });
    }
    history.put(&world, "person-s.ics", series.clone());
    at_rest(&world, &history);
    series.excluded = ["20260620T090000Z", "20260621T090000Z"].map(str::to_owned).to_vec();
    history.put(&world, "person-s.ics", series.clone());
    at_rest(&world, &history);
    let at_full = history.ours(&world, 1);
    // Cancelled in one way or the other: what a mirror shows is the same.
    edit(&world, 0, "person-s.ics", |text| cancelled(&text, "20260621T090000Z"));
    assert_eq!((world.settle(), history.ours(&world, 1)), (0, at_full));
    for mirror in [1, 3].into_iter().flat_map(|place| history.mirrors(&world, place)) {
        assert!(mirror.rule.is_empty() || mirror.excluded == series.excluded, "{mirror:?}");
    }
    series.exceptions.remove(0);
    series.excluded.remove(1);
    history.put(&world, "person-s.ics", series);
    at_rest(&world, &history);
}

/// Catches joining or losing events that share a UID across accounts.
#[test]
fn pitfall_21_one_meeting_in_two_accounts_outlives_one_of_its_copies() {
    let (world, mut history) = settled();
    history.put(&world, "person-m.ics", origin(0, "m", "Meeting", 20));
    history.put(&world, "person-n.ics", origin(1, "m", "Meeting", 20));
    at_rest(&world, &history);
    history.delete(&world, 0, "person-m.ics");
    at_rest(&world, &history);
    let path = world.path(1).unwrap_or_default();
    assert!(world.http.sim().resources(&path).contains_key("person-n.ics"));
}

/// Catches making a mirror anew under an id that the server keeps taken.
#[test]
fn pitfall_22_deleted_ids_that_stay_taken_are_not_used_again() {
    for fault in ["C36-400", "C36-403"] {
        let (world, mut history) = settled();
        plan(&world, "PUT", "*", When::Always, fault);
        for place in [0, 1, 3] {
            let path = world.path(place).unwrap_or_default();
            let now = world.clock.now().as_millis();
            for name in history.ours(&world, place).into_keys() {
                assert_eq!(world.http.sim().person(now).delete(&path, &name), Ok(()));
            }
        }
        at_rest(&world, &history);
        history.delete(&world, 0, "person-a.ics");
        at_rest(&world, &history);
        history.put(&world, "person-a2.ics", origin(0, "a", "Back", 21));
        at_rest(&world, &history);
    }
}
