//! What holds after every history.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{CalendarId, RunId};
use kalends_core::journal::{CauseKind, Entry, Head};
use kalends_core::mirror::{MirrorMode, PartStatus};
use kalends_core::plan::{Row, RowKey};
use kalends_core::wire;
use kalends_testkit::lint;
use sha2::{Digest, Sha256};

use crate::check::Check;
use crate::history::History;
use crate::keep::Keep;
use crate::replay::{Rows, replay};
use crate::secrets::check_secrets;
use crate::site::Site;
use crate::world::{QUIET_EACH, World};

/// How many requests a write, or one thing that happens, may cost.
const REQUESTS_EACH: u64 = 6;

/// Nothing was sent that a careful client does not send, nobody got mail, and nothing was written
/// to an object that people made or carried away, but for what their own edits of mirrors ask for
/// (L4, L5, L7, L13).
pub fn check_wire<S: Keep>(world: &World<S>, history: &History) {
    let mut wrong: Vec<String> = world.http.sites().flat_map(Site::violations).collect();
    let paths = |keys: &BTreeSet<(usize, String)>| -> BTreeSet<(String, String)> {
        keys.iter().map(|(place, name)| (world.calendars[*place].1.clone(), name.clone())).collect()
    };
    let (told, written) = (paths(&history.talk.told), paths(&history.talk.written));
    let strays: BTreeSet<(String, String)> = paths(&history.strays);
    for site in world.http.sites() {
        let unasked = site.mailed().into_iter().filter(|object| !told.contains(object));
        wrong.extend(unasked.map(|object| format!("mail for {object:?}")));
        let objects = site.written();
        world.judged.add(Check::Wire, objects.len() as u64);
        let unasked = objects.into_iter().filter(|object| {
            let theirs = object.1.starts_with("person") || strays.contains(object);
            theirs && !written.contains(object)
        });
        wrong.extend(unasked.map(|object| format!("{object:?} is written")));
    }
    wrong.extend(fallen(world));
    Check::Wire.all_right(&wrong);
}

/// The calendars of people that are not there any more: nobody but they may take one away.
fn fallen<S: Keep>(world: &World<S>) -> impl Iterator<Item = String> {
    let calendars = world.calendars.iter().enumerate();
    let fallen = calendars.filter(|(place, (_, path))| !world.site(*place).stands(path));
    fallen.map(|(_, (_, path))| format!("the calendar {path} is deleted"))
}

/// There were no more writes of any object, and no more requests, than what happened asks for (L9).
pub(crate) fn check_budgets<S: Keep>(world: &World<S>) {
    let causes = world.judged.causes();
    let mut wrong = Vec::new();
    let mut all = 0;
    for site in world.http.sites() {
        let mut wrote: BTreeMap<(String, String), usize> = BTreeMap::new();
        for object in site.written() {
            *wrote.entry(object).or_default() += 1;
        }
        all += wrote.values().sum::<usize>();
        for ((calendar, name), wrote) in wrote {
            let Some(place) = world.place(&calendar) else { continue };
            let most = site.writes_each() * (1 + causes.of(place, &name));
            if wrote > most {
                wrong.push(format!("{wrote} writes of {place}/{name}: {most} at most are due"));
            }
        }
    }
    world.judged.add(Check::Writes, all as u64);
    Check::Writes.all_right(&wrong);
    let quiet = QUIET_EACH * (world.accounts.len() + world.places()) as u64;
    let most = world.workers() * quiet + REQUESTS_EACH * (all + causes.all()) as u64;
    let asked = world.http.requests();
    world.judged.add(Check::Requests, 1 + asked);
    let wrong = (asked > most).then(|| format!("{asked} requests, and {most} at most are due"));
    Check::Requests.all_right(wrong.as_slice());
}

/// The recorded events are what people hold (L10).
pub(crate) fn check_recorded<S: Keep>(world: &World<S>, history: &History) {
    world.judged.add(Check::Store, 1 + history.origins.len() as u64);
    Check::Store.all_right(&history.unfaithful(world));
}

/// What was wrong while it was lived (L4, L16).
pub(crate) fn check_meanwhile<S: Keep>(world: &World<S>) {
    if let Some((check, what)) = world.judged.wrong().first() {
        check.all_right(std::slice::from_ref(what));
    }
    check_secrets(world);
}

