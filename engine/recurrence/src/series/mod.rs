//! Series: a start with rules, extra dates, exclusions and overrides, and their instances.

mod frame;
mod keys;
mod last;
mod model;
mod run;
mod segment;

pub use model::{Change, Extra, Instance, Options, Override, Series};
pub use run::Expansion;
