//! The measurement that T-Minus was put through: two accounts, busy copies both ways, 25 edits, and
//! three days of quiet; under five models of what fails.
//!
//! A provider tells of every edit, and every notice is followed by a sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kalends_driver::{DriverError, Flow, Hooks, Point, Report};
use kalends_oracle::Level;
use kalends_testkit::block_on::block_on;

use crate::crowd::Crowd;
use crate::keep::Keep;
use crate::random::Random;
use crate::said::Said;
use crate::site::Site;
use crate::world::World;

const DAY_MS: i64 = 86_400_000;
/// More writes than one sync of such a history sends.
const WRITES_MAX: u64 = 400;

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// Nothing.
    Nothing,
    /// One notice in five is lost.
    Notices,
    /// Before one sync in ten, tokens are not known any more.
    Tokens,
    /// After one write in twenty, the process dies before it records the answer.
    States,
    /// All three.
    All,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Nothing, Self::Notices, Self::Tokens, Self::States, Self::All];

    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Notices => "20 % of webhooks lost",
            Self::Tokens => "10 % token expiry",
            Self::States => "5 % lost state write after a provider write",
            Self::All => "all three",
        }
    }

    fn loses(self, what: Self, random: &mut Random, one_in: usize) -> bool {
        (self == what || self == Self::All) && random.one_in(one_in)
    }
}

/// People with two accounts whose provider tells of each edit.
#[derive(Debug)]
pub struct Told {
    /// Who edits.
    pub crowd: Crowd,
    model: Model,
}

impl Told {
    /// Two calendars that show each other at one level.
    #[must_use]
    pub fn new<S: Keep>(world: &World<S>, seed: u64, model: Model) -> Self {
        let mut crowd = Crowd::without_edges(seed);
        let level = if seed.is_multiple_of(2) { Level::Busy } else { Level::Full };
        crowd.history.edges = vec![world.edge(0, 1, level), world.edge(1, 0, level)];
        crowd.say(format!("edges at {level:?}"));
        Self { crowd, model }
    }

    /// One edit, and the sync that its notice asks for.
    pub fn step<S: Keep>(&mut self, world: &World<S>) {
        self.crowd.edit_something(world);
        self.model.tell(world, &mut self.crowd);
    }

    /// Three days pass, with a sync each.
    pub fn days<S: Keep>(&mut self, world: &World<S>) {
        self.model.days(world, &mut self.crowd);
    }
}

impl Model {
    /// A provider tells of an edit, and the sync comes that its notice asks for.
    pub(crate) fn tell<S: Keep>(self, world: &World<S>, crowd: &mut Crowd) {
        if self.loses(Self::Notices, &mut crowd.random, 5) {
            crowd.say("the notice is lost".to_owned());
            return;
        }
        self.sync(world, crowd);
    }

    /// Three days pass, with a sync each.
    pub(crate) fn days<S: Keep>(self, world: &World<S>, crowd: &mut Crowd) {
        for _ in 0..3 {
            world.clock.advance_millis(DAY_MS);
            self.sync(world, crowd);
        }
    }

    fn sync<S: Keep>(self, world: &World<S>, crowd: &mut Crowd) {
        for (place, (owner, calendar)) in world.calendars.iter().enumerate() {
            if self.loses(Self::Tokens, &mut crowd.random, 10) {
                crowd.say(format!("tokens of {calendar} expire"));
                world.tell(|| Said::Expire(place));
                world.judged.befell();
                world.members[*owner].0.expire_tokens(calendar);
            }
        }
        let mut random = Random::new(crowd.random.below(usize::MAX) as u64);
        let last = (1..WRITES_MAX).find(|_| self.loses(Self::States, &mut random, 20));
        let Some(last) = last else {
            let report = world.sync();
            assert!(report.failures.is_empty(), "{:?}", report.failures);
            return;
        };
        match die(world, last) {
            Ok(report) => assert!(report.failures.is_empty(), "{:?}", report.failures),
            Err(DriverError::Killed) => crowd.say("the sync dies after a write".to_owned()),
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// A sync whose process dies after so many writes, the answer to the last of them not recorded.
pub(crate) fn die<S: Keep>(world: &World<S>, writes: u64) -> Result<Report, DriverError> {
    world.tell(|| Said::Dies(writes));
    let site = Arc::clone(&world.members[0].0);
    let doom = Arc::new(Doom { site, left: AtomicU64::new(writes) });
    block_on(world.driver_failing(doom).sync(&world.keys, &world.options()))
}

struct Doom {
    site: Arc<dyn Site>,
    /// How many writes are answered until it dies.
    left: AtomicU64,
}

impl Hooks for Doom {
    fn point(&self, point: Point) -> Flow {
        if point != Point::Answered || !self.site.wrote_last() {
            return Flow::Go;
        }
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 { Flow::Die } else { Flow::Go }
    }
}
