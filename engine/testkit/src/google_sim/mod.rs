//! Google Calendar as a pure state machine: it parses what it is sent, holds it against Google's own
//! discovery document, answers as Google is known to, and misbehaves on request.
//!
//! Nothing here is shared with a client: requests and replies are octets, events are JSON that this
//! server reads itself. Time is an argument; equal calls give equal replies.

mod body;
mod calendar;
mod calendar_list;
mod calendars;
mod call;
mod channel;
mod context;
mod digest;
mod discovery;
mod dispatch;
mod edit;
mod error;
mod events_change;
mod events_list;
mod events_new;
mod fault;
mod filter;
mod free_busy;
mod held;
mod instances;
mod json;
mod mail;
mod mangle;
mod oauth;
mod oauth_state;
mod paging;
mod partial;
mod person;
mod profile;
mod push;
mod quota;
mod reply;
mod schema;
mod series;
mod settings;
mod show;
mod sim;
mod state;
mod strict;
mod time;

pub use channel::is_loopback;
pub use fault::{Fault, FaultPlan};
pub use held::Held;
pub use mail::Mail;
pub use oauth_state::Tokens;
pub use person::Person;
pub use profile::{Consent, InstanceIds, Lists, Profile, Push, Quota, Writes};
pub use sim::{GoogleSim, Logged};
pub use state::Role;
pub use strict::{Rule, Violation};
