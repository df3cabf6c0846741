//! Whether a start fits its rule.

use std::ops::ControlFlow;

use super::{Budget, Ended, Plan};
use crate::{Civil, Rule};

/// A period of one start and all its times; more than any set has that could hold the start.
const STEPS: u32 = 1_000;

impl Rule {
    /// Whether the rule, taken from this start, gives the start itself. Where it does not, libraries
    /// differ over whether the start takes place; here it does, as RFC 5545 3.8.5.3 says.
    #[must_use]
    pub fn gives_start(&self, start: Civil) -> bool {
        let found = |_| ControlFlow::Break(());
        let range = start.seconds()..start.seconds() + 1;
        let plan = Plan::new(&self.parts, start);
        plan.walk(range, &mut Budget(STEPS), found) == Err(Ended::Enough)
    }
}
