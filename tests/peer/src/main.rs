//! The busy times of a week in ten full calendars, by Kalends and by nettu-scheduler's own algorithm
//! (its crate `nettu_scheduler_domain`), in turn, over the same events.
//!
//! `cargo run --release --manifest-path tests/peer/Cargo.toml`; `ROUNDS` sets how often. Both must
//! find the same times, or it ends with an error.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark, not an interface")]

#[path = "../../../engine/core/benches/schedule/crowded.rs"]
#[allow(dead_code, reason = "the benchmark beside it has more of it")]
mod crowded;
mod theirs;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kalends_core::ids::EventId;
use kalends_core::schedule::{Inquiry, Rules, availability, reach};
use kalends_core::slice::{Bundle, Config};

use crowded::{graph, inquiry, near, zone};

/// From when to when, in milliseconds since 1970.
type Times = Vec<(i64, i64)>;

fn main() -> ExitCode {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let (config, events) = graph();
    let (rules, asked) = (Rules::none(zone("Europe/Berlin")), inquiry(7));
    let loaded = near(&events, &reach(&rules, &asked.range));
    let theirs = theirs::calendar(&loaded);
    let span = (asked.range.start.as_millis(), asked.range.end.as_millis());
    let (our_times, their_times) =
        (ours(&config, &loaded, &rules, &asked), theirs::busy(&theirs, span));
    if our_times != their_times {
        let all = our_times.len().max(their_times.len());
        let same = our_times.iter().zip(&their_times).take_while(|(a, b)| a == b).count();
        eprintln!(
            "{same} of {all} busy times are alike, then they differ: there is nothing to compare"
        );
        return ExitCode::FAILURE;
    }
    let mut taken = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        taken.0.push(timed(|| ours(&config, &loaded, &rules, &asked)));
        taken.1.push(timed(|| theirs::busy(&theirs, span)));
    }
    let (us, them) = (median(taken.0), median(taken.1));
    println!("{} events and series, {} busy times in a week", loaded.len(), our_times.len());
    println!("kalends          {us:>12.1?}");
    println!("nettu-scheduler  {them:>12.1?}");
    println!("ratio            {:>11.1}x", them.as_secs_f64() / us.as_secs_f64());
    ExitCode::SUCCESS
}

fn ours(
    config: &Config,
    events: &BTreeMap<EventId, Bundle>,
    rules: &Rules,
    asked: &Inquiry,
) -> Times {
    let stretches = availability(config, events, rules, asked);
    let busy = stretches.iter().filter(|stretch| !stretch.is_free());
    busy.map(|one| (one.range.start.as_millis(), one.range.end.as_millis())).collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
