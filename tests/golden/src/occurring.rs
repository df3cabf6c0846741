//! When events take place, of every rule in every zone, wherever their floating times are seen.

use kalends_core::instances::{View, occurrences};
use kalends_core::time::{Gap, When};
use sha2::{Digest, Sha256};

use crate::draw;
use crate::time::put_range;

/// How many events are drawn.
const EVENTS: u64 = 400;

pub(crate) fn decide(all: &mut Sha256) {
    for seed in 0..EVENTS {
        let (body, zone, range) = draw::seen(seed);
        for gap in [Gap::Shift, Gap::Skip] {
            let found = occurrences(&body, range.clone(), View { zone: &zone, gap });
            all.update([u8::from(found.cut)]);
            all.update((found.list.len() as u64).to_be_bytes());
            for one in found.list {
                put_when(all, &one.original);
                put_range(all, &(one.start..one.end));
            }
        }
    }
}

pub(crate) fn put_when(all: &mut Sha256, when: &When) {
    all.update(when.civil().seconds().to_be_bytes());
    all.update([u8::from(when.is_date())]);
    all.update(when.zone().map_or("", |zone| zone.name()));
}
