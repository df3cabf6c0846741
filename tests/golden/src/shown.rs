//! What mirrors of events show, at each level and in each shape that calendars hold series in.

use std::collections::BTreeMap;

use kalends_core::compile::{Compile, Compiled, compile, losses};
use kalends_core::graph::{
    Capabilities, DetailLevel, Edge, EdgeOptions, Filters, Lifecycle, SeriesShape,
};
use kalends_core::ids::{CalendarId, EdgeId};
use kalends_core::policy;
use sha2::{Digest, Sha256};

use crate::draw;
use crate::occurring::put_when;

/// How many events are drawn.
const EVENTS: u64 = 100;

pub(crate) fn decide(all: &mut Sha256) {
    for seed in 0..EVENTS {
        let (body, strictest, now) = draw::mirrored(seed);
        for level in [DetailLevel::Busy, DetailLevel::Title, DetailLevel::Full] {
            let edge = edge(level, draw::filters(seed));
            let disclosure = policy::disclosure(&edge.options, &BTreeMap::new());
            let shapes = [SeriesShape::Whole, SeriesShape::Parts, SeriesShape::Patterns];
            for series in shapes.into_iter().chain([SeriesShape::Singles]) {
                let target = Capabilities { series, ..Capabilities::default() };
                let (edge, disclosure, target) = (&edge, &disclosure, &target);
                let asked = Compile { body: &body, strictest, edge, disclosure, target, now };
                put(all, &asked);
            }
        }
    }
}

fn put(all: &mut Sha256, asked: &Compile<'_>) {
    match compile(asked) {
        Compiled::No(why) => all.update(format!("{why:?}")),
        Compiled::Parts(parts) => {
            for (key, part) in parts {
                all.update(key.to_bytes());
                all.update(part.hash.0);
                all.update(part.starts.as_millis().to_be_bytes());
                part.of.iter().chain(&part.instance).for_each(|when| put_when(all, when));
            }
        }
    }
    losses(asked).iter().for_each(|loss| all.update(format!("{loss:?}")));
}

fn edge(level: DetailLevel, filters: Filters) -> Edge {
    Edge {
        id: EdgeId::from_bytes([1; 16]),
        from: CalendarId::from_bytes([2; 16]),
        to: CalendarId::from_bytes([3; 16]),
        options: EdgeOptions { level, filters, ..EdgeOptions::default() },
        state: Lifecycle::Active,
        pair: None,
    }
}
