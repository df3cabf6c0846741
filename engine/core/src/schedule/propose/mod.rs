//! Which times suit several people best, and why.
//!
//! What must hold is never traded: a seat that is taken, or stopped by a rule, is out. What one
//! would rather have is counted in points, each with its reason. Among all starts on the grid,
//! and all ways to fill the roles, the best are found by branch and bound under a budget; where
//! the budget was enough, they are proven best.

mod ask;
mod best;
mod fairness;
mod fill;
mod score;
mod starts;

pub use ask::{Repeat, Role, Seat, Taste, Wish};
pub use best::{Proposal, Proposals, propose};
pub use fairness::Fairness;
pub use score::{Point, Reason};
