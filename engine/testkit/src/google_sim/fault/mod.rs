//! Faults: a plan over requests and pushed messages, and what each fault does.

mod catalogue;
mod damage;
mod instead;
mod plan;
mod quirk;
mod world;

pub use catalogue::Fault;
pub(crate) use catalogue::{Kind, PushFault};
pub(crate) use damage::Damage;
pub(crate) use instead::Instead;
pub use plan::FaultPlan;
pub(crate) use quirk::Quirk;
pub(crate) use world::{Scene, WorldFault};
