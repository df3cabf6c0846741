//! What the core decides about time, as one hash: the same on every kind of machine.
//!
//! Random graphs in zones that change their clocks, rules of every sort, and proposals for three
//! people. A hash that differs from [`RECORDED`] means that a calendar would be read otherwise on
//! one machine than on another, or that availability or proposals have changed: then record the
//! new one, and say in the change log what is decided otherwise.

mod draw;

use kalends_core::schedule::propose::propose;
use kalends_core::schedule::{Stretch, availability};
use sha2::{Digest, Sha256};

/// How many graphs are drawn.
pub const GRAPHS: u64 = 300;

/// The hash of all that is decided about them.
pub const RECORDED: &str = "8264d1b48fd808b7f6e5a4d2c0a7674e68f1f306ea94369eb557237c33b47830";

/// # Panics
/// Where the hash differs from the recorded one.
pub fn check() {
    assert_eq!(hash(), RECORDED, "availability or proposals are otherwise than recorded");
}

/// The hash, in hexadecimal.
#[must_use]
pub fn hash() -> String {
    let mut all = Sha256::new();
    for seed in 0..GRAPHS {
        let times: Vec<Vec<Stretch>> = (0..3).map(|person| time(3 * seed + person)).collect();
        times.iter().flatten().for_each(|stretch| put_stretch(&mut all, stretch));
        let (wish, seats, roles) = draw::meeting(seed, &times);
        let found = propose(&wish, &seats, &roles);
        all.update([u8::from(found.proven)]);
        for proposal in found.list {
            all.update(proposal.score.to_be_bytes());
            proposal.meetings.iter().for_each(|one| put_range(&mut all, one));
            let seats = proposal.roles.iter().flatten();
            seats.for_each(|seat| all.update((*seat as u64).to_be_bytes()));
        }
    }
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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

fn put_range(all: &mut Sha256, range: &core::ops::Range<kalends_core::time::Timestamp>) {
    all.update(range.start.as_millis().to_be_bytes());
    all.update(range.end.as_millis().to_be_bytes());
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_decided_about_time_is_as_recorded() {
        super::check();
    }
}
