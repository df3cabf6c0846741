//! Reading objects alone, and taking in what a conversation gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use kalends_core::ids::{AccountId, CalendarId, ProviderId};
use kalends_core::keys::GraphKeys;
use kalends_core::provider::{
    Batch, Done, Failure, FailureClass, Item, ObjectName, Output, Payload, ProviderOp,
};
use kalends_core::time::Timestamp;

use crate::converse::{Ended, Sink};
use crate::error::DriverError;
use crate::heard::Heard;
use crate::hooks::{Hooks, Progress};
use crate::ports::{Opened, Ports};
use crate::run::Run;
use crate::wanted::Wanted;

/// Batches of a conversation that are held to be taken in together.
const BATCHES_TOGETHER: usize = 4;

/// A calendar that can be talked to.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) account: AccountId,
    pub(crate) opened: Opened,
    pub(crate) calendar: CalendarId,
    pub(crate) provider_id: ProviderId,
    /// When it was read before.
    pub(crate) read_at: Option<Timestamp>,
}

/// What told of the objects that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A listing of changes that has not ended.
    Changes,
    /// A listing of everything, or nothing but the objects themselves.
    Otherwise,
}

/// How a reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All of it was taken in.
    Whole,
    /// The provider failed.
    Failed(Failure),
    /// The run was asked to stop.
    Stopped,
}

impl<P: Ports> Run<'_, P> {
    /// Reads objects alone and takes them in, and those that turn out to be needed with them.
    pub(crate) async fn fetch(
        &self,
        place: &Place,
        mut wanted: Wanted,
        source: Source,
    ) -> Result<Reading, DriverError> {
        loop {
            let names = wanted.take(self.limits.fetch_ids.max(1));
            if names.is_empty() {
                return Ok(Reading::Whole);
            }
            let op = ProviderOp::Fetch {
                calendar: place.provider_id.clone(),
                names: names.into_iter().map(ObjectName::Known).collect(),
            };
            let mut intake = Intake::new(self, place, source, None);
            let ended = self.talk(place.account, &place.opened, &op, &mut intake).await?;
            intake.flush().await?;
            match ended {
                Ended::Done(Done::Fetched) => {}
                Ended::Done(Done::Failed(failure)) => return Ok(Reading::Failed(failure)),
                Ended::Done(_) => return Ok(Reading::Failed(wrong_end("a fetch"))),
                Ended::Stopped => return Ok(Reading::Stopped),
            }
            intake.ask.into_iter().for_each(|id| wanted.ask(id));
        }
    }
}

/// Takes the items of a conversation in as they come, and keeps what was named.
pub(crate) struct Intake<'r, 'a, P: Ports> {
    run: &'r Run<'a, P>,
    calendar: CalendarId,
    read_at: Option<Timestamp>,
    source: Source,
    /// Items that wait for others, and how many batches they are.
    waiting: Vec<Item>,
    batches: usize,
    /// In a listing: what was named, with its content or without.
    pub(crate) heard: Option<Heard<'r, P::Store>>,
    /// Else: objects to be read alone.
    pub(crate) ask: BTreeSet<ProviderId>,
    /// In a listing of changes: what we wrote and no listing has shown.
    pub(crate) written: Option<&'r [ProviderId]>,
    /// Whether a listing of changes showed something that is recorded just so.
    pub(crate) tells_known: bool,
}

impl<'r, 'a, P: Ports> Intake<'r, 'a, P> {
    pub(crate) fn new(
        run: &'r Run<'a, P>,
        place: &Place,
        source: Source,
        heard: Option<Heard<'r, P::Store>>,
    ) -> Self {
        Self {
            run,
            calendar: place.calendar,
            read_at: place.read_at,
            source,
            waiting: Vec::new(),
            batches: 0,
            heard,
            ask: BTreeSet::new(),
            written: None,
            tells_known: false,
        }
    }

    /// Looks, before items of a listing of changes are taken in, whether all of them are changes.
    async fn look_for_known(&mut self, items: &[Item]) -> Result<(), DriverError> {
        let Some(written) = self.written.filter(|_| !self.tells_known) else { return Ok(()) };
        let shown = items.iter().filter_map(|item| match item {
            Item::Event(event) => Some((event.id.clone(), event.version.clone())),
            Item::Message(_)
            | Item::Broken(_)
            | Item::Removed { .. }
            | Item::AsRuled { .. }
            | Item::Listed(_) => None,
        });
        // Of one shown twice, the last holds.
        let shown: BTreeMap<_, _> = shown.collect();
        let shown = shown.into_iter();
        self.tells_known = self.run.tells_known(self.calendar, shown, written).await?;
        Ok(())
    }

    /// Takes in what waits, batch by batch.
    pub(crate) async fn flush(&mut self) -> Result<(), DriverError> {
        self.batches = 0;
        let mut items = std::mem::take(&mut self.waiting);
        if items.len() > self.run.limits.batch_items {
            gather(&mut items, self.run.keys);
        }
        while !items.is_empty() {
            let rest = items.split_off(items.len().min(self.run.limits.batch_items.max(1)));
            self.look_for_known(&items).await?;
            let unfinished = self.source == Source::Changes;
            let batch = Batch { scope: self.calendar.into(), items, unfinished };
            let ask = self.run.take_in(batch, self.read_at).await?;
            match &mut self.heard {
                Some(heard) => ask.iter().for_each(|id| heard.wanted(id)),
                None => self.ask.extend(ask),
            }
            let pulled = self.run.tally.pulled.load(Ordering::Relaxed);
            self.run.ports.hooks().progress(Progress::Reading(self.calendar, pulled));
            items = rest;
        }
        Ok(())
    }

