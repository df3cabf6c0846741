//! Why an edge that has looked at an event keeps no mirror of it: nothing is recorded of that, so
//! it is worked out as of the edge's last look.

use super::reason::{Reason, reason, unwanted};
use crate::compile::{Compile, Compiled, compile};
use crate::graph::{Edge, Sweep};
use crate::mirror::{Unwanted, Wanted};
use crate::policy::Disclosure;
use crate::project::{strict_body, strictest, wanted_body};
use crate::slice::{Bundle, Config};
use crate::window::{self, Place};

pub(super) fn unmirrored(
    config: &Config,
    edge: &Edge,
    disclosure: &Disclosure,
    bundle: &Bundle,
) -> Reason {
    let not_yet = reason("not-projected", "the edge has not looked at it yet: sync");
    let (Some(Sweep::Done(now)), Some(target)) =
        (config.sweeps.get(&edge.id), config.calendars.get(&edge.to))
    else {
        return not_yet;
    };
    let Some(body) = strict_body(bundle, edge) else {
        return unwanted(Unwanted::SourceGone);
    };
    let body = body.as_ref();
    if bundle.presences.get(&edge.to).is_some_and(|held| wanted_body(held).is_some()) {
        return unwanted(Unwanted::HeldByTarget);
    }
    let target = &target.capabilities;
    match window::place(body, &edge.options.window, *now, target) {
        Place::Inside => {}
        Place::Behind | Place::Ahead => return unwanted(Unwanted::OutOfWindow),
    }
    let strictest = strictest(bundle);
    let asked = Compile { body, strictest, edge, disclosure, target, now: *now };
    if let Compiled::No(why) = compile(&asked) {
        return unwanted(why);
    }
    let other = bundle.mirrors.iter().find(|(_, mirror)| {
        mirror.mirror.calendar == edge.to && mirror.mirror.wanted == Wanted::Yes
    });
    other.map_or(not_yet, |(by, _)| super::reason::covered(*by))
}
