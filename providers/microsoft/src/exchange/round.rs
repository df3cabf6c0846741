//! One round of a delta: pages that may be empty, repeated or out of order, collected until the
//! last one came.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::Output;
use kalends_kit::Pages;
use serde_json::Value;

use crate::version::Held;
use crate::wire::event::{EventJson, EventKind};
use crate::wire::page::PageJson;

/// Pages of one round that are followed.
const PAGES_MAX: u32 = 10_000;

/// What a round said.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// Of each object what was said last; of what was said to be at two versions, or to be there after it
    /// had left, that it is to be read: the later word may be the older one.
    said: BTreeMap<String, Said>,
    /// Series that an instance was said of. They are read again whatever their tag, since not each
    /// change of an instance gives the series another one.
    series: BTreeSet<String>,
    /// Whether something was said of nothing that has a name: what it was nobody knows.
    doubtful: bool,
    pages: Pages,
}

#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// It is there, at this version; `None`: to be read.
    There(Option<Version>),
    /// It is not in the window any more: deleted, or moved out of it.
    Left,
}

/// What comes after a page.
#[derive(Debug)]
pub(crate) enum After {
    /// The next page.
    Page(String),
    /// The end: the link to go on from another time.
    End(String),
}

impl Round {
    /// Takes a page in. `None`: it says neither where it goes on nor that it ends.
    pub(crate) fn take(&mut self, page: PageJson) -> Option<After> {
        for value in page.value {
            self.entry(value);
        }
        match (page.next_link, page.delta_link) {
            (Some(next), _) => Some(After::Page(next)),
            (None, Some(end)) => Some(After::End(end)),
            (None, None) => None,
        }
    }

    /// Whether another page may come, named like this.
    pub(crate) fn goes_on(&mut self, link: &str) -> bool {
        self.pages.goes_on(link, PAGES_MAX)
    }

    /// The objects that left the window.
    pub(crate) fn left(&self) -> Vec<String> {
        let left = self.said.iter().filter(|(_, said)| matches!(said, Said::Left));
        left.map(|(id, _)| id.clone()).collect()
    }

    /// Series of which an instance was told, and nothing of themselves.
    pub(crate) fn untold(&self) -> Vec<String> {
        self.series.iter().filter(|id| !self.said.contains_key(*id)).cloned().collect()
    }

    /// This series is not there, whatever was told of its instances: it is not named.
    pub(crate) fn leave_out(&mut self, series: &str) {
        self.series.remove(series);
    }

    /// Whether the round may lack something: no other one may go on from it.
    pub(crate) const fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// The names of all that is there, and of the series of its instances.
    pub(crate) fn names(self) -> Vec<Output> {
        let mut named: BTreeMap<String, Option<Version>> = BTreeMap::new();
        for (id, said) in self.said {
            if let Said::There(version) = said {
                named.insert(id, version);
            }
        }
        for id in self.series {
            named.insert(id, None);
        }
        let name = |(id, version)| Output::Name { id: ProviderId(id), version };
        named.into_iter().map(name).collect()
    }

    fn entry(&mut self, value: Value) {
        // What cannot be read here is read alone, and set aside there.
        let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
        let event: EventJson = match (serde_json::from_value(value), id.clone()) {
            (Ok(event), _) => event,
            (Err(_), Some(id)) => {
                self.said.insert(id, Said::There(None));
                return;
            }
            (Err(_), None) => {
                self.doubtful = true;
                return;
            }
        };
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            self.doubtful = true;
            return;
        };
        if event.removed.is_some() {
            self.said.insert(id, Said::Left);
            return;
        }
        self.series.extend(event.series_master_id.clone());
        let tag = event.tag();
        let said = match event.event_kind() {
            EventKind::Single => Said::There(tag.map(|tag| Held::single(tag).version())),
            EventKind::Master => Said::There(None),
            EventKind::Exception => Said::There(tag.map(|tag| Held::instance(tag).version())),
            // As its series has it: the series stands for it, where it says which.
            EventKind::Occurrence if event.series_master_id.is_some() => {
                self.said.remove(&id);
                return;
            }
            EventKind::Occurrence => Said::There(None),
        };
        let differs = |before: &Said| *before != said;
        let said = if self.said.get(&id).is_some_and(differs) { Said::There(None) } else { said };
        self.said.insert(id, said);
    }
}
