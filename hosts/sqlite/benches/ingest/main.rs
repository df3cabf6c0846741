//! What the store costs above SQLite itself: 10,000 events with two mirrors, 250 a transaction.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark ends where it cannot run")]

mod bare;
mod plans;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kalends_core::ids::{CalendarId, GraphId, ProviderId};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::{Change, Plan, Row};
use kalends_core::ports::GraphStore as _;
use kalends_core::slice::{GraphVersion, Owner, ReadSet};
use kalends_core::wire;
use kalends_sqlite::{KeyVault, Settings, SqliteStore};
use kalends_testkit::block_on::block_on;
use tempfile::TempDir;

const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
const PLANS: u32 = 40;
const SIZE: u32 = 250;

fn ingest(criterion: &mut Criterion) {
    let keys = GraphKeys { graph: GRAPH, secret: [7; 32] };
    let plans = plans::first_listing(&keys, PLANS, SIZE);
    let vault = Arc::new(KeyVault::new([1; 32], &[]));
    let rows = bare::rows(GRAPH, &plans, &*vault);
    let mut group = criterion.benchmark_group("first listing");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Elements(u64::from(PLANS * SIZE)));
    for checkpoint in [1_000, 20_000] {
        group.bench_function(format!("bare inserts, checkpoint {checkpoint}"), |bencher| {
            let fresh = || {
                let folder = TempDir::new().unwrap();
                (bare::open(&folder.path().join("bare.db"), GRAPH, checkpoint), folder)
            };
            let insert = |(connection, _): &mut (_, _)| bare::insert(connection, &rows);
            bencher.iter_batched_ref(fresh, insert, BatchSize::PerIteration);
        });
        group.bench_function(format!("store commits, checkpoint {checkpoint}"), |bencher| {
            let fresh = || {
                let folder = TempDir::new().unwrap();
                let settings =
                    Settings { wal_autocheckpoint_pages: checkpoint, ..Settings::default() };
                let path = folder.path().join("store.db");
                let store = SqliteStore::open_with(&path, vault.clone(), settings).unwrap();
                block_on(store.create(GRAPH)).unwrap();
                (store, folder)
            };
            let commit = |(store, _): &mut (SqliteStore, TempDir)| {
                for (plan, base) in plans.iter().zip(0..) {
                    block_on(store.commit(GRAPH, GraphVersion(base), plan)).unwrap();
                }
            };
            bencher.iter_batched_ref(fresh, commit, BatchSize::PerIteration);
        });
    }
    group.finish();
    load(criterion, &plans, &vault);
    forms(criterion, &plans);
}

fn load(criterion: &mut Criterion, plans: &[Plan], vault: &Arc<KeyVault>) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db"), vault.clone()).unwrap();
    block_on(store.create(GRAPH)).unwrap();
    for (plan, base) in plans.iter().zip(0..) {
        block_on(store.commit(GRAPH, GraphVersion(base), plan)).unwrap();
    }
    let calendar = CalendarId::from_bytes([1; 16]);
    let objects =
        (0..SIZE).map(|n| (calendar, ProviderId(format!("/alice/main/{:08}.ics", 37 * n))));
    let unchanged = ReadSet { objects: objects.collect(), ..ReadSet::default() };
    let owners = block_on(store.load(GRAPH, &unchanged)).unwrap();
    let events = owners.objects.values().flatten().filter_map(|row| {
        let Owner::Presence(event) = row.owner else { return None };
        Some(event)
    });
    let whole = ReadSet { events: events.collect(), ..ReadSet::default() };
    let mut group = criterion.benchmark_group("load of 250");
    group.throughput(Throughput::Elements(u64::from(SIZE)));
    group.bench_function("objects", |bencher| {
        bencher.iter(|| block_on(store.load(GRAPH, &unchanged)).unwrap());
    });
    group.bench_function("events with all that is recorded", |bencher| {
        bencher.iter(|| block_on(store.load(GRAPH, &whole)).unwrap());
    });
    group.finish();
}

fn forms(criterion: &mut Criterion, plans: &[Plan]) {
    let presence = plans[0].changes.iter().find_map(|change| {
        let Change::Put(row, form) = change else { return None };
        matches!(row, Row::Presence(..)).then_some((row, form))
    });
    let (row, form) = presence.unwrap();
    let mut changed = form.clone();
    changed.truncate(form.len() - 2);
    changed.extend_from_slice(b",\"x\":1}}");
    let mut group = criterion.benchmark_group(format!("presence of {} bytes", form.len()));
    group.bench_function("encode", |bencher| bencher.iter(|| wire::encode(black_box(row))));
    group.bench_function("decode", |bencher| bencher.iter(|| wire::presence(black_box(form))));
    group.bench_function("delta of a new row", |bencher| {
        bencher.iter(|| wire::delta(&row.key(), None, Some(black_box(form))));
    });
    group.bench_function("delta of a changed row", |bencher| {
        bencher.iter(|| wire::delta(&row.key(), Some(black_box(form)), Some(&changed)));
    });
    group.finish();
}

criterion_group!(benches, ingest);
criterion_main!(benches);
