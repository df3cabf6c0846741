//! A provider without HTTP: an app's own records, shown as calendars of events and talked to
//! through calls that the app carries out ([`World::carry`]).

mod provider;
mod world;

pub use world::{Object, State, World, event};