/// The rows are in order, and nothing waits (L1, L8).
pub fn check_rows<S: Keep>(world: &World<S>) {
    let wrong = world.store.look(world.keys.graph, |rows| {
        world.judged.add(Check::Rows, rows.len() as u64);
        [lint::always(rows), lint::at_rest(rows)].concat()
    });
    Check::Rows.all_right(&wrong);
}

/// The rows are in order, whatever waits.
pub(crate) fn check_rows_on_the_way<S: Keep>(world: &World<S>) {
    let wrong = world.store.look(world.keys.graph, |rows| {
        world.judged.add(Check::Rows, rows.len() as u64);
        lint::always(rows)
    });
    Check::Rows.all_right(&wrong);
}

/// The chain of the journal holds, and its replay gives the recorded rows (L11).
pub fn check_journal<S: Keep>(world: &World<S>) {
    let (mut head, mut replayed) = (Head::default(), Rows::new());
    let mut breaker = Breaker::default();
    let mut wrong = Vec::new();
    let journal = world.store.journal(world.keys.graph);
    for (entry, payload) in &journal {
        let payload = payload.as_ref().expect("no payload was erased");
        let is_next = entry.seq == head.seq + 1 && entry.hash == entry.link(&head.hash);
        let is_whole = entry.payload_hash == <[u8; 32]>::from(Sha256::digest(&payload.0));
        if !is_next || !is_whole || payload.0 == b"[]" {
            wrong.push(format!("{entry:?} is out of order, or changes nothing"));
        }
        let held = breaker.before(entry, &replayed);
        replay(payload, &mut replayed);
        breaker.after(entry, held, &replayed);
        head = entry.head();
    }
    world.judged.add(Check::Journal, head.seq);
    world.judged.add(Check::Breaker, breaker.released.len() as u64);
    Check::Breaker.all_right(&breaker.wrong());
    let mut differ = world.store.look(world.keys.graph, |rows| {
        let recorded = rows.iter().filter(|(key, _)| is_recorded(key));
        let other = recorded.filter_map(|(key, row)| {
            let name = wire::key(key);
            let replayed = replayed.remove(name.as_str());
            (!replayed.is_some_and(|replayed| replayed.is(row))).then_some(name)
        });
        other.collect::<Vec<_>>()
    });
    differ.extend(replayed.into_keys().map(Cow::into_owned));
    if !differ.is_empty() {
        wrong.push(format!("its replay gives other rows than are recorded: {differ:?}"));
    }
    Check::Journal.all_right(&wrong);
}

/// Up to this many deletions of a calendar need no word of a person, whatever their share.
const FEW: usize = 10;
/// Nor up to this share of what it holds.
const SHARE_PERCENT: usize = 30;

/// Origins that went out of a calendar in one run, by the journal alone (L7).
#[derive(Default)]
struct Breaker {
    /// How many, of how many that the run saw there, and whether a person had said yes.
    released: BTreeMap<(RunId, CalendarId), (usize, usize, bool)>,
}

impl Breaker {
    /// How many origins the calendar of a release holds before it.
    fn before(&self, entry: &Entry, rows: &Rows<'_>) -> Option<usize> {
        let calendar = entry.cause.calendar.filter(|_| entry.cause.what == CauseKind::Released)?;
        Some(held(rows, calendar))
    }

    fn after(&mut self, entry: &Entry, held_before: Option<usize>, rows: &Rows<'_>) {
        let Some((calendar, before)) = entry.cause.calendar.zip(held_before) else { return };
        let now = held(rows, calendar);
        let one = self.released.entry((entry.run, calendar)).or_insert((0, before, false));
        one.0 += before.saturating_sub(now);
        // What came meanwhile counts for those that are there.
        one.1 = one.1.max(now + one.0);
        one.2 |= rows.contains_key(wire::key(&RowKey::Review(calendar)).as_str());
    }

    fn wrong(&self) -> Vec<String> {
        let unseen = self.released.iter().filter(|(_, (gone, of, approved))| {
            !approved && *gone > FEW && gone * 100 > of * SHARE_PERCENT
        });
        unseen
            .map(|((run, calendar), (gone, of, _))| {
                format!("{gone} of {of} origins went out of {calendar} unseen in {run}")
            })
            .collect()
    }
}

