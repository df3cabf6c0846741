//! What is counted, for Prometheus to read: numbers alone, nothing of anybody.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kalends::AheadCounts;
use kalends::Report;
use kalends::core::provider::FailureClass;
use kalends::core::time::Timestamp;
use kalends::driver::{Changed, DriverError, Talked};
use kalends::ids::{EventId, GraphId};

use super::histogram::Histogram;
use super::lags::{Found, Lags};

/// The counters of a server.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// By method, route and status.
    requests: BTreeMap<(&'static str, String, u16), u64>,
    /// How long requests took.
    request_times: Histogram,
    /// Requests that were refused for their number.
    limited: u64,
    /// By how they ended.
    syncs: BTreeMap<&'static str, u64>,
    /// By what was written.
    writes: BTreeMap<&'static str, u64>,
    /// Requests to providers, by provider.
    asked: BTreeMap<&'static str, u64>,
    /// Conversations with providers that failed, by provider and class.
    refused: BTreeMap<(&'static str, &'static str), u64>,
    /// Items read from providers.
    pulled: u64,
    /// Failures at providers, by class.
    failures: BTreeMap<&'static str, u64>,
    /// By what became of them.
    notices: BTreeMap<&'static str, u64>,
    /// When the first notice came since the last pass of a sync began.
    told: BTreeMap<GraphId, Instant>,
    /// When the first came before that, which the sync under way does what follows from.
    awaited: BTreeMap<GraphId, Instant>,
    /// From a notice's coming in to the end of the sync that wrote because of it.
    lags: Histogram,
    /// From a change at a provider to each mirror that was written because of it.
    changes: Lags,
    /// Channels and subscriptions that were opened and renewed, could not be, or tell of nothing.
    renewals: BTreeMap<&'static str, u64>,
    /// Mirrors that were not as they were written, by what became of that.
    drift: BTreeMap<&'static str, u64>,
}

/// What is the case now, looked up when it is asked for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gauges {
    pub(crate) users: u64,
    pub(crate) open: u64,
    pub(crate) parked: u64,
    pub(crate) gone: u64,
    pub(crate) quarantined: u64,
    pub(crate) jobs: u64,
    /// Questions about free times, by where their answers came from.
    pub(crate) times: AheadCounts,
    /// Graphs whose free times are worked out ahead.
    pub(crate) kept: u64,
    /// Thousandths spent of what each provider allows.
    pub(crate) used: BTreeMap<&'static str, u64>,
}

