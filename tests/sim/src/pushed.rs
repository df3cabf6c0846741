//! People whose providers tell of changes, over a post that loses, doubles, shuffles and forges.
//!
//! What all calendars hold in the end is known to the letter, though every notice may be lost.

use kalends_core::ports::Clock;
use kalends_core::watch::Upkeep;
use kalends_driver::Limits;
use kalends_oracle::Place;

use crate::crowd::Crowd;
use crate::keep::Keep;
use crate::post::Post;
use crate::said::{Judging, Said};
use crate::world::World;

const HOUR_MS: i64 = 3_600_000;
/// Our own writes are told of too: a listing waits for this long after the last one.
const APART_MS: i64 = 5_000;

/// A crowd, its post, and days that pass.
#[derive(Debug)]
pub struct Pushed {
    /// Those who work on their events and on mirrors.
    pub crowd: Crowd,
    post: Post,
    days_left: i64,
}

impl Pushed {
    /// A crowd with random edges between the calendars of a world that listens.
    #[must_use]
    pub fn new<S: Keep>(world: &World<S>, seed: u64) -> Self {
        assert!(world.listens, "notices can come in");
        Self { crowd: Crowd::new(world, seed), post: Post::default(), days_left: 8 }
    }

    /// An edit, and what may befall servers, watches and notices after it.
    pub fn step<S: Keep>(&mut self, world: &World<S>) {
        self.crowd.edit_something(world);
        if self.crowd.random.one_in(4) {
            self.crowd.fault(world);
        }
        if self.crowd.random.one_in(4) {
            self.upset(world);
        }
        if self.crowd.random.one_in(10) && self.days_left > 0 {
            self.days_left -= 1;
            self.crowd.say("days pass 1".to_owned());
            world.clock.advance_millis(24 * HOUR_MS);
            world.judged.befell();
        }
        let said = self.post.bring(world, &mut self.crowd.random);
        said.into_iter().for_each(|one| self.crowd.say(one));
        world.clock.advance_millis(APART_MS);
        match self.crowd.random.below(4) {
            0 => {}
            1 => self.sync(world, "poll"),
            _ => {
                world.work();
                self.crowd.say("work".to_owned());
            }
        }
    }

    fn sync<S: Keep>(&mut self, world: &World<S>, word: &str) {
        let report = world.sync();
        let wrote = (report.created, report.updated, report.deleted);
        self.crowd.say(format!("{word}: {wrote:?} {:?}", report.failures));
    }

    /// Something happens to watches: they end early, vanish, are doubted, fall silent.
    fn upset<S: Keep>(&mut self, world: &World<S>) {
        let random = &mut self.crowd.random;
        world.judged.befell();
        let sites = world.http.sites().count();
        let at = random.below(sites);
        let site = world.http.sites().nth(at).expect("it is one of them");
        if random.one_in(4) {
            self.post.fall_silent(world, at, 1 + random.below(40) as i64);
            self.crowd.say(format!("watches fall silent at {}", site.provider()));
        } else if let Some(said) = site.upset_watches(world.clock.now().as_millis(), random) {
            world.tell(|| Said::Fault(said.clone()));
            self.crowd.say(said);
        }
    }

    /// Nothing fails from here on, and not one notice arrives: after as long as a watch is trusted,
    /// all is as it should be.
    pub(crate) fn lag<S: Keep>(&mut self, world: &World<S>) {
        self.crowd.calm(world);
        self.post.lose_all(world);
        world.clock.advance_millis(Limits::default().watched_ms + 60_000);
        world.settle();
        self.post.lose_all(world);
        self.check(world);
    }

    /// Where a watch speaks again, one notice is enough.
    pub(crate) fn told<S: Keep>(&mut self, world: &World<S>) {
        // A channel that was silent is trusted again once it has spoken, or was replaced.
        for _ in 0..3 {
            world.clock.advance_millis(25 * HOUR_MS);
            world.settle();
            self.post.bring_all(world);
        }
        world.clock.advance_millis(APART_MS);
        world.settle();
        self.post.bring_all(world);
        let named = self.crowd.history.origins.keys().find(|key| is_told(world, key.0)).cloned();
        let Some((place, name)) = named else { return };
        let origin = self.crowd.history.origins[&(place, name.clone())].clone();
        self.crowd.say(format!("told {place}/{name}"));
        let title = format!("{} again", origin.title);
        self.crowd.history.put(world, &name, kalends_oracle::Origin { title, ..origin });
        for _ in 0..3 {
            self.post.bring_all(world);
            world.clock.advance_millis(APART_MS);
            world.work();
        }
        self.check(world);
    }

    fn check<S: Keep>(&self, world: &World<S>) {
        world.tell(|| Said::Judge(Judging::Calendars));
        self.crowd.history.check(world);
    }
}

/// Whether a calendar's provider tells of its changes.
fn is_told<S: Keep>(world: &World<S>, place: Place) -> bool {
    world.upkeep(place) == Upkeep::Active
}
