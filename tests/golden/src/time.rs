//! Availability, and proposals for three people, in zones that change their clocks.

use core::ops::Range;

use kalends_core::schedule::propose::propose;
use kalends_core::schedule::{Stretch, availability};
use kalends_core::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::draw;

/// How many graphs are drawn.
const GRAPHS: u64 = 300;

pub(crate) fn decide(all: &mut Sha256) {
    for seed in 0..GRAPHS {
        let times: Vec<Vec<Stretch>> = (0..3).map(|person| time(3 * seed + person)).collect();
        times.iter().flatten().for_each(|stretch| put_stretch(all, stretch));
        let (wish, seats, roles) = draw::meeting(seed, &times);
        let found = propose(&wish, &seats, &roles);
        all.update([u8::from(found.proven)]);
        for proposal in found.list {
            all.update(proposal.score.to_be_bytes());
            proposal.meetings.iter().for_each(|one| put_range(all, one));
            let seats = proposal.roles.iter().flatten();
            seats.for_each(|seat| all.update((*seat as u64).to_be_bytes()));
        }
    }
}

fn time(seed: u64) -> Vec<Stretch> {
    let (config, events, rules, inquiry) = draw::graph(seed);
    availability(&config, &events, &rules, &inquiry)
}

fn put_stretch(all: &mut Sha256, stretch: &Stretch) {
    put_range(all, &stretch.range);
    all.update(stretch.free_permille.to_be_bytes());
    stretch.why.iter().for_each(|why| all.update(why.code()));
}

pub(crate) fn put_range(all: &mut Sha256, range: &Range<Timestamp>) {
    all.update(range.start.as_millis().to_be_bytes());
    all.update(range.end.as_millis().to_be_bytes());
}
