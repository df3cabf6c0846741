//! What somebody outside is shown of an event: what a mirror for them would say.

use std::collections::{BTreeMap, BTreeSet};

use super::agenda::{speaker, zone};
use crate::compile::{Compile, Compiled, compile};
use crate::event::Body;
use crate::graph::{Capabilities, Edge, EdgeOptions, Lifecycle};
use crate::ids::{CalendarId, EdgeId};
use crate::mirror::PartKey;
use crate::policy;
use crate::project::{strict_body, strictest};
use crate::slice::{Bundle, Config};
use crate::time::Timestamp;
use crate::window::{self, Place};

/// Who is shown what.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// How much, of what and when, as an edge says it; policies narrow it as they do an edge.
    pub options: &'a EdgeOptions,
    /// From which calendars; `None`: all.
    pub calendars: Option<&'a BTreeSet<CalendarId>>,
    /// Now, for the window.
    pub now: Timestamp,
}

/// What an event says to whoever an offer is for, part by part; nothing where it is left out. It is
/// compiled as a mirror is, into a calendar that holds everything, so that L6 holds for it.
#[must_use]
pub fn offered(config: &Config, bundle: &Bundle, offer: Offer<'_>) -> BTreeMap<PartKey, Body> {
    let among = |id: &CalendarId| offer.calendars.is_none_or(|some| some.contains(id));
    let Some((from, _)) = speaker(bundle, among) else { return BTreeMap::new() };
    let edge = Edge {
        id: EdgeId::from_bytes([0; 16]),
        from,
        // Nothing lies there, so nothing is held by it.
        to: CalendarId::from_bytes([0; 16]),
        options: offer.options.clone(),
        state: Lifecycle::Active,
        pair: None,
    };
    let Some(body) = strict_body(bundle, &edge) else { return BTreeMap::new() };
    let target = Capabilities { zone: zone(config, from), ..Capabilities::default() };
    if window::place(&body, &offer.options.window, offer.now, &target) != Place::Inside {
        return BTreeMap::new();
    }
    let compiled = compile(&Compile {
        body: &body,
        strictest: strictest(bundle),
        edge: &edge,
        disclosure: &policy::disclosure(offer.options, &config.policies),
        target: &target,
        now: offer.now,
    });
    match compiled {
        Compiled::No(_) => BTreeMap::new(),
        Compiled::Parts(parts) => parts.into_iter().map(|(key, one)| (key, one.body)).collect(),
    }
}
