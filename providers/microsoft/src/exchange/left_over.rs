//! Changed instances that stand as they stood, though other times or another rule were written over
//! their series: whether that takes them back is only believed of the service. On a day that the rule
//! has left they would stay for good.

use std::collections::BTreeMap;

use kalends_core::ids::ProviderId;
use kalends_core::provider::Failure;
use kalends_core::time::Zone;
use kalends_kit::{Request, as_ruled, say_same};
use serde_json::Value;

use super::series::Series;
use super::{gaps, instance};
use crate::ask;
use crate::context::{Context, event_path};
use crate::decode;
use crate::version::condition;
use crate::wire::event::EventJson;

/// The changed instances that were known before, by their ids.
#[derive(Debug, Default)]
pub(crate) struct LeftOver(BTreeMap<String, EventJson>);

/// An instance as it stands, and what is to become of it.
#[derive(Debug)]
pub(crate) struct PutBack {
    pub(crate) event: EventJson,
    /// What makes it one as its series has it; `None`: the rule gives none on its day, and it goes.
    pub(crate) body: Option<Value>,
}

impl PutBack {
    /// Puts it back, after a look at it where the list did not say at which version it is.
    pub(crate) fn request(
        &self,
        context: &Context,
        calendar: &ProviderId,
    ) -> Result<Request, Failure> {
        let path = event_path(calendar, self.event.id.as_deref().unwrap_or_default());
        let Some(tag) = self.event.tag() else {
            return Ok(ask::get(context.at(&format!("{path}{}", ask::event_query()))?));
        };
        let (url, tag) = (context.at(&path)?, condition(Some(&tag))?);
        Ok(match &self.body {
            Some(body) => ask::patch(url, tag, body),
            None => ask::delete(url, tag),
        })
    }
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
            // The service may say the start that it had under the other times.
            let given = gaps::on_the_day_of(&series.body, original);
            let ruled = given.map(|given| as_ruled(&series.body.content, &given));
            let is_ruled = ruled.as_ref().is_some_and(|ruled| say_same(&now, ruled));
            let is_left = say_same(&before, &now) && !is_ruled;
            let body = ruled.as_ref().map(instance::put_back);
            is_left.then(|| PutBack { event: event.clone(), body })
        })?;
        left.event.id.as_ref().and_then(|id| self.0.remove(id));
        Some(left)
    }
}