impl Metrics {
    pub(crate) fn request(
        &self,
        (method, route): (&'static str, &str),
        status: u16,
        took: Duration,
    ) {
        self.with(|counters| {
            let key = (method, route.to_owned(), status);
            *counters.requests.entry(key).or_default() += 1;
            counters.request_times.observe(took);
        });
    }

    pub(crate) fn limited(&self) {
        self.with(|counters| counters.limited += 1);
    }

    /// A notice came in at a time, and was answered.
    pub(crate) fn notice(&self, graph: GraphId, came: Instant, taken: bool) {
        self.with(|counters| {
            let word = if taken { "taken" } else { "refused" };
            *counters.notices.entry(word).or_default() += 1;
            if taken {
                let first = counters.told.entry(graph).or_insert(came);
                *first = came.min(*first);
            }
        });
    }

    /// A pass of a sync begins, which finds what was told of so far, and nothing that comes later.
    pub(crate) fn begun(&self, graph: GraphId) {
        self.with(|counters| {
            if let Some(came) = counters.told.remove(&graph) {
                counters.awaited.entry(graph).or_insert(came);
            }
        });
    }

    /// A sync that keeps a graph in step took a change in.
    pub(crate) fn changed(&self, graph: GraphId, changed: &Changed, now: Timestamp) {
        self.with(|counters| {
            let is_told = counters.awaited.contains_key(&graph);
            let found = if is_told { Found::Notice } else { Found::Poll };
            counters.changes.changed(graph, changed, (found, now));
        });
    }

    /// It wrote a mirror of an event.
    pub(crate) fn wrote(&self, graph: GraphId, event: EventId, now: Timestamp) {
        self.with(|counters| counters.changes.wrote(graph, event, now));
    }

    pub(crate) fn synced(&self, graph: GraphId, ended: &Result<Report, DriverError>) {
        self.with(|counters| {
            let told = counters.awaited.remove(&graph);
            let word = match ended {
                Ok(report) if report.settled => "settled",
                Ok(_) => "unsettled",
                Err(_) => "failed",
            };
            *counters.syncs.entry(word).or_default() += 1;
            let Ok(report) = ended else { return };
            if report.settled {
                counters.changes.settled(graph);
            }
            let writes = [
                ("created", report.created),
                ("updated", report.updated),
                ("deleted", report.deleted),
            ];
            for (word, number) in writes {
                *counters.writes.entry(word).or_default() += number;
            }
            counters.pulled += report.pulled;
            for (_, _, failure) in &report.failures {
                *counters.failures.entry(class(failure.class)).or_default() += 1;
            }
            if let Some(told) = told.filter(|_| writes.iter().any(|(_, number)| *number > 0)) {
                counters.lags.observe(told.elapsed());
            }
        });
    }

    /// A graph is gone, or is looked after no more: nothing of it is kept.
    pub(crate) fn forget(&self, graph: GraphId) {
        self.with(|counters| {
            counters.changes.settled(graph);
            counters.told.remove(&graph);
            counters.awaited.remove(&graph);
        });
    }

    /// How a conversation with a provider ended.
    pub(crate) fn talked(&self, talked: &Talked) {
        self.with(|counters| {
            let provider = if talked.provider.is_empty() { "other" } else { talked.provider };
            *counters.asked.entry(provider).or_default() += u64::from(talked.requests);
            if let Some(failed) = talked.failed {
                *counters.refused.entry((provider, class(failed))).or_default() += 1;
            }
        });
    }

    /// What a step remarked.
    pub(crate) fn note(&self, code: &str) {
        self.with(|counters| {
            let (counts, word) = match code {
                "watch.opened" => (&mut counters.renewals, "opened"),
                "watch.renewed" => (&mut counters.renewals, "renewed"),
                "watch.failed" => (&mut counters.renewals, "failed"),
                "watch.silent" => (&mut counters.renewals, "silent"),
                "mirror.reverted" => (&mut counters.drift, "reverted"),
                "mirror.propagated" => (&mut counters.drift, "propagated"),
                "mirror.taken" => (&mut counters.drift, "taken"),
                _ => return,
            };
            *counts.entry(word).or_default() += 1;
        });
    }

    /// As Prometheus reads them.
    pub(crate) fn text(&self, gauges: Gauges) -> String {
        self.with(|counters| written(counters, &gauges))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Counters) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn written(counters: &Counters, gauges: &Gauges) -> String {
    let mut out = String::new();
    head(&mut out, "requests_total", "counter", "Requests, by method, route and status.");
    for ((method, route, status), count) in &counters.requests {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        line(&mut out, &format!("kalends_requests_total{{{labels}}}"), *count);
    }
    head(&mut out, "request_seconds", "histogram", "How long requests took.");
    counters.request_times.write(&mut out, "kalends_request_seconds", "");
    head(&mut out, "requests_limited_total", "counter", "Requests refused for their number.");
    line(&mut out, "kalends_requests_limited_total", counters.limited);
    let labelled = [
        ("syncs_total", "Syncs, by how they ended.", "outcome", &counters.syncs),
        ("writes_total", "Objects written to providers.", "action", &counters.writes),
        ("failures_total", "Failures at providers, by class.", "class", &counters.failures),
        ("notices_total", "Notices of providers.", "outcome", &counters.notices),
        (
            "renewals_total",
            "Watches opened, renewed, failed and silent.",
            "outcome",
            &counters.renewals,
        ),
        ("drift_total", "Mirrors not as they were written.", "outcome", &counters.drift),
    ];
    for (name, help, label, counts) in labelled {
        head(&mut out, name, "counter", help);
        for (word, count) in counts {
            line(&mut out, &format!("kalends_{name}{{{label}=\"{word}\"}}"), *count);
        }
    }
    of_providers(&mut out, counters);
    let help = "Questions about free times, by whether the answer was worked out ahead.";
    head(&mut out, "free_times_total", "counter", help);
    for (from, count) in [("ahead", gauges.times.ahead), ("events", gauges.times.events)] {
        line(&mut out, &format!("kalends_free_times_total{{from=\"{from}\"}}"), count);
    }
    head(&mut out, "items_read_total", "counter", "Items read from providers.");
    line(&mut out, "kalends_items_read_total", counters.pulled);
    let help = "From a notice's coming in to the end of the sync that wrote because of it.";
    head(&mut out, "lag_seconds", "histogram", help);
    counters.lags.write(&mut out, "kalends_lag_seconds", "");
    let help =
        "From a change at a provider, by how it was found and where its time is from, to a mirror.";
    head(&mut out, "change_lag_seconds", "histogram", help);
    counters.changes.write(&mut out, "kalends_change_lag_seconds");
    for (name, help, value) in [
        ("users", "Users of the server.", gauges.users),
        ("free_times_kept", "Graphs whose free times are worked out ahead.", gauges.kept),
        ("writes_open", "Mirror parts with work left to do.", gauges.open),
        ("writes_parked", "Mirror parts that are tried no more.", gauges.parked),
        ("deletions_open", "Events with evidence of a deletion.", gauges.gone),
        ("items_quarantined", "Items that could not be read.", gauges.quarantined),
        ("queue_depth", "Jobs that wait.", gauges.jobs),
    ] {
        head(&mut out, name, "gauge", help);
        line(&mut out, &format!("kalends_{name}"), value);
    }
    let help = "How much is spent of what a provider allows, where that is the most.";
    head(&mut out, "budget_used_ratio", "gauge", help);
    for (provider, permille) in &gauges.used {
        let (ones, thousandths) = (permille / 1_000, permille % 1_000);
        let labels = format!("{{provider=\"{provider}\"}}");
        let _ = writeln!(out, "kalends_budget_used_ratio{labels} {ones}.{thousandths:03}");
    }
    out
}

fn of_providers(out: &mut String, counters: &Counters) {
    head(out, "provider_requests_total", "counter", "Requests to providers.");
    for (provider, count) in &counters.asked {
        line(out, &format!("kalends_provider_requests_total{{provider=\"{provider}\"}}"), *count);
    }
    let help = "Conversations with providers that failed, by class.";
    head(out, "provider_failures_total", "counter", help);
    for ((provider, class), count) in &counters.refused {
        let labels = format!("provider=\"{provider}\",class=\"{class}\"");
        line(out, &format!("kalends_provider_failures_total{{{labels}}}"), *count);
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP kalends_{name} {help}\n# TYPE kalends_{name} {kind}");
}

fn line(out: &mut String, name: &str, value: u64) {
    let _ = writeln!(out, "{name} {value}");
}

const fn class(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Transient => "transient",
        FailureClass::Unknown => "unknown",
        FailureClass::Throttled => "throttled",
        FailureClass::Quota => "quota",
        FailureClass::SignIn => "sign-in",
        FailureClass::Consent => "consent",
        FailureClass::CalendarGone => "calendar-gone",
        FailureClass::Protocol => "protocol",
        FailureClass::Stale => "stale",
        FailureClass::NotFound => "not-found",
        FailureClass::Forbidden => "forbidden",
        FailureClass::CursorLost => "cursor-lost",
        FailureClass::Taken => "taken",
        FailureClass::TooLarge => "too-large",
        FailureClass::Refused => "refused",
        FailureClass::Unsupported => "unsupported",
    }
}

#[cfg(test)]
mod tests {
    use kalends::ids::RunId;

    use super::*;

    #[test]
    fn a_histogram_counts_what_is_at_most_its_bound() {
        let metrics = Metrics::default();
        metrics.request(("GET", "/v1/x"), 200, Duration::from_millis(20));
        metrics.request(("GET", "/v1/x"), 200, Duration::from_millis(21));
        let text = metrics.text(Gauges::default());
        for line in [
            "kalends_requests_total{method=\"GET\",route=\"/v1/x\",status=\"200\"} 2",
            "kalends_request_seconds_bucket{le=\"0.02\"} 1",
            "kalends_request_seconds_bucket{le=\"0.1\"} 2",
            "kalends_request_seconds_bucket{le=\"+Inf\"} 2",
            "kalends_request_seconds_sum 0.041",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    /// Catches a lag that begins with the answer or the sync, and a notice that the end of a sync is held
    /// to answer which began before it came.
    #[test]
    fn the_lag_counts_from_the_notice_to_the_end_of_the_sync_behind_it() {
        let graph = GraphId::from_bytes([1; 16]);
        let metrics = Metrics::default();
        let ago = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        let wrote = |created| {
            Ok(Report {
                run: RunId::from_bytes([2; 16]),
                settled: true,
                passes: 1,
                pulled: 0,
                created,
                updated: 0,
                deleted: 0,
                held: 0,
                quarantined: 0,
                parked: 0,
                requests: 0,
                failures: Vec::new(),
            })
        };
        let lags = || {
            let text = metrics.text(Gauges::default());
            let value = |name: &str| {
                let found = text.lines().find_map(|line| line.strip_prefix(name));
                found.unwrap().trim().parse::<f64>().unwrap()
            };
            (value("kalends_lag_seconds_count "), value("kalends_lag_seconds_sum ").floor())
        };
        metrics.notice(graph, ago(1_000), false);
        metrics.notice(graph, ago(100), true);
        metrics.notice(graph, ago(50), true);
        metrics.begun(graph);
        metrics.notice(graph, ago(10), true);
        metrics.synced(graph, &wrote(1));
        assert_eq!(lags(), (1.0, 100.0), "from the first that was taken in");
        metrics.begun(graph);
        metrics.synced(graph, &wrote(2));
        assert_eq!(lags(), (2.0, 110.0), "the last came while the first sync was under way");
        metrics.notice(graph, ago(5), true);
        metrics.begun(graph);
        metrics.synced(graph, &wrote(0));
        metrics.synced(graph, &wrote(1));
        assert_eq!(lags(), (2.0, 110.0), "nothing was written because of it");
    }

    /// Catches failures of all providers that are one number.
    #[test]
    fn what_is_asked_and_what_fails_is_counted_by_provider() {
        let metrics = Metrics::default();
        let talked = |provider, requests, failed| {
            metrics.talked(&Talked { provider, requests, failed });
        };
        talked("google", 2, None);
        talked("google", 1, Some(FailureClass::Throttled));
        talked("caldav", 3, Some(FailureClass::SignIn));
        talked("", 1, None);
        let text = metrics.text(Gauges::default());
        for line in [
            "kalends_provider_requests_total{provider=\"caldav\"} 3",
            "kalends_provider_requests_total{provider=\"google\"} 3",
            "kalends_provider_requests_total{provider=\"other\"} 1",
            "kalends_provider_failures_total{provider=\"caldav\",class=\"sign-in\"} 1",
            "kalends_provider_failures_total{provider=\"google\",class=\"throttled\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
