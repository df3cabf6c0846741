//! The calendar sync engine that an app embeds.
//!
//! A host gives the [ports](driver::Parts): a store, HTTP, a clock, randomness and the accounts'
//! credentials. [`Driver::sync`] then keeps one graph in step with its providers; [`find`],
//! [`add_account`] and [`edit`] set the graph up; [`Agenda`] and the functions beside it read it;
//! [`Driver::preview`] says what a sync would write; a [`GraphBundle`] carries the graph to another store;
//! a [`Draft`] is an event as people and programs write it.
//!
//! `examples/embed` of the repository is a whole program: two accounts, an edge and a sync.
//!
//! The whole contract is re-exported: [`core`] (values, steps and ports), [`driver`] (the loop),
//! [`ical`] and [`recurrence`]. Nothing here does IO, reads a clock or draws a random number.

mod ahead;
mod asked;
mod bundle;
mod digest;
mod draft;
mod error;
mod planned;
mod read;
mod same;
mod setup;
mod time;
mod turns;

pub use kalends_core as core;
pub use kalends_driver as driver;
pub use kalends_ical as ical;
pub use kalends_recurrence as recurrence;
pub use kalends_sql::queries;

pub use ahead::{Ahead, AheadCounts};
pub use asked::{AskError, Asked, Moment, asked_range, working_hours};
pub use bundle::{BundleError, GraphBundle};
pub use digest::digest;
pub use draft::{BusyWord, Draft, DraftError, DraftPerson, PrivacyWord, StatusWord};
pub use error::FindFailure;
pub use kalends_core::ids;
pub use kalends_core::keys::GraphKeys;
pub use kalends_core::ports::Credential;
pub use kalends_core::step::{EdgeTarget, EventEdit, UserEdit};
pub use kalends_driver::{
    Driver, DriverError, Limits, Opened, Options, Others, Parts, Preview, Question, Report, Rests,
    Stop,
};
pub use planned::Planned;
pub use read::{After, Agenda, AgendaPage, EventPage, EventPages, explain, free_busy, verify};
pub use same::Sameness;
pub use setup::{Found, NewAccount, add_account, edit, edit_at_once, edit_in, find, tried};
pub use time::{own_time, time_of};
pub use turns::fairness;
