//! The calendar part of Microsoft Graph v1.0 as a pure state machine: it parses what it is sent,
//! strictly, answers as the service is documented and believed to answer, and misbehaves on
//! request.
//!
//! Nothing here is shared with a client: requests and replies are octets; what a body may hold is
//! said by the types that Microsoft publishes; series are expanded by Graph's own patterns. What
//! is only believed of the service is a [`Belief`], to be turned either way. Time is an argument;
//! equal calls give equal replies.

mod accounts;
mod answer;
mod batch;
mod calendars;
mod context;
pub mod contract;
mod cursors;
mod delta;
mod dispatch;
mod events;
mod fault;
mod hash;
mod html;
mod ids;
mod mailbox;
mod person;
mod prefer;
mod profile;
mod query;
mod recurrence;
mod route;
mod schedule;
mod series;
mod setup;
mod show;
mod sim;
mod state;
mod strict;
mod subscriptions;
mod times;
mod webhooks;
mod write;
mod zones;

pub use accounts::AADSTS;
pub use fault::{Fault, FaultPlan, FaultRule, Instead, Push, Quirk, WorldFault};
pub use person::Person;
pub use profile::{Belief, Limits, Profile, Repeated};
pub use sim::{GraphSim, Logged};
pub use state::{AccountKind, Mail, Write};
pub use strict::{Rule, Violation};
