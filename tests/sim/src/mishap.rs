//! What happens to processes and clocks: all of it may cost time, and nothing else.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use futures_util::future::join;
use kalends_core::ports::Clock;
use kalends_driver::{DriverError, FailAt, NoHooks, Report};
use kalends_testkit::block_on::block_on;
use kalends_testkit::clock::VirtualClock;

use crate::keep::Keep;
use crate::random::Random;
use crate::said::Said;
use crate::world::World;

const HOUR_MS: i64 = 3_600_000;
/// Longer than a job is leased.
pub(crate) const LEASE_OVER_MS: i64 = 11 * 60_000;

/// Mishaps of a history. Days pass only so often: events leave the window in the end.
#[derive(Debug, Clone)]
pub(crate) struct Mishaps {
    days_left: i64,
    /// How far the clock was set back since all was caught up with.
    behind_ms: i64,
    /// Whether it jumped ahead since then.
    ahead: bool,
}

impl Default for Mishaps {
    fn default() -> Self {
        Self { days_left: 8, behind_ms: 0, ahead: false }
    }
}

impl Mishaps {
    /// The clock is past all that it was set back by, and a sync has seen that it jumped: what
    /// destroys waits for both where no server says what time it is.
    pub(crate) fn catch_up<S: Keep>(&mut self, world: &World<S>) {
        world.clock.advance_millis(std::mem::take(&mut self.behind_ms));
        if std::mem::take(&mut self.ahead) {
            world.sync();
        }
    }

    /// One of them, as the numbers choose; says which.
    pub(crate) fn strike<S: Keep>(&mut self, world: &World<S>, random: &mut Random) -> String {
        match random.below(8) {
            0..=2 => {
                let at = 1 + random.below(60) as u64;
                kill(world, at);
                format!("kill a sync at {at}")
            }
            3 => {
                twice(world);
                "sync twice".to_owned()
            }
            4 | 5 => {
                let polls = 1 + random.below(60);
                pause(world, polls);
                format!("pause a sync at {polls}")
            }
            6 => {
                let hours = random.below(30) as i64 - 6;
                world.clock.advance_millis(hours * HOUR_MS);
                world.judged.befell();
                self.behind_ms += (-hours * HOUR_MS).max(0);
                self.ahead |= hours > 0;
                format!("clock jumps {hours} hours")
            }
            _ => {
                let days = (1 + random.below(3) as i64).min(self.days_left);
                self.days_left -= days;
                self.ahead = true;
                world.clock.advance_millis(days * 24 * HOUR_MS);
                world.judged.befell();
                format!("days pass {days}")
            }
        }
    }
}

/// A process is killed at a point of its sync.
pub(crate) fn kill<S: Keep>(world: &World<S>, at: u64) {
    world.tell(|| Said::Killed(at));
    let killed = world.driver_failing(Arc::new(FailAt::new(Some(at))));
    bear(world, block_on(killed.sync(&world.keys, &world.options())));
}

/// Two workers sync at once.
pub(crate) fn twice<S: Keep>(world: &World<S>) {
    world.tell(|| Said::Twice);
    world.judged.befell();
    let drift = world.http.network().drift_ms(world.workers());
    let beside = VirtualClock::at(world.clock.now().saturating_add_millis(drift));
    let beside = if drift == 0 { world.clock.clone() } else { beside };
    let (one, two) = (world.driver(), world.driver_by(beside, Arc::new(NoHooks)));
    let options = world.options();
    let both = join(one.sync(&world.keys, &options), two.sync(&world.keys, &options));
    let (one, two) = block_on(both);
    bear(world, one);
    bear(world, two);
}

/// A worker stands still in the midst of a sync, for longer than its leases; another one does the
/// work meanwhile.
pub(crate) fn pause<S: Keep>(world: &World<S>, polls: usize) {
    world.tell(|| Said::Paused(polls));
    world.hushed(|| stand_still(world, polls));
}

fn stand_still<S: Keep>(world: &World<S>, polls: usize) {
    let (slow, quick) = (world.driver(), world.driver());
    let options = world.options();
    let mut slow = pin!(slow.sync(&world.keys, &options));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if slow.as_mut().poll(&mut context).is_ready() {
            return;
        }
    }
    world.clock.advance_millis(LEASE_OVER_MS);
    world.judged.befell();
    world.judged.may_leave(world.clock.now().as_millis());
    bear(world, block_on(quick.sync(&world.keys, &options)));
    bear(world, block_on(slow));
}

/// Being killed and being slower than others is no trouble; anything else is.
pub(crate) fn bear<S: Keep>(world: &World<S>, ended: Result<Report, DriverError>) {
    match ended {
        Ok(report) => world.judged.failed(&report.failures),
        Err(DriverError::Killed | DriverError::Contended { .. }) => {}
        Err(error @ (DriverError::Store(_) | DriverError::Stuck { .. } | DriverError::Edit(_))) => {
            panic!("a sync ended with {error:?}")
        }
    }
}
