//! Changed instances that stand as they stood, though other times or another rule were written over
//! their series: whether that takes them back is only believed of the service.

use std::collections::BTreeMap;

use kalends_core::time::Zone;
use kalends_kit::{as_ruled, say_same};
use serde_json::Value;

use super::instance;
use super::series::Series;
use crate::decode;
use crate::wire::event::EventJson;

/// The changed instances that were known before, by their ids.
#[derive(Debug, Default)]
pub(crate) struct LeftOver(BTreeMap<String, EventJson>);

/// An instance as it stands, and what makes it one as its series has it.
#[derive(Debug)]
pub(crate) struct PutBack {
    pub(crate) event: EventJson,
    pub(crate) body: Value,
}

impl LeftOver {
    pub(crate) fn of(series: &Series) -> Self {
        let changed = series.exceptions().map(|(_, event)| event);
        Self(changed.filter_map(|event| Some((event.id.clone()?, event.clone()))).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next one that was left as it was. What somebody made of one since stays for the engine to
    /// see. None is named twice.
    pub(crate) fn next(&mut self, series: &Series, mailbox: &Zone) -> Option<PutBack> {
        let said = |event: &EventJson| decode::instance(event, mailbox).ok();
        let left = series.exceptions().find_map(|(original, event)| {
            let id = event.id.as_ref()?;
            let (before, now) = (said(self.0.get(id)?)?, said(event)?);
            let ruled = as_ruled(&series.body.content, original);
            let is_left = say_same(&before, &now) && !say_same(&now, &ruled);
            let body = instance::put_back(&ruled);
            is_left.then(|| PutBack { event: event.clone(), body })
        })?;
        left.event.id.as_ref().and_then(|id| self.0.remove(id));
        Some(left)
    }
}
