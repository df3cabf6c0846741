//! People and a network that do as a seed says.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ports::Clock as _;
use kalends_oracle::{Change, Exception, Level, Origin, Place};

use crate::check::Check;
use crate::hashes::check_hashes;
use crate::history::{History, act, holds, look};
use crate::keep::Keep;
use crate::laws::{
    check_budgets, check_journal, check_meanwhile, check_recorded, check_rows, check_wire,
};
use crate::random::Random;
use crate::said::{Judging, Said};
use crate::site::{Act, Site};
use crate::words::{Shown, word};
use crate::world::World;

/// How often mirrors are tampered with in one history, and in one of its calendars: a mirror that
/// was put right three times is left alone for a day, which is another test's business.
const TAMPERS_MAX: u32 = 4;
const TAMPERS_HERE_MAX: u32 = 2;
/// How often a mirror is put right within a day.
const REVERTS_MAX: u32 = 3;
/// Two months, in milliseconds.
const LONG_MS: i64 = 60 * 86_400_000;
const TITLES: [&str; 5] = ["Dentist", "Board meeting", "Plan #nosync", "Lunch with Ada", "Review"];

/// Edits of a crowd over a world.
#[derive(Debug)]
pub struct Crowd {
    /// What they hold.
    pub history: History,
    pub(crate) random: Random,
    pub(crate) made: usize,
    pub(crate) invites: bool,
    /// Whether single instances of their series are private.
    pub(crate) secrets: bool,
    /// Where a listing may come late.
    pub(crate) late: BTreeSet<Place>,
    /// Whether a list of all may come in answer to a token.
    lists_whole: bool,
    tampers: BTreeMap<Place, u32>,
    bin: BTreeMap<(Place, String), Origin>,
}

impl Crowd {
    /// A crowd with random edges between the calendars of a world.
    #[must_use]
    pub fn new<S: Keep>(world: &World<S>, seed: u64) -> Self {
        let mut crowd = Self::without_edges(seed);
        let calendars = world.calendars.len();
        for from in 0..calendars {
            for to in 0..world.places() {
                let wanted = if to < calendars { 2 } else { 4 };
                let chain = to == (from + 1) % calendars && crowd.random.one_in(2);
                if from != to && (chain || crowd.random.one_in(wanted)) {
                    crowd.connect(world, from, to);
                }
            }
        }
        if crowd.history.edges.is_empty() {
            crowd.connect(world, 0, 1);
        }
        crowd
    }

    /// A crowd before anyone draws an edge.
    pub(crate) fn without_edges(seed: u64) -> Self {
        Self {
            history: History::default(),
            random: Random::new(seed ^ 0xC0FFEE),
            made: 0,
            invites: false,
            lists_whole: false,
            secrets: false,
            late: BTreeSet::new(),
            tampers: BTreeMap::new(),
            bin: BTreeMap::new(),
        }
    }

    pub(crate) fn connect<S: Keep>(&mut self, world: &World<S>, from: Place, to: Place) {
        let level = [Level::Busy, Level::Title, Level::Full][self.random.below(3)];
        self.say(format!("edge {from} -> {to} {level:?}"));
        self.history.edges.push(world.edge(from, to, level));
    }

    /// One edit, by chance one fault, by chance one sync.
    pub fn step<S: Keep>(&mut self, world: &World<S>) {
        self.edit_something(world);
        if self.random.one_in(3) {
            self.fault(world);
        }
        if self.random.one_in(3) {
            let report = world.sync();
            let wrote = (report.created, report.updated, report.deleted);
            self.say(format!("sync: {wrote:?} {:?}", report.failures));
        }
    }

    /// One edit of an event or of a mirror, some hours later.
    pub(crate) fn edit_something<S: Keep>(&mut self, world: &World<S>) {
        world.clock.advance_millis(self.random.below(4 * 3_600_000) as i64);
        match self.random.below(14) {
            0..=4 => self.create(world),
            5 | 6 => self.edit(world),
            7 => self.carry(world),
            8 => self.delete(world),
            9 => self.undelete(world),
            10 => self.copy(world),
            11 => self.edit_mirror(world),
            12 => self.delete_mirror(world),
            _ => self.take_mirror(world),
        }
    }

    /// From here on edits of mirrors may be missed, or seen in another order.
    pub(crate) fn doubt<S: Keep>(&mut self, world: &World<S>) {
        world.tell(|| Said::Doubt);
        self.history.talk.faults = true;
    }

