//! Many histories, some at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kalends_sim_tests::{Check, Coverage, Life, Tale};

use crate::options::{Batch, Options};
use crate::script;

/// How often a run says how far it is.
const SAID_EVERY: Duration = Duration::from_secs(5);

/// How many failed histories are shrunk and shown.
const SHRUNK_MAX: usize = 12;

/// What came of the histories so far.
#[derive(Debug, Default)]
struct Lived {
    histories: u64,
    steps: u64,
    coverage: Coverage,
    failed: Vec<Tale>,
    /// How often it was said how far it is.
    said: u32,
}

/// Lives a batch and gives how many ended otherwise than they should.
pub(crate) fn run(batch: &Batch, options: &Options) -> usize {
    let (next, began) = (AtomicU64::new(options.start), Instant::now());
    let lived = Mutex::new(Lived::default());
    let end = options.start + batch.seeds;
    std::thread::scope(|scope| {
        for _ in 0..options.at_once() {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let tale = options.tale(batch, seed);
                    let life = tale.live();
                    let mut lived = held(&lived);
                    take_in(&mut lived, tale, life, (began, batch.seeds));
                    if options.first && !lived.failed.is_empty() {
                        return;
                    }
                }
            });
        }
    });
    let lived = lived.into_inner().unwrap_or_else(PoisonError::into_inner);
    tell(batch, options, &lived, began);
    failures(&lived, batch, options)
}

/// How many histories ended otherwise than they should, and in a long run of all profiles how much was never
/// exercised.
fn failures(lived: &Lived, batch: &Batch, options: &Options) -> usize {
    let is_asked = options.shows_coverage() && batch.is_whole;
    let never = if is_asked { lived.coverage.never(batch.depth) } else { Vec::new() };
    for what in &never {
        println!("never exercised: {what}");
    }
    lived.failed.len() + if options.long { never.len() } else { 0 }
}

fn held(lived: &Mutex<Lived>) -> MutexGuard<'_, Lived> {
    lived.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take_in(lived: &mut Lived, tale: Tale, mut life: Life, (began, of): (Instant, u64)) {
    lived.histories += 1;
    lived.steps += tale.steps.len() as u64;
    lived.coverage.join(std::mem::take(&mut life.coverage));
    if life.trouble.is_some() {
        lived.failed.push(tale);
    }
    if began.elapsed() > SAID_EVERY * (lived.said + 1) {
        lived.said += 1;
        let seconds = began.elapsed().as_secs_f64();
        let (histories, steps) = (lived.histories as f64, lived.steps as f64);
        eprintln!(
            "{} of {of} histories, {:.0} and {:.0} steps a second; {} failed",
            lived.histories,
            histories / seconds,
            steps / seconds,
            lived.failed.len()
        );
    }
}

fn tell(batch: &Batch, options: &Options, lived: &Lived, began: Instant) {
    if options.shows_coverage() {
        println!("{}", lived.coverage);
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{}: {} histories in {seconds:.1} s, {:.0} a second, {:.0} steps a second; {} failed",
        batch.depth.name(),
        lived.histories,
        lived.histories as f64 / seconds,
        lived.steps as f64 / seconds,
        lived.failed.len(),
    );
    if let Some(first) = lived.failed.iter().min_by_key(|tale| tale.seed) {
        let check = first.live().check().map_or("a fall", Check::name);
        println!("breach: {check} at seed {}", first.seed);
    }
    for tale in lived.failed.iter().take(SHRUNK_MAX) {
        tell_of(tale, options);
    }
    for tale in lived.failed.iter().skip(SHRUNK_MAX) {
        println!("again: cargo xtask sim {tale}");
    }
}

/// Prints a failed history, shrunk, with what lives it again.
pub(crate) fn tell_of(tale: &Tale, options: &Options) {
    let least = if options.whole { tale.clone() } else { tale.shrunk() };
    let life = least.live();
    let trouble = life.trouble.unwrap_or_default();
    println!("\n{trouble}\n{}\nagain: cargo xtask sim {least}", life.script.join("\n"));
    if options.trace {
        script::trace(&least);
    }
    if !options.whole {
        script::print(&least, &trouble);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use kalends_sim_tests::Kind;

    use super::*;

    fn asked(words: &[&str]) -> (Options, Vec<Batch>) {
        let options = Options::parse_from([&["histories"][..], words].concat());
        let batches = options.batches();
        (options, batches)
    }

    /// Catches a long run that ends well though it exercised nothing.
    #[test]
    fn what_was_never_exercised_fails_a_long_run_of_all_profiles() {
        let nothing = Lived::default();
        let (long, batches) = asked(&["--long"]);
        let whole = batches.iter().filter(|batch| batch.is_whole);
        let failed: Vec<usize> = whole.map(|batch| failures(&nothing, batch, &long)).collect();
        assert_eq!(failed.len(), 3);
        assert!(failed.iter().all(|count| *count > 40), "{failed:?}");
        for words in [vec!["--coverage"], vec!["--long", "--profile", "storm"]] {
            let (options, batches) = asked(&words);
            let failed = batches.iter().map(|batch| failures(&nothing, batch, &options));
            assert_eq!(failed.sum::<usize>(), 0, "{words:?}");
        }
        let tale = Tale::drawn(batches[0].depth, batches[0].kinds[0], 0);
        let one = Lived { failed: vec![tale], ..Lived::default() };
        let (short, batches) = asked(&[]);
        assert_eq!(failures(&one, &batches[0], &short), 1);
    }

    /// Catches a profile that no run lives by itself, and people whose providers tell of changes in the short
    /// run alone.
    #[test]
    fn each_profile_is_lived_where_nobody_names_one() {
        let (_, short) = asked(&[]);
        let (_, long) = asked(&["--long"]);
        for batches in [&short, &long] {
            let lived = |kind: Kind| {
                let of_it = batches.iter().filter(|batch| batch.kinds.contains(&kind));
                of_it.map(|batch| batch.seeds / batch.kinds.len() as u64).sum::<u64>()
            };
            for kind in [Kind::ALL.as_slice(), &[Kind::Leaving, Kind::Pushed]].concat() {
                assert!(lived(kind) >= 100, "{kind:?}");
            }
        }
        let pushed = |batches: &[Batch]| {
            let of_it = batches.iter().filter(|batch| batch.kinds.contains(&Kind::Pushed));
            of_it.map(|batch| batch.seeds).sum::<u64>()
        };
        assert_eq!((pushed(&short), pushed(&long)), (300, 3_000));
    }
}
