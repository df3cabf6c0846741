//! What a step costs by itself, without a store. Criterion tells the time, and the allocator what it
//! was asked for.
#![allow(clippy::print_stdout, missing_docs, reason = "a benchmark says what it measured")]

use criterion::{Criterion, criterion_group, criterion_main};
use kalends_testkit::steps;

fn each(criterion: &mut Criterion) {
    steps::steps(&mut |name, step| {
        let asked = allocation_counter::measure(step);
        println!("{name}: {} allocations, {} bytes", asked.count_total, asked.bytes_total);
        criterion.bench_function(name, |bencher| bencher.iter(step));
    });
}

criterion_group!(benches, each);
criterion_main!(benches);
