//! How long a question about the free times of a week takes over full calendars, from the store: as it is
//! answered from what was worked out ahead, asked again, for the first time and right behind a change, and from
//! the events.
//!
//! `CALENDARS`, `EVENTS` (of each), `SERIES` (of them) and `ROUNDS` set how much: 10, 5,000, 200 and 2,000; of
//! first questions and of changes there are a tenth.

#![allow(clippy::unwrap_used, reason = "a measurement ends on the first surprise")]
#![allow(clippy::print_stdout, reason = "it prints what it measures")]

mod canned;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use canned::{Canned, driver, person, setting};
use kalends::core::schedule::Inquiry;
use kalends::core::time::Timestamp;
use kalends::driver::Options;
use kalends::{Ahead, AheadCounts, UserEdit, own_time};

const DAY_MS: i64 = 86_400_000;

fn told(what: &str, mut all: Vec<Duration>) {
    all.sort_unstable();
    let at = |share: f64| all[((all.len() - 1) as f64 * share).round() as usize];
    let (half, nine, last, most) = (at(0.5), at(0.9), at(0.99), at(1.0));
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "{what}: p50 {:.2} ms, p90 {:.2}, p99 {:.2}, most {:.2}, of {}",
        ms(half),
        ms(nine),
        ms(last),
        ms(most),
        all.len()
    );
}

/// The week that begins so many days from now.
fn week(now: Timestamp, days: i64) -> Inquiry {
    let from = now.saturating_add_millis(days * DAY_MS);
    Inquiry { now, range: from..from.saturating_add_millis(7 * DAY_MS), waived: BTreeSet::new() }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (calendars, events) = (setting("CALENDARS", 10), setting("EVENTS", 5_000));
    let (series, rounds) = (setting("SERIES", 200), setting("ROUNDS", 2_000));
    let now = canned::now();
    // Three years around now, as people's calendars are.
    let minutes = 3 * 365 * 24 * 60 / i64::from(events.max(1));
    let (driver, _folder) = driver(Canned { calendars, events, minutes, series, around: now });
    runtime.block_on(async {
        let keys = person(&driver, 0).await;
        let (begun, store) = (Instant::now(), driver.ports().store.clone());
        assert!(driver.sync(&keys, &Options::default()).await.unwrap().settled);
        println!(
            "{calendars} calendars of {events} events are taken in within {:.0?}",
            begun.elapsed()
        );
        let ahead = Ahead::default();
        ahead.own_time(&store, keys.graph, &week(now, 0)).await.unwrap();
        ahead.renew(&store, keys.graph, now).await.unwrap();
        let (mut kept, mut read) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            // The weeks of this month, in turn.
            let asked = week(now, i64::from(round % 28));
            let begun = Instant::now();
            let (_, time) = ahead.own_time(&store, keys.graph, &asked).await.unwrap();
            kept.push(begun.elapsed());
            if round % 10 == 0 {
                let begun = Instant::now();
                let (_, same) = own_time(&store, keys.graph, &asked).await.unwrap();
                read.push(begun.elapsed());
                assert_eq!(time, same);
            }
        }
        let counts = ahead.counts();
        assert_eq!(counts.ahead, u64::from(rounds), "{counts:?}");
        told("a week, worked out ahead", kept);
        told("a week, from the events", read);
        let (mut first, mut behind) = (Vec::new(), Vec::new());
        for _ in 0..rounds / 10 {
            let fresh = Ahead::default();
            fresh.keep(&BTreeSet::from([keys.graph]));
            fresh.renew(&store, keys.graph, now).await.unwrap();
            let begun = Instant::now();
            fresh.own_time(&store, keys.graph, &week(now, 0)).await.unwrap();
            first.push(begun.elapsed());
            let put = UserEdit::PutEvent { event: None, body: canned::hour(now) };
            driver.author(&keys, &[put]).await.unwrap();
            let begun = Instant::now();
            fresh.own_time(&store, keys.graph, &week(now, 0)).await.unwrap();
            behind.push(begun.elapsed());
            assert_eq!(fresh.counts(), AheadCounts { ahead: 2, events: 0 });
        }
        told("a week, worked out ahead, asked for the first time", first);
        told("a week, worked out ahead, right behind a change", behind);
    });
}