    /// No more faults.
    pub fn calm<S: Keep>(&self, world: &World<S>) {
        self.compare(world);
        world.tell(|| Said::Calm);
        world.http.sites().for_each(Site::calm);
    }

    /// Where a listing may have hidden what was lost, everything is compared: that comes once a week by itself,
    /// and to wait for it would carry what people do out of the window.
    pub(crate) fn compare<S: Keep>(&self, world: &World<S>) {
        let now = world.clock.now().as_millis();
        world.http.sites().for_each(|site| site.own_up(now));
    }

    pub(crate) fn create<S: Keep>(&mut self, world: &World<S>) {
        let calendar = self.random.below(world.calendars.len());
        let mut origin = self.blank(calendar);
        self.shape(&mut origin);
        origin.invited = self.invites && self.random.one_in(5);
        let name = self.name();
        self.say(format!("create {calendar}/{name} {origin:?}"));
        self.history.put(world, &name, origin);
    }

    /// A UID that nobody has used yet.
    pub(crate) fn fresh_uid(&mut self) -> String {
        self.made += 1;
        format!("event{}@person", self.made)
    }

    /// The name that goes with the last UID.
    pub(crate) fn name(&self) -> String {
        format!("person{}.ics", self.made)
    }

    /// A new event that says nothing yet.
    pub(crate) fn blank(&mut self, calendar: Place) -> Origin {
        Origin {
            calendar,
            uid: self.fresh_uid(),
            title: String::new(),
            description: String::new(),
            start: String::new(),
            private: false,
            free: false,
            invited: false,
            rule: String::new(),
            exceptions: Vec::new(),
            excluded: Vec::new(),
        }
    }

    pub(crate) fn shape(&mut self, origin: &mut Origin) {
        let day = 10 + self.random.below(15);
        let at = |day: usize, hour: usize| format!("202606{day:02}T{hour:02}0000Z");
        let hour = 8 + self.random.below(9);
        origin.title = TITLES[self.random.below(TITLES.len())].to_owned();
        origin.description =
            if self.random.one_in(2) { String::new() } else { format!("notes {day}") };
        origin.start = at(day, hour);
        origin.private = self.random.one_in(6);
        origin.free = self.random.one_in(9);
        if !origin.description.is_empty() {
            let word = word(origin, origin.private, "description", Shown::Full);
            origin.description = format!("{} {word}", origin.description);
        }
        origin.rule = String::new();
        origin.exceptions.clear();
        origin.excluded.clear();
        if self.random.one_in(4) {
            origin.rule = "FREQ=DAILY;COUNT=5".to_owned();
            for n in 1..=self.random.below(3) {
                let original = at(day + n, hour);
                let moved = self.random.one_in(2);
                let start = if moved { at(day + n, hour + 1) } else { original.clone() };
                let title = if self.random.one_in(2) { "Other" } else { &origin.title }.to_owned();
                let private = self.secrets && self.random.one_in(3);
                if moved || private || title != origin.title {
                    origin.exceptions.push(Exception { original, start, title, private });
                }
            }
        }
    }

    pub(crate) fn pick(&mut self) -> Option<((Place, String), Origin)> {
        let at = self.random.below(self.history.origins.len());
        self.history.origins.iter().nth(at).map(|(key, origin)| (key.clone(), origin.clone()))
    }

