//! Looking on while a sync goes: fail-points, and progress on a terminal.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kalends::core::ids::{EventId, GraphId};
use kalends::core::plan::Note;
use kalends::core::ports::Clock as _;
use kalends::driver::{Changed, Flow, Hooks, Point, Progress, Talked};
use kalends_tokio::SystemClock;

use crate::failpoint;
use crate::serve::Metrics;

/// Passes fail-points, and shows on standard error what is being done, where that is a terminal.
#[derive(Debug)]
pub(crate) struct CliHooks {
    bar: ProgressBar,
    /// Where a server counts what steps remark.
    metrics: Option<Arc<Metrics>>,
    /// The graph whose notices these syncs take up.
    takes_up: Option<GraphId>,
}

impl CliHooks {
    /// Shows nothing.
    pub(crate) fn quiet() -> Self {
        Self { bar: ProgressBar::hidden(), metrics: None, takes_up: None }
    }

    /// Shows nothing, and counts.
    pub(crate) fn counting(metrics: Arc<Metrics>) -> Self {
        Self { bar: ProgressBar::hidden(), metrics: Some(metrics), takes_up: None }
    }

    /// The same of the syncs that keep a graph in step.
    pub(crate) fn keeping(metrics: Arc<Metrics>, graph: GraphId) -> Self {
        Self { bar: ProgressBar::hidden(), metrics: Some(metrics), takes_up: Some(graph) }
    }

    /// Shows progress, where somebody can see it.
    pub(crate) fn on_terminal() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::quiet();
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, metrics: None, takes_up: None }
    }
}

impl Drop for CliHooks {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Hooks for CliHooks {
    fn point(&self, point: Point) -> Flow {
        failpoint::pass(point);
        Flow::Go
    }

    fn talked(&self, talked: &Talked) {
        if let Some(metrics) = &self.metrics {
            metrics.talked(talked);
        }
    }

    fn note(&self, note: &Note) {
        if let Some(metrics) = &self.metrics {
            metrics.note(note.code);
        }
        self.bar.set_message(note.code);
    }

    fn changed(&self, changed: &Changed) {
        if let (Some(metrics), Some(graph)) = (&self.metrics, self.takes_up) {
            metrics.changed(graph, changed, SystemClock.now());
        }
    }

    fn wrote(&self, event: EventId) {
        if let (Some(metrics), Some(graph)) = (&self.metrics, self.takes_up) {
            metrics.wrote(graph, event, SystemClock.now());
        }
    }

    fn progress(&self, progress: Progress) {
        if let (Progress::Pass(_), Some(metrics), Some(graph)) =
            (&progress, &self.metrics, self.takes_up)
        {
            metrics.begun(graph);
        }
        self.bar.set_message(match progress {
            Progress::Pass(number) => format!("pass {number}"),
            Progress::Discovering(_) => "looking for calendars".to_owned(),
            Progress::Reading(_, items) => format!("reading, {items} items"),
            Progress::Writing(writes) => format!("writing, {writes} done"),
        });
    }
}