    fn keep_id(&mut self, item: &Item) {
        let Some(heard) = &mut self.heard else { return };
        match item {
            Item::Event(event) => heard.read(&event.id),
            Item::Message(message) => heard.read(&message.id),
            Item::Broken(broken) => heard.read(&broken.id),
            Item::Removed { id, .. } | Item::AsRuled { id } => heard.removed(id),
            Item::Listed(_) => {}
        }
    }
}

impl<P: Ports> Sink for Intake<'_, '_, P> {
    async fn take(&mut self, outputs: Vec<Output>) -> Result<(), DriverError> {
        for output in outputs {
            match output {
                // The end of a listing is taken in last, once all that it covers is.
                Output::Item(Item::Listed(_)) | Output::Calendar(_) | Output::Schedule(_) => {}
                Output::Item(item) => {
                    self.keep_id(&item);
                    self.waiting.push(item);
                }
                Output::Name { id, version } => {
                    if let Some(heard) = &mut self.heard {
                        heard.named(&id, version.as_ref());
                    }
                }
            }
        }
        if let Some(heard) = &mut self.heard {
            heard.ease().await?;
        }
        self.batches += 1;
        if self.batches < BATCHES_TOGETHER { Ok(()) } else { self.flush().await }
    }
}

/// Sorts items by their events, whose ids are hashes: the rows of one batch then lie together in the
/// store, and a commit changes fewer of its pages. Only where each object is told once and whole, so
/// that their order says nothing; what has one UID keeps its order.
fn gather(items: &mut [Item], keys: &GraphKeys) {
    let whole = |item: &Item| match item {
        Item::Event(event) => match &event.payload {
            Payload::Whole(_) => Some(event.id.clone()),
            Payload::Instance { .. } => None,
        },
        Item::Message(_)
        | Item::Broken(_)
        | Item::Removed { .. }
        | Item::AsRuled { .. }
        | Item::Listed(_) => None,
    };
    let mut told = BTreeSet::new();
    if items.iter().all(|item| whole(item).is_some_and(|id| told.insert(id))) {
        items.sort_by_cached_key(|item| match item {
            Item::Event(event) => Some(keys.event(&event.uid, "", 0)),
            Item::Message(_)
            | Item::Broken(_)
            | Item::Removed { .. }
            | Item::AsRuled { .. }
            | Item::Listed(_) => None,
        });
    }
}

/// An exchange ended in what its operation cannot end in.
pub(crate) fn wrong_end(of: &str) -> Failure {
    Failure {
        class: FailureClass::Protocol,
        code: "exchange.wrong-end".to_owned(),
        detail: format!("{of} ended in the answer to something else: report this"),
        retry_at: None,
    }
}

#[cfg(test)]
mod tests {
    use kalends_core::ids::GraphId;
    use kalends_core::presence::Evidence;
    use kalends_core::provider::EventItem;
    use kalends_testkit::records::event;

    use super::*;

    const KEYS: GraphKeys = GraphKeys { graph: GraphId::from_bytes([1; 16]), secret: [2; 32] };

    fn told(names: &[(&str, &str)]) -> Vec<Item> {
        let item = |(id, uid): &(&str, &str)| {
            Item::Event(Box::new(EventItem {
                id: ProviderId((*id).to_owned()),
                version: None,
                native: (*uid).to_owned(),
                uid: (*uid).to_owned(),
                payload: Payload::Whole(event(id, 6, 1)),
                mark: None,
                foreign: None,
                fresh: false,
                doubts: Vec::new(),
                changed_at: None,
            }))
        };
        names.iter().map(item).collect()
    }

    #[test]
    fn objects_told_once_are_taken_in_in_the_order_of_their_events() {
        let names = [("a", "1"), ("b", "2"), ("c", "1"), ("d", "3"), ("e", "4"), ("f", "5")];
        let mut sorted = names;
        sorted.sort_by_key(|(_, uid)| KEYS.event(uid, "", 0));
        assert_ne!(sorted, names);
        let mut items = told(&names);
        gather(&mut items, &KEYS);
        assert_eq!(items, told(&sorted), "and those of one UID as they were told");
    }

    #[test]
    fn what_is_told_twice_or_gone_keeps_its_place() {
        let mut twice = told(&[("a", "1"), ("b", "2"), ("d", "3"), ("e", "4"), ("a", "5")]);
        let mut gone = told(&[("a", "1"), ("b", "2"), ("d", "3"), ("e", "4"), ("f", "5")]);
        let id = ProviderId("g".to_owned());
        gone.push(Item::Removed { id, evidence: Evidence::Tombstone });
        for items in [&mut twice, &mut gone] {
            let before = items.clone();
            gather(items, &KEYS);
            assert_eq!(*items, before);
        }
    }
}