fn held(rows: &Rows<'_>, calendar: CalendarId) -> usize {
    let of_it = format!("/{calendar}");
    let presences = rows.range(Cow::Borrowed("presence/")..).map(|(key, _)| key);
    presences
        .take_while(|key| key.starts_with("presence/"))
        .filter(|key| key.ends_with(&of_it))
        .count()
}

/// Mirrors that are not simply kept, and parts that are not settled, for whoever looks.
pub fn unsettled<S: Keep>(world: &World<S>) -> Vec<String> {
    let rows = world.store.look(world.keys.graph, BTreeMap::clone);
    let is_unsettled = |row: &Row| match row {
        Row::Mirror(_, _, mirror) => mirror.mode != MirrorMode::Kept,
        Row::Part(_, _, part) => part.status != PartStatus::Settled || part.gone.is_some(),
        Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Review(_)
        | Row::Rule(..)
        | Row::Hold(_)
        | Row::Session(_)
        | Row::Event(_)
        | Row::Presence(..)
        | Row::Aside(_)
        | Row::Object(..)
        | Row::Sweep(..)
        | Row::Cursor(..)
        | Row::Run(_)
        | Row::Meeting(_)
        | Row::Received(..)
        | Row::Watch(..)
        | Row::Health(..) => false,
    };
    let rows = rows.into_values();
    rows.filter(is_unsettled).map(|row| format!("{row:?}")).collect()
}

const fn is_recorded(key: &RowKey) -> bool {
    match key {
        RowKey::Account(_)
        | RowKey::Calendar(_)
        | RowKey::Edge(_)
        | RowKey::Policy(_)
        | RowKey::Review(_)
        | RowKey::Rule(_)
        | RowKey::Hold(_)
        | RowKey::Session(_)
        | RowKey::Event(_)
        | RowKey::Presence(..)
        | RowKey::Mirror(..)
        | RowKey::Part(_)
        | RowKey::Aside(..)
        | RowKey::Meeting(_) => true,
        RowKey::Object(..)
        | RowKey::Sweep(_)
        | RowKey::Cursor(_)
        | RowKey::Run(_)
        | RowKey::Received(_)
        | RowKey::Watch(_)
        | RowKey::Health(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use kalends_core::ports::Clock as _;
    use kalends_oracle::{Change, Level};
    use kalends_testkit::memory::MemoryStore;

    use super::*;
    use crate::leaks::origin;
    use crate::site::Act;

    /// Catches a look at objects alone, which a calendar that is deleted with all it holds passes.
    #[test]
    fn a_calendar_of_a_person_that_is_deleted_is_noticed() {
        let profile = kalends_testkit::caldav_sim::Profile::plain();
        let world: World<MemoryStore> = World::new(profile, 1, &[0, 1]);
        let history = History::default();
        check_wire(&world, &history);
        let path = world.path(1).unwrap();
        world.http.sim().person(0).delete_calendar(&path).unwrap();
        let ended = catch_unwind(AssertUnwindSafe(|| check_wire(&world, &history)));
        let trouble = crate::said::said(ended.unwrap_err().as_ref());
        assert!(trouble.contains("the calendar /dav/calendars/bob/cal1/ is deleted"), "{trouble}");
    }

    /// Catches a bound that no number of writes is above.
    #[test]
    fn writes_that_nothing_asked_for_are_too_many() {
        let profile = kalends_testkit::caldav_sim::Profile::plain();
        let world: World<MemoryStore> = World::new(profile, 1, &[0, 1]);
        let mut history = History::default();
        history.edges.push(world.edge(0, 1, Level::Full));
        history.put(&world, "person1.ics", origin(false));
        world.settle();
        check_budgets(&world);
        let (name, path) = (history.names_of_ours(&world, 1).remove(0), world.path(1).unwrap());
        let change = Change::Title("Tampered".to_owned());
        for _ in 0..8 {
            // Nobody is told of it: a write that mends it is one too many.
            let now = world.clock.now().as_millis();
            world.site(1).act(now, &path, &name, Act::Change(&change)).unwrap();
            world.settle();
            world.clock.advance_millis(2 * 86_400_000);
        }
        let ended = catch_unwind(AssertUnwindSafe(|| check_budgets(&world)));
        let trouble = crate::said::said(ended.unwrap_err().as_ref());
        assert_eq!(Check::of(&trouble), Some(Check::Writes), "{trouble}");
    }
}
