//! How long changes at providers take to be in mirrors, however they were found.

use std::collections::BTreeMap;
use std::time::Duration;

use kalends::core::time::Timestamp;
use kalends::driver::Changed;
use kalends::ids::{EventId, GraphId};

use super::histogram::Histogram;

/// Changes of a graph that are followed until their mirrors are written; of more nothing is counted.
const FOLLOWED_MAX: usize = 10_000;

/// So long a change is followed, in milliseconds: what is written of its event later is of something else.
const FOLLOWED_MS: i64 = 86_400_000;

/// How far clocks may be apart, and how coarse a provider's time may be, in milliseconds.
const APART_MS: i64 = 60_000;

/// How a change was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    /// By a reading after a notice.
    Notice,
    /// By a reading that nobody had told of anything.
    Poll,
}

/// Where its time is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Since {
    /// The provider says when it was made.
    Provider,
    /// It was seen then; it may have been there for as long as nobody looked.
    Seen,
}

#[derive(Debug, Clone, Copy)]
struct Change {
    at: Timestamp,
    kind: (Found, Since),
}

impl Change {
    fn is_followed(&self, now: Timestamp) -> bool {
        now.millis_since(self.at) < FOLLOWED_MS
    }
}

/// Changes whose mirrors are not all written yet, and how long the others took.
#[derive(Debug, Default)]
pub(super) struct Lags {
    open: BTreeMap<GraphId, BTreeMap<EventId, Change>>,
    took: BTreeMap<(Found, Since), Histogram>,
}

impl Lags {
    /// A change was taken in.
    pub(super) fn changed(
        &mut self,
        graph: GraphId,
        changed: &Changed,
        (found, now): (Found, Timestamp),
    ) {
        let open = self.open.entry(graph).or_default();
        if open.len() >= FOLLOWED_MAX {
            open.retain(|_, change| change.is_followed(now));
        }
        if open.len() >= FOLLOWED_MAX && !open.contains_key(&changed.event) {
            return;
        }
        // What is older than the last look came by another way than an edit, as by a move, and a clock
        // that is ahead says nothing.
        let first = changed.read_at.saturating_add_millis(-APART_MS);
        let said = changed.at.filter(|at| (first..=now).contains(at));
        let kind = (found, if said.is_some() { Since::Provider } else { Since::Seen });
        open.insert(changed.event, Change { at: said.unwrap_or(now), kind });
    }

    /// A mirror of an event was written.
    pub(super) fn wrote(&mut self, graph: GraphId, event: EventId, now: Timestamp) {
        let change = self.open.get(&graph).and_then(|open| open.get(&event));
        if let Some(Change { at, kind }) = change.filter(|change| change.is_followed(now)) {
            let took = Duration::from_millis(now.millis_since(*at).unsigned_abs());
            self.took.entry(*kind).or_default().observe(took);
        }
    }

    /// Nothing is left to be written of a graph, or it is gone.
    pub(super) fn settled(&mut self, graph: GraphId) {
        self.open.remove(&graph);
    }

    pub(super) fn write(&self, out: &mut String, name: &str) {
        for ((found, since), took) in &self.took {
            let found = match found {
                Found::Notice => "notice",
                Found::Poll => "poll",
            };
            let since = match since {
                Since::Provider => "provider",
                Since::Seen => "seen",
            };
            took.write(out, name, &format!("found=\"{found}\",since=\"{since}\""));
        }
    }
}

#[cfg(test)]
mod tests {
    use kalends::ids::CalendarId;

    use super::*;

    const GRAPH: GraphId = GraphId::from_bytes([1; 16]);

    const fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + second)
    }

    /// Catches a lag that begins when a change is seen though its provider says when it was made, one
    /// that believes a clock which is ahead or a change from before the last look, and what is followed
    /// after all is written.
    #[test]
    fn a_change_is_followed_from_when_it_was_made_to_its_mirrors() {
        let mut lags = Lags::default();
        let changed = |event: u8, said: Option<i64>| Changed {
            event: EventId::from_bytes([event; 16]),
            calendar: CalendarId::from_bytes([9; 16]),
            at: said.map(at),
            read_at: at(100),
        };
        let told = |lags: &Lags| {
            let mut text = String::new();
            lags.write(&mut text, "lag");
            let sums = text.lines().filter(|line| line.starts_with("lag_sum"));
            sums.map(str::to_owned).collect::<Vec<_>>()
        };
        let cases = [
            (1, Some(150), Found::Poll),
            (2, None, Found::Poll),
            (3, Some(30), Found::Notice),
            (4, Some(999), Found::Notice),
            (5, Some(190), Found::Notice),
        ];
        for (event, said, found) in cases {
            lags.changed(GRAPH, &changed(event, said), (found, at(200)));
        }
        // One of them has two mirrors, one none, and one is of nobody.
        for (event, second) in [(1, 210), (1, 220), (2, 203), (3, 204), (5, 201), (6, 210)] {
            lags.wrote(GRAPH, EventId::from_bytes([event; 16]), at(second));
        }
        let sums = [
            "lag_sum{found=\"notice\",since=\"provider\"} 11",
            "lag_sum{found=\"notice\",since=\"seen\"} 4",
            "lag_sum{found=\"poll\",since=\"provider\"} 130",
            "lag_sum{found=\"poll\",since=\"seen\"} 3",
        ];
        assert_eq!(told(&lags), sums);
        // It never settled, and something else is written of the event.
        lags.wrote(GRAPH, EventId::from_bytes([4; 16]), at(200 + FOLLOWED_MS / 1000));
        assert_eq!(told(&lags), sums, "it is of something else");
        lags.settled(GRAPH);
        lags.wrote(GRAPH, EventId::from_bytes([4; 16]), at(300));
        assert_eq!(told(&lags), sums, "it is followed no more");
    }
}
