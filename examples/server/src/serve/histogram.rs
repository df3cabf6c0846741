//! A histogram of durations, as Prometheus reads it.

use std::fmt::Write as _;
use std::time::Duration;

/// Upper bounds, in milliseconds.
const BOUNDS_MS: [u64; 12] =
    [5, 20, 100, 250, 1_000, 2_500, 10_000, 30_000, 120_000, 600_000, 3_600_000, 86_400_000];

#[derive(Debug, Default)]
pub(super) struct Histogram {
    counts: [u64; BOUNDS_MS.len()],
    all: u64,
    sum: Duration,
}

impl Histogram {
    pub(super) fn observe(&mut self, took: Duration) {
        let ms = took.as_millis();
        for (count, bound) in self.counts.iter_mut().zip(BOUNDS_MS) {
            *count += u64::from(ms <= u128::from(bound));
        }
        self.all += 1;
        self.sum += took;
    }

    /// Its lines; `labels`, as in `a="b"`, stand at each of them.
    pub(super) fn write(&self, out: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        for (count, bound) in self.counts.iter().zip(BOUNDS_MS) {
            let seconds = Duration::from_millis(bound).as_secs_f64();
            let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{seconds}\"}} {count}");
        }
        let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {}", self.all);
        let all = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(out, "{name}_count{all} {}", self.all);
        let _ = writeln!(out, "{name}_sum{all} {}", self.sum.as_secs_f64());
    }
}
