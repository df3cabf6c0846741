//! A CalDAV server as a pure state machine: it parses what it is sent, strictly, answers as one of
//! several measured servers would, and misbehaves on request.
//!
//! Nothing here is shared with a client: requests and replies are octets, iCalendar is read by the
//! simulator's own reader. Time is an argument; equal calls give equal replies.

mod auth;
mod clock;
mod context;
mod digest;
mod dispatch;
mod fault;
mod ics;
mod ics_check;
mod ics_time;
mod make;
mod multistatus;
mod person;
mod presets;
mod profile;
mod properties;
mod propfind;
mod put;
mod remove;
mod render;
mod reply;
mod report;
mod report_fetch;
mod report_query;
mod report_sync;
mod rewrite;
mod scheduling;
mod sent;
mod sim;
mod state;
mod strict;
mod tokens;
mod xml;

pub use crate::wire::{Delivery, SimReply, SimRequest};
pub(crate) use fault::glob;
pub use fault::{
    Challenge, Damage, Discovery, Fault, FaultPlan, FaultRule, Instead, Quirk, Reading, RedirectTo,
    RetryAfter, Syncing, When, WorldFault, Writing,
};
pub use person::Person;
pub use profile::{
    Access, Anonymous, BadToken, Changes, Ctag, DigestAccess, DigestHash, Distrust, EtagOnPut,
    EtagShape, EtagSource, HrefStyle, Layout, MultigetMissing, Paging, Poison, Profile,
    PropertyChange, Reads, Rewrite, Spelling, Storage, StoredName, Sync, TokenForm, UidRule,
    Validation, Writes,
};
pub use render::{Prefixes, XmlStyle};
pub use sim::{CaldavSim, Logged};
pub use state::{CollectionKind, Mail};
pub use strict::{Rule, Violation};
