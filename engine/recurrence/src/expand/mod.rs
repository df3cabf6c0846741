//! One rule to wall-clock times: no zones here.

mod count;
mod days;
mod plan;
mod start;
mod times;
mod walk;
mod weeks;

pub(crate) use count::Counted;
pub(crate) use plan::Plan;
pub(crate) use walk::{Budget, Ended};
