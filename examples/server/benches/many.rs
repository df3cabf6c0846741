//! What many calendars take that nothing happens in: the memory of a process that keeps them all in step,
//! and the processor's time of a pass over them, where the provider says of each that nothing changed.
//!
//! `PEOPLE`, `CALENDARS` (of each), `EVENTS` (of each calendar) set how much: 1,000, 10 and 230.

#![allow(clippy::unwrap_used, reason = "a measurement ends on the first surprise")]
#![allow(clippy::print_stdout, reason = "it prints what it measures")]

mod canned;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use canned::{Canned, Canning, SELF, cpu, driver, mib, person, setting};
use kalends::GraphKeys;
use kalends_tokio::{WatchOptions, watch};

/// What passes said together.
#[derive(Default)]
struct Said {
    items: AtomicU64,
    unsettled: AtomicU64,
}

/// One pass over everybody's calendars, each in a loop of its own as a server has them.
async fn pass(driver: &Canning, people: &[GraphKeys], at_once: usize) -> Arc<Said> {
    let said = Arc::new(Said::default());
    for some in people.chunks(at_once) {
        let loops = some.iter().map(|keys| {
            let (driver, keys, said) = (driver.clone(), keys.clone(), Arc::clone(&said));
            tokio::spawn(async move {
                let (_ask, stop) = tokio::sync::watch::channel(false);
                watch(&driver, &keys, WatchOptions::default(), stop, |ended| {
                    let report = ended.unwrap();
                    said.items.fetch_add(report.pulled, Ordering::Relaxed);
                    said.unsettled.fetch_add(u64::from(!report.settled), Ordering::Relaxed);
                    ControlFlow::Break(())
                })
                .await;
            })
        });
        for one in loops.collect::<Vec<_>>() {
            one.await.unwrap();
        }
    }
    said
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (people, calendars) = (setting("PEOPLE", 1_000), setting("CALENDARS", 10));
    let events = setting("EVENTS", 230);
    let around = canned::now();
    let (driver, _folder) = driver(Canned { calendars, events, minutes: 180, series: 0, around });
    let all = f64::from(people * calendars);
    runtime.block_on(async {
        let mut known = Vec::new();
        for n in 0..people {
            known.push(person(&driver, n).await);
        }
        let (begun, before) = (Instant::now(), cpu(SELF));
        let said = pass(&driver, &known, 8).await;
        assert_eq!(said.items.load(Ordering::Relaxed), u64::from(people * calendars * events));
        println!(
            "{all} calendars of {events} events are taken in within {:.0?}, {:.0?} of the processors; {} \
             MiB resident, {} at most",
            begun.elapsed(),
            cpu(SELF) - before,
            mib(SELF, "VmRSS"),
            mib(SELF, "VmHWM"),
        );
        for at_once in [known.len(), 8] {
            let (begun, before) = (Instant::now(), cpu(SELF));
            let said = pass(&driver, &known, at_once).await;
            let spent = cpu(SELF) - before;
            assert_eq!(said.items.load(Ordering::Relaxed), 0, "nothing changed");
            assert_eq!(said.unsettled.load(Ordering::Relaxed), 0);
            println!(
                "a pass in which nothing changed, {at_once} at once: {:.3} ms of the processors a \
                 calendar, {:.1?} in all; {} MiB resident, {} at most",
                spent.as_secs_f64() * 1_000.0 / all,
                begun.elapsed(),
                mib(SELF, "VmRSS"),
                mib(SELF, "VmHWM"),
            );
        }
    });
}
