//! A first listing of 10,000 events with two edges, beside bare inserts of the very same rows, and
//! the same listing again. In turn, so that what else the machine does falls on all alike.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark ends where it cannot run, and says what it measured"
)]

#[path = "../ingest/bare.rs"]
mod bare;
mod sync;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kalends_core::ids::GraphId;
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Plan;
use kalends_core::ports::GraphStore as _;
use kalends_core::slice::GraphVersion;
use kalends_sqlite::{KeyVault, SqliteStore};
use kalends_testkit::block_on::block_on;
use kalends_testkit::bulk;
use tempfile::TempDir;

const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
const EVENTS: u32 = 10_000;
const BATCH: u32 = 250;
const CHECKPOINT: u32 = 20_000;
/// What the store's connections keep in memory; SQLite's own default is 2,000.
const CACHE_KIB: u32 = 16 * 1024;

fn main() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(9);
    let keys = GraphKeys { graph: GRAPH, secret: [7; 32] };
    let vault = Arc::new(KeyVault::new([1; 32], &[]));
    let rows = bare_rows(&keys, &vault);
    let count: usize = rows.iter().map(Vec::len).sum();
    println!("{EVENTS} events, 2 edges: {count} rows in {} transactions", rows.len());
    let (mut bare, mut cached) = (Vec::new(), Vec::new());
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(time_bare(&rows, None));
        cached.push(time_bare(&rows, Some(CACHE_KIB)));
        let (one, two) = time_ours(&keys, &vault);
        first.push(one);
        again.push(two);
    }
    let (bare, cached) = (Rate::median(bare), Rate::median(cached));
    let (first, again) = (Rate::median(first), Rate::median(again));
    let line = |name: &str, rate: &Rate, beside: &Rate| {
        println!(
            "{name:<24} {:>8.0} events/s ({:.2})   {:>6.1} us of CPU an event ({:.2})",
            rate.wall,
            rate.wall / beside.wall,
            1e6 / rate.cpu,
            rate.cpu / beside.cpu,
        );
    };
    println!("in brackets: beside the first line; in the last one, beside the first listing");
    line("bare inserts", &bare, &bare);
    line("bare inserts, our cache", &cached, &bare);
    line("first listing", &first, &bare);
    line("the same again", &again, &first);
}

/// Events a second, by the clock and by the processor's time of this process.
struct Rate {
    wall: f64,
    cpu: f64,
}

impl Rate {
    fn median(times: Vec<Spent>) -> Self {
        let of = |field: fn(&Spent) -> Duration| {
            let mut times: Vec<Duration> = times.iter().map(field).collect();
            times.sort_unstable();
            f64::from(EVENTS) / times[times.len() / 2].as_secs_f64()
        };
        Self { wall: of(|spent| spent.wall), cpu: of(|spent| spent.cpu) }
    }
}

struct Spent {
    wall: Duration,
    cpu: Duration,
}

fn time(work: impl FnOnce()) -> Spent {
    let (began, cpu) = (Instant::now(), cpu());
    work();
    Spent { wall: began.elapsed(), cpu: self::cpu() - cpu }
}

/// What this process used of the processors, all threads; in steps of 10 ms.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// The rows that a first listing leaves, with 250 events a transaction.
fn bare_rows(keys: &GraphKeys, vault: &Arc<KeyVault>) -> Vec<bare::Rows> {
    let (store, _folder) = store(vault);
    let mut plans: Vec<Plan> = Vec::new();
    let batches = bulk::listing(EVENTS, BATCH);
    sync::take_in(&store, GRAPH, &sync::env(keys, 1), batches, |plan| match plans.last_mut() {
        Some(last) if last.taken < BATCH as usize => {
            last.taken += plan.taken;
            last.changes.extend(plan.changes);
            last.entries.extend(plan.entries);
            last.jobs.extend(plan.jobs);
        }
        Some(_) | None => plans.push(plan),
    });
    bare::rows(GRAPH, &plans, &**vault)
}

fn store(vault: &Arc<KeyVault>) -> (SqliteStore, TempDir) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db"), vault.clone()).unwrap();
    block_on(store.create(GRAPH)).unwrap();
    block_on(store.commit(GRAPH, GraphVersion(0), &bulk::set_up())).unwrap();
    (store, folder)
}

fn time_bare(rows: &[bare::Rows], cache_kib: Option<u32>) -> Spent {
    let folder = TempDir::new().unwrap();
    let mut connection = bare::open(&folder.path().join("bare.db"), GRAPH, CHECKPOINT);
    if let Some(kib) = cache_kib {
        connection.execute_batch(&format!("PRAGMA cache_size = -{kib};")).unwrap();
    }
    time(|| bare::insert(&mut connection, rows))
}

fn time_ours(keys: &GraphKeys, vault: &Arc<KeyVault>) -> (Spent, Spent) {
    let (store, _folder) = store(vault);
    let (one, two) = (bulk::listing(EVENTS, BATCH), bulk::listing(EVENTS, BATCH));
    let first = time(|| sync::take_in(&store, GRAPH, &sync::env(keys, 1), one, drop));
    let again = time(|| sync::take_in(&store, GRAPH, &sync::env(keys, 2), two, drop));
    (first, again)
}
