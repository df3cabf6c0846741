//! Faults: what each does, their names after the fact book (G1 to G40, X1 to X14), and the plan
//! that says when they happen.

mod catalogue;
mod instead;
mod plan;
mod push;
mod quirk;
mod world;

pub use catalogue::Fault;
pub use instead::Instead;
pub use plan::{FaultPlan, FaultRule};
pub use push::Push;
pub use quirk::Quirk;
pub use world::WorldFault;
