//! Faults: what each does, their names after the fact book (C1 to C46, X1 to X22), and the plan
//! that says when they happen.

mod catalogue;
mod damage;
mod instead;
mod plan;
mod quirk;
mod world;

pub use catalogue::Fault;
pub use damage::Damage;
pub(super) use instead::FAULT_NONCE;
pub use instead::{Challenge, Instead, RedirectTo, RetryAfter};
pub(crate) use plan::glob;
pub use plan::{FaultPlan, FaultRule, When};
pub use quirk::{Discovery, Quirk, Reading, Syncing, Writing};
pub use world::WorldFault;
