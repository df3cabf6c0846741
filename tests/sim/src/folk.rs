//! The people of a history, whatever their kind.

use crate::crowd::Crowd;
use crate::digraph::Spread;
use crate::giving::Giving;
use crate::hashes::check_hashes;
use crate::history::History;
use crate::keep::Keep;
use crate::laws::{
    check_budgets, check_journal, check_meanwhile, check_recorded, check_rows, check_wire,
};
use crate::pushed::Pushed;
use crate::random::Random;
use crate::said::{Judging, Said};
use crate::storm::Storm;
use crate::tminus::Told;
use crate::world::World;

/// Those who live a history: they take steps, and all is looked at in the end.
pub(crate) trait Folk<S: Keep> {
    /// One step, as these numbers choose.
    fn step(&mut self, world: &mut World<S>, random: Random);

    /// All comes to rest. Ends with a panic that says what is otherwise than it should be.
    fn end(&mut self, world: &mut World<S>, random: Random);

    /// What they hold and did.
    fn history(&self) -> &History;
}

impl<S: Keep> Folk<S> for Crowd {
    fn step(&mut self, world: &mut World<S>, random: Random) {
        self.random = random;
        Self::step(self, world);
    }

    fn end(&mut self, world: &mut World<S>, mut random: Random) {
        self.judge(world);
        match random.below(8) {
            0 => self.insist(world),
            1 => self.outlive(world),
            _ => return,
        }
        check_rows(world);
        check_budgets(world);
        check_journal(world);
    }

    fn history(&self) -> &History {
        &self.history
    }
}

impl<S: Keep> Folk<S> for Storm {
    fn step(&mut self, world: &mut World<S>, random: Random) {
        self.crowd.random = random;
        Self::step(self, world);
    }

    fn end(&mut self, world: &mut World<S>, random: Random) {
        self.catch_up(world);
        Folk::end(&mut self.crowd, world, random);
    }

    fn history(&self) -> &History {
        &self.crowd.history
    }
}

impl<S: Keep> Folk<S> for Pushed {
    fn step(&mut self, world: &mut World<S>, random: Random) {
        self.crowd.random = random;
        Self::step(self, world);
    }

    fn end(&mut self, world: &mut World<S>, random: Random) {
        self.crowd.random = random;
        self.lag(world);
        self.told(world);
        // From here on all is read each time.
        world.tell(|| Said::Deaf);
        world.listens = false;
        self.crowd.judge(world);
    }

    fn history(&self) -> &History {
        &self.crowd.history
    }
}

impl<S: Keep> Folk<S> for Told {
    fn step(&mut self, world: &mut World<S>, random: Random) {
        self.crowd.random = random;
        Self::step(self, world);
    }

    fn end(&mut self, world: &mut World<S>, random: Random) {
        self.crowd.random = random;
        self.days(world);
        self.crowd.judge(world);
    }

    fn history(&self) -> &History {
        &self.crowd.history
    }
}

impl<S: Keep> Folk<S> for Spread {
    fn step(&mut self, world: &mut World<S>, random: Random) {
        self.giving.crowd.random = random;
        Self::step(self, world);
    }

    fn end(&mut self, world: &mut World<S>, random: Random) {
        self.giving.crowd.random = random;
        self.rest(world);
        judge_rows(world, &self.giving.crowd.history);
    }

    fn history(&self) -> &History {
        &self.giving.crowd.history
    }
}

impl<S: Keep> Folk<S> for Giving {
    fn step(&mut self, world: &mut World<S>, random: Random) {
        self.crowd.random = random;
        Self::step(self, world);
    }

    fn end(&mut self, world: &mut World<S>, random: Random) {
        self.crowd.random = random;
        self.rest(world);
        judge_rows(world, &self.crowd.history);
    }

    fn history(&self) -> &History {
        &self.crowd.history
    }
}

/// All that can be judged where it is known what each event may say, and what calendars hold by
/// that alone.
fn judge_rows<S: Keep>(world: &World<S>, history: &History) {
    world.tell(|| Said::Judge(Judging::Rows));
    check_recorded(world, history);
    check_rows(world);
    check_hashes(world);
    check_wire(world, history);
    check_budgets(world);
    check_journal(world);
    check_meanwhile(world);
    world.is_at_rest();
}
