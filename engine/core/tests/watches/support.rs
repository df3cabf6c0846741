//! One scope, its rows, and a provider that grants channels.

use std::collections::BTreeMap;
use std::sync::Arc;

use kalends_core::graph::{Calendar, CalendarRole, Capabilities, ScopeKind};
use kalends_core::ids::{
    AccountId, CalendarId, GraphId, ProviderId, RunId, ScopeId, StepSeed, WatchId,
};
use kalends_core::keys::GraphKeys;
use kalends_core::notice::{Heard, Word};
use kalends_core::plan::{Change, JobKey, Plan, Row, RowKey};
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::slice::{Config, Slice};
use kalends_core::step::Env;
use kalends_core::time::Timestamp;
use kalends_core::watch::{
    Push, Renewal, Upkeep, Watch, WatchOp, WatchTerms, Watching, heard, missed, tend, tended,
};

pub(crate) const CALENDAR: CalendarId = CalendarId::from_bytes([2; 16]);
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) fn keys() -> GraphKeys {
    GraphKeys { graph: GraphId::from_bytes([1; 16]), secret: [7; 32] }
}

pub(crate) fn scope() -> ScopeId {
    CALENDAR.into()
}

pub(crate) fn push(renewal: Renewal, address: &str) -> Push {
    let terms = WatchTerms { life_ms: 7 * DAY, renewal };
    Push { terms, address: address.to_owned(), listens_ms: 2 * HOUR }
}

pub(crate) fn failed(class: FailureClass) -> Done {
    let code = format!("test.{class:?}");
    Done::Failed(Failure { class, code, detail: String::new(), retry_at: None })
}

/// The rows of one scope, and what a provider holds for it.
pub(crate) struct Scene {
    pub(crate) now: Timestamp,
    pub(crate) slice: Slice,
    /// Pulls that were asked for, by their time.
    pub(crate) pulls: Vec<Timestamp>,
    /// Channels at the provider: their end.
    pub(crate) granted: BTreeMap<String, Timestamp>,
    /// Requests so far.
    pub(crate) requests: usize,
    drawn: u8,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let calendar = Calendar {
            id: CALENDAR,
            account: AccountId::from_bytes([3; 16]),
            provider_id: Some(ProviderId("work".to_owned())),
            name: "Work".to_owned(),
            kind: ScopeKind::Calendar,
            on: true,
            capabilities: Capabilities::default(),
            role: CalendarRole::Theirs,
        };
        let config = Config { calendars: [(CALENDAR, calendar)].into(), ..Config::default() };
        let mut slice = Slice { config: Arc::new(config), ..Slice::default() };
        slice.watches.insert(scope(), None);
        slice.cursors.insert(scope(), None);
        Self {
            now: Timestamp::from_seconds(1_780_000_000),
            slice,
            pulls: Vec::new(),
            granted: BTreeMap::new(),
            requests: 0,
            drawn: 0,
        }
    }

    fn env(&mut self) -> Env {
        self.drawn = self.drawn.wrapping_add(1);
        let seed = StepSeed([self.drawn; 32]);
        Env { now: self.now, seed, run: RunId::from_bytes([6; 16]), keys: keys() }
    }

    pub(crate) fn pass(&mut self, ms: i64) {
        self.now = self.now.saturating_add_millis(ms);
    }

    pub(crate) fn loses_the_calendar(&mut self) {
        self.slice.config = Arc::new(Config::default());
    }

    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.slice.watches[&scope()].as_ref()
    }

    pub(crate) fn upkeep(&self) -> Upkeep {
        self.watch().map_or(Upkeep::Polled, |watch| watch.upkeep(self.now))
    }

    fn commit(&mut self, plan: Plan) {
        for change in plan.changes {
            match change {
                Change::Put(Row::Watch(of, watch), _) => self.slice.watches.insert(of, Some(watch)),
                Change::Delete(RowKey::Watch(of)) => self.slice.watches.insert(of, None),
                other @ (Change::Put(..) | Change::Delete(_)) => {
                    unreachable!("watches touch no other row: {other:?}")
                }
            };
        }
        for job in plan.jobs {
            assert_eq!(job.key, JobKey::Pull(scope()));
            self.pulls.push(job.run_at);
        }
        assert!(plan.entries.is_empty(), "watches are not journalled");
    }

    pub(crate) fn decide(&mut self, push: Option<&Push>) -> Option<(WatchId, WatchOp)> {
        let env = self.env();
        let next = tend(&self.slice, scope(), push, &env).unwrap();
        self.commit(next.plan);
        next.send
    }

    pub(crate) fn settle(&mut self, sent: &(WatchId, WatchOp), done: &Done) {
        let env = self.env();
        let plan = tended(&self.slice, scope(), sent, done, &env).unwrap();
        self.commit(plan);
    }

    /// The provider carries an operation out.
    pub(crate) fn grant(&mut self, op: &WatchOp) -> Done {
        self.requests += 1;
        self.granted.retain(|_, expires| *expires > self.now);
        match op {
            WatchOp::Open { id, expires, .. } => {
                self.granted.insert(id.clone(), *expires);
                self.watching(id, *expires)
            }
            WatchOp::Renew { id, expires } if self.granted.contains_key(id) => {
                self.granted.insert(id.clone(), *expires);
                self.watching(id, *expires)
            }
            WatchOp::Renew { .. } => failed(FailureClass::NotFound),
            WatchOp::Close { id, resource } => {
                // Without the name of what is watched nothing can be closed.
                if resource.is_some() {
                    self.granted.remove(id);
                }
                Done::Deleted
            }
        }
    }

    fn watching(&self, id: &str, expires: Timestamp) -> Done {
        Done::Watching(Watching { id: id.to_owned(), resource: Some("r".to_owned()), expires })
    }

    /// Tends until nothing is left to do; what was sent, in words.
    pub(crate) fn tend(&mut self, push: Option<&Push>) -> Vec<&'static str> {
        let mut sent = Vec::new();
        while let Some(next) = self.decide(push) {
            sent.push(match next.1 {
                WatchOp::Open { .. } => "open",
                WatchOp::Renew { .. } => "renew",
                WatchOp::Close { .. } => "close",
            });
            let done = self.grant(&next.1);
            self.settle(&next, &done);
            assert!(sent.len() < 20, "it comes to an end: {sent:?}");
        }
        sent
    }

    /// A word of the newest channel.
    pub(crate) fn hears(&mut self, word: Word) {
        let watch = self.watch().unwrap();
        let id = watch.channels.last().and_then(|channel| channel.id.clone()).unwrap();
        self.hears_from(&id, word);
    }

    pub(crate) fn hears_from(&mut self, id: &str, word: Word) {
        let env = self.env();
        let one = Heard { scope: scope(), watch: id.to_owned(), word };
        let plan = heard(&self.slice, &[one], &env).unwrap();
        self.commit(plan);
    }

    /// A listing found changes; the one before it ended at `before`.
    pub(crate) fn found_changes(&mut self, before: Timestamp) {
        let env = self.env();
        let plan = missed(&self.slice, scope(), before, &env).unwrap();
        self.commit(plan);
    }
}