    fn edit<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), mut origin)) = self.pick() else { return };
        self.shape(&mut origin);
        self.say(format!("edit {place}/{name} {origin:?}"));
        self.history.put(world, &name, origin);
    }

    /// A calendar that an event can be moved to.
    pub(crate) fn elsewhere<S: Keep>(
        &mut self,
        world: &World<S>,
        (from, uid): (Place, &str),
    ) -> Option<Place> {
        let to = self.random.below(world.calendars.len());
        let stays = |held: Place| held == from && held != to;
        let bars = |held: Place| world.bars_uid(held, to) && !stays(held);
        let mut held = self.history.origins.values().filter(|o| o.uid == uid);
        let is_its = |name: &String| self.history.origins.contains_key(&(from, name.clone()));
        let is_free = self.left_in(to, uid).all(is_its);
        let is_barred = held.any(|o| bars(o.calendar)) || !is_free;
        (!is_barred && world.are_neighbours(from, to)).then_some(to)
    }

    /// The names of what had a UID in a place and left, where a list of all may come in answer to a token: it
    /// may show what comes there before it tells of that, which makes another event of it for good (L2).
    fn left_in(&self, place: Place, uid: &str) -> impl Iterator<Item = &String> {
        let left = self.history.gone.get(&(place, uid.to_owned())).filter(|_| self.lists_whole);
        left.into_iter().flatten()
    }

    /// One that it can be copied to.
    pub(crate) fn beside<S: Keep>(
        &mut self,
        world: &World<S>,
        (from, uid): (Place, &str),
    ) -> Option<Place> {
        let to = self.elsewhere(world, (from, uid))?;
        (!world.bars_uid(from, to) && self.left_in(to, uid).next().is_none()).then_some(to)
    }

    pub(crate) fn carry<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.pick() else { return };
        let Some(to) = self.elsewhere(world, (place, &origin.uid)) else { return };
        self.say(format!("move {place}/{name} to {to}"));
        self.history.carry(world, place, &name, to);
    }

    fn copy<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), mut origin)) = self.pick() else { return };
        let Some(to) = self.beside(world, (place, &origin.uid)) else { return };
        self.made += 1;
        let copy = format!("person{}.ics", self.made);
        self.say(format!("copy {place}/{name} to {to}/{copy}"));
        origin.calendar = to;
        self.history.put(world, &copy, origin);
    }

    fn delete<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.pick() else { return };
        self.say(format!("delete {place}/{name}"));
        self.history.delete(world, place, &name);
        self.bin.insert((place, name), origin);
    }

    fn undelete<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.bin.pop_first() else { return };
        let held = self.history.origins.values();
        if held.into_iter().any(|o| world.bars_uid(o.calendar, place) && o.uid == origin.uid) {
            return;
        }
        self.say(format!("undelete {place}/{name}"));
        act(world, place, &name, Act::Undelete);
        self.history.origins.insert((place, name), origin);
    }

    fn mirror<S: Keep>(&mut self, world: &World<S>) -> Option<(Place, String)> {
        let place = self.random.below(world.places());
        let edges = self.history.edges.iter();
        if !edges.into_iter().any(|edge| edge.to == place) {
            return None;
        }
        let here = self.tampers.get(&place).copied().unwrap_or_default();
        if here >= TAMPERS_HERE_MAX || self.tampers.values().sum::<u32>() >= TAMPERS_MAX {
            return None;
        }
        let ours = self.history.names_of_ours(world, place);
        let name = ours.into_iter().next()?;
        *self.tampers.entry(place).or_default() += 1;
        Some((place, name))
    }

    fn edit_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((place, name)) = self.mirror(world) else { return };
        self.say(format!("edit the mirror {place}/{name}"));
        act(world, place, &name, Act::Change(&Change::Title("Tampered".to_owned())));
    }

    fn delete_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((place, name)) = self.mirror(world) else { return };
        self.say(format!("delete the mirror {place}/{name}"));
        act(world, place, &name, Act::Delete);
    }

    /// A mirror is duplicated, copied with its mark, or carried away.
    fn take_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((place, name)) = self.mirror(world) else { return };
        let to = self.random.below(world.calendars.len());
        if !world.are_neighbours(place, to) {
            return;
        }
        let target = world.path(to).unwrap();
        self.made += 1;
        let copy = format!("person{}.ics", self.made);
        let mut how = if to == place { 0 } else { self.random.below(3) };
        // The server refuses a person's UID a second time, and programs give the copy a new one: what
        // came there in spite of that would hold the mirror's place.
        if how == 1 && world.bars_uid(place, to) {
            how = 0;
        }
        self.say(format!("take the mirror {place}/{name} to {to}: {how}"));
        let is_theirs = how == 1 && !world.site(to).copies_keep_marks();
        if is_theirs && self.holds_copy_of(world, (place, &name), to) {
            return;
        }
        if how == 0 || is_theirs {
            let act_ = if how == 0 { Act::Duplicate } else { Act::Copy };
            act(world, place, &name, act_(&target, &copy));
            let says = look(world, to, &copy).unwrap();
            self.history.origins.insert((to, copy), Origin { calendar: to, ..says });
        } else if how == 1 {
            act(world, place, &name, Act::Copy(&target, &copy));
            self.history.strays.insert((to, copy));
        } else if !holds(world, to, &name) {
            act(world, place, &name, Act::Carry(&target));
            self.history.strays.insert((to, name));
        }
    }

    /// Whether a calendar holds an event under the UID of a mirror: it takes no other one.
    fn holds_copy_of<S: Keep>(
        &self,
        world: &World<S>,
        (place, name): (Place, &str),
        to: Place,
    ) -> bool {
        let Some(mirror) = look(world, place, name) else { return false };
        let mut held = self.history.origins.values();
        held.any(|origin| origin.calendar == to && origin.uid == mirror.uid)
    }

    pub(crate) fn fault<S: Keep>(&mut self, world: &World<S>) {
        world.judged.befell();
        if self.random.one_in(4) {
            let place = self.random.below(world.calendars.len());
            self.say(format!("tokens of {place} expire"));
            world.tell(|| Said::Expire(place));
            world.site(place).expire_tokens(&world.path(place).unwrap());
            return;
        }
        let mut owners: Vec<usize> = world.calendars.iter().map(|(owner, _)| *owner).collect();
        owners.dedup_by_key(|owner| world.members[*owner].0.hosts());
        let at = if owners.len() > 1 { self.random.below(owners.len()) } else { 0 };
        let site = &world.members[owners[at]].0;
        let rare = world.all_faults && self.random.one_in(2);
        let what = match rare {
            true => site.rare_fault(&mut self.random),
            false => site.fault(&mut self.random),
        };
        self.lists_whole |= what.contains("C14-full");
        world.tell(|| Said::Fault(what.clone()));
        self.say(what);
    }

    /// All comes to rest, and is looked at.
    pub(crate) fn judge<S: Keep>(&self, world: &World<S>) {
        world.told(Said::Judge(Judging::All), || {
            self.calm(world);
            world.settle();
            self.history.check(world);
            self.tamper(world);
            self.history.check(world);
            check_recorded(world, &self.history);
            check_rows(world);
            check_hashes(world);
            check_wire(world, &self.history);
            check_budgets(world);
            check_journal(world);
            check_meanwhile(world);
        });
    }

    /// That nothing is written is believed only where a tampered mirror was found and mended.
    pub fn tamper<S: Keep>(&self, world: &World<S>) {
        world.clock.advance_millis(2 * 86_400_000);
        world.settle();
        let mut places = 0..world.places();
        let found = places.find_map(|place| {
            Some((place, self.history.names_of_ours(world, place).into_iter().next()?))
        });
        if let Some((place, name)) = found {
            let mirror = look(world, place, &name).unwrap();
            let title = format!("Tampered {}", mirror.title);
            act(world, place, &name, Act::Change(&Change::Title(title)));
            let wrote = world.settle();
            // A series of people has five instances that may go along.
            let goes_along = world.site(place).keeps_what_was_put_back() && !mirror.rule.is_empty();
            let most = if goes_along { 6 } else { 1 };
            let wrong = (!(1..=most).contains(&wrote))
                .then(|| format!("{wrote} writes mend {place}/{name}"));
            world.judged.add(Check::Mended, 1);
            Check::Mended.all_right(wrong.as_slice());
        }
        world.is_at_rest();
    }

    /// A person writes over one mirror again and again: in the end it is left alone.
    pub(crate) fn insist<S: Keep>(&self, world: &World<S>) {
        let mut places = 0..world.places();
        let found = places.find_map(|place| {
            Some((place, self.history.names_of_ours(world, place).into_iter().next()?))
        });
        let Some((place, name)) = found else { return };
        for n in 0..=REVERTS_MAX {
            act(world, place, &name, Act::Change(&Change::Title(format!("Mine {n}"))));
            world.settle();
        }
        world.is_at_rest();
        let title = look(world, place, &name).unwrap().title;
        let left = title == format!("Mine {REVERTS_MAX}");
        let wrong = (!left).then(|| format!("{place}/{name} is {title:?} after all"));
        world.judged.add(Check::Mended, 1);
        Check::Mended.all_right(wrong.as_slice());
    }

    /// All that is mirrored lies behind every window: it stays, and nobody looks after it.
    pub(crate) fn outlive<S: Keep>(&self, world: &World<S>) {
        world.clock.advance_millis(LONG_MS);
        let wrote = world.settle();
        let wrong = (wrote != 0).then(|| format!("{wrote} writes behind the window"));
        world.judged.add(Check::Rest, 1);
        Check::Rest.all_right(wrong.as_slice());
        self.history.check(world);
    }

    pub(crate) fn say(&mut self, what: String) {
        let n = self.history.script.len();
        self.history.script.push(format!("{n}: {what}"));
    }
}
