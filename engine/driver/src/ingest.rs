//! Items into the graph.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use kalends_core::ids::{ProviderId, ScopeId};
use kalends_core::ingest::looked_up;
use kalends_core::plan::{Change, Plan, Row};
use kalends_core::provider::{Batch, Item, Payload};
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::step::Env;
use kalends_core::time::Timestamp;

use crate::error::DriverError;
use crate::hooks::{Changed, Hooks as _};
use crate::ports::Ports;
use crate::run::Run;
use crate::steps;

impl<P: Ports> Run<'_, P> {
    /// Takes items in, a prefix at a time. The objects that are to be read alone before more is
    /// decided of them.
    pub(crate) async fn ingest(
        &self,
        scope: ScopeId,
        items: Vec<Item>,
    ) -> Result<Vec<ProviderId>, DriverError> {
        self.take_in(Batch { scope, items, unfinished: false }, None).await
    }

    /// The same with where they come from, and when that was read before.
    pub(crate) async fn take_in(
        &self,
        batch: Batch,
        read_at: Option<Timestamp>,
    ) -> Result<Vec<ProviderId>, DriverError> {
        let mut batch = batch;
        let pulled = batch.items.iter().filter(|item| !matches!(item, Item::Listed(_))).count();
        self.tally.pulled.fetch_add(pulled as u64, Ordering::Relaxed);
        let mut fetch = Vec::new();
        while !batch.items.is_empty() {
            let step = |s: &Slice, env: &Env| steps::ingest(s, &batch, env);
            let plan = self.plan("ingest", self.first_look(&batch), step).await?;
            if plan.taken == 0 {
                return Err(DriverError::Stuck { step: "ingest" });
            }
            self.quiet.store(plan.is_empty(), Ordering::Relaxed);
            let taken = plan.taken.min(batch.items.len());
            if let Some(read_at) = read_at {
                self.tell_changes(&batch.items[..taken], &plan, read_at);
            }
            batch.items.drain(..taken);
            fetch.extend(plan.fetch);
        }
        Ok(fetch)
    }

    /// Tells whoever looks on what changed in a calendar that had been read before.
    fn tell_changes(&self, taken: &[Item], plan: &Plan, read_at: Timestamp) {
        let said = |item: &Item| match item {
            Item::Event(event) => Some((event.id.clone(), event.changed_at?)),
            Item::Message(_)
            | Item::Removed { .. }
            | Item::AsRuled { .. }
            | Item::Broken(_)
            | Item::Listed(_) => None,
        };
        let said: BTreeMap<ProviderId, Timestamp> = taken.iter().filter_map(said).collect();
        for change in &plan.changes {
            if let Change::Put(Row::Presence(event, calendar, presence), _) = change {
                let instances = presence.instances.iter().map(|instance| &instance.object);
                let objects = [&presence.object].into_iter().chain(instances);
                let at = objects.filter_map(|object| said.get(object)).max().copied();
                let (event, calendar) = (*event, *calendar);
                self.ports.hooks().changed(&Changed { event, calendar, at, read_at });
            }
        }
    }

    /// What the step is sure or likely to ask for, so that one load is enough as a rule. Behind a
    /// batch in which nothing was new, the next is likely to be like it: then objects are enough.
    fn first_look(&self, batch: &Batch) -> ReadSet {
        let mut want = looked_up(batch.scope.calendar(), &batch.items);
        let quiet = self.quiet.load(Ordering::Relaxed);
        if batch.unfinished {
            want.cursors.insert(batch.scope);
        }
        for item in &batch.items {
            match item {
                Item::Event(event) => {
                    if !quiet && matches!(event.payload, Payload::Whole(_)) {
                        want.events.insert(self.keys.event(&event.uid, "", 0));
                    }
                }
                Item::Listed(_) => {
                    want.cursors.insert(batch.scope);
                    want.runs.insert(self.id);
                }
                Item::Removed { .. } => {
                    want.runs.insert(self.id);
                }
                Item::Message(_) | Item::Broken(_) | Item::AsRuled { .. } => {}
            }
        }
        want
    }
}
