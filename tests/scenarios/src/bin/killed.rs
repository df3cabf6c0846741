//! Kills the process of every story at every place: `cargo xtask sim --killed`.
#![allow(clippy::print_stdout, reason = "a command line speaks through it")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use kalends_scenarios::{Places, Visited, stories, visit};

fn main() -> ExitCode {
    let began = Instant::now();
    let stories = match stories() {
        Ok(stories) => stories,
        Err(trouble) => {
            println!("the stories cannot be read: {trouble}");
            return ExitCode::FAILURE;
        }
    };
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Visited::default()));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((name, story)) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = visit(name, story, 0, Places::All).unwrap_or_else(|trouble| {
                        let wrong = vec![format!("{name}: {trouble}")];
                        Visited { wrong, ..Visited::default() }
                    });
                    all.lock().unwrap_or_else(PoisonError::into_inner).join(found);
                }
            });
        }
    });
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    let is_enough = all.is_enough();
    let Visited { visited, reached, wrong, .. } = all;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} stories, killed at {reached} of {visited} places, in {seconds:.1} s; {} ended otherwise",
        stories.len(),
        wrong.len()
    );
    wrong.iter().for_each(|what| println!("{what}"));
    if !is_enough {
        println!("that is too few to tell anything");
    }
    if is_enough && wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
